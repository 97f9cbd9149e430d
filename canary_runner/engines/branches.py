"""Rollouts with weights: where a rare ending is sought, those that come near it are copied.

After every analysis the rollouts in a stage are put into bins by how near they are to a rollback, and every bin that
has some is given the same number of them, drawn by weight; the weight of a bin stays what it was, shared by its
members. So a few rollouts stand for the many that run well, and most are spent where a rollback is near. The expected
weight of every ending is its chance, whatever the bins are: only the variance depends on them. Each member of a block
goes on with the words of its own row, so copies are independent from then on.

Source: Huber and Kim (1996), Biophysical Journal 70(1), 97-110 ("weighted ensemble"); unbiasedness in general: Zhang,
Jasnow and Zuckerman (2010), The Journal of Chemical Physics 132, 054107.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from canary_runner.engines.streams import Stream
from canary_runner.stats.outward import Floats
from canary_runner.stats.tables import DROPPED_BITS, UNIT

STEPS: Final = 8
"""Bins between one failure and the next, by how near the window is to it."""

LEFT: Final = -(1 << 32)
"""The bin of those that have left the stage for the next one."""

Rows = NDArray[np.intp]

Rollbacks = dict[tuple[int, int], float]
"""(index of the stage, deciding checks as bits) -> weight."""


def levels(failures_left: NDArray[np.int64], nearness: Floats | None) -> NDArray[np.int64]:
    """Return the bin of each rollout, from how many failures are missing and how near the window is to one, 0..1."""
    found = -STEPS * failures_left
    if nearness is not None:
        found = found + np.minimum(nearness * STEPS, STEPS - 1).astype(np.int64)
    return found


class Branches:
    """The weights of a block's rollouts, and what has become of those that ended."""

    def __init__(self, rollouts: int) -> None:
        self.weights = np.full(rollouts, 1 / rollouts)
        self.rollbacks: Rollbacks = {}
        self._has_ended = np.zeros(rollouts, np.bool_)
        self._is_free = np.zeros(rollouts, np.bool_)

    def note_ended(self, rows: Rows) -> None:
        """Hear whose rollout is over."""
        self._has_ended[rows] = True

    def reap(self, stage: int, is_rolled_back: NDArray[np.bool_], deciding: NDArray[np.bool_]) -> None:
        """Count the rollbacks of late, and let all rows be used again whose rollout is over."""
        over = np.flatnonzero(self._has_ended & ~self._is_free)
        rolled = over[is_rolled_back[over]]
        bits = (deciding[:, rolled].astype(np.int64) << np.arange(len(deciding))[:, None]).sum(axis=0)
        for bit, weight in zip(bits.tolist(), self.weights[rolled].tolist(), strict=True):
            self.rollbacks[stage, bit] = self.rollbacks.get((stage, bit), 0.0) + weight
        self._is_free[over] = True

    def chosen(self, stream: Stream, number: int, rows: Rows, bins: NDArray[np.int64]) -> tuple[Rows, Rows]:
        """Return the rows that are in the stage from now on, and which of the former members each is a copy of.

        Args:
            stream: the words for drawing them.
            number: of the analysis, from 1.
            rows: of the members; none else is alive.
            bins: of the members, shape (members,).
        """
        found = np.unique(bins)
        places = np.sort(np.concatenate((rows, np.flatnonzero(self._is_free))))
        each = max(places.size // found.size, 1)
        words = stream.words(number - 1, range(found.size), np.zeros(1, np.intp))[:, 0]
        weights = self.weights[rows]
        parents = np.concatenate(
            [_drawn(np.flatnonzero(bins == one), weights, each, word) for one, word in zip(found, words, strict=True)]
        )
        onto, spare = places[: parents.size], places[parents.size :]
        shares = np.bincount(np.searchsorted(found, bins), weights=weights)
        self.weights[onto] = np.repeat(shares / each, each)
        self._is_free[onto], self._has_ended[onto] = False, False
        self._is_free[spare], self._has_ended[spare] = True, True
        return onto, parents


def _drawn(members: Rows, weights: Floats, size: int, word: np.uint64) -> Rows:
    """Draw `size` members, each as often as its weight asks for, by at most one more or less."""
    running = np.cumsum(weights[members])
    start = float(word >> DROPPED_BITS) / UNIT
    wanted = (np.arange(size) + start) * (running[-1] / size)
    drawn: Rows = members[np.minimum(np.searchsorted(running, wanted, side="right"), members.size - 1)]
    return drawn
