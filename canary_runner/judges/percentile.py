"""Nearest-rank percentiles of latency, read from counts per class.

The percentile q of n requests is the k-th smallest latency, k = ceil(q n), and reads as the upper edge of the class
that holds it: never below the true one, and at most one class (2 %) above. Source: Hyndman and Fan (1996), The
American Statistician 50(4), 361-365, definition 1.
"""

from fractions import Fraction

import numpy as np

from canary_runner.judges.counts import Ints
from canary_runner.judges.integers import holding, top


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
    wanted = rank(quantile, latency.sum(axis=0))
    running = np.zeros_like(wanted)
    below = np.zeros(wanted.shape, np.int16)
    for of_class in latency[:-1]:  # class by class is many times faster than a running sum along the first axis
        running = running + of_class
        below = below + (running < wanted)
    readings: Ints = np.asarray(edges_us, np.int64)[below]
    return readings


def slow_requests(limit_us: int, latency: Ints, edges_us: tuple[int, ...]) -> Ints:
    """Return how many requests took longer than `limit_us`, which must be one of the edges; shape rows."""
    if limit_us not in edges_us:
        raise ValueError(f"{limit_us} us is not an edge of the histogram: slow requests cannot be counted")
    slower = latency[edges_us.index(limit_us) + 1 :]
    return np.asarray(slower[0] if len(slower) == 1 else slower.sum(axis=0), np.int64)
