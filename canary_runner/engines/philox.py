"""Philox4x64-10, vectorised over scattered counters.

A lone run needs one word out of each 4,096; this reaches them without drawing the rest and without importing
`numpy.random`. Source: Salmon, Moraes, Dror and Shaw (2011), "Parallel random numbers: as easy as 1, 2, 3".
The words are those of `numpy.random.Philox`, which a test compares.
"""

import numpy as np
from numpy.typing import NDArray

ROUNDS = 10
MULTIPLIERS = np.array([0xD2E7470EE14C6C93, 0xCA5A826395121157], np.uint64)
WEYL = (0x9E3779B97F4A7C15, 0xBB67AE8584CAA73B)
WORD = (1 << 64) - 1
LOW = np.uint64(0xFFFFFFFF)
HALF = np.uint64(32)

Words = NDArray[np.uint64]


def philox(counter: tuple[Words, NDArray[np.int64] | int, int, int], key: tuple[int, int]) -> Words:
    """Return four words for each counter, shape (4,) + the shape of the counters' first word."""
    shape = np.shape(counter[0])
    words = np.empty((4, *shape), np.uint64)
    for word, given in zip(words, counter, strict=True):
        word[...] = given
    factors = MULTIPLIERS.reshape(2, *(1 for _ in shape))
    even, odd = words[0::2], words[1::2]  # the pairs that are multiplied, and that are mixed in
    for turn in range(ROUNDS):
        keys = np.array([(k + turn * w) & WORD for k, w in zip(key, WEYL, strict=True)], np.uint64)
        high, low = _multiply(even, factors)
        even, odd = high[::-1] ^ odd ^ keys.reshape(factors.shape), low[::-1]
    words[0::2], words[1::2] = even, odd
    return words


def _multiply(words: Words, factors: Words) -> tuple[Words, Words]:
    """Return the high halves of 128-bit products, by 32-bit pieces, and the low ones."""
    a1, a0 = words >> HALF, words & LOW
    b1, b0 = factors >> HALF, factors & LOW
    low = a0 * b0
    middle = a1 * b0 + (low >> HALF)
    crossed = a0 * b1 + (middle & LOW)
    high = a1 * b1 + (middle >> HALF) + (crossed >> HALF)
    return high, words * factors
