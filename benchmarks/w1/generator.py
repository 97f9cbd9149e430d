"""Vectorised `numpy.random.Generator`: stage by stage, for all that are still there.

With Poisson arrivals the four classes of the canary's requests (error or not, slow or not) and the two of the
baseline's are independent Poisson counts with fixed means, which NumPy draws faster than binomial counts of arrays.
"""

import numpy as np
from numpy.typing import NDArray

from benchmarks.w1.workload import ERROR_PERCENT, SLOW_PERCENT, TIMES_BASELINE, TOLERATED, Window, Workload

BLOCK = 4096
"""Rollouts at a time; their counts stay in the cache."""


def rollbacks(workload: Workload, rollouts: int, seed: int) -> int:
    """Count the rollouts that roll back by the rule of W1, in a world that stands still within a stage."""
    generator = np.random.Generator(np.random.SFC64(seed))
    rolled = 0
    for first in range(0, rollouts, BLOCK):
        size = alive = min(BLOCK, rollouts - first)
        for stage in workload.stages:
            fails = _fails(stage[0], generator, (alive, len(stage)))
            alive = int(np.count_nonzero(fails.sum(axis=1) <= TOLERATED))
        rolled += size - alive
    return rolled


def _fails(window: Window, generator: np.random.Generator, shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Draw windows and tell which of them fail."""
    poisson = generator.poisson
    wrong, right = window.canary * window.canary_errors, window.canary * (1 - window.canary_errors)
    slow, quick = window.slow_share, 1 - window.slow_share
    errors_slow, right_slow = poisson(wrong * slow, shape), poisson(right * slow, shape)
    errors = errors_slow + poisson(wrong * quick, shape)
    late = errors_slow + right_slow
    requests = errors + right_slow + poisson(right * quick, shape)
    found: NDArray[np.bool_] = (100 * errors > ERROR_PERCENT * requests) | (100 * late > SLOW_PERCENT * requests)
    if window.baseline:
        other_errors = poisson(window.baseline * window.baseline_errors, shape)
        others = other_errors + poisson(window.baseline * (1 - window.baseline_errors), shape)
        found |= errors * others > TIMES_BASELINE * other_errors * requests
    return found
