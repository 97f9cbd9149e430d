"""Exact decimals: what a number looks like, from text and back."""

from fractions import Fraction

WHOLE = "(?:0|[1-9][0-9]{0,8})"
"""A whole number without leading zeros, as a pattern."""

DECIMAL = f"{WHOLE}(?:\\.[0-9]{{1,9}})?"
"""A decimal with at most nine places, as a pattern."""

_PLACES = 9


def decimal_text(value: Fraction | int) -> str:
    """Return a number as a plain decimal: exact if nine places hold it, else rounded to nine."""
    scaled = round(abs(value) * 10**_PLACES)
    whole, rest = divmod(scaled, 10**_PLACES)
    places = f".{rest:0{_PLACES}d}".rstrip("0").rstrip(".")
    return f"{'-' if value < 0 and scaled else ''}{whole}{places}"
