"""Numbers in messages and values in help lines: plain, round, and such that a file can hold them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import TypeVar

from canary_runner.model import words

T = TypeVar("T")

ROUND = tuple(Fraction(n, 10) for n in (10, 12, 15, 20, 25, 30, 40, 50, 60, 80))
"""What a person writes: one of these, times a power of ten."""

_MINUTES = (1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60, 90, 120, 180, 240, 360, 480, 720, 1440, 2880, 4320, 7200)
_LENGTHS = (1, 2, 5, 10, 15, 20, 30, *(60 * minutes for minutes in _MINUTES))


def chance(value: float) -> str:
    """Return a probability for a message: `15.2%`, `0.03%`, `over 99.9%`."""
    if value > 0.999 and value < 1:
        return "over 99.9%"
    if 0 < value < 1e-6:
        return "under 0.0001%"
    return words.percent(Fraction(value), words.SHORT)


def requests(mean: Fraction) -> str:
    """Return a mean number of requests: `720 requests`, `0.4 requests`."""
    if mean >= 10:
        return words.counted(round(mean), "request")
    return f"{words.decimal(mean, 2)} requests"


def few(mean: Fraction) -> str:
    """Return a mean count: `4.3`, `1,200`."""
    return f"{round(mean):,}" if mean >= 100 else words.decimal(mean, 2)


def round_from(least: Fraction) -> Sequence[Fraction]:
    """Return the round numbers from `least` on, growing, over two powers of ten."""
    power = Fraction(1)
    while power > least:
        power /= 10
    while power * 10 <= least:
        power *= 10
    return [n * power * 10**e for e in range(3) for n in ROUND if n * power * 10**e >= least]


def lengths_from(least_s: int) -> Sequence[int]:
    """Return the durations that a person writes, from `least_s` on, growing, in seconds."""
    return [length for length in _LENGTHS if length >= least_s]


def percents_between(above: Fraction, below: Fraction) -> Sequence[Fraction]:
    """Return shares in whole percent, above one share and below another, growing."""
    return [Fraction(n, 100) for n in range(1, 101) if above < Fraction(n, 100) < below]


def lasting(values: Sequence[T], holds: Callable[[T], bool]) -> T | None:
    """Return the first of `values` from which on all of them hold; None if the last does not.

    A chance may be a sawtooth of its requests: the first value that holds is not enough.
    """
    found = None
    for value in reversed(values):
        if not holds(value):
            break
        found = value
    return found


def first_of_rising(values: Sequence[T], holds: Callable[[T], bool]) -> T | None:
    """Return the first of `values` that holds where every value after one that holds does so too; by bisection."""
    low, high = 0, len(values)
    while low < high:
        middle = (low + high) // 2
        if holds(values[middle]):
            high = middle
        else:
            low = middle + 1
    return values[low] if low < len(values) else None
