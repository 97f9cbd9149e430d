"""Sums of products of paired values, kept about their means, so that blocks add up without loss."""

import math

import numpy as np
from numpy.typing import NDArray

from canary_runner.stats.outward import Floats

Comoments = NDArray[np.float64]
"""Shape (4, ...): pairs, mean of the first values, mean of the second, sum of the products about these means."""


def comoments(weights: Floats, first: Floats, second: Floats) -> tuple[float, float, float, float]:
    """Return the comoments of weighted pairs; the sums are correctly rounded, whatever the order of the pairs."""
    pairs = math.fsum(weights)
    if pairs <= 0:
        return 0.0, 0.0, 0.0, 0.0
    means = math.fsum(weights * first) / pairs, math.fsum(weights * second) / pairs
    return pairs, *means, math.fsum(weights * (first - means[0]) * (second - means[1]))


def added(one: Comoments, other: Comoments) -> Comoments:
    """Return the comoments of the pairs of both, elementwise.

    Source: Chan, Golub and LeVeque (1983), The American Statistician 37(3), 242-247, for products as for squares.
    """
    pairs = one[0] + other[0]
    share = other[0] / np.where(pairs > 0, pairs, 1.0)
    apart = other[1:3] - one[1:3]
    means = one[1:3] + apart * share
    return np.stack((pairs, *means, one[3] + other[3] + apart[0] * apart[1] * one[0] * share))


def about(one: Comoments, first: float, second: float) -> float:
    """Return the sum of products about two other values, of comoments of shape (4,)."""
    return float(one[3] + one[0] * (one[1] - first) * (one[2] - second))
