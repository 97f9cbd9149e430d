"""What an alarm watches: one datapoint a period, whether it breaches, and the datapoints that it remembers.

A period ends when its datapoint is there: the minutes that real ones come late are not modelled. Before the deployment
every datapoint was there and breached nothing, but those of an arm that had no requests yet, which are missing.
"""

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from canary_runner.controllers.aws.alarms import Alarm, AlarmState, evaluate
from canary_runner.model.diagnostics import Route
from canary_runner.model.outcomes import Outcome
from canary_runner.model.query import Answer, NoData, Query, Sees

BEYOND_N: Final = 2
"""Periods in an evaluation range beyond N: AWS does not state how many; its guide shows 5 for N = 3."""


class Comparison(Enum):
    """`ComparisonOperator`, in upstream's words: when a datapoint breaches."""

    ABOVE = "GreaterThanThreshold"
    AT_LEAST = "GreaterThanOrEqualToThreshold"
    BELOW = "LessThanThreshold"
    AT_MOST = "LessThanOrEqualToThreshold"


BREACHES: Final[Mapping[Comparison, Callable[[float, float], bool]]] = {
    Comparison.ABOVE: operator.gt,
    Comparison.AT_LEAST: operator.ge,
    Comparison.BELOW: operator.lt,
    Comparison.AT_MOST: operator.le,
}

POINTS: Final[tuple[bool | None, ...]] = (False, True, None)
"""The datapoint that each letter stands for."""


@dataclass(frozen=True, slots=True)
class Watched:
    """An alarm with its metric; the query's window is the alarm's period."""

    name: str
    alarm: Alarm
    query: Query
    comparison: Comparison
    threshold: float  # in the query's unit
    route: Route = field(default=(), compare=False, repr=False)  # where its properties stand in its document
    letters = ("within", "breaches", "missing")
    outcomes = (Outcome.PASS, Outcome.FAIL, Outcome.INCONCLUSIVE)

    @property
    def cuts(self) -> tuple[float, ...]:
        """Return the threshold."""
        return (self.threshold,)

    def letter(self, answer: Answer) -> int:
        """Return the letter of a period's value."""
        if isinstance(answer, NoData):
            return 2
        return int(BREACHES[self.comparison](answer, self.threshold))


@dataclass(frozen=True, slots=True)
class Remembered:
    """What an alarm remembers."""

    points: tuple[bool | None, ...]  # its evaluation range, oldest first
    state: AlarmState = AlarmState.OK


def before_deployment(watched: Watched) -> Remembered:
    """Return what an alarm remembers when a deployment begins: it is OK, or knows nothing."""
    is_new = watched.query.sees is Sees.CANARY
    points = (None if is_new else False,) * (watched.alarm.evaluation_periods + BEYOND_N)
    return Remembered(points, evaluate(watched.alarm, points, AlarmState.OK))


def after_period(watched: Watched, remembered: Remembered, letter: int) -> Remembered:
    """Return what an alarm remembers after one more period; what can never matter again is forgotten."""
    points = (*remembered.points[1:], POINTS[letter])
    state = evaluate(watched.alarm, points, remembered.state)
    return Remembered(points, state)
