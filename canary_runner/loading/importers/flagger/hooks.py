"""Webhooks of a Canary: which are asked when, what is assumed of them, and the load that they start."""

import re
import shlex
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Final

from canary_runner.controllers.argo.durations import seconds
from canary_runner.controllers.flagger.spec import Hook, HookType
from canary_runner.loading.importers.fields import Fields
from canary_runner.model.words import requests_rate

TYPES: Final = {kind.value: kind for kind in HookType}
ASSUMED: Final = {
    HookType.PRE_ROLLOUT: "is taken to pass; where it fails, that is a failed check",
    HookType.ROLLOUT: "is taken to pass; where it fails, that is a failed check",
    HookType.CONFIRM_ROLLOUT: "waits for a person before the rollout begins",
    HookType.CONFIRM_TRAFFIC_INCREASE: "waits for a person before each weight; once open it stays open",
    HookType.CONFIRM_PROMOTION: "waits for a person before the promotion",
    HookType.POST_ROLLOUT: "has no effect: the rollout is over",
    HookType.EVENT: "has no effect: it is told what happens",
}
"""What is assumed of a hook, by when it is asked; a rollback hook is told apart."""

HEY_WORKERS: Final = 50
"""Workers of hey where `-c` does not say."""


@dataclass(frozen=True, slots=True)
class Hooks:
    """The hooks that the controller asks, and the load tests among them."""

    asked: tuple[Hook, ...]
    load_rps: Fraction


def read_hooks(analysis: Fields, interval_s: Fraction) -> Hooks:
    """Return the webhooks of an analysis."""
    hooks, load_rps = [], Fraction(0)
    for fields in analysis.mappings("webhooks"):
        fields.required("name")
        kind = _kind(fields)
        if kind is not None:
            hooks.append(Hook(fields.text("name"), kind))
            _tell(fields, kind)
        if kind is HookType.ROLLOUT:
            load_rps += _load_rps(fields, interval_s)
        fields.skip(("url", "metadata", "timeout", "retries", "muteAlert", "disableTLS"))
        fields.close()
    return Hooks(tuple(hooks), load_rps)


def _kind(fields: Fields) -> HookType | None:
    text = fields.text("type") or HookType.ROLLOUT.value
    if text in TYPES:
        return TYPES[text]
    known = ", ".join(TYPES)
    fields.error("unknown-word", "type", f'unknown type of webhook "{text}"', f"known: {known}")
    return None


def _tell(fields: Fields, kind: HookType) -> None:
    name = fields.text("name")
    if kind is HookType.ROLLBACK:
        message = f'webhook "{name}" is taken to stay silent; it could roll back at any tick'
        fields.warn("assumed", "name", message, "its rollbacks come on top of those that are told")
    else:
        fields.note("assumed", "name", f'webhook "{name}" ({kind.value}) {ASSUMED[kind]}')


def _load_rps(fields: Fields, interval_s: Fraction) -> Fraction:
    """Return the requests per second that a rollout hook sends to the canary."""
    metadata = fields.mapping("metadata")
    command = "" if metadata is None else metadata.data.get("cmd", "")
    if not isinstance(command, str) or not _is_load(command):
        return Fraction(0)
    found = hey_rps(command, interval_s)
    if found is None:
        help = "say it as annotation canary-runner/load: 20rps of the Canary"
        message = "how much load the command makes is not known, so none is modelled"
        fields.warn("not-modelled", "metadata", message, help)
        return Fraction(0)
    if "-canary" not in command:
        message = f"load of {requests_rate(found)} goes where users go: it is not added to the traffic"
        fields.warn("not-modelled", "metadata", message, "count it in the service's traffic rate")
        return Fraction(0)
    fields.note("assumed", "metadata", f"load of {requests_rate(found)} to the canary is in its metrics")
    return found


def _is_load(command: str) -> bool:
    return re.match(r"\s*(hey|wrk|ghz|k6|ab|vegeta|locust|bombardier|fortio)\b", command) is not None


def hey_rps(command: str, interval_s: Fraction) -> Fraction | None:
    """Return the rate of a `hey` command that is started once a tick: `-q` requests a second for each of `-c` workers.

    One that ends before the next tick is told by its mean. None where the command does not say its rate.
    """
    try:
        words = shlex.split(command)
    except ValueError:
        return None
    if not words or words[0] != "hey":
        return None
    options = dict(pairwise(words))
    rate, workers = _positive(options.get("-q", "")), _positive(options.get("-c", str(HEY_WORKERS)))
    lasts_s = seconds(options.get("-z", ""))
    if rate is None or workers is None or lasts_s is None or lasts_s <= 0:
        return None
    return rate * workers * min(Fraction(1), lasts_s / interval_s)


def _positive(text: str) -> Fraction | None:
    match = re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,3})?", text, re.ASCII)
    return Fraction(text) if match and Fraction(text) > 0 else None
