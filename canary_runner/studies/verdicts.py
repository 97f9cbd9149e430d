"""A bound on a quantity, held against a study: PASS, FAIL, or not yet decided."""

import math

from canary_runner.model.expectation import Bound, Side, Verdict
from canary_runner.model.plan import Plan
from canary_runner.model.study import Estimate, Method
from canary_runner.stats.confidence_sequences import excludes
from canary_runner.studies.estimates import Sample
from canary_runner.studies.quantities import QUANTITIES, Kind

ALPHA = 0.001
"""Chance of a wrong verdict on a sampled number, over all looks at it."""

EQUAL = 1e-9
"""Exact numbers closer to a bound than this share of it are equal to it, and pass."""


def exact_verdict(bound: Bound, estimate: Estimate) -> Verdict:
    """Hold an exact estimate against a bound. A number that does not apply fails: nothing shows that it holds."""
    assert estimate.method is Method.EXACT
    if estimate.value is None or estimate.low is None:
        return Verdict.FAIL
    high = math.inf if estimate.high is None else estimate.high
    slack = EQUAL * abs(bound.value)
    within, beyond = (
        (high <= bound.value + slack, estimate.low > bound.value + slack)
        if bound.side is Side.AT_MOST
        else (estimate.low >= bound.value - slack, high < bound.value - slack)
    )
    return Verdict.PASS if within else Verdict.FAIL if beyond else Verdict.INCONCLUSIVE


def sampled_verdict(bound: Bound, plan: Plan, sample: Sample) -> Verdict:
    """Hold a sample against a bound, by a confidence sequence: it may be asked again after every block.

    A percentile is at most a bound if at least its share of the values are: the share is what is tested. A mean is
    tested between the least and the most that a rollout can cost.
    """
    quantity = QUANTITIES[bound.quantity]
    chosen, values = quantity.values(plan, sample.paths)
    weights, some = sample.paths.weights[chosen], values[chosen]
    count = round(math.fsum(weights))
    if quantity.kind is Kind.MEAN:
        low, high = _range(bound.quantity, plan)
        if not low < bound.value < high:
            return _beyond_range(bound, low, count)
        total = math.fsum(weights * (some - low)) / (high - low)
        tested, wants_less = (bound.value - low) / (high - low), bound.side is Side.AT_MOST
    else:
        inside = some <= bound.value if bound.side is Side.AT_MOST else some < bound.value
        total, tested = math.fsum(weights[inside]), quantity.kind.share
        wants_less = bound.side is Side.AT_LEAST
    if not excludes(tested, total, count, ALPHA):
        return Verdict.INCONCLUSIVE
    return Verdict.PASS if (total < tested * count) == wants_less else Verdict.FAIL


def _beyond_range(bound: Bound, low: float, count: int) -> Verdict:
    """Decide what no value can change, if there is any value at all."""
    if count == 0:
        return Verdict.INCONCLUSIVE
    is_below = bound.value <= low
    if bound.value == low and bound.side is Side.AT_MOST:
        return Verdict.INCONCLUSIVE
    return Verdict.PASS if is_below == (bound.side is Side.AT_LEAST) else Verdict.FAIL


def _range(quantity: str, plan: Plan) -> tuple[float, float]:
    """Return the least and the most that one rollout's value can be."""
    if QUANTITIES[quantity].is_chance:
        return 0.0, 1.0
    longest_s = sum(stage.last_analysis * stage.check_every_s for stage in plan.stages)
    longest_s += sum(plan.approval.delay_s or 0 for stage in plan.stages if stage.has_gate)
    longest_s += plan.policy.rollback_takes_s
    if quantity.startswith(("time_to_rollback", "rollout_duration")):
        return 0.0, float(longest_s)
    peak_rps = float(plan.service.rate_rps * (1 + plan.service.daily_swing))
    most = peak_rps * (3600 if quantity.startswith("unguarded") else longest_s)
    return (0.0 if "requests" in quantity and "extra" not in quantity else -most), most
