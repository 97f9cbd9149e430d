"""Philox4x64-10, vectorised over scattered counters.

A lone run needs one word out of each 4,096; this reaches them without drawing the rest and without importing
`numpy.random`. Source: Salmon, Moraes, Dror and Shaw (2011), "Parallel random numbers: as easy as 1, 2, 3".
The words are those of `numpy.random.Philox`, which a test compares.
"""

import numpy as np
from numpy.typing import NDArray

ROUNDS = 10
MULTIPLIERS = (0xD2E7470EE14C6C93, 0xCA5A826395121157)
WEYL = (0x9E3779B97F4A7C15, 0xBB67AE8584CAA73B)
WORD = (1 << 64) - 1
LOW = np.uint64(0xFFFFFFFF)
HALF = np.uint64(32)

Words = NDArray[np.uint64]


def philox(counter: tuple[Words | int, Words | int, int, int], key: tuple[int, int]) -> Words:
    """Return four words for each counter, shape (4,) + the shape of the counters' first word."""
    first = np.asarray(counter[0], np.uint64)
    c0, c1, c2, c3 = (np.broadcast_to(np.asarray(c, np.uint64), first.shape) for c in (first, *counter[1:]))
    for turn in range(ROUNDS):
        k0, k1 = (np.uint64((k + turn * w) & WORD) for k, w in zip(key, WEYL, strict=True))
        high0, low0 = _multiply(c0, MULTIPLIERS[0])
        high1, low1 = _multiply(c2, MULTIPLIERS[1])
        c0, c1, c2, c3 = high1 ^ c1 ^ k0, low1, high0 ^ c3 ^ k1, low0
    return np.stack((c0, c1, c2, c3))


def _multiply(words: Words, factor: int) -> tuple[Words, Words]:
    """Return the high and the low half of a 128-bit product, by 32-bit pieces."""
    a1, a0 = words >> HALF, words & LOW
    b1, b0 = np.uint64(factor >> 32), np.uint64(factor & 0xFFFFFFFF)
    low = a0 * b0
    middle = a1 * b0 + (low >> HALF)
    crossed = a0 * b1 + (middle & LOW)
    high = a1 * b1 + (middle >> HALF) + (crossed >> HALF)
    return high, (crossed << HALF) | (low & LOW)
