"""The latency histogram in which both arms record: edges in whole microseconds."""

from bisect import bisect_left
from collections.abc import Iterable
from functools import cache

FIRST_US = 50
"""The first edge: faster requests are not told apart."""

TOP_US = 3_600_000_000
"""The last edge: latencies beyond one hour are recorded as one hour."""


@cache
def common_edges_us() -> tuple[int, ...]:
    """Return the edges that every histogram has: from 50 µs to one hour, each 2 % above the last, rounded down."""
    edges = [FIRST_US]
    while (following := edges[-1] + edges[-1] // 50) < TOP_US:
        edges.append(following)
    return (*edges, TOP_US)


def fine_edges_us(limits_us: Iterable[int]) -> tuple[int, ...]:
    """Return the common edges with a policy's absolute limits among them, growing."""
    return tuple(sorted({*common_edges_us(), *limits_us}))


def coarse_edges_us(limits_us: Iterable[int]) -> tuple[int, ...]:
    """Return the fewest edges that still decide every absolute limit: the limits and the top."""
    return tuple(sorted({*limits_us, TOP_US}))


def class_of(edges_us: tuple[int, ...], latency_us: int) -> int:
    """Return the index of the class that records a latency: the first whose upper edge is not below it."""
    return min(bisect_left(edges_us, latency_us), len(edges_us) - 1)
