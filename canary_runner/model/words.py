"""Quantities in the words of the language: `1.5%`, `0.5pp`, `1.2x`, `500ms`, `2m30s`."""

from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction

EXACT = 28
"""Significant digits at which every quantity that a file can hold is written in full."""


def decimal(value: Fraction | int, digits: int = EXACT) -> str:
    """Return a number with at most `digits` significant digits, correctly rounded, without an exponent."""
    context = Context(prec=digits, rounding=ROUND_HALF_EVEN)
    fraction = Fraction(value)
    quotient = context.divide(Decimal(fraction.numerator), Decimal(fraction.denominator))
    text = format(quotient, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def percent(ratio: Fraction, digits: int = EXACT) -> str:
    """Return a rate or a share: 1/50 is `2%`."""
    return f"{decimal(ratio * 100, digits)}%"


def points(difference: Fraction, digits: int = EXACT) -> str:
    """Return a difference of rates: 1/200 is `0.5pp`."""
    return f"{decimal(difference * 100, digits)}pp"


def factor(ratio: Fraction, digits: int = EXACT) -> str:
    """Return a ratio to the baseline: 6/5 is `1.2x`."""
    return f"{decimal(ratio, digits)}x"


def milliseconds(latency_us: Fraction | int, digits: int = EXACT) -> str:
    """Return a latency: 500,000 is `500ms`."""
    return f"{decimal(Fraction(latency_us) / 1000, digits)}ms"


def duration(seconds: int) -> str:
    """Return a duration: 150 is `2m30s`, 0 is `0s`."""
    parts = []
    for size, unit in ((86400, "d"), (3600, "h"), (60, "m"), (1, "s")):
        number, seconds = divmod(seconds, size)
        if number:
            parts.append(f"{number}{unit}")
    return "".join(parts) or "0s"


def time_of_day(seconds: int) -> str:
    """Return seconds after midnight as `09:00`."""
    return f"{seconds // 3600:02d}:{seconds % 3600 // 60:02d}"
