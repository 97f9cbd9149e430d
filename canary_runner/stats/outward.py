"""Weights of many laws at once, outward from where each is largest.

On one side of its start, weight number j of a law is the product of the first j ratios of neighbours, multiplied in
order. Products are made for a chunk of steps and all laws that still need them; a law drops out when its weights have
fallen below `CUTOFF`. `np.multiply.accumulate` is sequential, so neither the chunks nor the other laws of the batch
can change a bit.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from canary_runner.stats.limits import CUTOFF

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Ratio = Callable[[NDArray[np.intp], Ints], Floats]
"""(laws, shape (l, 1); steps from 1, shape (s,)) -> weight of the step over the weight before it, shape (l,
s); 0 beyond the support."""

FIRST_CHUNK, LONG_CHUNK = 16, 256
BUDGET = 1 << 16
"""Cells worked on at a time: bounds the memory of batches with very different widths."""


@dataclass(frozen=True, slots=True)
class Side:
    """One side of the starts of a batch of laws."""

    ratio: Ratio
    room: Ints  # steps until the support ends, shape (laws,)
    falls: NDArray[np.bool_]  # whether the weights never rise away from the start, shape (laws,)


class Piece(NamedTuple):
    """The weights of steps `before + 1, before + 2, ...` of some laws."""

    laws: NDArray[np.intp]
    before: int
    weights: Floats  # shape (laws, steps); the start's own weight is 1


def outward(side: Side) -> list[Piece]:
    """Return the weights of one side, until each law's are negligible or its support ends."""
    pieces = []
    laws = np.flatnonzero(side.room > 0)
    carry = np.ones(laws.size)
    before, chunk = 0, _first_chunk(laws.size)
    while laws.size:
        steps = np.arange(before + 1, before + chunk + 1, dtype=np.int64)
        factors = side.ratio(laws[:, None], steps)
        factors[:, 0] *= carry
        weights = np.multiply.accumulate(factors, axis=1)
        pieces.append(Piece(laws, before, weights))
        before += chunk
        carry = weights[:, -1]
        more = (side.room[laws] > before) & ((carry >= CUTOFF) | ~side.falls[laws])
        laws, carry = laws[more], carry[more]
        chunk = max(FIRST_CHUNK, min(2 * chunk, BUDGET // max(laws.size, 1)))
    return pieces


def _first_chunk(laws: int) -> int:
    """Many laws start with few steps, as most need no more; few laws with many, as a round costs more than they do."""
    return max(FIRST_CHUNK, min(LONG_CHUNK, BUDGET // (8 * max(laws, 1))))


def reach(pieces: list[Piece], laws: int) -> Ints:
    """Return how many steps each of `laws` laws goes before all further weights are negligible."""
    steps = np.zeros(laws, np.int64)
    for piece in pieces:
        kept = piece.weights >= CUTOFF
        last = piece.before + kept.shape[1] - np.argmax(kept[:, ::-1], axis=1)
        steps[piece.laws] = np.where(kept.any(axis=1), last, steps[piece.laws])
    return steps
