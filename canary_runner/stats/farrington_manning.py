"""The Farrington-Manning score test for a difference of two rates that is more than a margin.

H0: p1 - p2 <= delta. The statistic is

    z = (x1/n1 - x2/n2 - delta) / sqrt(v(q)),   v(p) = (p + delta)(1 - p - delta) / n1 + p (1 - p) / n2,

where q maximises the likelihood of p2 under p1 - p2 = delta. Source: Farrington and Manning (1990), Statistics in
Medicine 9(12), 1447-1454. They give q as the root of a cubic, by cosines. Here q itself is not needed, so + - * / and
a square root suffice: there is evidence if v(q) is below (excess / z)^2. That is a quadratic in p, and whether q lies
before its lower root or beyond its upper one is told by the slope of the likelihood there, which falls through 0 at q.

The level is asymptotic: at small counts the true one can be above or below the nominal (the docs have a table).
"""

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from canary_runner.stats.normal import critical_z
from canary_runner.stats.outward import Floats, Ints

Bools = NDArray[np.bool_]


def has_evidence(x1: Ints, n1: Ints, x2: Ints, n2: Ints, delta: Fraction, level: Fraction) -> Bools:
    """Return where the test rejects H0, elementwise.

    Args:
        x1, n1, x2, n2: successes and trials, n1 > 0 and n2 > 0; they broadcast.
        delta: above -1; at 1 or more nothing is evidence.
        level: one-sided, >= 1/2.
    """
    margin, z = float(delta), critical_z(level)
    excess = x1 / n1 - x2 / n2 - margin
    # At level 1/2 or more z >= 0, so an excess of 0 or less is none.
    if margin >= 1 or z <= 0:
        return np.asarray((excess > 0) & (margin < 1))
    first, second = 1 / n1, 1 / n2
    curve = first + second
    allowed = np.square(excess / z)
    # v(p) - allowed = spare - curve (p - peak)^2, and its roots have the product below / curve
    peak = 0.5 - margin * first / curve
    spare = curve / 4 - margin * margin * first * second / curve - allowed
    below = allowed - margin * (1 - margin) * first
    upper = peak + np.sqrt(np.maximum(spare, 0.0) / curve)
    lower = below / (curve * upper)
    low, high = max(0.0, -margin), min(1.0, 1.0 - margin)
    is_before = (lower > low) & ((lower >= high) | (_slope(lower, x1, n1, x2, n2, margin) < 0))
    is_beyond = (upper < high) & ((upper <= low) | (_slope(upper, x1, n1, x2, n2, margin) > 0))
    return np.asarray((excess > 0) & ((spare < 0) | is_before | is_beyond))


def _slope(p: Floats, x1: Ints, n1: Ints, x2: Ints, n2: Ints, delta: float) -> Floats:
    """Return the slope of the likelihood of p2 = p, p1 = p + delta, but for a positive factor.

    The derivative of its logarithm times p (1 - p) (p + delta) (1 - p - delta): a difference of two products without
    cancelling terms. Above 0 the most likely rate is more than p, below 0 it is less.
    """
    q, left1, left2 = p + delta, 1 - p - delta, 1 - p
    rise: Floats = left1 * left2 * (x1 * p + x2 * q)
    return rise - p * q * ((n1 - x1) * left2 + (n2 - x2) * left1)
