"""error-ratio: the canary's error rate may not exceed a multiple of the baseline's.

x / n > factor y / m for x errors of n canary requests and y of m baseline requests, compared as integers:
x m d > f y n with factor = f / d. Counts of shape rows, the factor is a plain number. With no baseline error
one canary error exceeds every factor.

Errs where errors are few: the ratio of two small counts is mostly luck. `error-ratio-binomial` asks for evidence.
"""

from fractions import Fraction

from canary_runner.judges.counts import ArmCounts, Bools, Ints
from canary_runner.judges.integers import AnyInts, holding, largest, single, top, truth
from canary_runner.model.policy import ErrorCheck, Ratio

ID = "error-ratio"
UNIT = "factor"
IS_MONOTONE = True


def limit(check: ErrorCheck) -> Fraction:
    """Return the largest ratio of error rates that passes."""
    assert isinstance(check.over_baseline, Ratio)
    return check.over_baseline.factor


def exceeds(check: ErrorCheck, canary: ArmCounts, baseline: ArmCounts, edges_us: tuple[int, ...]) -> Bools:
    """Return where the limit is exceeded, False where an arm has no requests; `edges_us` is not read."""
    reach = _reach(check, canary.requests)
    above, below = _bound(check, canary.errors, canary.requests, reach)
    y, m, above, below = holding(largest(baseline) * reach, baseline.errors, baseline.requests, above, below)
    return truth(y * below < above * m)


def baseline_bound(check: ErrorCheck, errors: Ints, requests: Ints) -> tuple[AnyInts, AnyInts]:
    """Return the rate, as numerators and denominators, below which the baseline's makes the limit exceeded."""
    return _bound(check, errors, requests, _reach(check, errors, requests))


def _bound(check: ErrorCheck, errors: Ints, requests: Ints, reach: int) -> tuple[AnyInts, AnyInts]:
    factor = limit(check)
    x, n = holding(reach, errors, requests)
    return x * factor.denominator, n * factor.numerator


def _reach(check: ErrorCheck, *counts: Ints) -> int:
    """Return a bound of the numerators and denominators, from counts of requests and errors."""
    factor = limit(check)
    return top(*counts) * max(factor.numerator, factor.denominator)


def observed(check: ErrorCheck, canary: ArmCounts, baseline: ArmCounts, edges_us: tuple[int, ...]) -> Fraction | None:
    """Return the ratio of the two error rates in a single window; None if the baseline had no error."""
    n, m, y = single(canary.requests), single(baseline.requests), single(baseline.errors)
    if n == 0 or m == 0 or y == 0:
        return None
    return Fraction(single(canary.errors), n) / Fraction(y, m)
