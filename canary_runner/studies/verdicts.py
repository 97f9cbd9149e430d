"""A bound on a quantity, held against a study: PASS, FAIL, or not yet decided."""

import math
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from canary_runner.model.expectation import Expectation, Side, Verdict
from canary_runner.model.plan import Plan
from canary_runner.model.study import Estimate, Method
from canary_runner.stats.betting import shown_side
from canary_runner.stats.confidence_sequences import excludes
from canary_runner.stats.outward import Floats
from canary_runner.studies.estimates import Sample
from canary_runner.studies.quantities import QUANTITIES, Kind, Quantity

ALPHA = 0.001
"""Chance of a wrong verdict on a sampled number, over all looks at it."""

EQUAL = Fraction(1, 10**9)
"""Numbers closer to a bound than this share of it are equal to it, and pass: they come from floating point."""

NOTHING = Fraction(5, 10**12)
"""Chances closer to a bound than this are equal to it: half the smallest that a test file can write, 0.000000001%."""

ABSENT = Verdict.FAIL
"""A number that nothing has shows no promise kept, on either side."""

ABSENT_BELOW = 1e-4
"""Where none was sampled, and a chance of this much to have the number is excluded, it is taken to be absent."""

Limits = tuple[float, float]


def exact_verdict(one: Expectation, estimate: Estimate) -> Verdict:
    """Hold an exact estimate against a bound."""
    assert estimate.method is Method.EXACT
    if estimate.is_absent:
        return ABSENT
    # An infinite number has a lower end only where it may be finite within its numerical error.
    low = math.inf if estimate.low is None else estimate.low
    return _between(one, (low, math.inf if estimate.high is None else estimate.high))


def sampled_verdict(one: Expectation, plan: Plan, sample: Sample) -> Verdict:
    """Hold a sample against a bound, by a confidence sequence: it may be asked again after every block."""
    assert sample.runs is not None
    quantity = QUANTITIES[one.quantity]
    limits = quantity.limits(plan)
    if limits is None:
        return ABSENT
    chosen, values = quantity.values(plan, sample.paths)
    weights, some = sample.paths.weights[chosen], values[chosen]
    count = round(math.fsum(weights))
    if count == 0:
        return ABSENT if excludes(ABSENT_BELOW, 0, sample.runs, ALPHA) else Verdict.INCONCLUSIVE
    certain = _between(one, limits)
    if certain is not Verdict.INCONCLUSIVE:  # no value can change it
        return certain
    if quantity.kind not in (Kind.CHANCE, Kind.MEAN):
        return _percentile_verdict(one, quantity, weights, some, count)
    if _is_end(one, limits):
        return _end_verdict(one, some)
    if quantity.is_chance:
        return _by_share(float(one.bound), math.fsum(weights * some), count, wants_less=one.side is Side.AT_MOST)
    return _mean_verdict(one, limits, weights, some)


def _between(one: Expectation, limits: Limits) -> Verdict:
    """Hold a number that lies somewhere between two limits, which may be infinite: never caught is, and is enough."""
    (low, high), last = limits, _last_to_pass(one)
    within, beyond = (high <= last, low > last) if one.side is Side.AT_MOST else (low >= last, high < last)
    return Verdict.PASS if within else Verdict.FAIL if beyond else Verdict.INCONCLUSIVE


def _last_to_pass(one: Expectation) -> float:
    """Return the bound with all that is equal to it."""
    slack = max(EQUAL * abs(one.bound), NOTHING if QUANTITIES[one.quantity].is_chance else 0)
    return float(one.bound + slack if one.side is Side.AT_MOST else one.bound - slack)


def _is_end(one: Expectation, limits: Limits) -> bool:
    """Tell whether a bound asks every value to be the least, or the most, that it can be, but for rounding."""
    low, high = limits
    off = abs(float(one.bound) - _last_to_pass(one))
    return one.bound <= low + off if one.side is Side.AT_MOST else one.bound >= high - off


def _end_verdict(one: Expectation, some: Floats) -> Verdict:
    """One value that is not at the end decides, and nothing else can."""
    last = _last_to_pass(one)
    is_beyond = some > last if one.side is Side.AT_MOST else some < last
    return Verdict.FAIL if is_beyond.any() else Verdict.INCONCLUSIVE


def _mean_verdict(one: Expectation, limits: Limits, weights: Floats, some: Floats) -> Verdict:
    """Test a mean between the least and the most that a value can be."""
    low, high = limits
    tested = (float(one.bound) - low) / (high - low)
    side = shown_side(tested, (some - low) / (high - low), weights, ALPHA)
    if side == 0:
        return Verdict.INCONCLUSIVE
    return Verdict.PASS if (side < 0) == (one.side is Side.AT_MOST) else Verdict.FAIL


def _percentile_verdict(one: Expectation, quantity: Quantity, weights: Floats, some: Floats, count: int) -> Verdict:
    """Test a percentile: it is at most a bound if at least its share of the values are."""
    last = _last_to_pass(one)
    inside: NDArray[np.bool_] = some <= last if one.side is Side.AT_MOST else some < last
    total = math.fsum(weights[inside])
    return _by_share(float(quantity.kind.share), total, count, wants_less=one.side is Side.AT_LEAST)


def _by_share(tested: float, total: float, count: int, wants_less: bool) -> Verdict:
    if not excludes(tested, total, count, ALPHA):
        return Verdict.INCONCLUSIVE
    return Verdict.PASS if (total < tested * count) == wants_less else Verdict.FAIL
