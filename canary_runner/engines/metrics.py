"""What the arms reported over a window, a stage or a whole rollout, with the percentiles that are shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from canary_runner.compiling.series import BASELINE, CANARY
from canary_runner.engines.detail import Detail, Interval, Question
from canary_runner.engines.streams import BLOCK
from canary_runner.engines.walk import Seen
from canary_runner.model.histogram import fine_edges_us
from canary_runner.model.plan import Plan
from canary_runner.model.policy import LatencyCheck
from canary_runner.model.results import ArmMetrics
from canary_runner.scenarios.latency import mixed_chances

SHOWN = (Fraction(50, 100), Fraction(95, 100), Fraction(99, 100))


@dataclass(frozen=True, slots=True)
class Span:
    """Analyses first .. last of those that were seen, both included; 0-based."""

    first: int
    last: int


class Metrics:
    """The reports of one rollout. Percentiles of all spans are read at once, when the first is asked for."""

    def __init__(self, plan: Plan, seed: int, run: int, seen: Sequence[Seen]) -> None:
        self._seen = seen
        fine = fine_edges_us(plan.edges_us)
        intervals = [_interval(plan, one, arm, fine) for one in seen for arm in (CANARY, BASELINE)]
        block, row = divmod(run, BLOCK)
        self._detail = Detail((seed, block, row), intervals, fine)
        self._readings: dict[tuple[Span, int, Fraction], int | None] = {}

    def read(self, spans: Sequence[Span], quantiles: Sequence[Fraction]) -> None:
        """Read the percentiles of some spans, both arms, for `arm` and `percentile_us` to return."""
        keys = [(s, arm, q) for s in dict.fromkeys(spans) for arm in (CANARY, BASELINE) for q in quantiles]
        questions = [
            Question(tuple(2 * i + arm for i in range(span.first, span.last + 1)), quantile)
            for span, arm, quantile in keys
        ]
        self._readings.update(zip(keys, self._detail.percentiles_us(questions), strict=True))

    def length_s(self, span: Span) -> int:
        """Return the time that a span covers; it begins with a whole check interval."""
        first, last = self._seen[span.first], self._seen[span.last]
        return int(last.at_s[0] - first.at_s[0]) + first.stage.check_every_s

    def arm(self, span: Span, arm: int) -> ArmMetrics:
        """Return what one arm reported over a span that was read."""
        reports = [one.interval[arm] for one in self._seen[span.first : span.last + 1]]
        return ArmMetrics(
            sum(int(r.requests[0]) for r in reports),
            sum(int(r.errors[0]) for r in reports),
            *(self.percentile_us(span, arm, quantile) for quantile in SHOWN),
        )

    def percentile_us(self, span: Span, arm: int, quantile: Fraction) -> int | None:
        """Return a percentile that was read, None where the arm reported nothing."""
        return self._readings[span, arm, quantile]


def window_span(seen: Sequence[Seen], index: int) -> Span:
    """Return the analyses whose intervals make up the window of one."""
    stage = seen[index].stage
    if stage.window_is_rollout:
        return Span(0, index)
    start = index - seen[index].number + 1
    length = stage.window_analyses
    return Span(start if length is None else max(start, index - length + 1), index)


def shown_quantiles(plan: Plan) -> tuple[Fraction, ...]:
    """Return every percentile that is shown or that some check reads."""
    asked = (c.quantile for s in plan.stages for c in s.checks if isinstance(c, LatencyCheck))
    return tuple(dict.fromkeys((*SHOWN, *asked)))


def _interval(plan: Plan, seen: Seen, arm: int, fine_edges_us: tuple[int, ...]) -> Interval:
    rates = seen.conditions.canary if arm == CANARY else seen.conditions.baseline
    return Interval(
        stage=seen.stage.index,
        analysis=seen.number - 1,
        arm=arm,
        edges_us=seen.arm_edges_us[arm],
        counts=seen.interval[arm].latency[:, 0],
        fine_chances=mixed_chances(plan.service.latency, rates.slowness, fine_edges_us),
    )
