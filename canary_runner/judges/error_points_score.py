"""error-points-score: the canary's error rate may not, on evidence, exceed the baseline's by more than some points.

The Farrington-Manning score test of p1 - p2 > delta at one-sided level `confidence`
(`canary_runner.stats.farrington_manning` has formula and source). Counts of shape rows, delta is a difference of
errors per request.

Errs at small counts, where its true level can be four times the nominal one or far below it: the docs have a table.
"""

import numpy as np

from canary_runner.judges import error_points
from canary_runner.judges.counts import ArmCounts, Bools
from canary_runner.judges.error_points import UNIT, limit, observed
from canary_runner.model.policy import ErrorCheck
from canary_runner.stats.farrington_manning import has_evidence

ID = "error-points-score"
IS_MONOTONE = False

__all__ = ["ID", "IS_MONOTONE", "UNIT", "exceeds", "limit", "observed"]


def exceeds(check: ErrorCheck, canary: ArmCounts, baseline: ArmCounts, edges_us: tuple[int, ...]) -> Bools:
    """Return where there is evidence, False where an arm has no requests; `edges_us` is not read."""
    assert check.confidence is not None
    # No evidence without an excess, so the exact comparison of integers chooses whom to test.
    found = error_points.exceeds(check, canary, baseline, edges_us)
    tested = np.nonzero(found)
    x, n, y, m = (a[tested] for a in (canary.errors, canary.requests, baseline.errors, baseline.requests))
    found[tested] = has_evidence(x, n, y, m, limit(check), check.confidence)
    return found
