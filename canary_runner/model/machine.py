"""A controller that keeps its own time: how the engines ask any foreign controller what it does.

A machine's states are small immutable values that say nothing about the clock: equal futures are equal states, so that
a state reached in a million rollouts is worked out once. Time goes in whole ticks; every wait and every window is a
whole number of them. Between two looks a machine does nothing, and its traffic stays.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol, TypeVar

from canary_runner.model.outcomes import Outcome, State
from canary_runner.model.query import Answer, Query

S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class Segment:
    """A period in which the canary's share does not change. Rollouts go through segments in order; they may skip."""

    name: str
    traffic: Fraction  # share of all requests that the canary serves, 0..1
    is_watched: bool = True  # false where nothing that is seen could still take the release back
    copied: Fraction = Fraction(0)  # share of all requests that the canary gets a copy of: metrics see it, no user does
    synthetic_rps: Fraction = Fraction(0)  # requests of load tests to the canary: metrics see them, no user does
    drain: tuple[tuple[Fraction, int], ...] = ()  # after a rollback: shares still served, and seconds of each


@dataclass(frozen=True, slots=True)
class Look:
    """When a machine looks next, and at what."""

    after_s: int  # from now; 0: at once
    asks: tuple[int, ...]  # indices of the questions whose answers it reads


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a rollout stands.

    `state` is in our words: PAUSED only where it waits for a person; a machine without a next look stays there.
    """

    state: State
    phase: str  # in the words of the system
    segment: int  # index; never falls
    reason: str = ""  # one sentence: why it came here
    decided_by: tuple[int, ...] = ()  # of ROLLED_BACK and PAUSED: the questions whose answers brought it here


class Question(Protocol):
    """A query, and what the controller makes of its answers."""

    @property
    def name(self) -> str:
        """Return the metric's name in the manifest."""
        ...

    @property
    def query(self) -> Query:
        """Return what is measured."""
        ...

    @property
    def cuts(self) -> tuple[float, ...]:
        """Return values, growing, between and beyond which the letter of a number does not change."""
        ...

    @property
    def letters(self) -> tuple[str, ...]:
        """Return what an answer can come to, in the words of the system: "Successful", "Failed", ..."""
        ...

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """Return what each letter is in our words; what could not be measured or judged is INCONCLUSIVE."""
        ...

    def letter(self, answer: Answer) -> int:
        """Return which of the letters an answer comes to."""
        ...


class Machine(Protocol[S]):
    """A foreign controller with its manifest, ready to run."""

    @property
    def tick_s(self) -> int:
        """Return seconds of which every wait and every window is a multiple."""
        ...

    @property
    def questions(self) -> tuple[Question, ...]:
        """Return all that it ever asks."""
        ...

    @property
    def segments(self) -> tuple[Segment, ...]:
        """Return the periods of fixed traffic, in order; the traffic after COMPLETED is all, after ROLLED_BACK none."""
        ...

    def start(self) -> S:
        """Return the state at time 0, with the release just applied."""
        ...

    def look(self, state: S) -> Look | None:
        """Return the next look; None: nothing ever happens again."""
        ...

    def advance(self, state: S, letters: tuple[int, ...]) -> S:
        """Return the state after the look, with one letter for each of its `asks`."""
        ...

    def standing(self, state: S) -> Standing:
        """Return where a rollout in this state stands."""
        ...
