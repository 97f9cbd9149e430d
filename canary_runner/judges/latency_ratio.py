"""latency-ratio: a percentile of the canary's latency may not exceed a multiple of the baseline's.

a > factor b for nearest-rank percentiles a and b, in whole microseconds (upper edges of the histogram's classes), as
integers: a d > f b with factor = f / d. Counts of shape rows, the factor is a plain number.

Errs by the classes, up to 2 % in either arm, and in small windows by luck; there is no form of it with confidence.
"""

from fractions import Fraction

from canary_runner.judges.counts import ArmCounts, Bools, Ints
from canary_runner.judges.integers import holding, single, top, truth
from canary_runner.judges.percentile import percentile_us
from canary_runner.model.policy import LatencyCheck, Ratio

ID = "latency-ratio"
UNIT = "factor"
IS_MONOTONE = True


def limit(check: LatencyCheck) -> Fraction:
    """Return the largest ratio of percentiles that passes."""
    assert isinstance(check.over_baseline, Ratio)
    return check.over_baseline.factor


def exceeds(check: LatencyCheck, canary: ArmCounts, baseline: ArmCounts, edges_us: tuple[int, ...]) -> Bools:
    """Return where the limit is exceeded; where an arm has no requests it means nothing."""
    a = percentile_us(check.quantile, canary.latency, edges_us)
    b = percentile_us(check.quantile, baseline.latency, edges_us)
    return is_exceeded(check, a, b)


def is_exceeded(check: LatencyCheck, canary_us: Ints, baseline_us: Ints) -> Bools:
    """Return where two percentiles, in microseconds, exceed the limit; they broadcast."""
    factor = limit(check)
    bound = top(canary_us, baseline_us) * max(factor.numerator, factor.denominator)
    a, b = holding(bound, canary_us, baseline_us)
    return truth(a * factor.denominator > factor.numerator * b)


def observed(check: LatencyCheck, canary: ArmCounts, baseline: ArmCounts, edges_us: tuple[int, ...]) -> Fraction | None:
    """Return the ratio of the arms' percentiles in a single window."""
    if single(canary.requests) == 0 or single(baseline.requests) == 0:
        return None
    a = single(percentile_us(check.quantile, canary.latency, edges_us))
    return between(a, single(percentile_us(check.quantile, baseline.latency, edges_us)))


def between(canary_us: int, baseline_us: int) -> Fraction:
    """Return the ratio of two percentiles."""
    return Fraction(canary_us, baseline_us)
