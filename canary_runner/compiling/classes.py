"""The latency classes that each arm of a stage draws: those that some check reads, and no others.

An absolute limit needs one edge. A percentile that is compared with the other arm's is read from the fine histogram,
but it can only lie where its rank can fall: beyond, the fine classes are drawn together. How far that is follows from
Bernstein's inequality for a sum of independent requests, P(|X - n p| >= n d) <= 2 exp(-n d^2 / (2 p (1 - p) + 2 d /
3)), at less than 1e-16 an analysis: as much as tables of counts leave out. + - * / and a square root decide.
"""

from collections.abc import Sequence
from fractions import Fraction
from itertools import product
from math import sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray

from canary_runner.model.histogram import TOP_US, coarse_edges_us, fine_edges_us
from canary_runner.model.plan import Plan, StagePlan
from canary_runner.model.policy import LatencyCheck
from canary_runner.model.scenario import Effect
from canary_runner.scenarios.effects import changed_latency
from canary_runner.scenarios.latency import class_chances
from canary_runner.scenarios.traffic import hourly_factors

FAR: Final = 40.0
"""exp(-40) is 4e-18."""

DEVIATIONS: Final = 9.0
"""A Poisson count falls so many square roots of its mean below it with a chance below exp(-40)."""

Edges = tuple[int, ...]
Floats = NDArray[np.float64]


def arm_edges_us(plan: Plan, stage: StagePlan) -> tuple[Edges, Edges]:
    """Return the upper edges of the classes that the canary and the baseline draw in a stage.

    Nobody reads the baseline's latency but a comparison of percentiles; without one it has a single class.
    """
    limits = {*limits_us([stage]), *carried_limits_us(plan, stage)}
    quantiles = {c.quantile for c in stage.checks if isinstance(c, LatencyCheck) and c.over_baseline is not None}
    if not quantiles:
        return coarse_edges_us(limits), (TOP_US,)
    canary = _within_reach(plan, stage, _canary(plan), stage.traffic, quantiles)
    baseline = _within_reach(plan, stage, _baseline(plan), 1 - stage.traffic, quantiles)
    return coarse_edges_us(limits | canary), coarse_edges_us(baseline)


def read_edges_us(plan: Plan, stage: StagePlan) -> Edges:
    """Return the edges of the histogram that a stage's checks can tell apart: all, if percentiles are compared."""
    compares = any(isinstance(c, LatencyCheck) and c.over_baseline is not None for c in stage.checks)
    return (fine_edges_us if compares and stage.traffic < 1 else coarse_edges_us)(plan.edges_us)


def limits_us(stages: Sequence[StagePlan]) -> tuple[int, ...]:
    """Return the absolute latency limits of some stages."""
    checks = (c for s in stages for c in s.checks if isinstance(c, LatencyCheck))
    return tuple(sorted({c.max_us for c in checks if c.max_us is not None}))


def carried_limits_us(plan: Plan, stage: StagePlan) -> tuple[int, ...]:
    """Return the limits of windows that reach back to the rollout's start and read what this stage reports."""
    readers = [s for s in plan.stages if s.window_is_rollout]
    return limits_us(readers) if readers and stage.index <= readers[-1].index else ()


def fewest_requests(plan: Plan, stage: StagePlan, effects: Sequence[Effect], share: Fraction) -> float:
    """Return how many requests of an arm a window that is read has at least, but for a chance below 1e-17."""
    service = plan.service
    if any(effect.metrics_missing for effect in effects):
        reported = 0.0
    else:
        mean = float(service.rate_rps * min(hourly_factors(service.daily_swing)) * stage.check_every_s * share)
        reported = mean - DEVIATIONS * sqrt(mean)
    return max(reported, float(stage.min_canary_requests), 1.0)


def _within_reach(
    plan: Plan, stage: StagePlan, effects: Sequence[Effect], share: Fraction, quantiles: set[Fraction]
) -> set[int]:
    """Return the fine edges next to which a percentile of an arm can lie."""
    requests = fewest_requests(plan, stage, effects, share)
    edges = fine_edges_us(plan.edges_us)
    faster = np.array([np.cumsum(class_chances(plan.service.latency, *s, edges)) for s in _slownesses(effects)])
    found: set[int] = set()
    for quantile in quantiles:
        low, high = reach(float(quantile), faster.max(axis=0), faster.min(axis=0), requests)
        found.update(edges[low:high])
    return found


def reach(quantile: float, most: Floats, least: Floats, requests: float) -> tuple[int, int]:
    """Return the edges, as a range of indices, between which a percentile lies.

    Args:
        quantile: 0 < quantile < 1.
        most, least: bounds of the chance that a request is not slower than each edge; they grow.
        requests: at least so many are read.
    """
    too_low = (most < quantile) & _is_far(quantile - most, most, requests)
    too_high = (least > quantile) & _is_far(least - quantile, least, requests)
    low, high = np.flatnonzero(too_low), np.flatnonzero(too_high)
    return int(low[-1]) if low.size else 0, int(high[0]) + 1 if high.size else most.size


def _is_far(distance: Floats, chance: Floats, requests: float) -> NDArray[np.bool_]:
    spread = 2 * chance * (1 - chance) + 2 * distance / 3
    found: NDArray[np.bool_] = requests * distance * distance >= FAR * spread
    return found


def _slownesses(effects: Sequence[Effect]) -> list[tuple[Fraction, Fraction]]:
    """Return the factors and shifts of latency with every effect off or on; all others lie between these."""
    found = []
    for strengths in product((Fraction(0), Fraction(1)), repeat=len(effects)):
        slowness = (Fraction(1), Fraction(0))
        for effect, strength in zip(effects, strengths, strict=True):
            slowness = changed_latency(slowness, effect, strength)
        found.append(slowness)
    return list(dict.fromkeys(found))


def _canary(plan: Plan) -> tuple[Effect, ...]:
    return tuple(e for e in (plan.scenario.both, plan.scenario.canary) if e is not None)


def _baseline(plan: Plan) -> tuple[Effect, ...]:
    return tuple(e for e in (plan.scenario.both, plan.scenario.baseline) if e is not None)
