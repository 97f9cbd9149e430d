"""Integer arithmetic that cannot overflow: int64 where it surely suffices, Python's integers elsewhere."""

from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from canary_runner.judges.counts import ArmCounts, Bools, Ints

SAFE = 1 << 62
"""Results up to here are made in int64."""

AnyInts = NDArray[Any]
"""int64, or Python integers in an object array."""


def top(*arrays: Ints) -> int:
    """Return the largest number in arrays without negative ones, at least 1."""
    return max((int(np.maximum.reduce(a, axis=None)) for a in arrays if a.size), default=1) or 1


def largest(arm: ArmCounts) -> int:
    """Return the largest number of requests of an arm, at least 1; errors are no more."""
    return top(arm.requests)


def holding(bound: int, *arrays: Ints) -> tuple[AnyInts, ...]:
    """Return the arrays in a type in which integers up to `bound` are exact."""
    if bound <= SAFE:
        return arrays
    return tuple(np.asarray(a).astype(object) for a in arrays)


def share_of(share: Fraction, counts: Ints) -> Ints:
    """Return floor(share x count), exactly, elementwise; 0 <= share <= 1."""
    (n,) = holding(top(counts) * share.numerator, counts)
    return np.asarray(share.numerator * n // share.denominator, np.int64)


def truth(compared: Any) -> Bools:
    """Return a comparison, made in either type, as booleans."""
    return np.asarray(compared, np.bool_)


def single(array: Ints) -> int:
    """Return the only element of an array."""
    return int(np.asarray(array).item())


def quotient(f: int, a: Ints, d: int, b: Ints) -> NDArray[np.float64]:
    """Return f a / (f a + d b), each correctly rounded to a double; f a + d b > 0."""
    bound = top(a) * f + top(b) * d
    # Up to 2**53 doubles are exact and their quotient is rounded once, as Python rounds that of its integers.
    a, b = holding(bound if bound <= 1 << 53 else 1 << 63, a, b)
    return np.asarray(f * a / (f * a + d * b), np.float64)
