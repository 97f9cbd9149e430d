"""latency-difference: a percentile of the canary's latency may not exceed the baseline's by more than a time.

a - b > limit for nearest-rank percentiles a and b, all in whole microseconds (upper edges of the histogram's
classes). Counts of shape rows, limits in milliseconds outside.

Errs by the classes, up to 2 % in either arm, and in small windows by luck; there is no form of it with confidence.
"""

from fractions import Fraction

from canary_runner.judges.counts import ArmCounts, Bools, Ints
from canary_runner.judges.integers import single, truth
from canary_runner.judges.percentile import percentile_us
from canary_runner.model.policy import LatencyCheck, Micros

ID = "latency-difference"
UNIT = "ms"
IS_MONOTONE = True


def limit(check: LatencyCheck) -> Fraction:
    """Return the largest difference of percentiles that passes, in milliseconds."""
    return Fraction(limit_us(check), 1000)


def limit_us(check: LatencyCheck) -> int:
    """Return the largest difference of percentiles that passes, in microseconds."""
    assert isinstance(check.over_baseline, Micros)
    return check.over_baseline.difference_us


def exceeds(check: LatencyCheck, canary: ArmCounts, baseline: ArmCounts, edges_us: tuple[int, ...]) -> Bools:
    """Return where the limit is exceeded; where an arm has no requests it means nothing."""
    a = percentile_us(check.quantile, canary.latency, edges_us)
    b = percentile_us(check.quantile, baseline.latency, edges_us)
    return is_exceeded(check, a, b)


def is_exceeded(check: LatencyCheck, canary_us: Ints, baseline_us: Ints) -> Bools:
    """Return where two percentiles, in microseconds, exceed the limit; they broadcast."""
    return truth(canary_us - baseline_us > limit_us(check))


def observed(check: LatencyCheck, canary: ArmCounts, baseline: ArmCounts, edges_us: tuple[int, ...]) -> Fraction | None:
    """Return the canary's percentile minus the baseline's in a single window, in milliseconds."""
    if single(canary.requests) == 0 or single(baseline.requests) == 0:
        return None
    a = single(percentile_us(check.quantile, canary.latency, edges_us))
    return between(a, single(percentile_us(check.quantile, baseline.latency, edges_us)))


def between(canary_us: int, baseline_us: int) -> Fraction:
    """Return the difference of two percentiles (microseconds), in milliseconds."""
    return Fraction(canary_us - baseline_us, 1000)
