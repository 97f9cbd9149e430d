"""A Canary with what its metrics mean, and the questions that a tick asks."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from canary_runner.controllers.flagger.metrics import Metric, cuts, passes
from canary_runner.controllers.flagger.spec import Spec
from canary_runner.model.machine import Question
from canary_runner.model.outcomes import Outcome
from canary_runner.model.query import Answer, Measures, NoData, Query, Sees

DEFAULT_MATCHING: Final = Fraction(1, 10)
PASSES: Final = 0


@dataclass(frozen=True, slots=True)
class Canary:
    """A Canary, with what its file does not say of metrics and traffic."""

    spec: Spec
    queries: tuple[Query | None, ...] = ()  # one per metric: what its value measures; None: it never has one
    matching: Fraction = DEFAULT_MATCHING  # share of all requests that an A/B test's conditions match
    copied: Fraction = Fraction(1)  # share of all requests that are copied while mirroring
    load_rps: Fraction = Fraction(0)  # requests of load tests, from the first rollout hooks on


@dataclass(frozen=True, slots=True)
class MetricQuestion:
    """Whether a metric passes; the value's unit is that of the metric's bounds."""

    metric: Metric
    query: Query
    letters = ("passes", "fails", "no value")
    outcomes = (Outcome.PASS, Outcome.FAIL, Outcome.INCONCLUSIVE)

    @property
    def name(self) -> str:
        """Return the metric's name."""
        return self.metric.name

    @property
    def cuts(self) -> tuple[float, ...]:
        """Return the bounds, as they are held against the value."""
        return cuts(self.metric)

    def letter(self, answer: Answer) -> int:
        """Return the letter of an answer; no value is a failed check too."""
        if isinstance(answer, NoData):
            return 2
        return PASSES if passes(self.metric, answer) else 1


def questions_of(canary: Canary) -> tuple[Question, ...]:
    """Return one question per metric."""
    nothing = Query(Measures.REQUESTS, int(canary.spec.tick_s), Sees.CANARY)
    pairs = zip(canary.spec.metrics, canary.queries, strict=True)
    return tuple(MetricQuestion(metric, query or nothing) for metric, query in pairs)


def in_order_of_checks(spec: Spec) -> tuple[int, ...]:
    """Return the metrics as one round checks them, until one fails: built-in and in-line ones, then templates."""
    return tuple(sorted(range(len(spec.metrics)), key=lambda index: _is_late(spec.metrics[index])))


def _is_late(metric: Metric) -> bool:
    return not metric.is_built_in and not metric.has_query
