"""A metric as a question: the number that its query gives, and the phase that its conditions make of it."""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

from canary_runner.controllers.argo.cuts import cuts_of
from canary_runner.controllers.argo.expression.nodes import ConditionError
from canary_runner.controllers.argo.expression.values import Value, Vector
from canary_runner.controllers.argo.measurement import Cause, Judged, judge
from canary_runner.controllers.argo.phases import Phase
from canary_runner.controllers.argo.spec import Measured, Shape
from canary_runner.model.outcomes import Outcome
from canary_runner.model.query import Answer, NoData, Query

LETTERS: Final = (Phase.SUCCESSFUL, Phase.FAILED, Phase.INCONCLUSIVE, Phase.ERROR)
OUTCOMES: Final = (Outcome.PASS, Outcome.FAIL, Outcome.INCONCLUSIVE, Outcome.INCONCLUSIVE)


@dataclass(frozen=True)
class MetricQuestion:
    """One metric of one run."""

    name: str
    measured: Measured

    @property
    def query(self) -> Query:
        """Return what is measured."""
        assert self.measured.query is not None
        return self.measured.query

    @property
    def letters(self) -> tuple[str, ...]:
        """Return the phases of a measurement."""
        return tuple(phase.value for phase in LETTERS)

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """Return the phases in our words."""
        return OUTCOMES

    @cached_property
    def cuts(self) -> tuple[float, ...]:
        """Return the numbers in the conditions; none where one is no condition: every measurement is an Error then."""
        try:
            return cuts_of(self.measured.metric.success_condition, self.measured.metric.failure_condition)
        except ConditionError:
            return ()

    def letter(self, answer: Answer) -> int:
        """Return the phase of a measurement."""
        return LETTERS.index(self.judged(answer).phase)

    def judged(self, answer: Answer) -> Judged:
        """Return the phase of a measurement with upstream's message."""
        metric, shape = self.measured.metric, self.measured.shape
        if answer is NoData.EMPTY and shape in UNANSWERED:
            return Judged(Phase.ERROR, Cause.NO_DATA, "no data returned from the metric provider")
        value = _value(shape, self.measured.columns, answer)
        return judge(value, metric.success_condition, metric.failure_condition)


UNANSWERED: Final = (Shape.NUMBER, Shape.LIST)
"""Shapes of providers that make an Error of no data before any condition is looked at."""


def _value(shape: Shape, columns: tuple[str, ...], answer: Answer) -> Value:
    """Return what a provider hands to the conditions."""
    number = None if answer is NoData.EMPTY else float("nan") if isinstance(answer, NoData) else answer
    match shape:
        case Shape.VECTOR:
            return Vector() if number is None else Vector((number,))
        case Shape.LIST:
            return (number,)
        case Shape.ROW:
            return dict.fromkeys(columns, number)
        case Shape.SERIES:
            return ({"Values": Vector() if number is None else Vector((number,))},)
        case _:
            return number
