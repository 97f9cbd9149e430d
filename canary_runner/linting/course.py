"""What a machine does when each question has the same letter at every look: no dice, so it is one course of events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from canary_runner.model.outcomes import Outcome, State

if TYPE_CHECKING:
    from canary_runner.model.machine import Machine, Question, Segment

MOST_LOOKS: Final = 2_000
"""Looks that are followed; a course of more is not whole."""


@dataclass(slots=True)
class Patience:
    """How many looks and answers are left for all courses of a rollout; one that needs more is not whole."""

    left: int = 20_000


@dataclass(frozen=True, slots=True)
class Glance:
    """A look at which something is asked."""

    at_s: int
    share: Fraction  # of all requests that the canary serves until this look
    entered_s: int  # when it began to serve that share
    asks: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Course:
    """One rollout from its start; seconds count from there."""

    glances: tuple[Glance, ...]
    segments: tuple[tuple[int, Segment], ...]  # from when on which; the first is at 0
    ends_s: int
    state: State  # at its end; PAUSED where it waits for ever
    is_stuck: bool  # it goes on looking for ever, and nothing changes
    is_whole: bool  # it was followed to its end

    @property
    def shares(self) -> list[tuple[int, Fraction]]:
        """Return from when on which share; the first is at 0."""
        found: list[tuple[int, Fraction]] = []
        for at_s, segment in self.segments:
            if not found or found[-1][1] != segment.traffic:
                found.append((at_s, segment.traffic))
        return found

    def share_at(self, at_s: int) -> Fraction:
        """Return the share from a moment on."""
        return [share for since_s, share in self.shares if since_s <= at_s][-1]

    def glances_of(self, question: int) -> list[Glance]:
        """Return the looks at which a question is asked."""
        return [one for one in self.glances if question in one.asks]

    @property
    def watched(self) -> Fraction:
        """Return the greatest share at which something was asked; 0 if nothing ever was."""
        return max((one.share for one in self.glances), default=Fraction(0))

    @property
    def reaches(self) -> Fraction:
        """Return the greatest share before its end."""
        return max(share for _, share in self.shares)

    @property
    def rises(self) -> list[tuple[int, Fraction, Fraction]]:
        """Return when the share rises, from what and to what: the first from none."""
        known = [(0, Fraction(0)), *self.shares]
        return [(at_s, before, after) for (_, before), (at_s, after) in pairwise(known) if after > before]

    def served_s(self, begin_s: int, end_s: int) -> Fraction:
        """Return for how many seconds of all traffic the canary serves in a time: its share times the time."""
        return sum((part.traffic * lasts_s for part, lasts_s in self.within(begin_s, end_s)), Fraction(0))

    def within(self, begin_s: int, end_s: int) -> list[tuple[Segment, int]]:
        """Return the segments of a time, each with the seconds of it; before the rollout there is none."""
        ends_s = [since_s for since_s, _ in self.segments[1:]] + [max(end_s, self.ends_s)]
        pairs = zip(self.segments, ends_s, strict=True)
        found = ((part, min(until_s, end_s) - max(since_s, begin_s)) for (since_s, part), until_s in pairs)
        return [(part, lasts_s) for part, lasts_s in found if lasts_s > 0]


def letter_of(question: Question, outcome: Outcome) -> int:
    """Return the first letter of a question that is an outcome; the first of all if none is."""
    return question.outcomes.index(outcome) if outcome in question.outcomes else 0


def course_of(machine: Machine[Any], letters: Sequence[int], patience: Patience) -> Course:
    """Return what a machine does when every question always has its letter."""
    state, at_s, entered_s = machine.start(), 0, 0
    segment = _segment(machine, state)
    segments, glances, known = [(0, segment)], list[Glance](), set[object]()
    is_stuck, looks = False, 0
    while (look := machine.look(state)) is not None and looks < MOST_LOOKS and patience.left > 0:
        looks, at_s = looks + 1, at_s + look.after_s
        patience.left -= 1 + len(look.asks)
        if look.asks:
            glances.append(Glance(at_s, segment.traffic, entered_s, look.asks))
        state = machine.advance(state, tuple(letters[question] for question in look.asks))
        if state in known:
            is_stuck = True
            break
        known.add(state)
        after = _segment(machine, state)
        if after != segment:
            entered_s = entered_s if after.traffic == segment.traffic else at_s
            segments.append((at_s, segment := after))
    ended = machine.standing(state).state
    ended = ended if ended.is_final else State.PAUSED
    return Course(tuple(glances), tuple(segments), at_s, ended, is_stuck, is_stuck or look is None)


def _segment(machine: Machine[Any], state: Any) -> Segment:
    return machine.segments[machine.standing(state).segment]
