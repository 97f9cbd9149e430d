"""Workflow commands: what GitHub shows as annotations beside the lines of a file."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

MOST = 10
"""GitHub shows so many of each kind that a step gives; the rest is counted."""

Kind = Literal["error", "warning", "notice"]


@dataclass(frozen=True, slots=True)
class Annotation:
    """A message of a kind, and where it belongs: `file`, `line`, `title` and others that GitHub knows."""

    kind: Kind
    message: str
    properties: Mapping[str, str | int] = field(default_factory=dict)


def annotations(wanted: Sequence[Annotation], rest: str) -> str:
    """Return workflow commands, escaped: the first ten of each kind; then a notice says how many more, `3 {rest}`."""
    kept = _first(wanted, {})
    if len(kept) < len(wanted):
        kept = _first(wanted, {"notice": MOST - 1})  # the tenth is the count
        kept.append(Annotation("notice", f"{len(wanted) - len(kept)} {rest}"))
    return "".join(f"{_command(one)}\n" for one in kept)


def _first(wanted: Sequence[Annotation], most: Mapping[Kind, int]) -> list[Annotation]:
    kept: list[Annotation] = []
    counts = Counter[Kind]()
    for one in wanted:
        counts[one.kind] += 1
        if counts[one.kind] <= most.get(one.kind, MOST):
            kept.append(one)
    return kept


def _command(one: Annotation) -> str:
    told = ",".join(f"{key}={_property(str(value))}" for key, value in one.properties.items())
    return f"::{one.kind} {told}::{_escaped(one.message)}" if told else f"::{one.kind}::{_escaped(one.message)}"


def _property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
