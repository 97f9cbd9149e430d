"""The exact one-sided binomial test, elementwise, where every element has its own number of trials and share."""

from fractions import Fraction
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from canary_runner.stats.laws import binomial_laws
from canary_runner.stats.normal import critical_z
from canary_runner.stats.outward import Floats, Ints
from canary_runner.stats.tables import Laws, blocks
from canary_runner.stats.tails import Memory, critical_counts, error_level

MARGIN = 1e-6
"""Kept clear of Slud's bound, so that rounding cannot turn it round."""

NEAR = 1e-6
"""A share that differs from the critical one by less than this part of it is tested with a table of its own."""

SETTLED = 1e-12
"""Newton's steps end when none is longer than this part of the share."""

MOST_STEPS = 100

MOST_TRIALS = 1 << 31
"""Successes of fewer trials are remembered: both fit in one number."""


def has_evidence(successes: Ints, trials: Ints, shares: Floats, level: Fraction) -> NDArray[np.bool_]:
    """Return where P(Bin(trials, share) >= successes) <= 1 - level, shape (n,); all arguments have it.

    Smaller shares are clearer evidence, so the critical share of successes and trials tells it, and is remembered. What
    is near it gets a table of its own, and so do trials without number.
    """
    open_ones = np.flatnonzero(~_is_clear(successes, trials, shares, critical_z(level)))
    x, n, share = successes[open_ones], trials[open_ones], shares[open_ones]
    is_few = n < MOST_TRIALS
    critical = np.full(open_ones.size, np.nan)
    critical[is_few] = _memory(level).look_up(n[is_few] * MOST_TRIALS + x[is_few])
    verdict = share < critical
    near = np.flatnonzero(~(np.abs(share - critical) > NEAR * critical))
    verdict[near] = x[near] >= critical_counts(binomial_laws(n[near], share[near]), error_level(level))
    found = np.zeros(successes.shape, np.bool_)
    found[open_ones] = verdict
    return found


@lru_cache(maxsize=256)
def _memory(level: Fraction) -> Memory[np.float64]:
    return Memory(lambda keys: critical_shares(keys % MOST_TRIALS, keys // MOST_TRIALS, level))


def critical_shares(successes: Ints, trials: Ints, level: Fraction) -> Floats:
    """Return the share with P(Bin(trials, share) >= successes) = 1 - level, shape (n,); -1 without successes.

    Newton's steps in the share s. The tail's slope is P(Bin(n, s) = k) k / s, which rises up to (k - 1) / (n - 1) and
    falls beyond; the steps start there, or for one success at a share below the critical one, and cannot overshoot.
    """
    alpha = error_level(level)
    found = np.where(successes == 1, alpha / np.maximum(trials, 1), (successes - 1) / np.maximum(trials - 1, 1))
    rows = np.flatnonzero(successes > 0)
    for _ in range(MOST_STEPS):
        if not rows.size:
            break
        share, k = found[rows], successes[rows]
        tail, chance = _tails(binomial_laws(trials[rows], share), k)
        step = (tail - alpha) / (chance * k / share)
        found[rows] = share - step
        rows = rows[np.abs(step) > SETTLED * share]
    return np.where(successes > 0, found, -1.0)


def _tails(laws: Laws, counts: Ints) -> tuple[Floats, Floats]:
    """Return P(X >= count) and P(X = count) of every law, shape (laws,)."""
    tails, chances = np.empty(len(laws)), np.empty(len(laws))
    for members, cells, is_inside in blocks(laws.starts):
        column = np.where(is_inside, np.arange(cells.shape[1]), -1)
        place = (counts[members] - laws.first[members])[:, None]
        above = np.where(column >= np.maximum(place, 0), laws.probabilities[cells], 0.0)
        tails[members] = np.add.accumulate(above[:, ::-1], axis=1)[:, -1]
        chances[members] = np.add.reduce(np.where(column == place, above, 0.0), axis=1)
    return tails, chances


def _is_clear(successes: Ints, trials: Ints, shares: Floats, z: float) -> NDArray[np.bool_]:
    """Return where there can be no evidence, by bounds that need no table.

    At most the mean n p: P(X >= k) >= 1/2. Above it, Slud's inequality: P(X >= k) is at least the normal tail
    beyond (k - n p) / sqrt(n p (1 - p)) if p <= 1/4 or k <= n (1 - p).
    Source: Slud (1977), The Annals of Probability 5(3), 404-412.
    """
    above_mean = successes - trials * shares
    reach = max(z - MARGIN, 0.0)
    is_near = above_mean * above_mean <= reach * reach * trials * shares * (1 - shares)
    holds = (shares <= 0.25) | (successes <= trials * (1 - shares))
    return (above_mean <= -MARGIN) | ((above_mean > 0) & is_near & holds)
