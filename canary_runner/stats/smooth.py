"""Few whole numbers that stand for a whole range of them, where a function is smooth over all of it.

The function is replaced by the polynomial through its values at the whole numbers next to Chebyshev's points
cos(pi i / d) of the range, in barycentric form; the polynomial through every other one tells how far off that can be.
Source: Berrut and Trefethen (2004), SIAM Review 46, 501-517.
"""

from dataclasses import dataclass
from functools import lru_cache
from math import cos, pi

import numpy as np
from numpy.typing import NDArray

from canary_runner.stats.outward import Floats

DEGREE = 32
"""Of the polynomial; that of the coarse rule is half of it."""

SMALLEST = 512
"""Numbers that a range has at least: in smaller ones Chebyshev's points share whole numbers."""


@dataclass(frozen=True, slots=True, eq=False)
class Keys:
    """Interpolation on 0 .. size - 1 from values at `at`, for some of the numbers."""

    at: NDArray[np.intp]  # shape (keys,)
    fine: Floats  # coefficients of the values, shape (keys, numbers)
    coarse: Floats


def keys_of(size: int, numbers: NDArray[np.intp]) -> Keys:
    """Choose keys for a range of `size` numbers, at least `SMALLEST`, and find the coefficients for some of them."""
    return _keys(size, numbers.tobytes())


@lru_cache(maxsize=16)
def _keys(size: int, number_bytes: bytes) -> Keys:
    x = np.frombuffer(number_bytes, np.intp)
    points = [round((size - 1) * (1 - cos(pi * i / DEGREE)) / 2) for i in range(DEGREE + 1)]
    at = np.array(points, np.intp)
    coarse = np.zeros((at.size, x.size))
    coarse[::2] = _coefficients(at[::2], x, size)
    return Keys(at, _coefficients(at, x, size), coarse)


def _coefficients(at: NDArray[np.intp], x: NDArray[np.intp], size: int) -> Floats:
    """Return the Lagrange coefficients at `x` of the distinct knots `at`, shape (knots, numbers)."""
    apart = (at[:, None] - at) * (4.0 / size)  # a range of length 4 keeps the products near 1
    np.fill_diagonal(apart, 1.0)
    weights = 1 / np.multiply.reduce(apart, axis=1)
    off = (x - at[:, None]).astype(np.float64)
    is_knot = off == 0
    shares = weights[:, None] / np.where(is_knot, 1.0, off)
    found = shares / np.add.reduce(shares, axis=0)
    return np.asarray(np.where(is_knot.any(axis=0), is_knot, found), np.float64)
