"""A count falls into classes: a multinomial draw as a tree of binomial ones.

A span [low, high) of classes splits in the middle; its left part takes a binomial share. The word of a split belongs
to the class before the middle, so every split of one count has a word of its own, and whoever follows only one path
down the tree meets the same counts as whoever draws it whole.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from canary_runner.stats.distinct import distinct_columns
from canary_runner.stats.laws import binomial_laws

LAWS_AT_ONCE = 1024
"""Binomial tables that are in memory together."""

Counts = NDArray[np.int64]
Classes = NDArray[np.intp]
WordsOf = Callable[[Classes], NDArray[np.uint64]]
"""The words, shape (splits, rows), of the splits behind the given classes."""


def cumulative(chances: Sequence[float]) -> NDArray[np.float64]:
    """Return the chance of all classes before each one, shape (classes + 1,)."""
    return np.concatenate(([0.0], np.cumsum(np.asarray(chances, np.float64))))


def middle(low: Classes, high: Classes) -> Classes:
    """Return where spans split."""
    return (low + high) // 2


def left_share(before: NDArray[np.float64], low: Classes, high: Classes, law: Classes | int = 0) -> NDArray[np.float64]:
    """Return the chance that a count of [low, high) falls into the left part; 0 where the span has none.

    Args:
        before: cumulative chances, a row for each law.
        low: spans' first classes.
        high: spans' ends.
        law: the row of each span, or of all.
    """
    whole = before[law, high] - before[law, low]
    left = before[law, middle(low, high)] - before[law, low]
    share: NDArray[np.float64] = np.divide(left, whole, out=np.zeros_like(whole), where=whole > 0)
    return share


def binomial_counts(trials: Counts, shares: NDArray[np.float64], words: NDArray[np.uint64]) -> Counts:
    """Draw one binomial count for each (trials, share, word), all of one shape; equal pairs share a table."""
    flat_trials, flat_shares, flat_words = trials.reshape(-1), shares.reshape(-1), words.reshape(-1)
    first, which = distinct_columns(np.stack((flat_trials.astype(np.float64), flat_shares)))
    order = np.argsort(which, kind="stable")  # laws are built, used and forgotten a few at a time
    counts = np.zeros(flat_trials.shape, np.int64)
    for start in range(0, first.size, LAWS_AT_ONCE):
        some = first[start : start + LAWS_AT_ONCE]
        low, high = np.searchsorted(which[order], (start, start + LAWS_AT_ONCE))
        users = order[low:high]
        laws = binomial_laws(flat_trials[some], flat_shares[some])
        counts[users] = laws.counts(which[users] - start, flat_words[users])
    return counts.reshape(trials.shape)


def split(total: Counts, chances: Sequence[float], words_of: WordsOf) -> Counts:
    """Split counts into classes.

    Args:
        total: counts, shape (rows,).
        chances: of each class; need not sum to 1.
        words_of: gives the words of splits.

    Returns:
        Counts, shape (classes, rows); each column is one multinomial draw.
    """
    before = cumulative(chances)[None]
    counts = np.zeros((len(chances), len(total)), np.int64)
    low, high, held = np.array([0]), np.array([len(chances)]), total[None, :]
    while low.size:
        is_leaf = high - low == 1
        counts[low[is_leaf]] = held[is_leaf]
        low, high, held = low[~is_leaf], high[~is_leaf], held[~is_leaf]
        if low.size == 0:
            break
        at = middle(low, high)
        shares = np.broadcast_to(left_share(before, low, high)[:, None], held.shape)
        left = binomial_counts(held, shares, words_of(at - 1))
        low, high = np.concatenate((low, at)), np.concatenate((at, high))
        held = np.concatenate((left, held - left))
    return counts
