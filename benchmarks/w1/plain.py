"""The plain loop: rollout by rollout, window by window, scalar draws of `numpy.random.Generator`.

What does not change is worked out once, methods are bound to names, limits are compared as integers. Every window is
drawn whole and then judged, as a program does that also shows its windows: the percentile in milliseconds among it, as
the order statistic that it is. The counting loop draws instead how many requests are slower than the limit, which
decides the same; the frugal loop draws of a window only what its verdict still needs.
"""

import math
from dataclasses import astuple
from statistics import NormalDist

import numpy as np

from benchmarks.w1.workload import (
    ERROR_PERCENT,
    LIMIT_MS,
    MEDIAN_MS,
    SIGMA,
    SLOW_PERCENT,
    TIMES_BASELINE,
    TOLERATED,
    WINDOWS,
    Workload,
)


def rollbacks(workload: Workload, rollouts: int, seed: int) -> int:
    """Count the rollouts that roll back by the rule of W1."""
    generator = np.random.default_rng(seed)
    poisson, binomial, beta = generator.poisson, generator.binomial, generator.beta
    quantile, exp, log_median = NormalDist(sigma=SIGMA).inv_cdf, math.exp, math.log(MEDIAN_MS)
    stages = [[astuple(window) for window in stage] for stage in workload.stages]
    rolled = 0
    for _ in range(rollouts):
        for stage in stages:
            failing = 0
            for mean, error_rate, other_mean, other_error_rate, _ in stage:
                requests = poisson(mean)
                errors = binomial(requests, error_rate)
                rank = -((SLOW_PERCENT - 100) * requests // 100)
                p99_ms = exp(log_median + quantile(beta(rank, requests - rank + 1))) if requests else 0.0
                fails = 100 * errors > ERROR_PERCENT * requests or p99_ms > LIMIT_MS
                if other_mean:
                    others = poisson(other_mean)
                    other_errors = binomial(others, other_error_rate)
                    fails = fails or errors * others > TIMES_BASELINE * other_errors * requests
                if fails:
                    failing += 1
                    if failing > TOLERATED:
                        break
            else:
                continue
            rolled += 1
            break
    return rolled


def counting_rollbacks(workload: Workload, rollouts: int, seed: int) -> int:
    """Count as `rollbacks` does, from slow requests instead of a percentile."""
    generator = np.random.default_rng(seed)
    poisson, binomial = generator.poisson, generator.binomial
    stages = [[astuple(window) for window in stage] for stage in workload.stages]
    rolled = 0
    for _ in range(rollouts):
        for stage in stages:
            failing = 0
            for mean, error_rate, other_mean, other_error_rate, slow_share in stage:
                requests = poisson(mean)
                errors = binomial(requests, error_rate)
                slow = binomial(requests, slow_share)
                fails = 100 * errors > ERROR_PERCENT * requests or 100 * slow > SLOW_PERCENT * requests
                if other_mean:
                    others = poisson(other_mean)
                    other_errors = binomial(others, other_error_rate)
                    fails = fails or errors * others > TIMES_BASELINE * other_errors * requests
                if fails:
                    failing += 1
                    if failing > TOLERATED:
                        break
            else:
                continue
            rolled += 1
            break
    return rolled


def frugal_rollbacks(workload: Workload, rollouts: int, seed: int) -> int:
    """Count as `counting_rollbacks` does, but draw of a window only what its verdict still needs."""
    generator = np.random.default_rng(seed)
    poisson, binomial = generator.poisson, generator.binomial
    stages = [[astuple(window) for window in stage] for stage in workload.stages]
    rolled = 0
    for _ in range(rollouts):
        for stage in stages:
            failing = 0
            for mean, error_rate, other_mean, other_error_rate, slow_share in stage:
                requests = poisson(mean)
                errors = binomial(requests, error_rate)
                fails = 100 * errors > ERROR_PERCENT * requests
                fails = fails or 100 * binomial(requests, slow_share) > SLOW_PERCENT * requests
                if not fails and errors and other_mean:
                    others = poisson(other_mean)
                    fails = errors * others > TIMES_BASELINE * binomial(others, other_error_rate) * requests
                if fails:
                    failing += 1
                    if failing > TOLERATED:
                        break
            else:
                continue
            rolled += 1
            break
    return rolled


def native_rollbacks(workload: Workload, rollouts: int, seed: int) -> int:
    """Count the rollouts that roll back by the rule of W1n, in a world that stands still."""
    generator = np.random.default_rng(seed)
    poisson, binomial = generator.poisson, generator.binomial
    stages = [astuple(stage[0]) for stage in workload.stages]
    rolled = 0
    for _ in range(rollouts):
        for mean, error_rate, other_mean, other_error_rate, slow_share in stages:
            error_failures = slow_failures = 0
            for number in range(1, 2 * WINDOWS + 1):
                requests = poisson(mean)
                errors = binomial(requests, error_rate)
                is_slow = 100 * binomial(requests, slow_share) > SLOW_PERCENT * requests
                is_wrong = 100 * errors > ERROR_PERCENT * requests
                if other_mean:
                    others = poisson(other_mean)
                    other_errors = binomial(others, other_error_rate)
                    is_wrong = is_wrong or errors * others > TIMES_BASELINE * other_errors * requests
                error_failures += is_wrong
                slow_failures += is_slow
                if error_failures > TOLERATED or slow_failures > TOLERATED:
                    rolled += 1
                    break
                if number >= WINDOWS and not (is_wrong or is_slow):
                    break
            if error_failures > TOLERATED or slow_failures > TOLERATED or is_wrong or is_slow:
                break  # rolled back, or paused
    return rolled
