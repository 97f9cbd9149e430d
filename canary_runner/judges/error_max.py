"""error-max: the canary's error rate may not exceed a fixed limit.

errors / requests > limit, compared as integers: errors > floor(limit x requests). Counts of shape rows,
the limit is errors per request. What Argo Rollouts conditions and Flagger ranges do.

Errs in small windows: one error in 30 requests is 3.3 %. `error-max-binomial` asks for evidence before it fails.
"""

from fractions import Fraction

from canary_runner.judges.counts import ArmCounts, Bools, Ints
from canary_runner.judges.integers import share_of, single, truth
from canary_runner.model.policy import ErrorCheck

ID = "error-max"
UNIT = "ratio"
IS_MONOTONE = True


def limit(check: ErrorCheck) -> Fraction:
    """Return the largest error rate that passes."""
    assert check.max_ratio is not None
    return check.max_ratio


def allowed_share(check: ErrorCheck) -> Fraction:
    """Return the largest share of errors that passes: as many of n as `allowed`, floor(share x n)."""
    return limit(check)


def exceeds(check: ErrorCheck, canary: ArmCounts, baseline: ArmCounts, edges_us: tuple[int, ...]) -> Bools:
    """Return where the limit is exceeded; `baseline` and `edges_us` are not read."""
    return truth(canary.errors > allowed(check, canary.requests))


def allowed(check: ErrorCheck, requests: Ints) -> Ints:
    """Return how many errors among `requests` do not exceed the limit: floor(limit x requests), elementwise."""
    return share_of(limit(check), requests)


def observed(check: ErrorCheck, canary: ArmCounts, baseline: ArmCounts, edges_us: tuple[int, ...]) -> Fraction | None:
    """Return the canary's error rate in a single window."""
    requests = single(canary.requests)
    return Fraction(single(canary.errors), requests) if requests else None
