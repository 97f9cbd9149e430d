"""The chance of a lower rate as a function of the rate, tabulated once and read wherever it is asked for.

Between points stands the cubic through the four nearest; the rule of half the points, on every other one, tells how far
off that can be. Each rule is kept as the coefficients of its cubics, so that a value is a place and a polynomial.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from canary_runner.stats.outward import Floats, Ints

GRID = 401
"""Points, of which every other one makes the coarse rule; odd."""


@dataclass(frozen=True, slots=True, eq=False)
class RateTable:
    """A function on [low, high] that does not change beyond, and is 0 at rates of 0 or less."""

    low: float
    high: float
    fine: Floats  # coefficients from the constant up, shape (rows, 4, points)
    coarse: Floats

    def at(self, above: Ints, below: Ints) -> tuple[Floats, Floats]:
        """Return the values at above / below, which broadcast, by the fine and the coarse rule, shape (rows, ...)."""
        rows, _, points = self.fine.shape
        is_rate = np.asarray(above > 0, np.bool_)
        scale = (points - 1) / (self.high - self.low)
        below = np.maximum(below.astype(np.float64), 0.5)  # without requests a bound is beyond every rate
        place = np.where(is_rate, above, 0).astype(np.float64) * scale / below
        place -= self.low * scale
        np.minimum(np.maximum(place, 0.0, out=place), points - 1.0, out=place)
        found = [np.empty((rows, *place.shape)) for _ in range(2)]
        for values, coefficients in zip(found, (self.fine, self.coarse), strict=True):
            cell = place.astype(np.intp)
            np.minimum(np.maximum(cell, 1, out=cell), coefficients.shape[2] - 3, out=cell)
            t = place - cell
            for row, (constant, linear, square, cube) in zip(values, coefficients, strict=True):
                cube.take(cell, out=row, mode="clip")
                for coefficient in (square, linear, constant):
                    row *= t
                    row += coefficient.take(cell)
            if not is_rate.all():
                values *= is_rate
            place /= 2
        return found[0], found[1]


def rate_table(low: float, high: float, function: Callable[[Floats], Floats]) -> RateTable:
    """Tabulate a function of rates, which has the shape (rows, rates), from `low` to `high`."""
    values = function(np.linspace(low, high, GRID))
    return RateTable(low, high, _cubics(values), _cubics(values[:, ::2]))


def _cubics(values: Floats) -> Floats:
    """Return the coefficients, in the distance from point i, of the cubic through points i - 1 to i + 2."""
    a, b, c, d = (np.roll(values, shift, axis=1) for shift in (1, 0, -1, -2))  # the ends are not asked for
    square, cube = (a + c) / 2 - b, (d - a) / 6 + (b - c) / 2
    return np.stack((b, c - b - square - cube, square, cube), axis=1)
