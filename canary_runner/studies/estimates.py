"""Weighted values become estimates: exact ones with a numerical bound, sampled ones with a 95 % interval."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from canary_runner.engines.paths import Paths
from canary_runner.model.study import Estimate, Method
from canary_runner.stats.intervals import Z95, mean_interval, rank_shares, wilson
from canary_runner.stats.outward import Floats

ROUNDING = 1e-12
"""What the sums of an exact number may lose to rounding, as a share."""


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
    off = abs(weight - math.fsum(paths.coarse[chosen])) + paths.dropped + ROUNDING
    return Estimate(min(weight, 1.0), max(weight - off, 0.0), min(weight + off, 1.0), Method.EXACT)


def mean(sample: Sample, chosen: NDArray[np.bool_], values: Floats, none: str) -> Estimate:
    """Return the mean over some histories; `none` says why there is none if there are no such histories."""
    paths, some = sample.paths, values[chosen]
    weight = math.fsum(paths.weights[chosen])
    if weight <= 0:
        return missing(sample, none)
    value = _mean(paths.weights[chosen], some)
    if sample.runs is not None:
        variance = squares(sample, chosen, values, value) / max(weight - 1, 1)
        low, high = mean_interval(value, variance, round(weight))
        closed = math.isfinite(low)
        return Estimate(value, low if closed else None, high if closed else None, Method.SAMPLED, sample.runs)
    reach = float(np.abs(some).max())
    off = abs(value - _mean(paths.coarse[chosen], some)) + (paths.dropped / weight + ROUNDING) * reach
    return Estimate(value, value - off, value + off, Method.EXACT)


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
    share: float,
    none: str,
    never: str = "",
    z: float = Z95,
) -> Estimate:
    """Return a nearest-rank quantile over some histories; infinite values are legal and have no estimate.

    Args:
        sample: the histories.
        chosen: which of them count.
        values: one per history.
        share: 0.95 for the 95th percentile.
        none: why there is none if there are no such histories.
        never: why there is none if it is infinite.
        z: normal quantile of the interval of a sampled one.
    """
    paths = sample.paths
    order = np.argsort(values[chosen], kind="stable")
    some, weights = values[chosen][order], paths.weights[chosen][order]
    running = np.cumsum(weights)
    if not running.size or running[-1] <= 0:
        return missing(sample, none)
    total = float(running[-1])
    if sample.runs is not None:
        low, high = rank_shares(share, max(round(total), 1), z)
    else:
        off = (float(np.abs(weights - paths.coarse[chosen][order]).sum()) + paths.dropped) / total + ROUNDING
        low, high = share - off, share + off

    def at(wanted: float) -> float:
        place = int(np.searchsorted(running, wanted * total * (1 - 1e-13), side="left"))
        return float(some[min(max(place, 0), some.size - 1)])

    value, bottom, top = at(share), at(low), at(high)
    if math.isinf(value):
        return Estimate(None, bottom if math.isfinite(bottom) else None, None, sample.method, sample.runs, never)
    return Estimate(value, bottom, top if math.isfinite(top) else None, sample.method, sample.runs)
