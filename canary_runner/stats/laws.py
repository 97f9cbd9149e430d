"""Poisson, binomial and beta-binomial tables, whole batches at a time, the same bits on every machine.

Weights are built outward from the largest by the ratio of neighbours, with + - * / only and in a fixed order
(`outward`), then summed from the lowest count and divided by the total (`tables`). Against exact values the relative
error of a probability grows with its distance from the mode, about one ulp a step.

Ratios, with r(k) = P(k + 1) / P(k):
    Poisson        mean / (k + 1)
    binomial       (n - k) p / ((k + 1) (1 - p))
    beta-binomial  (n - k) (k c + p (1 - c)) / ((k + 1) ((n - k - 1) c + (1 - p) (1 - c)))
where c is the intra-class correlation, alpha = p (1 - c) / c and beta = (1 - p) (1 - c) / c. The last follows from
C(n, k) B(k + alpha, n - k + beta) and is multiplied by c above and below, so that c = 0 is the binomial.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from canary_runner.stats.limits import LARGEST
from canary_runner.stats.outward import Floats, Ints, Side
from canary_runner.stats.tables import Law, Laws, tabulate

__all__ = ["Law", "Laws", "beta_binomial_laws", "binomial_laws", "poisson_laws"]


def poisson_laws(means: ArrayLike) -> Laws:
    """Return Poisson laws; `means` >= 0, shape (laws,)."""
    mean = np.asarray(means, np.float64).reshape(-1)
    _require(bool(np.all((mean >= 0) & (mean <= LARGEST))), "a mean is below 0, too large, or not a number")
    mode = np.floor(mean)

    def above(laws: NDArray[np.intp], steps: Ints) -> Floats:
        return mean[laws] / (mode[laws] + steps)

    def below(laws: NDArray[np.intp], steps: Ints) -> Floats:
        return np.maximum(mode[laws] - steps + 1, 0.0) / mean[laws]

    start = mode.astype(np.int64)
    falls = np.ones(mean.shape, np.bool_)
    endless = np.full(mean.shape, np.iinfo(np.int64).max)
    return tabulate(start, Side(below, start, falls), Side(above, endless, falls))


def binomial_laws(trials: ArrayLike, probabilities: ArrayLike) -> Laws:
    """Return binomial laws; `trials` >= 0 and `probabilities` in [0, 1] broadcast to shape (laws,)."""
    return beta_binomial_laws(trials, probabilities, 0.0)


def beta_binomial_laws(trials: ArrayLike, probabilities: ArrayLike, intra_class_correlations: ArrayLike) -> Laws:
    """Return beta-binomial laws; the arguments broadcast to shape (laws,).

    Args:
        trials: n >= 0.
        probabilities: p in [0, 1], the mean share.
        intra_class_correlations: c in [0, 1); the variance is n p (1 - p) (1 + (n - 1) c). Beyond about 1/3
            the law has a peak at either end, and its table holds every count.
    """
    n, p, c = (
        np.array(a, np.float64).reshape(-1)
        for a in np.broadcast_arrays(trials, probabilities, intra_class_correlations)
    )
    _require(bool(np.all((n >= 0) & (n <= LARGEST) & (n == np.floor(n)))), "trials are no whole number in range")
    _require(bool(np.all((p >= 0) & (p <= 1))), "a probability is outside [0, 1]")
    _require(bool(np.all((c >= 0) & (c < 1))), "an intra-class correlation is outside [0, 1)")
    bad, good = p * (1 - c), (1 - p) * (1 - c)
    start = _largest(n, p, c)

    def ratio(laws: NDArray[np.intp], k: Floats, step: int) -> Floats:
        """Return P(k + 1) / P(k), for step -1 its inverse; 0 where the count reached is impossible."""
        fewer_left = np.maximum(n[laws] - k - 1, 0.0)
        rise = np.maximum(n[laws] - k, 0.0) * (k * c[laws] + bad[laws])
        fall = (k + 1) * (fewer_left * c[laws] + good[laws])
        into, out_of = (rise, fall) if step > 0 else (fall, rise)
        return np.divide(into, out_of, out=np.zeros_like(into), where=out_of > 0)

    def above(laws: NDArray[np.intp], steps: Ints) -> Floats:
        return ratio(laws, start[laws] + steps - 1, 1)

    def below(laws: NDArray[np.intp], steps: Ints) -> Floats:
        return ratio(laws, np.maximum(start[laws] - steps, -1.0), -1)

    falls = 3 * c < 1
    first = start.astype(np.int64)
    return tabulate(first, Side(below, first, falls), Side(above, (n - start).astype(np.int64), falls))


def _largest(n: Floats, p: Floats, c: Floats) -> Floats:
    """Return where a beta-binomial law is largest.

    r(k) > 1 means k (1 - 3c) < n (p (1 - c) - c) + c - (1 - p)(1 - c): below a bound if 3c < 1, so the law
    rises and then falls; beyond a bound otherwise, so the larger end is the largest.
    """
    falls = 3 * c < 1
    rising = n * (p * (1 - c) - c) + c - (1 - p) * (1 - c)
    peak = np.floor(rising / np.where(falls, 1 - 3 * c, 1.0)) + 1
    return np.where(falls, np.clip(peak, 0.0, n), np.where(p <= 0.5, 0.0, n))


def _require(is_right: bool, complaint: str) -> None:
    if not is_right:
        raise ValueError(complaint)
