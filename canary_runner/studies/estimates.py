"""Weighted values become estimates: exact ones with a numerical bound, sampled ones with a 95 % interval."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from canary_runner.engines.paths import Paths
from canary_runner.model.study import Estimate, Method
from canary_runner.stats.intervals import mean_interval, most_unseen, wilson
from canary_runner.stats.order_statistics import quantile_ranks
from canary_runner.stats.outward import Floats

ROUNDING = 1e-12
"""What the sums of an exact number may lose to rounding, as a share."""

USUAL = Fraction(19, 20)
"""Confidence of the interval of a sampled number."""

Limits = tuple[float, float]
ENDLESS: Limits = (-math.inf, math.inf)


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """Histories, and how many rollouts they count; None: chances from the exact engine."""

    paths: Paths
    runs: int | None

    @property
    def method(self) -> Method:
        """Return how its numbers are obtained."""
        return Method.EXACT if self.runs is None else Method.SAMPLED


def missing(sample: Sample, reason: str) -> Estimate:
    """Return what stands where a number does not apply."""
    return Estimate(None, None, None, sample.method, sample.runs, reason)


def probability(sample: Sample, chosen: NDArray[np.bool_]) -> Estimate:
    """Return the chance of some histories."""
    paths = sample.paths
    weight = math.fsum(paths.weights[chosen])
    if sample.runs is not None:
        low, high = wilson(weight, sample.runs)
        return Estimate(weight / sample.runs, low, high, Method.SAMPLED, sample.runs)
    rounding = ROUNDING if chosen.any() else 0.0  # a sum of nothing is exact
    off = abs(weight - math.fsum(paths.coarse[chosen])) + paths.dropped + rounding
    return Estimate(min(weight, 1.0), max(weight - off, 0.0), min(weight + off, 1.0), Method.EXACT)


def mean(
    sample: Sample, chosen: NDArray[np.bool_], values: Floats, none: str, limits: Limits | None = None
) -> Estimate:
    """Return the mean over some histories.

    Args:
        sample: the histories.
        chosen: which of them count.
        values: one per history.
        none: why there is none if there are no such histories.
        limits: the least and the most that a value can be; None: not known.
    """
    paths, some = sample.paths, values[chosen]
    weight = math.fsum(paths.weights[chosen])
    if weight <= 0:
        return missing(sample, none)
    value = _mean(paths.weights[chosen], some)
    reach = float(np.abs(some).max())
    if sample.runs is None:
        off = abs(value - _mean(paths.coarse[chosen], some)) + (paths.dropped / weight + ROUNDING) * reach
        return Estimate(value, value - off, value + off, Method.EXACT)
    if some.max() - some.min() <= ROUNDING * reach:
        low, high = _interval_of_equal(value, round(weight), limits or ENDLESS)
    else:
        variance = squares(sample, chosen, values, value) / max(weight - 1, 1)
        low, high = mean_interval(value, variance, round(weight))
    return Estimate(value, _finite(low), _finite(high), Method.SAMPLED, sample.runs)


def _interval_of_equal(value: float, count: int, limits: Limits) -> tuple[float, float]:
    """Return the interval of a mean where all values were equal: what was not seen may be as far off as can be.

    Equal by construction, where both limits are, it is a point.
    """
    share = most_unseen(count)
    low, high = (end if math.isinf(end) else value + share * (end - value) for end in limits)
    return min(low, value), max(high, value)


def squares(sample: Sample, chosen: NDArray[np.bool_], values: Floats, centre: float) -> float:
    """Return the sum over some rollouts of the squared distances of their values from a centre."""
    return math.fsum(sample.paths.weights[chosen] * (values[chosen] - centre) ** 2)


def _mean(weights: Floats, values: Floats) -> float:
    total = math.fsum(weights)
    return math.fsum(weights * values) / total if total > 0 else math.nan


def quantile(
    sample: Sample,
    chosen: NDArray[np.bool_],
    values: Floats,
    share: Fraction,
    none: str,
    never: str = "",
    confidence: Fraction = USUAL,
) -> Estimate:
    """Return a nearest-rank quantile over some histories; infinite values are legal and have no estimate.

    Args:
        sample: the histories.
        chosen: which of them count.
        values: one per history.
        share: 19/20 for the 95th percentile.
        none: why there is none if there are no such histories.
        never: why there is none if it is infinite.
        confidence: of the interval of a sampled one.
    """
    paths = sample.paths
    order = np.argsort(values[chosen], kind="stable")
    some, weights = values[chosen][order], paths.weights[chosen][order]
    running = np.cumsum(weights)
    if not running.size or running[-1] <= 0:
        return missing(sample, none)
    if sample.runs is None:
        total = float(running[-1])
        off = (float(np.abs(weights - paths.coarse[chosen][order]).sum()) + paths.dropped) / total + ROUNDING
        wanted: Iterable[float | None] = (total * (float(share) + moved) for moved in (-off, 0.0, off))
    else:
        wanted = quantile_ranks(share, round(running[-1]), confidence)
    low, value, high = (None if weight is None else _value_at(weight, running, some) for weight in wanted)
    assert value is not None
    if math.isinf(value):
        return Estimate(None, _finite(low), None, sample.method, sample.runs, never, is_infinite=True)
    return Estimate(value, low, _finite(high), sample.method, sample.runs)


def _value_at(weight: float, running: Floats, values: Floats) -> float:
    """Return the ordered value at which the sum of weights reaches `weight`, but for what it loses to rounding."""
    place = int(np.searchsorted(running, weight * (1 - 1e-13), side="left"))
    return float(values[min(place, values.size - 1)])


def _finite(end: float | None) -> float | None:
    return end if end is not None and math.isfinite(end) else None
