"""Quantities in the words of the language: `1.5%`, `0.5pp`, `1.2x`, `500ms`, `2m30s`, `120rps`.

The only place where a value becomes text; `loading.quantities` reads it back.
"""

from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction

EXACT = 28
"""Significant digits at which every quantity that a file can hold is written in full."""

SHORT = 3
"""Significant digits of a measured value in a sentence or a table."""

PLACES = 9
"""Decimal places that a quantity in a file may have."""


def decimal(value: Fraction | int, digits: int = EXACT) -> str:
    """Return a number with at most `digits` significant digits, correctly rounded, without an exponent."""
    context = Context(prec=digits, rounding=ROUND_HALF_EVEN)
    fraction = Fraction(value)
    quotient = context.divide(Decimal(fraction.numerator), Decimal(fraction.denominator))
    text = format(quotient, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def plain(value: Fraction | int) -> str:
    """Return a number as a file may hold it: with at most nine decimal places, whatever a user wrote."""
    return decimal(round(Fraction(value), PLACES))


def percent(ratio: Fraction, digits: int = EXACT) -> str:
    """Return a rate or a share: 1/50 is `2%`."""
    return f"{decimal(ratio * 100, digits)}%"


def share(ratio: Fraction) -> str:
    """Return a share of the requests: `2.5%`, and in four digits where nine places do not hold it: `66.67%`."""
    return percent(ratio) if round(ratio * 100, PLACES) == ratio * 100 else percent(ratio, 4)


def points(difference: Fraction, digits: int = EXACT) -> str:
    """Return a difference of rates: 1/200 is `0.5pp`."""
    return f"{decimal(difference * 100, digits)}pp"


def factor(ratio: Fraction, digits: int = EXACT) -> str:
    """Return a ratio to the baseline: 6/5 is `1.2x`."""
    return f"{decimal(ratio, digits)}x"


def milliseconds(latency_us: Fraction | int, digits: int = EXACT) -> str:
    """Return a latency: 500,000 is `500ms`, 1,500,000 is `1500ms`; one unit, so that columns compare."""
    return f"{decimal(Fraction(latency_us) / 1000, digits)}ms"


def measured(value: Fraction, unit: str, digits: int = SHORT) -> str:
    """Return an observed or allowed value in the unit that an `Evidence` names."""
    match unit:
        case "ratio":
            return percent(value, digits)
        case "ratio_difference":
            return points(value, digits)
        case "factor":
            return factor(value, digits)
        case "ms":
            return milliseconds(value * 1000, digits)
        case "count":
            return decimal(value, digits)
    raise ValueError(f"no evidence is in {unit!r}")


def requests_rate(per_second: Fraction) -> str:
    """Return a traffic rate: `120rps`, or `100/min` where only that is exact in nine places."""
    if round(per_second, PLACES) == per_second:
        return f"{decimal(per_second)}rps"
    return f"{decimal(per_second * 60)}/min"


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


def counted(count: int, noun: str) -> str:
    """Return a count with its noun: `1 file`, `1,200 files`, `2 analyses`."""
    plural = f"{noun[:-2]}es" if noun.endswith("sis") else f"{noun}s"
    return f"{count:,} {noun if count == 1 else plural}"


def too_little_data(canary: int, baseline: int, minimum: int) -> str:
    """Say which arm reported fewer requests than a check needs: `no data from the canary (0 of 300 requests)`."""
    needed = max(1, minimum)
    arm, requests = ("canary", canary) if canary < needed else ("baseline", baseline)
    amount = "too little data" if requests else "no data"
    return f"{amount} from the {arm} ({requests:,} of {counted(needed, 'request')})"
