"""Critical values of the normal distribution, the same on every machine."""

from fractions import Fraction
from functools import lru_cache
from statistics import NormalDist

from canary_runner.stats.rounding import significant


@lru_cache(maxsize=256)
def critical_z(level: Fraction) -> float:
    """Return z with P(Z <= z) = level, 0 < level < 1, rounded to 12 significant digits."""
    return significant(NormalDist().inv_cdf(float(level)))
