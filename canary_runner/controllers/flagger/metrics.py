"""Whether a metric's answer passes: the canary's value alone against constants; equal passes.

| metric               | value                       | without a range                                   |
|----------------------|-----------------------------|---------------------------------------------------|
| request-success-rate | percent                     | `threshold` is a minimum; absent: cannot fail     |
| request-duration     | ms, value and bounds cut to | `threshold` is a maximum; absent: 0 ms            |
|                      | whole ms                    |                                                   |
| any other            | the query's number          | `threshold` is a maximum; absent: 0               |

No data, NaN and a failed query fail. So does another name without a query and without a template. A range that is
there and says nothing cannot fail.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

from canary_runner.model.diagnostics import Route

SUCCESS_RATE = "request-success-rate"
DURATION = "request-duration"
BUILT_IN = (SUCCESS_RATE, DURATION)


@dataclass(frozen=True, slots=True)
class Range:
    """`thresholdRange`: a bound that is None is absent."""

    min: float | None = None
    max: float | None = None


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric of the analysis; the unit of its bounds is that of its value."""

    name: str
    range: Range | None = None
    threshold: float = 0.0  # deprecated; read where there is no range
    has_query: bool = False  # in-line PromQL
    has_template: bool = False
    route: Route = field(default=(), compare=False, repr=False)  # where it stands in its document

    @property
    def is_built_in(self) -> bool:
        """Whether upstream has a query of its own for this name."""
        return self.name in BUILT_IN


def passes(metric: Metric, value: float | None) -> bool:
    """Tell whether a metric passes with this answer; None is no data or a query that failed.

    A built-in metric that also has a query or a template is checked again, as a custom one, with the same value.
    """
    if not metric.is_built_in and not metric.has_query and not metric.has_template:
        return False
    if value is None or math.isnan(value):
        return False
    return all(_within(bounds, cut) for bounds, cut in _readings(metric, value))


def _readings(metric: Metric, value: float) -> Iterator[tuple[Range, float]]:
    """Yield every bounds with the value that is held against them."""
    written = metric.range
    if metric.name == SUCCESS_RATE:
        yield written or Range(min=metric.threshold), value
    if metric.name == DURATION:
        yield _whole(written or Range(max=metric.threshold)), _whole_ms(value)
    if metric.has_query or metric.has_template:
        yield written or Range(max=metric.threshold), value


def cuts(metric: Metric) -> tuple[float, ...]:
    """Return the values, growing, at or beyond which a metric may change from passing to failing or back.

    A duration is cut to whole ms: it exceeds 500 ms from 501 ms on.
    """
    found = {bound for bounds, _ in _readings(metric, 0.0) for bound in (bounds.min, bounds.max) if bound is not None}
    if metric.name == DURATION:
        found |= {bound + 1 for bound in found}
    return tuple(sorted(found))


def _within(bounds: Range, value: float) -> bool:
    return (bounds.min is None or value >= bounds.min) and (bounds.max is None or value <= bounds.max)


def _whole(bounds: Range) -> Range:
    return Range(*(None if bound is None else _whole_ms(bound) for bound in (bounds.min, bounds.max)))


def _whole_ms(value: float) -> float:
    """Cut towards zero; an infinite number becomes 0, as Go's conversion to nanoseconds leaves it on amd64."""
    return float(int(value)) if math.isfinite(value) else 0.0
