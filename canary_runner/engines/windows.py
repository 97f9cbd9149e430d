"""The data that an analysis reads, from the counts of the intervals."""

from collections import deque
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from canary_runner.judges.counts import ArmCounts

BothArms = tuple[ArmCounts, ArmCounts]


class Windows:
    """The windows of the rollouts in one stage: the last `length` intervals, or all since the start.

    A sliding window never reaches before its stage; until it is full it reads what there is. With `carried`, the counts
    of the stages before, a cumulative window reaches back to the start of the rollout.
    """

    def __init__(self, length: int | None, carried: BothArms | None = None) -> None:
        self._length = length
        self._intervals: deque[BothArms] = deque()
        self._running = carried

    def push(self, interval: BothArms) -> BothArms:
        """Add the counts of one interval and return those of the window that ends with it."""
        if self._length == 1:
            self._running = interval
            return interval
        before = self._running
        self._running = interval if before is None else _added(before, interval)
        if self._length is not None:
            self._intervals.append(interval)
            if len(self._intervals) > self._length:
                oldest = self._intervals.popleft()
                self._running = (self._running[0] - oldest[0], self._running[1] - oldest[1])
        return self._running

    @property
    def now(self) -> BothArms | None:
        """The window of the last analysis, for those that were kept."""
        return self._running

    def keep(self, rows: NDArray[np.bool_] | NDArray[np.intp]) -> None:
        """Forget all rollouts but some, in this order; one may be there several times."""
        if self._length == 1:
            return
        self._intervals = deque((rows_of(c, rows), rows_of(b, rows)) for c, b in self._intervals)
        if self._running is not None:
            self._running = (rows_of(self._running[0], rows), rows_of(self._running[1], rows))


def _added(one: BothArms, other: BothArms) -> BothArms:
    return (one[0] + other[0], one[1] + other[1])


def rows_of(counts: ArmCounts, rows: NDArray[np.bool_] | NDArray[np.intp]) -> ArmCounts:
    """Return the counts of some rollouts only."""
    return ArmCounts(counts.requests[rows], counts.errors[rows], counts.latency[:, rows])


def collapsed(counts: ArmCounts, edges_us: tuple[int, ...], onto_us: tuple[int, ...]) -> ArmCounts:
    """Return counts by fewer latency classes; every edge of `onto_us` is one of `edges_us`."""
    if edges_us == onto_us:
        return counts
    if len(onto_us) == 1:
        return ArmCounts(counts.requests, counts.errors, counts.requests[None])
    ends = [edges_us.index(edge) for edge in onto_us]
    starts = [0, *(end + 1 for end in ends[:-1])]
    return ArmCounts(counts.requests, counts.errors, np.add.reduceat(counts.latency, starts, axis=0))


def spread(counts: ArmCounts, edges_us: tuple[int, ...], onto_us: tuple[int, ...]) -> ArmCounts:
    """Return counts by more latency classes, each class at its upper edge; every edge of `edges_us` is one of them."""
    latency = np.zeros((len(onto_us), *counts.requests.shape), np.int64)
    latency[_places(edges_us, onto_us)] = counts.latency
    return ArmCounts(counts.requests, counts.errors, latency)


@lru_cache(maxsize=256)
def _places(edges_us: tuple[int, ...], onto_us: tuple[int, ...]) -> NDArray[np.intp]:
    return np.searchsorted(onto_us, edges_us)
