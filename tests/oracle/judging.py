"""What a check says about a window: one limit at a time, exceeded or not or unreadable."""

import math
from decimal import Decimal, localcontext
from fractions import Fraction
from functools import cache
from statistics import NormalDist

from canary_runner.model.outcomes import Outcome
from canary_runner.model.policy import ErrorCheck, Points, Ratio

DIGITS = 60


def outcome_of(check, canary, baseline, min_requests, has_baseline):
    """Return PASS, FAIL or INCONCLUSIVE; `canary` and `baseline` are what each arm reported in the window."""
    exceeded = []  # one entry per limit: True, False, or None if it cannot be read
    enough = max(1, min_requests)
    if absolute_limit(check) is not None:
        readable = canary.requests >= enough
        exceeded.append(absolute_exceeded(check, canary) if readable else None)
    if check.over_baseline is not None and has_baseline:
        readable = canary.requests >= enough and baseline.requests >= enough
        exceeded.append(comparison_exceeded(check, canary, baseline) if readable else None)
    if True in exceeded:
        return Outcome.FAIL
    if None in exceeded:
        return Outcome.INCONCLUSIVE
    return Outcome.PASS


def is_asked(check, traffic):
    """Tell whether a check has anything to ask: comparisons need baseline traffic."""
    return absolute_limit(check) is not None or (check.over_baseline is not None and traffic < 1)


def absolute_limit(check):
    """Return a check's `max`, or None."""
    return check.max_ratio if isinstance(check, ErrorCheck) else check.max_us


def absolute_exceeded(check, canary):
    """Tell whether the canary exceeds `max`; equal passes."""
    if isinstance(check, ErrorCheck):
        if check.confidence is not None:
            return at_least_is_unlikely(canary.errors, canary.requests, check.max_ratio, check.confidence)
        return Fraction(canary.errors, canary.requests) > check.max_ratio
    if check.confidence is not None:
        slow = sum(count for edge, count in canary.latencies_us.items() if edge > check.max_us)
        return at_least_is_unlikely(slow, canary.requests, 1 - check.quantile, check.confidence)
    return percentile_us(canary, check.quantile) > check.max_us


def comparison_exceeded(check, canary, baseline):
    """Tell whether the canary is worse than the baseline by more than `max_over_baseline`; equal passes."""
    limit = check.over_baseline
    if not isinstance(check, ErrorCheck):
        new, old = percentile_us(canary, check.quantile), percentile_us(baseline, check.quantile)
        return new > limit.factor * old if isinstance(limit, Ratio) else new > old + limit.difference_us
    if isinstance(limit, Points) and check.confidence is not None:
        return score_test_exceeds(canary, baseline, limit.difference, check.confidence)
    if isinstance(limit, Points):
        new, old = Fraction(canary.errors, canary.requests), Fraction(baseline.errors, baseline.requests)
        return new > old + limit.difference
    if check.confidence is not None:
        expected_share = limit.factor * canary.requests / (limit.factor * canary.requests + baseline.requests)
        errors = canary.errors + baseline.errors
        return at_least_is_unlikely(canary.errors, errors, expected_share, check.confidence)
    return canary.errors * baseline.requests > limit.factor * baseline.errors * canary.requests


def percentile_us(arm, quantile):
    """Return the nearest-rank percentile: the upper edge of the class that holds request number ceil(q n)."""
    rank = math.ceil(quantile * arm.requests)
    so_far = 0
    for edge in sorted(arm.latencies_us):
        so_far += arm.latencies_us[edge]
        if so_far >= rank:
            return edge
    raise AssertionError("no requests")


@cache
def at_least_is_unlikely(events, trials, chance, confidence):
    """Tell whether P(Bin(trials, chance) >= events) <= 1 - confidence."""
    if chance in (0, 1):
        return chance == 0 and events > 0
    with localcontext(prec=DIGITS):
        p = as_decimal(chance)
        fewer, ways = Decimal(0), 1  # P(Bin < events); `ways` is trials over k
        for k in range(events):
            fewer += ways * p**k * (1 - p) ** (trials - k)
            ways = ways * (trials - k) // (k + 1)
        return fewer >= as_decimal(confidence)


def as_decimal(fraction):
    """Return a fraction to 60 digits: a tie that exists is met, for ties have few digits."""
    return Decimal(fraction.numerator) / Decimal(fraction.denominator)


def score_test_exceeds(canary, baseline, difference, confidence):
    """Farrington and Manning (1990): is `canary rate - baseline rate` above `difference`?

    The observed excess, in standard errors of two arms whose true rates differ by exactly `difference` and are
    otherwise as likely as can be, is compared with the normal quantile.
    """
    new, old = Fraction(canary.errors, canary.requests), Fraction(baseline.errors, baseline.requests)
    excess = float(new - old - difference)
    if excess <= 0:
        return False
    p_old = likeliest_baseline_rate(canary, baseline, float(difference))
    p_new = p_old + float(difference)
    variance = p_new * (1 - p_new) / canary.requests + p_old * (1 - p_old) / baseline.requests
    return excess >= NormalDist().inv_cdf(float(confidence)) * math.sqrt(variance)


def likeliest_baseline_rate(canary, baseline, difference):
    """Return the baseline's rate p that maximises the likelihood if the canary's is p + difference, by bisection."""

    def slope(p):  # of the log-likelihood, which is concave: falls as p grows
        return (
            canary.errors / (p + difference)
            - (canary.requests - canary.errors) / (1 - p - difference)
            + baseline.errors / p
            - (baseline.requests - baseline.errors) / (1 - p)
        )

    low, high = 0.0, 1.0 - difference
    for _ in range(40):  # more would divide by zero at the borders
        middle = (low + high) / 2
        low, high = (middle, high) if slope(middle) > 0 else (low, middle)
    return (low + high) / 2
