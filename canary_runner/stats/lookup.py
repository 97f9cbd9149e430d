"""The draw of many counts by a look-up: what `Law.count` finds, sooner.

The highest bits of a word choose a cell. A cell without a threshold inside holds the count of all its words; the few
others are left to the bisection. The counts are those of `Law.count`, bit for bit.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from canary_runner.stats.outward import Ints
from canary_runner.stats.tables import Law, Words

UNIFORM_BITS: Final = 53
FEWEST_BITS, MOST_BITS = 8, 16
CELLS_PER_THRESHOLD = 5
"""As a power of two. Most thresholds lie in the tails, close together: about one word in a hundred is bisected."""

OPEN: Final = -1
"""In a cell with a threshold inside; no count is negative."""


@dataclass(frozen=True, slots=True, eq=False)
class Lookup:
    """A law with the cells that make its draws fast."""

    law: Law
    cells: Ints  # the count of each cell's words, or OPEN
    shift: np.uint64  # from a word to its cell

    def count(self, words: Words, out: Ints | None = None) -> Ints:
        """Return the count that each word stands for, shape (words,), into `out` if it is given."""
        places = (words >> self.shift).view(np.int64)
        found = self.cells.take(places, out=out, mode="clip")
        is_open = (found < 0).nonzero()[0]
        if is_open.size:
            found[is_open] = self.law.count(words.take(is_open))
        return found


def bits_of(thresholds: int) -> int:
    """Return how many bits of a word choose a cell, for a law of so many thresholds."""
    return min(max(thresholds.bit_length() + CELLS_PER_THRESHOLD, FEWEST_BITS), MOST_BITS)


def lookup_of(law: Law) -> Lookup:
    """Return a law's look-up table: 2 KB to 512 KB."""
    bits = bits_of(law.thresholds.size)
    holders = (law.thresholds >> np.uint64(UNIFORM_BITS - bits)).astype(np.int64)
    inside = np.bincount(holders[holders < 1 << bits], minlength=1 << bits)
    cells = np.where(inside == 0, np.cumsum(inside, dtype=np.int64) + law.first, OPEN)
    return Lookup(law, cells, np.uint64(64 - bits))


def cells_of(laws: NDArray[np.int64]) -> int:
    """Return how many cells the tables of laws with these numbers of thresholds have together."""
    return sum(1 << bits_of(int(size)) for size in laws)
