"""How the mass of one state is spread over counts of two kinds, and how an interval's counts are added to it.

Counts are carried at nodes: every number of them where counts are few, every so many-th where they are many and the
mass is smooth in them. Sums are made in a fixed order, without BLAS: the same bits on every machine.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from canary_runner.compiling.outcomes.totals import sums
from canary_runner.model.reasons import NotExact
from canary_runner.stats.outward import Floats
from canary_runner.stats.tables import Law

NEGLIGIBLE = 1e-17
"""Outer rows, columns and sizes of an interval that hold less are left out; what is missing at the end is counted."""

BUDGET = 3_000_000_000
"""Most products (nodes x sizes of an interval) that a plan may cost: some seconds."""

MOST_NODES = 4_000_000
"""Most nodes of one state."""

BLOCK = 1 << 15
"""Nodes that are worked on at a time: what the nearest caches hold."""


class Purse:
    """What is left of the budget of one plan."""

    def __init__(self) -> None:
        self.left = BUDGET

    def spend(self, where: str, nodes: int, sizes: int) -> None:
        """Pay for one interval of one state. Raises NotExact."""
        self.left -= nodes * sizes
        if self.left < 0 or nodes > MOST_NODES:
            raise NotExact(
                f"the windows of stage {where} hold too many requests: {nodes:,} counts with {sizes:,} sizes of an "
                f"interval, at most {MOST_NODES:,} counts, and {BUDGET:,} products in all"
            )


@dataclass(frozen=True, slots=True, eq=False)
class Spread:
    """Mass by two counts, the rows and the columns of `values`."""

    first: tuple[int, int]  # the counts of the first row and column
    steps: tuple[int, int]  # from one row to the next, from one column to the next
    values: Floats

    @property
    def mass(self) -> float:
        """Return the sum of all."""
        return float(sums(self.values.reshape(-1), 0))

    def scaled(self, factor: float) -> "Spread":
        """Return the same, so many times as large."""
        return Spread(self.first, self.steps, self.values * factor)


def added(parts: Iterable[Spread]) -> Spread:
    """Return the sum of spreads on the same nodes."""
    some = tuple(parts)
    if len(some) == 1:
        return some[0]
    steps = some[0].steps
    first = tuple(min(one.first[axis] for one in some) for axis in (0, 1))
    ends = [max(one.first[axis] + one.values.shape[axis] * steps[axis] for one in some) for axis in (0, 1)]
    total = np.zeros([(end - start) // step for end, start, step in zip(ends, first, steps, strict=True)])
    for one in some:
        row, column = ((one.first[axis] - first[axis]) // steps[axis] for axis in (0, 1))
        rows, columns = one.values.shape
        total[row : row + rows, column : column + columns] += one.values
    return Spread((first[0], first[1]), steps, total)


@dataclass(frozen=True, slots=True, eq=False)
class Sizes:
    """The chances of the counts of one kind that an interval brings: of `first`, `first + 1`, ..."""

    first: int
    chances: Floats

    def at(self, start: int, step: int) -> tuple[int, Floats]:
        """Return the chances of every `step`-th size from the first one that is `start` more than a multiple of it.

        The first answer is the number of steps from `start` to the first of them.
        """
        skipped = -(-(self.first - start) // step)
        return skipped, self.chances[start + skipped * step - self.first :: step]


def sizes_of(law: Law) -> Sizes:
    """Return a law without its negligible ends."""
    chances = law.probabilities
    from_below, from_above = np.add.accumulate(chances), np.add.accumulate(chances[::-1])
    low = int(np.searchsorted(from_below, NEGLIGIBLE))
    high = chances.size - int(np.searchsorted(from_above, NEGLIGIBLE))
    return Sizes(law.first + low, chances[low:high])


def convolved(spread: Spread, sizes: tuple[Sizes, Sizes], steps: tuple[int, int], purse: Purse, where: str) -> Spread:
    """Return the density of the counts after an interval, at nodes `steps` apart. Raises NotExact.

    Args:
        spread: the mass before it, on nodes whose steps divide `steps`.
        sizes: what the interval brings of either kind.
        steps: of the answer.
        purse: pays for it.
        where: the stage's name.
    """
    rows = _along_rows(spread, sizes[0], steps[0], purse, where)
    turned = Spread(rows.first[::-1], rows.steps[::-1], np.ascontiguousarray(rows.values.T))
    both = _along_rows(turned, sizes[1], steps[1], purse, where)
    density = Spread(both.first[::-1], both.steps[::-1], np.ascontiguousarray(both.values.T))
    return trimmed(density, steps[0] * steps[1])


def _along_rows(spread: Spread, sizes: Sizes, step: int, purse: Purse, where: str) -> Spread:
    """Add an interval's counts to the rows' count; the answer's rows are at multiples of `step`."""
    ratio = step // spread.steps[0]
    rows, columns = spread.values.shape
    parts = []
    for phase in range(min(ratio, rows)):  # rows that lie equally far beyond the answer's rows
        own = spread.values[phase::ratio]
        at = spread.first[0] + phase * spread.steps[0]
        skipped, chances = sizes.at(-at % step, step)
        if not chances.size:
            continue
        base = -(-at // step)  # a row at `at` plus `-at % step` is the answer's row number `base`
        purse.spend(where, (own.shape[0] + chances.size - 1) * columns, min(chances.size, own.shape[0]))
        first = ((base + skipped) * step, spread.first[1])
        parts.append(Spread(first, (step, spread.steps[1]), _product(own, chances)))
    return added(parts)


def _product(values: Floats, chances: Floats) -> Floats:
    """Return sum(chances[i] values[row - i]), the shorter side walked along, a block of columns at a time."""
    rows, columns = values.shape
    height = rows + chances.size - 1
    found = np.empty((height, columns))
    width = max(1, BLOCK // height)
    for start in range(0, columns, width):
        part = np.ascontiguousarray(values[:, start : start + width])
        total = np.zeros((height, part.shape[1]))
        if chances.size <= rows:
            one = np.empty_like(part)
            for i, chance in enumerate(chances.tolist()):
                np.multiply(part, chance, out=one)
                total[i : i + rows] += one
        else:
            for i in range(rows):
                total[i : i + chances.size] += chances[:, None] * part[i]
        found[:, start : start + width] = total
    return found


def trimmed(spread: Spread, cell: int = 1) -> Spread:
    """Leave out what lies so far out that it holds next to nothing; a node of a density stands for `cell` pairs."""
    first, values = list(spread.first), spread.values
    for axis in (0, 1):
        held = sums(np.abs(values), 1 - axis) * cell
        low = int(np.searchsorted(np.add.accumulate(held), NEGLIGIBLE))
        high = held.size - int(np.searchsorted(np.add.accumulate(held[::-1]), NEGLIGIBLE))
        if low >= high:
            low, high = 0, 1
        values = values[low:high] if axis == 0 else values[:, low:high]
        first[axis] += low * spread.steps[axis]
    return Spread((first[0], first[1]), spread.steps, values)
