"""How near a window is to failing a check, for windows that the next analysis reads again."""

from collections.abc import Sequence

import numpy as np

from canary_runner.compiling.classes import Edges
from canary_runner.judges import error_max, latency_max
from canary_runner.judges.counts import ArmCounts
from canary_runner.judges.percentile import slow_requests
from canary_runner.model.policy import Check, ErrorCheck
from canary_runner.stats.outward import Floats


def nearness(checks: Sequence[Check], canary: ArmCounts, edges_us: Edges) -> Floats:
    """Return the largest share of what an absolute limit allows that is used up, 0..1, shape rows.

    It guides where a rare ending is sought and decides nothing, so limits with confidence count as plain ones, and
    comparisons are left out.
    """
    found = np.zeros(canary.requests.shape)
    for check in checks:
        if isinstance(check, ErrorCheck) and check.max_ratio is not None:
            bad, allowed = canary.errors, error_max.allowed(check, canary.requests)
        elif not isinstance(check, ErrorCheck) and check.max_us is not None:
            bad = slow_requests(check.max_us, canary.latency, edges_us)
            allowed = latency_max.allowed(check, canary.requests)
        else:
            continue
        found = np.maximum(found, bad / (allowed + 1))
    return np.minimum(found, 1.0)
