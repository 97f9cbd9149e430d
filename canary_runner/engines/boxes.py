"""Boxes of counts in which every window has the same outcomes, so that most windows need no counts at all.

A sign that turns at most once along each count is the same in a whole box if it is the same at all its corners: it
cannot turn and turn back on an edge between two equal corners, nor on a line between two equal edges, and so on.
A box is chosen by where the mass of its laws is. The choice decides how many windows are spared, never what is found.
"""

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from canary_runner.stats.tables import Law

Ints = NDArray[np.int64]
Signs = Callable[[Ints], NDArray[np.bool_]]
"""From counts, shape (series, windows), to what outcomes follow from, shape (signs, windows)."""

BEYOND: Final = (0.0, 1e-6, 1e-4, 1e-3, 3e-3, 0.01, 0.03, 0.06, 0.1, 0.2, 0.4, 0.7, 1.0)
"""How much of a count's mass a bound leaves outside, the widest first."""

NEXT: Final = np.arange(4)
"""How far from the centre the innermost bounds are."""

MOST_SERIES: Final = 8
"""A box has two corners to the power of its series."""

Levels = NDArray[np.intp]
Side = tuple[int, int]
"""A bound: low or high, of which series."""

Sides = list[Side]


def box_around(laws: Sequence[Law], centre: Ints, signs: Signs, windows: Ints) -> Ints:
    """Return the lowest and highest counts, shape (2, series), of a box with one and the same sign at all corners.

    It is made in two ways around `centre`, shape (series,), and the one is taken that holds more of `windows`, shape
    (series, windows).
    """
    grid = Grid(laws, centre, signs, windows)
    left_out = grid.left_out(np.full(grid.shape, grid.levels[-1]))
    boldest = max(grid.sides, key=left_out.__getitem__)
    return grid.box(max(_grown(grid, []), _grown(grid, [boldest]), key=grid.held))


def are_in(box: Ints, windows: Ints) -> NDArray[np.bool_]:
    """Tell which windows, shape (series, windows), are in a box."""
    low, high = box[:, :, None]
    inside: NDArray[np.bool_] = ((windows >= low) & (windows <= high)).all(axis=0)
    return inside


class Grid:
    """The bounds that a box may have; a level of each bound, shape (2, series), is a box."""

    def __init__(self, laws: Sequence[Law], centre: Ints, signs: Signs, windows: Ints) -> None:
        self._signs, self._windows = signs, windows
        self.levels = np.arange(len(BEYOND) + NEXT.size)  # the widest first
        self.shape = (2, len(laws))  # of the bounds of a box
        self.sides = [(which, series) for which in range(2) for series in range(len(laws))]
        self.bounds = np.empty((self.levels.size, *self.shape), np.int64)
        self._beyond = np.empty(self.bounds.shape, np.int64)  # windows beyond each bound
        for series, (law, middle) in enumerate(zip(laws, centre - [law.first for law in laws], strict=True)):
            running = law.cumulative
            low = np.sort(np.concatenate((running.searchsorted(BEYOND), middle - NEXT)).clip(0, middle))
            high = np.concatenate((running.searchsorted(np.subtract(1, BEYOND)), middle + NEXT))
            high = np.sort(high.clip(middle, running.size - 1))[::-1]
            self.bounds[:, 0, series], self.bounds[:, 1, series] = low + law.first, high + law.first
            counts = np.sort(windows[series])
            self._beyond[:, 0, series] = counts.searchsorted(low + law.first)
            self._beyond[:, 1, series] = counts.size - counts.searchsorted(high + law.first, "right")
        moves = np.diff(self.bounds, axis=0, prepend=self.bounds[:1]) != 0
        farther = np.where(moves, self.levels[:, None, None] - 1, 0)
        self._wider = np.maximum.accumulate(farther, axis=0)  # the next level at which a bound is farther out

    def box(self, levels: Levels) -> Ints:
        """Return the lowest and the highest counts at some levels, shape of `levels`."""
        return self._at(self.bounds, levels)

    def held(self, levels: Levels) -> int:
        """Return how many windows are in the box."""
        return int(np.count_nonzero(are_in(self.box(levels), self._windows)))

    def left_out(self, levels: Levels) -> Ints:
        """Return how many windows are beyond each bound."""
        return self._at(self._beyond, levels)

    def wider(self, levels: Levels, sides: Sides) -> Levels:
        """Return the levels with some bounds moved out by a step, those at the end not at all."""
        moved = levels.copy()
        for side in sides:
            moved[side] = self._wider[(levels[side], *side)]
        return moved

    def has_one_sign(self, levels: Levels) -> NDArray[np.bool_]:
        """Tell which boxes, shape (boxes, 2, series), have one and the same sign at all corners."""
        series = self.shape[1]
        boxes = np.take_along_axis(self.bounds, np.broadcast_to(levels, (len(levels), *self.shape)), axis=0)
        ends = (np.arange(1 << series)[:, None] >> np.arange(series)) & 1
        corners = boxes[:, ends, np.arange(series)].reshape(-1, series)
        found = self._signs(corners.T).reshape(-1, len(boxes), 1 << series)
        has_one: NDArray[np.bool_] = (found == found[..., :1]).all(axis=(0, 2))
        return has_one

    @staticmethod
    def _at(array: Ints, levels: Levels) -> Ints:
        found: Ints = np.take_along_axis(array, levels[None], axis=0)[0]
        return found


def _grown(grid: Grid, waiting: Sides) -> Levels:
    """Return a box whose bounds give up a little each; those that wait are moved out when the others cannot be."""
    levels = np.repeat(grid.levels[:, None, None], grid.shape[1], axis=2).repeat(grid.shape[0], axis=1)
    for which, series in waiting:
        levels[:, which, series] = grid.levels[-1]
    box: Levels = levels[int(grid.has_one_sign(levels).argmax())]
    for sides in ([side for side in grid.sides if side not in waiting], waiting):
        box = _moved_out(grid, box, sides)
    return box


def _moved_out(grid: Grid, levels: Levels, sides: Sides) -> Levels:
    """Move bounds out: all by a step while they can, then the one that leaves most outside, and so on."""
    while sides:
        steps = [grid.wider(levels, [side]) for side in sides]
        fits, *each_fits = grid.has_one_sign(np.array([grid.wider(levels, sides), *steps]))
        # The others only grow: what does not fit now never will.
        sides = [side for side, fit in zip(sides, each_fits, strict=True) if fit and levels[side]]
        if fits:
            levels = grid.wider(levels, sides)
        elif sides:
            levels = grid.wider(levels, [max(sides, key=grid.left_out(levels).__getitem__)])
    return levels
