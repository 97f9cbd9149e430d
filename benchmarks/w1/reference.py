"""The value that every side must find: by brute force, over all totals, all counts and all pairs of the baseline.

Nothing of canary-runner is used. A window's chances are summed over every number n of canary requests, every number e
of its errors and every pair (errors, good requests) of the baseline; slow requests are binomial given n, and
independent of the errors. What is cut off beyond `REACH` standard deviations is less than 1e-11 a sum; logarithms of
factorials summed up to 60,000 leave a relative error of 1e-9 or so.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from benchmarks.w1.workload import (
    ERROR_PERCENT,
    SLOW_PERCENT,
    TIMES_BASELINE,
    TOLERATED,
    WINDOWS,
    Window,
    Workload,
)

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

REACH = 7.5
"""Standard deviations on either side of a mean."""


@dataclass(frozen=True)
class WindowLaw:
    """The chances of what a window fails; they sum to 1."""

    neither: float
    errors: float
    slow: float
    both: float


@dataclass(frozen=True)
class Answer:
    """What is true of all rollouts of a workload."""

    rollback: float
    windows: tuple[float, ...]  # expected, of each stage


def by_w1(workload: Workload) -> Answer:
    """Return the chance of a rollback by the rule of W1."""
    present, windows = 1.0, []
    for stage in workload.stages:
        by_failures = [present] + [0.0] * TOLERATED
        expected = 0.0
        for window in stage:
            expected += sum(by_failures)
            passes = window_law(window, workload.is_poisson).neither
            before = [0.0, *by_failures[:-1]]
            by_failures = [
                passes * same + (1 - passes) * fewer for same, fewer in zip(by_failures, before, strict=True)
            ]
        present = sum(by_failures)
        windows.append(expected)
    return Answer(1 - present, tuple(windows))


def by_w1n(workload: Workload) -> Answer:
    """Return the chance of a rollback by the rule of W1n, in a world that stands still."""
    present, rolled, windows = 1.0, 0.0, []
    for stage in workload.stages:
        law = window_law(stage[0], workload.is_poisson)
        moves = {(0, 0): law.neither, (1, 0): law.errors, (0, 1): law.slow, (1, 1): law.both}
        inside, onward, expected = {(0, 0): present}, 0.0, 0.0
        for number in range(1, 2 * WINDOWS + 1):
            expected += sum(inside.values())
            following: dict[tuple[int, int], float] = {}
            for (errors, slow), weight in inside.items():
                for (more_errors, more_slow), chance in moves.items():
                    after = (errors + more_errors, slow + more_slow)
                    if max(after) > TOLERATED:
                        rolled += weight * chance
                    elif number >= WINDOWS and not (more_errors or more_slow):
                        onward += weight * chance
                    else:
                        following[after] = following.get(after, 0.0) + weight * chance
            inside = following
        present = onward
        windows.append(expected)
    return Answer(rolled, tuple(windows))


@cache
def window_law(window: Window, is_poisson: bool) -> WindowLaw:
    """Sum over all that both arms can report in a window."""
    requests, chances = _totals(window.canary, is_poisson)
    most_errors = requests * ERROR_PERCENT // 100
    errors = np.arange(int(most_errors.max()) + 1)
    not_worse = _not_worse(window.canary, window.baseline, window.baseline_errors, is_poisson)
    of_errors = _binomial(requests[:, None], errors[None, :], window.canary_errors)
    right = (of_errors * not_worse * (errors <= most_errors[:, None])).sum(axis=1)
    most_slow = requests * SLOW_PERCENT // 100
    slow = np.arange(int(most_slow.max()) + 1)
    of_slow = _binomial(requests[:, None], slow[None, :], window.slow_share)
    quick = (of_slow * (slow <= most_slow[:, None])).sum(axis=1)
    return WindowLaw(
        neither=float((chances * right * quick).sum()),
        errors=float((chances * (1 - right) * quick).sum()),
        slow=float((chances * right * (1 - quick)).sum()),
        both=float((chances * (1 - right) * (1 - quick)).sum()),
    )


@cache
def _not_worse(canary: float, baseline: float, baseline_errors: float, is_poisson: bool) -> Floats:
    """Return P(the ratio passes) for every number of requests and of errors, shape (requests, errors).

    e / n <= 2 b / m with m = b + g is g <= b (2 n - e) / e for e > 0: for each number b of baseline errors the good
    requests g up to a bound.
    """
    requests, _ = _totals(canary, is_poisson)
    errors = np.arange(int(requests.max()) * ERROR_PERCENT // 100 + 1)
    found = np.ones((requests.size, errors.size))
    if baseline == 0:
        return found
    if not is_poisson:
        return _not_worse_than_fixed(requests, errors, round(baseline), baseline_errors)
    other_errors, chances = _totals(baseline * baseline_errors, is_poisson=True)
    good, good_chances = _totals(baseline * (1 - baseline_errors), is_poisson=True)
    up_to = np.concatenate(([0.0], np.cumsum(good_chances)))  # [g - good[0] + 1]
    for error in errors[1:]:
        bounds = other_errors[None, :] * (TIMES_BASELINE * requests[:, None] - error) // error
        found[:, error] = (chances * up_to[np.clip(bounds - good[0] + 1, 0, good.size)]).sum(axis=1)
    return found


def _not_worse_than_fixed(requests: Ints, errors: Ints, others: int, baseline_errors: float) -> Floats:
    other_errors = np.arange(others + 1)
    chances = _binomial(np.array([others]), other_errors, baseline_errors)
    passes = errors[:, None] * others <= TIMES_BASELINE * other_errors * requests[:, None, None]
    found: Floats = (passes * chances).sum(axis=2)
    return found


def _totals(mean: float, is_poisson: bool) -> tuple[Ints, Floats]:
    """Return the likely counts and their chances: Poisson, or the mean for sure."""
    if not is_poisson:
        return np.array([round(mean)]), np.ones(1)
    far = REACH * (mean**0.5 + 3)
    counts = np.arange(max(0, int(mean - far)), int(mean + far) + 1)
    chances = np.exp(counts * np.log(mean) - mean - _log_factorials(counts))
    return counts, chances / chances.sum()


def _binomial(trials: Ints, counts: Ints, share: float) -> Floats:
    """Return P(Bin(trials, share) = counts), elementwise; 0 where there are more counts than trials."""
    others = np.maximum(trials - counts, 0)
    ways = _log_factorials(trials) - _log_factorials(counts) - _log_factorials(others)
    found: Floats = np.exp(ways + counts * np.log(share) + others * np.log1p(-share)) * (counts <= trials)
    return found


def _log_factorials(numbers: Ints) -> Floats:
    return _logs(1 << int(numbers.max(initial=1)).bit_length())[numbers]


@cache
def _logs(size: int) -> Floats:
    """Return log k! for k below a size."""
    return np.concatenate(([0.0], np.cumsum(np.log(np.arange(1, size)))))
