"""One question of a machine: where its metric and its numbers stand in the user's own file, and what it sees."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING

from canary_runner.controllers.argo import questions as argo
from canary_runner.controllers.argo.cuts import cuts_of
from canary_runner.controllers.aws.watching import Watched
from canary_runner.controllers.flagger import questions as flagger
from canary_runner.loading.importers.constant import RATIOS, possible_numbers
from canary_runner.model.outcomes import Outcome
from canary_runner.model.query import Measures, Sees
from canary_runner.model.shown import shown

if TYPE_CHECKING:
    from canary_runner.controllers.argo.spec import Measured
    from canary_runner.linting.course import Course
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

    @property
    def limits(self) -> tuple[float, ...]:
        """Return the numbers that its answers are compared with, as written; of a condition not the 0 of an index."""
        cuts = self.question.cuts
        if isinstance(self.question, flagger.MetricQuestion):
            metric = self.question.metric
            written = (metric.range.min, metric.range.max) if metric.range is not None else (metric.threshold,)
            return tuple(limit for limit in written if limit is not None)
        return tuple(cut for cut in cuts if cut) or cuts

    @property
    def bound(self) -> Route:
        """Return where its first number stands; the metric's place if it has none."""
        return self.place_of(self.limits[0]) if self.limits else self.route

    @property
    def can_pass(self) -> bool:
        """Tell whether some number that its query can give passes."""
        letters = (self.question.letter(number) for number in possible_numbers(self.question))
        return any(self.question.outcomes[letter] is Outcome.PASS for letter in letters)

    @property
    def is_ratio(self) -> bool:
        """Tell whether it is a ratio of errors or successes."""
        return self.question.query.measures in RATIOS

    def passes(self, number: Fraction) -> bool:
        """Tell whether a number, in the query's own unit, passes."""
        return self.question.outcomes[self.question.letter(float(number))] is Outcome.PASS

    def of_errors(self, share: Fraction) -> Fraction:
        """Return the number of a ratio where a share of the requests fails."""
        query = self.question.query
        return (share if query.measures is Measures.ERROR_RATIO else 1 - share) * query.factor

    def allowed_errors(self) -> list[tuple[Fraction, Fraction, bool]]:
        """Return between which shares of failing requests a ratio passes, or does not: from, to, whether; growing."""
        query = self.question.query
        numbers = (Fraction(str(cut)) / query.factor for cut in self.question.cuts)
        cuts = {number if query.measures is Measures.ERROR_RATIO else 1 - number for number in numbers}
        edges = sorted({Fraction(0), Fraction(1)} | {cut for cut in cuts if 0 < cut < 1})
        return [(a, b, self.passes(self.of_errors((a + b) / 2))) for a, b in pairwise(edges)]

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

    def seen(self, service: Service, course: Course, at_s: int) -> Fraction:
        """Return how many requests are in its window at a moment, in the mean: of the canary none before it began.

        Copies and those of load tests, which no user sends, are in it.
        """
        window_s = self.question.query.window_s
        parts = course.within(at_s - window_s, at_s)
        more = sum(((service.rate_rps * part.copied + part.synthetic_rps) * s for part, s in parts), Fraction(0))
        of_canary, both = course.served_s(at_s - window_s, at_s), Fraction(window_s)
        match self.question.query.sees:
            case Sees.CANARY:
                return service.rate_rps * of_canary + more
            case Sees.BASELINE:
                return service.rate_rps * (both - of_canary)
        return service.rate_rps * both + more

    def sees(self, service: Service, share: Fraction, seconds: int) -> Fraction:
        """Return how many requests it sees in the mean, at a share of the canary that lasts so long."""
        both = service.rate_rps * seconds
        match self.question.query.sees:
            case Sees.CANARY:
                return both * share
            case Sees.BASELINE:
                return both * (1 - share)
        return both
