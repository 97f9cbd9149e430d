"""Deployments that move by the clock while alarms watch: CodeDeploy and AppConfig for the engines.

Periods of alarms begin with the deployment. Where a datapoint and a step fall together the alarm comes first.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, gcd
from typing import Generic, TypeVar

from canary_runner.controllers.aws.alarms import AlarmState
from canary_runner.controllers.aws.schedule import ALL
from canary_runner.controllers.aws.watching import Remembered, Watched, after_period, before_deployment
from canary_runner.model import outcomes
from canary_runner.model.machine import Look, Question, Segment, Standing
from canary_runner.model.words import share

S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class Clocked(Generic[S]):
    """A deployment, the seconds since it began, and its alarms; one that has ended knows no time."""

    deployment: S
    segment: int
    elapsed_s: int = 0
    alarms: tuple[Remembered, ...] = ()
    reason: str = ""
    decided_by: tuple[int, ...] = ()


class ClockMachine(ABC, Generic[S]):
    """What both services have in common; `after` is the service's own rules."""

    def __init__(self, watched: tuple[Watched, ...], segments: Iterable[Segment], times_s: Iterable[Fraction]) -> None:
        """Take alarms, shares that grow, and the times at which something happens without them."""
        self._watched = watched
        self._times_s = sorted({ceil(at_s) for at_s in times_s if at_s > 0})
        self.segments = tuple(segments)
        self.questions: tuple[Question, ...] = watched
        self.tick_s = gcd(*self._times_s, *(one.query.window_s for one in watched)) or 1

    @abstractmethod
    def begun(self) -> S:
        """Return a deployment that is about to begin."""

    @abstractmethod
    def after(self, deployment: S, elapsed_s: Fraction, alarms: tuple[AlarmState, ...]) -> S:
        """Return a deployment after one look."""

    @abstractmethod
    def told(self, deployment: S) -> tuple[outcomes.State, str, Fraction]:
        """Return our word, upstream's phase, and the share of the new version in percent."""

    @abstractmethod
    def stops(self, alarm: AlarmState) -> bool:
        """Tell whether an alarm in this state stops a deployment."""

    def start(self) -> Clocked[S]:
        """Return the state at time 0, with the first share."""
        return self._looked(Clocked(self.begun(), 0), 0, tuple(map(before_deployment, self._watched)))

    def look(self, state: Clocked[S]) -> Look | None:
        """Return the next look: a step, an end, or a datapoint."""
        if self.told(state.deployment)[0] is not outcomes.State.PROGRESSING:
            return None
        periods = [one.query.window_s for one in self._watched]
        datapoints = (state.elapsed_s - state.elapsed_s % period + period for period in periods)
        at_s = min((*(at_s for at_s in self._times_s if at_s > state.elapsed_s), *datapoints))
        return Look(at_s - state.elapsed_s, tuple(i for i, period in enumerate(periods) if at_s % period == 0))

    def advance(self, state: Clocked[S], letters: tuple[int, ...]) -> Clocked[S]:
        """Return the state after the next look."""
        look = self.look(state)
        assert look is not None
        said = dict(zip(look.asks, letters, strict=True))
        pairs = zip(self._watched, state.alarms, strict=True)
        alarms = (after_period(one, known, said[i]) if i in said else known for i, (one, known) in enumerate(pairs))
        return self._looked(state, state.elapsed_s + look.after_s, tuple(alarms))

    def standing(self, state: Clocked[S]) -> Standing:
        """Return our word and upstream's phase."""
        ours, phase, _ = self.told(state.deployment)
        return Standing(ours, phase, state.segment, state.reason, state.decided_by)

    def _looked(self, before: Clocked[S], elapsed_s: int, alarms: tuple[Remembered, ...]) -> Clocked[S]:
        after = self.after(before.deployment, Fraction(elapsed_s), tuple(alarm.state for alarm in alarms))
        ours, _, percent = self.told(after)
        if ours is outcomes.State.PROGRESSING:
            return Clocked(after, max(before.segment, self._segment(percent)), elapsed_s, alarms)
        if ours is outcomes.State.COMPLETED:
            return Clocked(after, max(before.segment, self._segment(percent)))
        stopping = tuple(index for index, alarm in enumerate(alarms) if self.stops(alarm.state))
        reason = " and ".join(f'alarm "{self._watched[i].name}" in {alarms[i].state.value}' for i in stopping)
        return Clocked(after, before.segment, reason=reason, decided_by=stopping)

    def _segment(self, percent: Fraction) -> int:
        """Return the last segment up to a share; a share that ends the deployment has none of its own."""
        return max(sum(segment.traffic <= percent / ALL for segment in self.segments) - 1, 0)


def segment_of(percent: Fraction, is_watched: bool) -> Segment:
    """Return the segment of a share in percent."""
    return Segment(share(percent / ALL), percent / ALL, is_watched)
