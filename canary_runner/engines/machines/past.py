"""Before the rollout the stable version served everybody: what windows that reach back before its start read.

The past is drawn in spans, one tick each at first and longer the longer ago they are, so that a window of a day costs
no more than a few hundred draws; a window that begins within a span has all of it.
"""

from bisect import bisect_left
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

SPAN_PER_AGE: Final = 64
"""A span lasts a 64th of its age, and at least one tick: no window is wrong by more than that."""

LONGEST: Final = 7 * 24 * 3600
"""Ticks that are looked back, at most."""


def _ages() -> Iterator[int]:
    age = 0
    while age < LONGEST:
        yield age
        age += max(1, age // SPAN_PER_AGE)
    yield age


AGES: Final = tuple(_ages())
"""Where spans end, in ticks before the start, growing from 0."""


def began(tick: int) -> int:
    """Return where the span begins in which a window that starts after `tick` does; from 0 on it is the tick itself."""
    return tick if tick >= 0 else -AGES[bisect_left(AGES, -tick)]


def spans(tick: int) -> list[tuple[int, int]]:
    """Return the spans from `tick`, which is negative, to the start, oldest first.

    Each is the tick after which it begins, and its last one.
    """
    ages = AGES[bisect_left(AGES, -tick) :: -1]
    return [(-older, -younger) for older, younger in pairwise(ages)]
