"""Which series of words draws which count, so that a limit more never moves the words of another class."""

from bisect import bisect_left
from collections import Counter
from functools import cache
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from canary_runner.model.histogram import common_edges_us

SLOTS: Final = 1 << 13
"""Slots per arm and kind; with two arms and two kinds they make the series of one analysis."""

WITHIN = 4
"""Slots per common class: its own edge, and the first limits that a policy puts inside it."""

WHOLE = SLOTS - 1
"""The slot of a count that belongs to no latency class."""

CANARY, BASELINE = 0, 1
PLAIN, ERRORS = 0, 1


Numbers = TypeVar("Numbers", int, NDArray[np.int64])


def series_of(arm: int, kind: Numbers, slot: Numbers) -> Numbers:
    """Return the number of a series: arm CANARY or BASELINE, kind PLAIN or ERRORS; elementwise over arrays."""
    return (arm * 2 + kind) * SLOTS + slot


@cache
def slots_of(edges_us: tuple[int, ...]) -> tuple[int, ...]:
    """Return the slot of each class, by its upper edge alone.

    Limits that crowd into one common class beyond its own slots take the free ones at the end, in order.
    """
    common = common_edges_us()
    crowded, free = Counter[int](), iter(range(WITHIN * len(common), WHOLE))
    slots = []
    for edge in edges_us:
        cell = bisect_left(common, edge)
        if common[cell] == edge:
            slots.append(WITHIN * cell)
            continue
        crowded[cell] += 1
        slots.append(WITHIN * cell + crowded[cell] if crowded[cell] < WITHIN else next(free))
    return tuple(slots)
