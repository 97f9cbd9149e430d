"""error-ratio-binomial: the canary's error rate may not, on evidence, exceed a multiple of the baseline's.

Given the total of errors x + y, the canary's x are binomial with share theta = r n / (r n + m) if its rate is r times
the baseline's, for n and m requests and rare errors; the limit is exceeded where P(Bin(x + y, theta) >= x) <= 1 -
confidence. Counts of shape rows, r is a plain number. Source: Przyborowski and Wilenski (1940), Biometrika 31(3/4),
313-323, for Poisson counts; binomial counts of the same rates are less dispersed.

Errs on the safe side for independent requests: it fails no more often than its level says, the less often the fewer
errors there are; errors in bursts make it fail too often. With no baseline error it still needs enough canary errors:
one is no evidence.
"""

import numpy as np

from canary_runner.judges import error_ratio
from canary_runner.judges.counts import ArmCounts, Bools
from canary_runner.judges.error_ratio import UNIT, limit, observed
from canary_runner.judges.integers import quotient
from canary_runner.model.policy import ErrorCheck
from canary_runner.stats.binomial_evidence import has_evidence

ID = "error-ratio-binomial"
IS_MONOTONE = False

__all__ = ["ID", "IS_MONOTONE", "UNIT", "exceeds", "limit", "observed"]


def exceeds(check: ErrorCheck, canary: ArmCounts, baseline: ArmCounts, edges_us: tuple[int, ...]) -> Bools:
    """Return where there is evidence, False where an arm has no requests; `edges_us` is not read."""
    assert check.confidence is not None
    factor = limit(check)
    # No evidence without an excess, so the exact comparison of integers chooses whom to test.
    found = error_ratio.exceeds(check, canary, baseline, edges_us)
    tested = np.nonzero(found)
    x, n, y, m = (a[tested] for a in (canary.errors, canary.requests, baseline.errors, baseline.requests))
    shares = quotient(factor.numerator, n, factor.denominator, m)
    found[tested] = has_evidence(x, x + y, shares, check.confidence)
    return found
