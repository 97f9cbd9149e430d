"""The only randomness: "stream v1", words with an address.

A word belongs to (seed, stage, block of 4,096 rollouts, purpose) and in there to (analysis, series, rollout), in that
order, with a fixed number of series per analysis. So rollout K is the same alone, in a study of a million, in any
chunk and on any number of workers; a check more never moves another's words; and two policies under one seed share
their luck. Bits are Philox4x64-10 with key (seed, STREAM) and counter (1 + word // 4, stage, block, purpose).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from canary_runner.engines.philox import philox

STREAM: Final = 1
"""The number of this algorithm; results name it. Another algorithm is another number."""

BLOCK: Final = 4096
"""Rollouts that share a counter's third word."""

SERIES: Final = 1 << 15
"""Series per analysis: counts of one window that are drawn on their own."""

FEW = 64
"""Up to this many rollouts of a block, their words are fetched one by one."""

AT_ONCE, AHEAD = 2048, 4
"""Up to this many words an analysis, those of the next analyses are fetched in the same go."""


Places = NDArray[np.int64] | NDArray[np.intp]


class Purpose(IntEnum):
    """What words are for: draws that decide never share words with detail that is only shown."""

    DECIDE = 0
    SHOW = 1
    BRANCH = 2  # which rollouts a rare ending is sought from
    REST = 3  # what a foreign controller never looks at, and a person is shown
    NO_USER = 4  # copied and synthetic requests to the canary
    PAST = 5  # what the stable version served before the rollout


@dataclass(frozen=True, slots=True)
class Stream:
    """The words of one (seed, stage, block, purpose)."""

    seed: int  # 0 .. 2**64 - 1
    stage: int
    block: int
    purpose: Purpose = Purpose.DECIDE

    def words(self, analysis: int, series: Sequence[int], rows: NDArray[np.intp]) -> NDArray[np.uint64]:
        """Return one word per series and rollout, shape (series, rows).

        Args:
            analysis: from 0 within the stage.
            series: 0 .. SERIES - 1 each.
            rows: rollouts within the block, 0 .. BLOCK - 1.
        """
        if len(rows) * len(series) <= AT_ONCE:
            first, ahead = divmod(analysis, AHEAD)
            words: NDArray[np.uint64] = _words_ahead(self, first * AHEAD, tuple(series), rows.tobytes())[ahead]
            return words
        if len(rows) <= FEW:
            return self._few(np.array([analysis]), series, rows).reshape(len(series), len(rows))
        return np.stack(list(Tap(self).words(analysis, series, rows)))

    def _few(self, analyses: NDArray[np.int64], series: Sequence[int], rows: NDArray[np.intp]) -> NDArray[np.uint64]:
        """Return the words of some analyses, shape (analyses, series, rows), one by one."""
        places = self.stage, analyses[:, None, None], np.asarray(series, np.int64)[:, None], rows
        return scattered(self.seed, self.block, self.purpose, places)


def scattered(
    seed: int, block: int, purpose: Purpose, places: tuple[Places | int, Places, Places, Places | int]
) -> NDArray[np.uint64]:
    """Return words one by one: `places` are their stages, analyses, series and rows, of shapes that go together."""
    stage, analysis, series, row = places
    at = ((analysis * SERIES + series) * BLOCK + row).astype(np.uint64)
    lanes = philox(((at >> np.uint64(2)) + np.uint64(1), stage, block, purpose), (seed, STREAM))
    lane = (at & np.uint64(3)).astype(np.intp)
    words: NDArray[np.uint64] = np.take_along_axis(lanes, lane[None], axis=0)[0]
    return words


class Tap:
    """The words of a whole block, one series after the other: for many rollouts, and for one thread."""

    def __init__(self, stream: Stream) -> None:
        counter = np.array([0, stream.stage, stream.block, int(stream.purpose)], np.uint64)
        self._bits = np.random.Philox(key=np.array([stream.seed, STREAM], np.uint64), counter=counter)
        self._counter = 0  # its first word; NumPy counts up before it draws

    def words(
        self, analysis: int, series: Iterable[int], rows: NDArray[np.intp] | None
    ) -> Iterator[NDArray[np.uint64]]:
        """Yield the words of each series, shape (rows,); rows None stands for all of the block."""
        for one in series:
            wanted = (analysis * SERIES + one) * (BLOCK // 4)
            ahead = wanted - self._counter
            if ahead:
                self._bits.advance(ahead if ahead > 0 else ahead % (1 << 256))
            words: NDArray[np.uint64] = self._bits.random_raw(BLOCK)
            self._counter = wanted + BLOCK // 4
            yield words if rows is None else words.take(rows)


@lru_cache(maxsize=8)
def _words_ahead(stream: Stream, first: int, series: tuple[int, ...], rows: bytes) -> NDArray[np.uint64]:
    """Return the words of AHEAD analyses from `first`, for those that ask one analysis after the other."""
    analyses = np.arange(first, first + AHEAD, dtype=np.int64)
    return stream._few(analyses, series, np.frombuffer(rows, np.intp))
