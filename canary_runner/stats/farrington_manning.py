"""The Farrington-Manning score test for a difference of two rates that is more than a margin.

H0: p1 - p2 <= delta. The statistic is

    z = (x1/n1 - x2/n2 - delta) / sqrt(q1 (1 - q1) / n1 + q2 (1 - q2) / n2),   q1 = q2 + delta,

where q2 maximises the likelihood under p1 - p2 = delta. Source: Farrington and Manning (1990), Statistics in Medicine
9(12), 1447-1454. They give q2 as the root of a cubic by cosines; here it is bisected, so that + - * / suffice.

The level is asymptotic: at small counts the true one can be above or below the nominal (the docs have a table).
"""

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from canary_runner.stats.normal import critical_z
from canary_runner.stats.outward import Floats, Ints

HALVINGS = 60
"""Halvings of an interval of length <= 1: the root is found to 1e-18."""


def restricted_rate(x1: Ints, n1: Ints, x2: Ints, n2: Ints, delta: float) -> Floats:
    """Return the most likely rate of the second group if the first group's is `delta` more; elementwise.

    The derivative of the log-likelihood falls, and times p (1 - p) (p + d) (1 - p - d) it is the difference
    of

        (1 - p)(1 - p - d)(x1 p + x2 (p + d))   and   p (p + d)((n1 - x1)(1 - p) + (n2 - x2)(1 - p - d)),

    which share no cancelling terms.

    Args:
        x1, n1, x2, n2: successes and trials, n1 > 0 and n2 > 0; they broadcast.
        delta: -1 < delta < 1.

    Returns:
        Rates in [max(0, -delta), min(1, 1 - delta)].
    """
    shape = np.broadcast_shapes(x1.shape, n1.shape, x2.shape, n2.shape)
    low: Floats = np.full(shape, max(0.0, -delta))
    high: Floats = np.full(shape, min(1.0, 1.0 - delta))
    for _ in range(HALVINGS):
        p = (low + high) / 2
        first = p + delta
        up = (1 - p) * (1 - first) * (x1 * p + x2 * first)
        down = p * first * ((n1 - x1) * (1 - p) + (n2 - x2) * (1 - first))
        is_low = up > down
        low, high = np.where(is_low, p, low), np.where(is_low, high, p)
    middle: Floats = (low + high) / 2
    return middle


def has_evidence(x1: Ints, n1: Ints, x2: Ints, n2: Ints, delta: Fraction, level: Fraction) -> NDArray[np.bool_]:
    """Return where the test rejects H0 at a one-sided `level` >= 1/2, elementwise; n1 > 0 and n2 > 0."""
    margin = float(delta)
    if margin >= 1:
        return np.zeros(np.broadcast_shapes(x1.shape, n1.shape, x2.shape, n2.shape), np.bool_)
    q2 = restricted_rate(x1, n1, x2, n2, margin)
    q1 = q2 + margin
    variance = q1 * (1 - q1) / n1 + q2 * (1 - q2) / n2
    excess = x1 / n1 - x2 / n2 - margin
    # At level 1/2 or more z >= 0, so an excess of 0 or less is none. Rounding may leave a variance below 0.
    needed = critical_z(level) * np.sqrt(np.maximum(variance, 0.0))
    found: NDArray[np.bool_] = (excess > 0) & (excess > needed)
    return found
