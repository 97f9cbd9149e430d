"""Nearest-rank percentiles of latency, read from counts per class.

The percentile q of n requests is the k-th smallest latency, k = ceil(q n), and reads as the upper edge of the class
that holds it: never below the true one, and at most one class (2 %, or 50 µs) above. Source: Hyndman and Fan (1996),
The American Statistician 50(4), 361-365, definition 1.
"""

from fractions import Fraction
from typing import Final

import numpy as np

from canary_runner.judges.counts import Ints
from canary_runner.judges.integers import holding, top

FEW: Final = 64
"""Up to so many rows NumPy's own running sum is faster than one made row by row."""


def rank(quantile: Fraction, requests: Ints) -> Ints:
    """Return k = ceil(quantile x requests), exactly, elementwise; 0 without requests."""
    (n,) = holding(top(requests) * quantile.numerator, requests)
    return np.asarray(-(-quantile.numerator * n // quantile.denominator), np.int64)


def percentile_us(quantile: Fraction, latency: Ints, edges_us: tuple[int, ...]) -> Ints:
    """Return a percentile in microseconds, elementwise.

    Args:
        quantile: 0 < quantile < 1.
        latency: requests per class, shape (classes,) + rows.
        edges_us: upper edges of the classes.

    Returns:
        Upper edges, shape rows. Where there are no requests it means nothing (the first edge).
    """
    return reading_us(quantile, running_counts(latency), edges_us)


def running_counts(latency: Ints) -> Ints:
    """Return how many requests are in each class or before it, shape (classes,) + rows."""
    if latency[0].size <= FEW:
        return np.cumsum(latency, axis=0)
    running = np.empty_like(latency)  # row by row is many times faster than a sum along the first axis
    running[0] = latency[0]
    for before, of_class, after in zip(running, latency[1:], running[1:], strict=False):
        np.add(before, of_class, out=after)
    return running


def reading_us(quantile: Fraction, running: Ints, edges_us: tuple[int, ...]) -> Ints:
    """Return what `percentile_us` returns, from the running counts of the classes."""
    wanted = rank(quantile, running[-1])
    below = (running[:-1] < wanted).sum(axis=0, dtype=np.int16)
    readings: Ints = np.asarray(edges_us, np.int64)[below]
    return readings


def slow_requests(limit_us: int, latency: Ints, edges_us: tuple[int, ...]) -> Ints:
    """Return how many requests took longer than `limit_us`, which must be one of the edges; shape rows."""
    if limit_us not in edges_us:
        raise ValueError(f"{limit_us} us is not an edge of the histogram: slow requests cannot be counted")
    slower = latency[edges_us.index(limit_us) + 1 :]
    return np.asarray(slower[0] if len(slower) == 1 else slower.sum(axis=0), np.int64)
