"""latency-max-binomial: a percentile of the canary's latency may not, on evidence, exceed a fixed limit.

The true percentile q is above the limit where more than 1 - q of all requests are slower; the limit is exceeded where
P(Bin(n, 1 - q) >= slow) <= 1 - confidence for n canary requests, `slow` of them slower than the limit: the exact
one-sided binomial test. Counts of shape rows, limits in microseconds inside and milliseconds outside.

Errs on the safe side for independent requests. It passes what it cannot tell: a small window shows little.
"""

from canary_runner.judges.counts import ArmCounts, Bools, Ints
from canary_runner.judges.integers import truth
from canary_runner.judges.latency_max import UNIT, limit, limit_us, observed
from canary_runner.judges.percentile import slow_requests
from canary_runner.model.policy import LatencyCheck
from canary_runner.stats.tails import critical_count

ID = "latency-max-binomial"
IS_MONOTONE = True

__all__ = ["ID", "IS_MONOTONE", "UNIT", "allowed", "exceeds", "limit", "observed"]


def exceeds(check: LatencyCheck, canary: ArmCounts, baseline: ArmCounts, edges_us: tuple[int, ...]) -> Bools:
    """Return where there is evidence; `baseline` is not read, the limit must be one of `edges_us`."""
    slow = slow_requests(limit_us(check), canary.latency, edges_us)
    return truth(slow > allowed(check, canary.requests))


def allowed(check: LatencyCheck, requests: Ints) -> Ints:
    """Return how many of `requests` may be slower than the limit and still be no evidence, elementwise."""
    assert check.confidence is not None
    return critical_count(requests, 1 - check.quantile, check.confidence) - 1
