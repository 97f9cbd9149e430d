"""latency-max: a percentile of the canary's latency may not exceed a fixed limit.

The nearest-rank percentile q of n requests is above the limit if and only if more than n - ceil(q n) of them were
slower than the limit: a count, exact because the limit is an edge of the histogram. Counts of shape rows, limits in
microseconds inside and milliseconds outside.

Errs in small windows: below 1 / (1 - q) requests the percentile is the slowest one. `latency-max-binomial` asks for
evidence before it fails.
"""

from fractions import Fraction

from canary_runner.judges.counts import ArmCounts, Bools, Ints
from canary_runner.judges.integers import share_of, single, truth
from canary_runner.judges.percentile import percentile_us, slow_requests
from canary_runner.model.policy import LatencyCheck

ID = "latency-max"
UNIT = "ms"
IS_MONOTONE = True


def limit(check: LatencyCheck) -> Fraction:
    """Return the largest percentile that passes, in milliseconds."""
    return Fraction(limit_us(check), 1000)


def limit_us(check: LatencyCheck) -> int:
    """Return the largest percentile that passes, in microseconds."""
    assert check.max_us is not None
    return check.max_us


def allowed_share(check: LatencyCheck) -> Fraction:
    """Return the largest share of slow requests that passes: of n as many as `allowed`."""
    return 1 - check.quantile


def exceeds(check: LatencyCheck, canary: ArmCounts, baseline: ArmCounts, edges_us: tuple[int, ...]) -> Bools:
    """Return where the limit is exceeded; `baseline` is not read, the limit must be one of `edges_us`."""
    slow = slow_requests(limit_us(check), canary.latency, edges_us)
    return truth(slow > allowed(check, canary.requests))


def allowed(check: LatencyCheck, requests: Ints) -> Ints:
    """Return how many of `requests` may be slower than the limit, elementwise: n - ceil(q n) = floor((1 - q) n)."""
    return share_of(allowed_share(check), requests)


def observed(check: LatencyCheck, canary: ArmCounts, baseline: ArmCounts, edges_us: tuple[int, ...]) -> Fraction | None:
    """Return the canary's percentile in a single window, in milliseconds."""
    if single(canary.requests) == 0:
        return None
    return Fraction(single(percentile_us(check.quantile, canary.latency, edges_us)), 1000)
