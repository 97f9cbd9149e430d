"""How long the table of bursty errors is: the law of errors that share causes has a long tail."""

from collections.abc import Callable
from fractions import Fraction
from math import lgamma, log

from canary_runner.stats.limits import CUTOFF

MOST_BURSTY = 10_000_000
"""Most counts of errors in one check interval that a table may hold where errors come in bursts."""

_DIGITS = 10
"""Beyond the nine decimals that a number may have (`model.words`) there is no burstiness to write."""

_UNFELT = 1e-3
"""Correlation times requests below which bursts change nothing; gamma functions of its inverse lose their digits."""


def table_width(requests: int, error_rate: float, burstiness: float) -> int:
    """Return about how many counts the table of `stats.laws.beta_binomial_laws` holds; tests hold the two together.

    Args:
        requests: n >= 0, in one check interval.
        error_rate: mean share of errors, 0..1.
        burstiness: intra-class correlation, 0 < burstiness < 1.
    """
    n, p, c = requests, error_rate, max(burstiness, _UNFELT / max(requests, 1))
    if p in (0, 1):
        return 1
    if 3 * c >= 1:
        return n + 1  # peaks at either end
    alpha, beta = p * (1 - c) / c, (1 - p) * (1 - c) / c

    def is_rising(k: int) -> bool:
        return (n - k) * (k + alpha) > (k + 1) * (n - k - 1 + beta)

    def weight(k: int) -> float:
        return lgamma(k + alpha) - lgamma(k + 1) + lgamma(n - k + beta) - lgamma(n - k + 1)

    peak = _first(0, n, lambda k: not is_rising(k))
    least = weight(peak) + log(CUTOFF)
    low = _first(0, peak, lambda k: weight(k) >= least)
    high = _first(peak, n + 1, lambda k: weight(k) < least)
    return high - low


def largest_burstiness(requests: int, error_rate: float) -> Fraction | None:
    """Return the largest burstiness, in whole steps of its first two digits, whose table is not too long; or None."""
    for exponent in range(2, _DIGITS):
        step = Fraction(1, 10**exponent)
        if fitting := _fitting_steps(requests, error_rate, float(step)):
            return fitting * step
    return None


def _fitting_steps(requests: int, error_rate: float, step: float) -> int:
    """Return how many steps of burstiness, below a hundred, the table can bear."""
    return _first(1, 100, lambda steps: table_width(requests, error_rate, steps * step) > MOST_BURSTY) - 1


def _first(low: int, high: int, is_past: Callable[[int], bool]) -> int:
    """Return the first number in [low, high) that is past a border, `high` if none is."""
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if is_past(middle) else (middle + 1, high)
    return low
