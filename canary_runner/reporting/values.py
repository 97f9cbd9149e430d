"""Numbers of a result: JSON numbers with a fixed count of digits, and values as a person reads them.

Every digit comes from integers by decimal arithmetic, never from a float's luck, so that it is the same everywhere.
"""

from fractions import Fraction

from canary_runner.model import words

DIGITS = 6
"""Significant digits of a ratio in JSON."""

ALL = 15
"""Digits that a JSON number keeps in every reader: for values that are written, not measured."""


def number(value: Fraction | int, digits: int = DIGITS) -> int | float:
    """Return a JSON number: whole where it is whole, else the float that prints as these digits."""
    text = words.decimal(value, digits)
    return float(text) if "." in text else int(text)


def number_or_none(value: Fraction | int | None, digits: int = DIGITS) -> int | float | None:
    """Return a JSON number, or None where there is none."""
    return None if value is None else number(value, digits)


def ratio(part: int, whole: int) -> int | float | None:
    """Return part of whole as a JSON number; None of nothing."""
    return number(Fraction(part, whole)) if whole else None


def milliseconds(microseconds: int | None) -> int | float | None:
    """Return whole microseconds as a JSON number of milliseconds, exactly."""
    return number_or_none(None if microseconds is None else Fraction(microseconds, 1000), ALL)


def percent_number(share: Fraction) -> int | float:
    """Return a share as a JSON number of percent, with all its digits."""
    return number(share * 100, ALL)


def share_of(part: int, whole: int) -> str:
    """Return part of whole in percent for a table: `2.2%`, or a dash of nothing."""
    return words.percent(Fraction(part, whole), 2) if whole else "-"
