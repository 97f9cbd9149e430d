"""Rounding to significant digits, for numbers whose last bits differ between machines."""


def significant(x: float, digits: int = 12) -> float:
    """Return `x` rounded to `digits` significant decimal digits.

    Correctly rounded both ways (to text and back), so results of libm that differ only in their last bits
    become the same double, but for the rare one that straddles a rounding boundary (about 1 in 10**(16 -
    digits)).
    """
    return float(f"{x:.{digits - 1}e}")
