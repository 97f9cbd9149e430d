"""Tables of the probabilities of counts, and the draw of a count from a uniform word.

A uniform is the top 53 bits u of a word. Entry k of a table has the threshold floor(cdf(k) * 2**53), and the count is
the number of thresholds <= u: the inverse transform on integers, monotone in the word.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from canary_runner.stats.outward import BUDGET, Floats, Ints, Piece, Side, outward, reach

Words = NDArray[np.uint64]
UNIT = float(1 << 53)
DROPPED_BITS = np.uint64(11)


@dataclass(frozen=True, eq=False)
class Law:
    """The law of one count: `probabilities[i]` is the chance of `first + i`. They sum to 1."""

    first: int
    probabilities: Floats
    cumulative: Floats

    @cached_property
    def thresholds(self) -> Words:
        """Of all entries but the last. Made when something is drawn: sums need none."""
        return _thresholds(self.cumulative[:-1])

    def count(self, words: Words) -> Ints:
        """Return the count that each 64-bit word stands for, shape of `words`."""
        found = self.thresholds.searchsorted(words >> DROPPED_BITS, "right")
        return np.asarray(found + self.first, np.int64)

    def first_word(self, count: int) -> int:
        """Return the smallest 64-bit word that stands for `count` or more; 2**64 if none does."""
        place = count - self.first
        if place <= 0:
            return 0
        if place > self.thresholds.size:
            return 1 << 64
        return int(self.thresholds[place - 1]) << int(DROPPED_BITS)


@dataclass(frozen=True, eq=False)
class Laws:
    """Many laws, their tables laid end to end: law i has the entries `starts[i]` to `starts[i + 1]`."""

    first: Ints  # shape (laws,)
    starts: Ints  # shape (laws + 1,)
    probabilities: Floats
    cumulative: Floats  # of all entries; the last of a law is 1

    @cached_property
    def thresholds(self) -> Words:
        """Of all entries; the last of a law is 2**53. Made when something is drawn: sums need none."""
        return _thresholds(self.cumulative)

    def __len__(self) -> int:
        return self.first.size

    def __getitem__(self, index: int) -> Law:
        start, end = int(self.starts[index]), int(self.starts[index + 1])
        return Law(int(self.first[index]), self.probabilities[start:end], self.cumulative[start:end])

    def __iter__(self) -> Iterator[Law]:
        return (self[i] for i in range(len(self)))

    @property
    def widths(self) -> Ints:
        """Entries of each law, shape (laws,)."""
        return np.diff(self.starts)

    def counts(self, which: NDArray[np.intp] | Ints, words: Words) -> Ints:
        """Return the count that each word stands for under law number `which`, elementwise."""
        if words.size == 0:
            return np.zeros(words.shape, np.int64)
        uniforms = words >> DROPPED_BITS
        start = self.starts[which]
        low, high = start, self.starts[which + 1] - 1
        for _ in range(int((high - low).max()).bit_length()):
            at = (low + high) >> 1
            is_passed = self.thresholds[at] <= uniforms
            low, high = np.where(is_passed, at + 1, low), np.where(is_passed, high, at)
        return self.first[which] + (low - start)


def _thresholds(cumulative: Floats) -> Words:
    return (cumulative * UNIT).astype(np.uint64)


def tabulate(start: Ints, below: Side, above: Side) -> Laws:
    """Return the tables of laws whose largest weights are at the counts `start`, shape (laws,)."""
    down, up = outward(below), outward(above)
    down_reach, up_reach = reach(down, start.size), reach(up, start.size)
    starts = np.concatenate((np.zeros(1, np.int64), np.cumsum(down_reach + 1 + up_reach)))
    centre = starts[:-1] + down_reach
    weights = np.zeros(int(starts[-1]))
    weights[centre] = 1.0
    for piece in down:
        _place(weights, piece, centre, down_reach, -1)
    for piece in up:
        _place(weights, piece, centre, up_reach, 1)
    return _normalised(start - down_reach, starts, weights)


def _place(weights: Floats, piece: Piece, centre: Ints, reached: Ints, direction: int) -> None:
    """Write a piece's weights to where they belong in the flat table."""
    steps = np.arange(piece.before + 1, piece.before + piece.weights.shape[1] + 1, dtype=np.int64)
    is_kept = steps <= reached[piece.laws, None]
    cells = centre[piece.laws, None] + direction * steps
    weights[cells[is_kept]] = piece.weights[is_kept]


def _normalised(first: Ints, starts: Ints, weights: Floats) -> Laws:
    running = np.empty_like(weights)
    for _, cells, is_inside in blocks(starts):
        running[cells[is_inside]] = np.add.accumulate(weights[cells], axis=1)[is_inside]
    totals = np.repeat(running[starts[1:] - 1], np.diff(starts))
    return Laws(first, starts, weights / totals, running / totals)


def blocks(starts: Ints) -> Iterator[tuple[NDArray[np.intp], Ints, NDArray[np.bool_]]]:
    """Yield the laws in groups of like width, padded: law numbers (l,), flat cells (l, w), whether inside (l,
    w).

    Cells outside a law's table point at its last one. Padding only follows a row, so sequential sums along
    rows that blank it are the same bits in every grouping.
    """
    widths = np.diff(starts)
    sizes = np.frexp(widths.astype(np.float64))[1]
    for size in sorted(set(sizes.tolist())):
        members = np.flatnonzero(sizes == size)
        widest = int(widths[members].max())
        height = max(1, BUDGET // widest)
        for i in range(0, members.size, height):
            laws = members[i : i + height]
            column = np.arange(widest)
            ends = widths[laws, None] - 1
            yield laws, starts[laws, None] + np.minimum(column, ends), column <= ends
