"""A bound on a quantity, held against a study: PASS, FAIL, or not yet decided."""

import math

import numpy as np
from numpy.typing import NDArray

from canary_runner.model.expectation import Bound, Side, Verdict
from canary_runner.model.plan import Plan
from canary_runner.model.study import Estimate, Method
from canary_runner.stats.betting import shown_side
from canary_runner.stats.confidence_sequences import excludes
from canary_runner.stats.outward import Floats
from canary_runner.studies.estimates import ROUNDING, Sample
from canary_runner.studies.quantities import QUANTITIES, Kind, Quantity

ALPHA = 0.001
"""Chance of a wrong verdict on a sampled number, over all looks at it."""

EQUAL = 1e-9
"""Numbers closer to a bound than this share of it are equal to it, and pass."""

ABSENT = Verdict.FAIL
"""A number that nothing has shows no promise kept, on either side."""

ABSENT_BELOW = 1e-4
"""Where none was sampled, and a chance of this much to have the number is excluded, it is taken to be absent."""

Limits = tuple[float, float]


def exact_verdict(bound: Bound, estimate: Estimate) -> Verdict:
    """Hold an exact estimate against a bound."""
    assert estimate.method is Method.EXACT
    if estimate.is_absent:
        return ABSENT
    # An infinite number has a lower end only where it may be finite within its numerical error.
    low = math.inf if estimate.low is None else estimate.low
    return _between(bound, (low, math.inf if estimate.high is None else estimate.high))


def sampled_verdict(bound: Bound, plan: Plan, sample: Sample) -> Verdict:
    """Hold a sample against a bound, by a confidence sequence: it may be asked again after every block."""
    assert sample.runs is not None
    quantity = QUANTITIES[bound.quantity]
    limits = quantity.limits(plan)
    if limits is None:
        return ABSENT
    chosen, values = quantity.values(plan, sample.paths)
    weights, some = sample.paths.weights[chosen], values[chosen]
    count = round(math.fsum(weights))
    if count == 0:
        return ABSENT if excludes(ABSENT_BELOW, 0, sample.runs, ALPHA) else Verdict.INCONCLUSIVE
    certain = _between(bound, limits)
    if certain is not Verdict.INCONCLUSIVE:  # no value can change it
        return certain
    if quantity.kind not in (Kind.CHANCE, Kind.MEAN):
        return _percentile_verdict(bound, quantity, weights, some, count)
    if _is_end(bound, limits):
        return _end_verdict(bound, some)
    if quantity.is_chance:
        return _by_share(bound.value, math.fsum(weights * some), count, wants_less=bound.side is Side.AT_MOST)
    return _mean_verdict(bound, limits, weights, some)


def _between(bound: Bound, limits: Limits) -> Verdict:
    """Hold a number that lies somewhere between two limits, which may be infinite: never caught is, and is enough."""
    low, high = limits
    slack = _slack(bound)
    within, beyond = (
        (high <= bound.value + slack, low > bound.value + slack)
        if bound.side is Side.AT_MOST
        else (low >= bound.value - slack, high < bound.value - slack)
    )
    return Verdict.PASS if within else Verdict.FAIL if beyond else Verdict.INCONCLUSIVE


def _slack(bound: Bound) -> float:
    """Return what a number may be beyond a bound and pass; of a chance as much as it may lose to rounding at least."""
    return max(EQUAL * abs(bound.value), ROUNDING if QUANTITIES[bound.quantity].is_chance else 0.0)


def _is_end(bound: Bound, limits: Limits) -> bool:
    """Tell whether a bound asks every value to be the least, or the most, that it can be."""
    low, high = limits
    return bound.value <= low + _slack(bound) if bound.side is Side.AT_MOST else bound.value >= high - _slack(bound)


def _end_verdict(bound: Bound, some: Floats) -> Verdict:
    """One value that is not at the end decides, and nothing else can."""
    slack = _slack(bound)
    is_beyond = some > bound.value + slack if bound.side is Side.AT_MOST else some < bound.value - slack
    return Verdict.FAIL if is_beyond.any() else Verdict.INCONCLUSIVE


def _mean_verdict(bound: Bound, limits: Limits, weights: Floats, some: Floats) -> Verdict:
    """Test a mean between the least and the most that a value can be."""
    low, high = limits
    side = shown_side((bound.value - low) / (high - low), (some - low) / (high - low), weights, ALPHA)
    if side == 0:
        return Verdict.INCONCLUSIVE
    return Verdict.PASS if (side < 0) == (bound.side is Side.AT_MOST) else Verdict.FAIL


def _percentile_verdict(bound: Bound, quantity: Quantity, weights: Floats, some: Floats, count: int) -> Verdict:
    """Test a percentile: it is at most a bound if at least its share of the values are."""
    inside: NDArray[np.bool_] = some <= bound.value if bound.side is Side.AT_MOST else some < bound.value
    total = math.fsum(weights[inside])
    return _by_share(float(quantity.kind.share), total, count, wants_less=bound.side is Side.AT_LEAST)


def _by_share(tested: float, total: float, count: int, wants_less: bool) -> Verdict:
    if not excludes(tested, total, count, ALPHA):
        return Verdict.INCONCLUSIVE
    return Verdict.PASS if (total < tested * count) == wants_less else Verdict.FAIL
