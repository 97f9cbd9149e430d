"""A few nodes that stand for many neighbouring whole numbers, where a function is smooth between known jumps.

Between jumps a function of n is replaced by the polynomial through five of its values; the rule through three of the
five tells how far off that can be. Cells of at most five numbers keep them all and are exact.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from canary_runner.stats.outward import Floats

PER_CELL = 5


@dataclass(frozen=True, slots=True, eq=False)
class Nodes:
    """Interpolation on 0 .. size - 1 from values at `at`; both rules are linear in the values."""

    at: NDArray[np.intp]  # shape (nodes,)
    used: NDArray[np.intp]  # nodes behind each number, shape (size, 5); (size, 1) where each stands alone
    fine: Floats  # their coefficients, shape of `used`
    coarse: Floats
    cell_starts: NDArray[np.intp]  # the first node of each cell, shape (cells,)

    def weights(self, of_numbers: Floats, *, is_coarse: bool = False) -> Floats:
        """Return node weights w with sum(w f(at)) = sum(of_numbers f): shape (nodes,) for shape (size,)."""
        if self.at.size == self.used.shape[0]:  # every number is a node
            return of_numbers
        coefficients = self.coarse if is_coarse else self.fine
        shares = (coefficients * of_numbers[:, None]).reshape(-1)
        return np.bincount(self.used.reshape(-1), weights=shares, minlength=self.at.size).astype(np.float64)

    def doubt(self, fine: Floats, coarse: Floats) -> Floats:
        """Return how far off a sum of terms by the fine rule can be if each cell errs its own way.

        Args:
            fine, coarse: the terms of the sums by either rule, shape (..., nodes).

        Returns:
            The sum over cells of how much the rules differ there, shape (...). Steps of a function that is not quite
            smooth are luck in every cell, and lucks cancel: the whole sums of two rules may be nearer to each other
            than to the truth.
        """
        apart: Floats = np.add.reduceat(fine - coarse, self.cell_starts, axis=-1)
        total: Floats = np.add.reduce(np.abs(apart), axis=-1)
        return total


def nodes(size: int, jumps: NDArray[np.bool_], widest: int) -> Nodes:
    """Choose nodes.

    Args:
        size: how many numbers.
        jumps: True where a number must not be joined to the one before it, shape (size,).
        widest: most numbers in a cell.
    """
    if jumps.all():
        every = np.arange(size)
        return Nodes(every, every[:, None], np.ones((size, 1)), np.ones((size, 1)), every)
    return _chosen(size, jumps.tobytes(), widest)


@lru_cache(maxsize=16)
def _chosen(size: int, jump_bytes: bytes, widest: int) -> Nodes:
    """Choose nodes; windows that differ in their rates alone have the same."""
    jumps = np.frombuffer(jump_bytes, np.bool_)
    cell, place, width = _cells(size, jumps, max(widest, PER_CELL))
    is_wide = width > PER_CELL
    steps = np.arange(PER_CELL)
    nodes_of_cell = np.where(is_wide[:, None], steps * (width[:, None] - 1) // (PER_CELL - 1), steps)
    is_real = is_wide[:, None] | (steps < width[:, None])
    numbers = np.where(is_real, np.cumsum(is_real.reshape(-1)).reshape(is_real.shape) - 1, 0)
    first = np.cumsum(width) - width
    at = (first[:, None] + nodes_of_cell)[is_real]
    own = (place[:, None] == nodes_of_cell[cell]) & is_real[cell]
    wide = is_wide[cell]
    fine, coarse = own.astype(np.float64), own.astype(np.float64)
    fine[wide] = _lagrange(place[wide], nodes_of_cell[cell[wide]])
    coarse[wide] = 0.0
    coarse[np.flatnonzero(wide)[:, None], [0, 2, 4]] = _lagrange(place[wide], nodes_of_cell[cell[wide]][:, ::2])
    real = is_real.sum(axis=1)
    return Nodes(at, numbers[cell], fine, coarse, np.cumsum(real) - real)


def _cells(
    size: int, jumps: NDArray[np.bool_], widest: int
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
    """Return each number's cell and place in it, and the width of every cell."""
    starts = np.flatnonzero(jumps | (np.arange(size) == 0))
    lengths = np.diff(np.append(starts, size))
    parts = -(-lengths // widest)
    run = np.repeat(np.arange(starts.size), parts)
    part = np.arange(run.size) - np.repeat(np.cumsum(parts) - parts, parts)
    cell_starts = starts[run] + part * lengths[run] // parts[run]
    width = np.diff(np.append(cell_starts, size))
    cell = np.repeat(np.arange(width.size), width)
    return cell, np.arange(size) - cell_starts[cell], width


def _lagrange(x: NDArray[np.intp], knots: NDArray[np.intp]) -> Floats:
    """Return the Lagrange coefficients at `x`, shape (numbers,), of distinct knots, shape (numbers, knots)."""
    found = np.ones(knots.shape)
    for i in range(knots.shape[1]):
        for j in range(knots.shape[1]):
            if i != j:
                found[:, i] *= (x - knots[:, j]) / (knots[:, i] - knots[:, j])
    return found
