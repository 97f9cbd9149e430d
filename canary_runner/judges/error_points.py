"""error-points: the canary's error rate may not exceed the baseline's by more than a number of points.

x / n - y / m > delta for x errors of n canary requests and y of m baseline requests, compared as integers:
x m d > n (y d + delta_n m) with delta = delta_n / d. Counts of shape rows, delta is a difference of errors
per request.

Errs in small windows, by luck of either arm; `error-points-score` asks for evidence before it fails.
"""

from fractions import Fraction

from canary_runner.judges.counts import ArmCounts, Bools, Ints
from canary_runner.judges.integers import AnyInts, holding, largest, single, top, truth
from canary_runner.model.policy import ErrorCheck, Points

ID = "error-points"
UNIT = "ratio_difference"
IS_MONOTONE = True


def limit(check: ErrorCheck) -> Fraction:
    """Return the largest difference of error rates that passes."""
    assert isinstance(check.over_baseline, Points)
    return check.over_baseline.difference


def exceeds(check: ErrorCheck, canary: ArmCounts, baseline: ArmCounts, edges_us: tuple[int, ...]) -> Bools:
    """Return where the limit is exceeded, False where an arm has no requests; `edges_us` is not read."""
    above, below = baseline_bound(check, canary.errors, canary.requests)
    bound = largest(baseline) * _reach(check, canary.requests)
    y, m, above, below = holding(bound, baseline.errors, baseline.requests, above, below)
    return truth(y * below < above * m)


def baseline_bound(check: ErrorCheck, errors: Ints, requests: Ints) -> tuple[AnyInts, AnyInts]:
    """Return the rate, as numerators and denominators, below which the baseline's makes the limit exceeded."""
    delta = limit(check)
    x, n = holding(_reach(check, errors, requests), errors, requests)
    return x * delta.denominator - n * delta.numerator, n * delta.denominator


def _reach(check: ErrorCheck, *counts: Ints) -> int:
    """Return a bound of the magnitudes of numerators and denominators, from counts of requests and errors."""
    delta = limit(check)
    return top(*counts) * (abs(delta.numerator) + delta.denominator)


def observed(check: ErrorCheck, canary: ArmCounts, baseline: ArmCounts, edges_us: tuple[int, ...]) -> Fraction | None:
    """Return the canary's error rate minus the baseline's in a single window."""
    n, m = single(canary.requests), single(baseline.requests)
    if n == 0 or m == 0:
        return None
    return Fraction(single(canary.errors), n) - Fraction(single(baseline.errors), m)
