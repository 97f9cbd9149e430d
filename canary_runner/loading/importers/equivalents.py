"""A manifest as a policy of ours, where the two do the same in every world; else which rule stands between them.

What asks nothing is moved by the clock alone: its whole course is one list of shares and times, and stages say just
that. What asks about metrics counts failures by rules of its own, and there is no policy of ours that does the same.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from canary_runner.controllers.machines import machine_of
from canary_runner.loading.kinds import schema_of
from canary_runner.loading.quantities import MAX_DURATION_S
from canary_runner.model import words
from canary_runner.model.foreign import ForeignPolicy
from canary_runner.model.machine import Machine
from canary_runner.model.outcomes import State
from canary_runner.model.plan import Approval

MAX_LOOKS = 100_000
MAX_STAGES = 50

DIFFERENCES: Final[Mapping[str, str]] = {
    "argo-rollouts": (
        "failureLimit counts over the whole analysis run and forgives what stays within it; here failures count in "
        "each stage, and no stage ends on a failed analysis"
    ),
    "flagger": (
        "threshold counts the failed checks of all metrics together over the whole analysis, and a pass is enough to "
        "go on; here every check counts for itself in each stage, and a stage has a duration"
    ),
    "codedeploy": "the clock moves traffic while an alarm makes up its mind; here no stage ends on a failed analysis",
    "appconfig": "the clock moves traffic while an alarm makes up its mind; here no stage ends on a failed analysis",
    "kubernetes": "nobody decides by metrics there",
    "openkruise": "nobody decides by metrics there",
}
"""By system, why a manifest that asks about metrics has no equivalent: the rule that differs (LANGUAGE section 4)."""

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._ -]{0,63}")


class NoEquivalentError(Exception):
    """There is no policy of ours that does the same; the message says which rule differs."""


@dataclass(frozen=True, slots=True)
class Period:
    """A while with one share of the traffic."""

    name: str
    traffic: Fraction
    lasts_s: int


def policy_text(policy: ForeignPolicy) -> str:
    """Return a policy of ours, as YAML, that does what a manifest does; raises NoEquivalentError."""
    machine = machine_of(policy.spec, Approval(None))
    if machine.questions:
        raise NoEquivalentError(DIFFERENCES[policy.system])
    stages = _stages(course(machine))
    name = policy.name if _NAME.fullmatch(policy.name) else "imported"
    unchecked = f"the manifest of {policy.system} watches no metric"
    lines = [
        "# yaml-language-server: $schema=https://canary-runner.dev/schema/policy/v1",
        f"schema: {schema_of('policy')}",
        f"name: {json.dumps(name)}",
        "defaults:",
        "  checks:",
        *(f'    - {{metric: {metric}, unchecked: "{unchecked}"}}' for metric in ("error_rate", "latency_p99")),
        "stages:",
        *(_stage(one) for one in stages),
    ]
    return "\n".join(lines) + "\n"


def course(machine: Machine[Any]) -> list[Period]:
    """Return the one course of a machine that asks nothing, until it completes; raises NoEquivalentError."""
    lasts_s: dict[int, int] = {}
    state = machine.start()
    for _ in range(MAX_LOOKS):
        standing, look = machine.standing(state), machine.look(state)
        if standing.state is State.COMPLETED:
            return [
                Period(machine.segments[at].name, machine.segments[at].traffic, lasts)
                for at, lasts in lasts_s.items()
                if lasts
            ]
        if look is None or standing.state not in (State.PENDING, State.PROGRESSING):
            raise NoEquivalentError(
                f"it waits for a person as soon as it is {standing.phase}; here a gate opens after its stage's duration"
            )
        lasts_s[standing.segment] = lasts_s.get(standing.segment, 0) + look.after_s
        state = machine.advance(state, tuple(0 for _ in look.asks))
    raise NoEquivalentError("it never ends by itself")


def _stages(periods: list[Period]) -> list[Period]:
    """Return periods as stages: growing shares, each with a duration."""
    found: list[Period] = []
    for one in periods:
        if found and found[-1].traffic == one.traffic:
            found[-1] = Period(found[-1].name, one.traffic, found[-1].lasts_s + one.lasts_s)
        else:
            found.append(one)
    if not found:
        raise NoEquivalentError("it sends all traffic at once, and a policy has at least one stage")
    if len(found) > MAX_STAGES:
        raise NoEquivalentError(f"it has {len(found)} periods, and a policy at most {MAX_STAGES} stages")
    for before, one in zip([None, *found], found, strict=False):
        _refuse(before, one)
    return found


def _refuse(before: Period | None, one: Period) -> None:
    if one.traffic == 0:
        raise NoEquivalentError(
            f"for {words.duration(one.lasts_s)} the new version gets no traffic; here a stage has some"
        )
    if before is not None and one.traffic < before.traffic:
        shares = f"{words.share(before.traffic)} to {words.share(one.traffic)}"
        raise NoEquivalentError(f"traffic falls from {shares}; here it grows from stage to stage")
    if one.lasts_s > MAX_DURATION_S:
        raise NoEquivalentError(f"{words.duration(one.lasts_s)} at one share; here a stage lasts at most 30d")
    if (one.traffic * 100 * 10**9).denominator != 1:
        raise NoEquivalentError(f"{words.share(one.traffic)} of the traffic is no decimal")


def _stage(one: Period) -> str:
    percent = words.plain(one.traffic * 100)
    return f"  - {{name: at {percent}, traffic_percent: {percent}, duration: {words.duration(one.lasts_s)}}}"
