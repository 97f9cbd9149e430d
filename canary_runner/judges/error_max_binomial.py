"""error-max-binomial: the canary's error rate may not, on evidence, exceed a fixed limit.

P(Bin(n, limit) >= errors) <= 1 - confidence for n canary requests: the exact one-sided binomial test, read as errors
>= critical count of n. Counts of shape rows, the limit is errors per request.

Errs on the safe side for independent requests: its true level is at most 1 - confidence per analysis. Errors in
bursts make it fail too often, and many analyses add up. It passes what it cannot tell: a small window shows little.
"""

from canary_runner.judges.counts import ArmCounts, Bools, Ints
from canary_runner.judges.error_max import UNIT, limit, observed
from canary_runner.judges.integers import truth
from canary_runner.model.policy import ErrorCheck
from canary_runner.stats.tails import critical_count

ID = "error-max-binomial"
IS_MONOTONE = True

__all__ = ["ID", "IS_MONOTONE", "UNIT", "allowed", "exceeds", "limit", "observed"]


def exceeds(check: ErrorCheck, canary: ArmCounts, baseline: ArmCounts, edges_us: tuple[int, ...]) -> Bools:
    """Return where there is evidence; `baseline` and `edges_us` are not read."""
    return truth(canary.errors > allowed(check, canary.requests))


def allowed(check: ErrorCheck, requests: Ints) -> Ints:
    """Return how many errors among `requests` are no evidence, elementwise."""
    assert check.confidence is not None
    return critical_count(requests, limit(check), check.confidence) - 1
