"""Upper tails of tabulated laws, and the critical counts of exact binomial tests.

A tail P(X >= k) is summed from its far end, so small ones keep their relative accuracy.
"""

from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from canary_runner.stats.distinct import distinct_columns
from canary_runner.stats.laws import binomial_laws
from canary_runner.stats.outward import Floats, Ints
from canary_runner.stats.tables import Law, Laws, blocks

Value = TypeVar("Value", np.int64, np.float64)

SMALLEST_ALPHA = 1e-12
"""Far above the tails that tables drop, far below any level that a policy asks for."""

TIE = 1 + 1e-12
"""A tail that equals alpha in exact arithmetic (p = alpha, one trial) may be rounded up and still counts as equal."""

REMEMBERED = 1 << 20
"""Numbers kept in a memory before it starts afresh."""


def upper_tail(law: Law, counts: ArrayLike) -> Floats:
    """Return P(X >= k) for each of `counts`, shape of `counts`."""
    tails = np.concatenate((np.cumsum(law.probabilities[::-1])[::-1], np.zeros(1)))
    tails[0] = 1.0
    found: Floats = tails[np.clip(np.asarray(counts) - law.first, 0, tails.size - 1)]
    return found


def error_level(level: Fraction) -> float:
    """Return 1 - level as a double; `level` is one-sided, 1/2 <= level <= 1 - 1e-12."""
    alpha = float(1 - level)
    if not SMALLEST_ALPHA <= alpha <= 0.5:
        raise ValueError(f"a one-sided level of {level} is not between 1/2 and 1 - {SMALLEST_ALPHA}")
    return alpha


def critical_counts(laws: Laws, alpha: float) -> Ints:
    """Return each law's smallest c with P(X >= c) <= alpha, shape (laws,); one beyond the support if none is."""
    found = np.empty(len(laws), np.int64)
    for members, cells, is_inside in blocks(laws.starts):
        chances = np.where(is_inside, laws.probabilities[cells], 0.0)
        # Blank cells come first in a reversed row and add nothing: the same bits in every grouping.
        tails = np.add.accumulate(chances[:, ::-1], axis=1)
        found[members] = laws.first[members] + (tails > alpha * TIE).sum(axis=1)
    return found


def critical_count(trials: ArrayLike, probability: Fraction, level: Fraction) -> Ints:
    """Return the smallest c with P(Bin(n, p) >= c) <= 1 - level, n + 1 if there is none; shape of `trials`.

    `c` or more successes are evidence, at this one-sided level, that the true share is above `probability`
    (rounded to a double). Counts already asked for are remembered.
    """
    n = np.asarray(trials, np.int64)
    found: Ints = _memory(float(probability), error_level(level)).look_up(n.reshape(-1)).reshape(n.shape)
    return found


class Memory(Generic[Value]):
    """What was computed for whole numbers, sorted by them, so that each is computed once."""

    def __init__(self, of_numbers: Callable[[Ints], NDArray[Value]]) -> None:
        self._of_numbers: Callable[[Ints], NDArray[Value]] = of_numbers
        self._known: tuple[Ints, NDArray[Value]] | None = None

    def look_up(self, numbers: Ints) -> NDArray[Value]:
        """Return the values of numbers, shape (n,); only those not met before are computed."""
        nothing = np.zeros(0, np.int64)
        known, values = (nothing, self._of_numbers(nothing)) if self._known is None else self._known
        at, is_known = _places(numbers, known)
        if is_known.all():
            return values[at]
        missing = numbers[~is_known]
        missing = missing[distinct_columns(missing[None])[0]]
        known, values = np.concatenate((known, missing)), np.concatenate((values, self._of_numbers(missing)))
        order = np.argsort(known)
        known, values = known[order], values[order]
        # One assignment: another thread sees the old memory or the new one, and either is right.
        self._known = (known, values) if known.size <= REMEMBERED else None
        return values[np.searchsorted(known, numbers)]


def _places(numbers: Ints, ordered: Ints) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """Return where numbers are among `ordered` ones, and whether they are."""
    at = np.searchsorted(ordered, numbers)
    found = np.zeros(numbers.shape, np.bool_)
    inside = at < ordered.size
    found[inside] = ordered[at[inside]] == numbers[inside]
    return at, found


@lru_cache(maxsize=256)
def _memory(probability: float, alpha: float) -> Memory[np.int64]:
    return Memory(lambda trials: critical_counts(binomial_laws(trials, probability), alpha))
