"""error-max: the canary's error rate may not exceed a fixed limit.

errors / requests > limit, compared as integers: errors x denominator > numerator x requests. Counts of shape rows,
the limit is errors per request. What Argo Rollouts conditions and Flagger ranges do.

Errs in small windows: one error in 30 requests is 3.3 %. `error-max-binomial` asks for evidence before it fails.
"""

from fractions import Fraction

from canary_runner.judges.counts import ArmCounts, Bools
from canary_runner.judges.integers import holding, largest, single, truth
from canary_runner.model.policy import ErrorCheck

ID = "error-max"
UNIT = "ratio"


def limit(check: ErrorCheck) -> Fraction:
    """Return the largest error rate that passes."""
    assert check.max_ratio is not None
    return check.max_ratio


def exceeds(check: ErrorCheck, canary: ArmCounts, baseline: ArmCounts, edges_us: tuple[int, ...]) -> Bools:
    """Return where the limit is exceeded; `baseline` and `edges_us` are not read."""
    highest = limit(check)
    bound = largest(canary) * max(highest.numerator, highest.denominator)
    errors, requests = holding(bound, canary.errors, canary.requests)
    return truth(errors * highest.denominator > highest.numerator * requests)


def observed(check: ErrorCheck, canary: ArmCounts, baseline: ArmCounts, edges_us: tuple[int, ...]) -> Fraction | None:
    """Return the canary's error rate in a single window."""
    requests = single(canary.requests)
    return Fraction(single(canary.errors), requests) if requests else None
