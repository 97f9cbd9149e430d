"""One question of a machine: where its metric and its numbers stand in the user's own file, and what it sees."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from canary_runner.controllers.argo import questions as argo
from canary_runner.controllers.argo.cuts import cuts_of
from canary_runner.controllers.aws.watching import Watched
from canary_runner.controllers.flagger import questions as flagger
from canary_runner.model.query import Sees
from canary_runner.model.shown import shown

if TYPE_CHECKING:
    from canary_runner.controllers.argo.spec import Measured
    from canary_runner.model.diagnostics import Route
    from canary_runner.model.machine import Question
    from canary_runner.model.service import Service


@dataclass(frozen=True, slots=True)
class Asked:
    """One question of a machine."""

    index: int
    question: Question

    @property
    def measured(self) -> Measured | None:
        """Return a metric of Argo, None of another system's."""
        return self.question.measured if isinstance(self.question, argo.MetricQuestion) else None

    @property
    def name(self) -> str:
        """Return the metric's name, made safe for a message."""
        return shown(self.question.name)

    @property
    def route(self) -> Route:
        """Return where the metric stands."""
        match self.question:
            case argo.MetricQuestion(measured=measured):
                return measured.route
            case flagger.MetricQuestion(metric=metric):
                return metric.route
            case Watched(route=route):
                return route
        return ()

    def place(self, key: str) -> Route:
        """Return where `key` of the metric stands."""
        return (*self.route, key)

    def place_of(self, cut: float) -> Route:
        """Return where a number stands with which its answers are compared."""
        match self.question:
            case argo.MetricQuestion(measured=measured):
                is_success = bool(measured.metric.success_condition) and cut in cuts_of(
                    measured.metric.success_condition
                )
                return self.place("successCondition" if is_success else "failureCondition")
            case flagger.MetricQuestion(metric=metric):
                if metric.range is None:
                    return self.place("threshold")
                return (*self.place("thresholdRange"), "min" if cut == metric.range.min else "max")
        return self.place("Threshold")

    def sees(self, service: Service, share: Fraction, seconds: int) -> Fraction:
        """Return how many requests it sees in the mean, at a share of the canary that lasts so long."""
        both = service.rate_rps * seconds
        match self.question.query.sees:
            case Sees.CANARY:
                return both * share
            case Sees.BASELINE:
                return both * (1 - share)
        return both
