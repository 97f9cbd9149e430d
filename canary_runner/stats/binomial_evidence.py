"""The exact one-sided binomial test, elementwise, where every element has its own number of trials and share."""

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from canary_runner.stats.laws import binomial_laws
from canary_runner.stats.normal import critical_z
from canary_runner.stats.outward import Floats, Ints
from canary_runner.stats.tails import critical_counts, error_level

MARGIN = 1e-6
"""Kept clear of Slud's bound, so that rounding cannot turn it round."""


def has_evidence(successes: Ints, trials: Ints, shares: Floats, level: Fraction) -> NDArray[np.bool_]:
    """Return where P(Bin(trials, share) >= successes) <= 1 - level, shape (n,); all arguments have it.

    Only elements that could be evidence get a table; the others are told by `_is_clear`.
    """
    found = np.zeros(successes.shape, np.bool_)
    open_ones = np.flatnonzero(~_is_clear(successes, trials, shares, critical_z(level)))
    laws = binomial_laws(trials[open_ones], shares[open_ones])
    found[open_ones] = successes[open_ones] >= critical_counts(laws, error_level(level))
    return found


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
