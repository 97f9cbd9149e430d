"""The per-request loop: every request of both arms is drawn, as a first implementation does."""

import math
import random

import numpy as np

from benchmarks.w1.workload import (
    ERROR_PERCENT,
    LIMIT_MS,
    MEDIAN_MS,
    SIGMA,
    SLOW_PERCENT,
    TIMES_BASELINE,
    TOLERATED,
    Window,
    Workload,
)


def rollbacks(workload: Workload, rollouts: int, seed: int) -> int:
    """Count the rollouts that roll back by the rule of W1."""
    dice = random.Random(seed)
    arrivals = np.random.default_rng(seed)
    return sum(_rolls_back(workload, dice, arrivals) for _ in range(rollouts))


def _rolls_back(workload: Workload, dice: random.Random, arrivals: np.random.Generator) -> bool:
    for stage in workload.stages:
        failing = 0
        for window in stage:
            failing += _fails(window, dice, arrivals)
            if failing > TOLERATED:
                return True
    return False


def _fails(window: Window, dice: random.Random, arrivals: np.random.Generator) -> bool:
    uniform, lognormal = dice.random, dice.lognormvariate
    requests, others = arrivals.poisson(window.canary), arrivals.poisson(window.baseline)
    error_rate, other_error_rate, median = window.canary_errors, window.baseline_errors, math.log(MEDIAN_MS)
    errors = slow = other_errors = 0
    for _ in range(requests):
        if uniform() < error_rate:
            errors += 1
        if lognormal(median, SIGMA) > LIMIT_MS:
            slow += 1
    for _ in range(others):
        if uniform() < other_error_rate:
            other_errors += 1
    return (
        100 * errors > ERROR_PERCENT * requests
        or 100 * slow > SLOW_PERCENT * requests
        or (others > 0 and errors * others > TIMES_BASELINE * other_errors * requests)
    )
