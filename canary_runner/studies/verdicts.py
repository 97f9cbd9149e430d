"""A bound on a quantity, held against a study: PASS, FAIL, or not yet decided."""

import math
from fractions import Fraction

from canary_runner.model.expectation import Expectation, Side, Unit, Verdict
from canary_runner.model.plan import Plan
from canary_runner.model.study import Estimate, Method
from canary_runner.stats.confidence_sequences import excludes
from canary_runner.stats.outward import Floats
from canary_runner.studies.estimates import Sample
from canary_runner.studies.quantities import QUANTITIES, Kind

ALPHA = 0.001
"""Chance of a wrong verdict on a sampled number, over all looks at it."""

EQUAL = Fraction(1, 10**9)
"""Numbers closer to a bound than this share of it are equal to it, and pass: they come from floating point."""


def exact_verdict(one: Expectation, estimate: Estimate) -> Verdict:
    """Hold an exact estimate against a bound. A number that does not apply fails: nothing shows that it holds."""
    assert estimate.method is Method.EXACT
    if estimate.value is None or estimate.low is None:
        return Verdict.FAIL
    high, last = math.inf if estimate.high is None else estimate.high, _last_to_pass(one)
    within, beyond = (
        (high <= last, estimate.low > last) if one.side is Side.AT_MOST else (estimate.low >= last, high < last)
    )
    return Verdict.PASS if within else Verdict.FAIL if beyond else Verdict.INCONCLUSIVE


def _last_to_pass(one: Expectation) -> Fraction:
    """Return the bound with all that is equal to it."""
    return one.bound * (1 + EQUAL if one.side is Side.AT_MOST else 1 - EQUAL)


def sampled_verdict(one: Expectation, plan: Plan, sample: Sample) -> Verdict:
    """Hold a sample against a bound, by a confidence sequence: it may be asked again after every block.

    A percentile is at most a bound if at least its share of the values are: the share is what is tested. A mean is
    tested between the least and the most that a rollout can cost.
    """
    quantity = QUANTITIES[one.quantity]
    chosen, values = quantity.values(plan, sample.paths)
    weights, some = sample.paths.weights[chosen], values[chosen]
    count = round(math.fsum(weights))
    if quantity.kind is Kind.MEAN:
        low, high = _range(one, plan)
        if not low < one.bound < high:
            return _beyond_range(one, (low, high), some)
        total = math.fsum(weights * (some - low)) / (high - low)
        tested, wants_less = (float(one.bound) - low) / (high - low), one.side is Side.AT_MOST
    else:
        last = float(_last_to_pass(one))
        inside = some <= last if one.side is Side.AT_MOST else some < last
        total, tested = math.fsum(weights[inside]), quantity.kind.share
        wants_less = one.side is Side.AT_LEAST
    if not excludes(tested, total, count, ALPHA):
        return Verdict.INCONCLUSIVE
    return Verdict.PASS if (total < tested * count) == wants_less else Verdict.FAIL


def _beyond_range(one: Expectation, ends: tuple[float, float], some: Floats) -> Verdict:
    """Decide what no mean can change, if there is any value at all; at the very end one other value decides."""
    if some.size == 0:
        return Verdict.INCONCLUSIVE
    low, high = ends
    always, edge = (one.bound >= high, low) if one.side is Side.AT_MOST else (one.bound <= low, high)
    if always:
        return Verdict.PASS
    return Verdict.INCONCLUSIVE if one.bound == edge and (some == edge).all() else Verdict.FAIL


def _range(one: Expectation, plan: Plan) -> tuple[float, float]:
    """Return the least and the most that one rollout's value can be."""
    if QUANTITIES[one.quantity].is_chance:
        return 0.0, 1.0
    longest_s = sum(stage.last_analysis * stage.check_every_s for stage in plan.stages)
    longest_s += sum(plan.approval.delay_s or 0 for stage in plan.stages if stage.has_gate)
    longest_s += plan.policy.rollback_takes_s
    if one.unit is Unit.DURATION:
        return 0.0, float(longest_s)
    peak_rps = float(plan.service.rate_rps * (1 + plan.service.daily_swing))
    most = peak_rps * (3600 if one.quantity.startswith("unguarded") else longest_s)
    return (0.0 if "requests" in one.quantity and "extra" not in one.quantity else -most), most
