"""Rollouts in which nobody decides: parts in their order, each for a time or until a person goes on."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from math import gcd

from canary_runner.model.machine import Look, Question, Segment, Standing
from canary_runner.model.outcomes import State
from canary_runner.model.plan import Approval

DEFAULT_POD_START_S = 30
"""Seconds from the creation of a pod until it is ready, where nobody says: no manifest does."""


@dataclass(frozen=True, slots=True)
class Part:
    """A period of one share."""

    name: str
    traffic: Fraction  # of all requests, on the new version
    lasts_s: int | None  # None: until a person goes on
    phase: str  # in upstream's words


class Timeline:
    """Parts one after another; a state is the number of the part, that of no part is the end."""

    def __init__(self, parts: Iterable[Part], completed: str, approval: Approval) -> None:
        """Take the parts, upstream's word for the end, and when a person goes on."""
        self._parts, self._completed = tuple(parts), completed
        self._delay_s = approval.delay_s
        self.segments = tuple(Segment(part.name, part.traffic, is_watched=False) for part in self._parts)
        self.questions: tuple[Question, ...] = ()
        self.tick_s = gcd(*(self._lasts_s(part) or 0 for part in self._parts)) or 1

    def start(self) -> int:
        """Return the first part."""
        return 0

    def look(self, state: int) -> Look | None:
        """Return the end of a part; None where nobody goes on, and at the end."""
        if state == len(self._parts):
            return None
        lasts_s = self._lasts_s(self._parts[state])
        return None if lasts_s is None else Look(lasts_s, ())

    def advance(self, state: int, _: tuple[int, ...]) -> int:
        """Return the next part."""
        return state + 1

    def standing(self, state: int) -> Standing:
        """Return our word and upstream's phase."""
        if state == len(self._parts):
            return Standing(State.COMPLETED, self._completed, max(state - 1, 0))
        part = self._parts[state]
        if part.lasts_s is None:
            return Standing(State.PAUSED, part.phase, state, f"{part.name} waits for a person")
        return Standing(State.PROGRESSING, part.phase, state)

    def _lasts_s(self, part: Part) -> int | None:
        return self._delay_s if part.lasts_s is None else part.lasts_s
