"""Intervals for differences of two sampled numbers that share their luck, run by run."""

import math
from collections.abc import Callable

from canary_runner.stats.intervals import Z95

HALVINGS = 60
"""Steps of the bisection: the limits are found to the last bit but a few."""


def tango(only_other: int, only_reference: int, runs: int, z: float = Z95) -> tuple[float, float]:
    """Return the score interval of a difference of two paired probabilities, the other's minus the reference's.

    Only the discordant runs tell the two apart. Without any, it is +-z^2 / (runs + z^2).

    Args:
        only_other: runs in which it happens to the other alone.
        only_reference: runs in which it happens to the reference alone.
        runs: all of them, at least 1.
        z: the normal quantile of the interval.

    Source: Tango (1998), Statistics in Medicine 17, 891-908; of the closed and score intervals compared by Newcombe
    (1998), Statistics in Medicine 17, 2635-2650, the score ones keep their coverage where discordant pairs are few.
    """
    share = (only_other - only_reference) / runs

    def is_beyond(difference: float) -> bool:
        distance = only_other - only_reference - runs * difference
        return distance * distance > z * z * runs * _variance(only_other, only_reference, runs, difference)

    return _edge(share, -1.0, is_beyond), _edge(share, 1.0, is_beyond)


def _variance(only_other: int, only_reference: int, runs: int, difference: float) -> float:
    """Return what `runs` times the variance of the share is, if the difference is this: discordance by likelihood."""
    half = -only_other - only_reference + (2 * runs - only_other + only_reference) * difference
    product = -only_reference * difference * (1 - difference)
    root = math.sqrt(max(half * half - 8 * runs * product, 0.0))
    reference_alone = (root - half) / (4 * runs) if half <= 0 else -2 * product / (half + root)
    return max(2 * reference_alone + difference * (1 - difference), 0.0)


def _edge(inside: float, outside: float, is_beyond: Callable[[float], bool]) -> float:
    """Return where an interval that holds `inside` ends on the way to `outside`."""
    if not is_beyond(outside):
        return outside
    for _ in range(HALVINGS):
        middle = (inside + outside) / 2
        inside, outside = (inside, middle) if is_beyond(middle) else (middle, outside)
    return inside


def paired_means(
    counts: tuple[float, float], squares: tuple[float, float], products: float, difference: float, z: float = Z95
) -> tuple[float, float]:
    """Return the interval of a difference of two means over the same runs, by the central limit theorem.

    Each mean may be over some of the runs only (those completed, say); it is then a ratio of two sums, and its spread
    is that of the ratio's linear part (the delta method). Over all runs it is the paired interval of every textbook.

    Args:
        counts: runs in each mean.
        squares: sum of the squared distances from each mean.
        products: sum, over the runs in both, of the products of those distances.
        difference: of the means.
        z: the normal quantile of the interval.

    Returns:
        Low and high; infinite if a mean is of fewer than two runs.
    """
    if min(counts) < 2:
        return -math.inf, math.inf
    own, other = (count * (count - 1) for count in counts)
    variance = squares[0] / own + squares[1] / other - 2 * products / (math.sqrt(own) * math.sqrt(other))
    spread = z * math.sqrt(max(variance, 0.0))
    return difference - spread, difference + spread
