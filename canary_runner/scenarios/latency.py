"""Lognormal latency, by two percentiles, as the chances of a histogram's classes."""

import math
from fractions import Fraction
from functools import cache
from itertools import pairwise
from statistics import NormalDist

from canary_runner.model.service import Latency
from canary_runner.scenarios.averages import Mix
from canary_runner.stats.rounding import significant

FAR = 38.0
"""Standard deviations beyond which a double knows no chance but 0 and 1."""


@cache
def mixed_chances(latency: Latency, mix: Mix, edges_us: tuple[int, ...]) -> tuple[float, ...]:
    """Return the chance of each class of a histogram for requests of which shares are more or less slow."""
    if len(mix) == 1:
        return class_chances(latency, *mix[0][1], edges_us)
    parts = [[float(share) * chance for chance in class_chances(latency, *slow, edges_us)] for share, slow in mix]
    return tuple(map(sum, zip(*parts, strict=True)))


@cache
def class_chances(
    latency: Latency, factor: Fraction, shift_us: Fraction, edges_us: tuple[int, ...]
) -> tuple[float, ...]:
    """Return the chance of each class of a histogram; they sum to 1.

    Args:
        latency: ln X is normal with mean ln p50 and standard deviation ln(p99 / p50) / z, z = 2.326...
        factor: every latency is `factor * X + shift_us`; > 0.
        shift_us: microseconds.
        edges_us: upper edges of the classes; the last class takes everything beyond.

    `math.erfc` and `math.log` differ in the last bits between machines: what they give is rounded to 12 digits.
    """
    mu, sigma = _shape(latency)
    scale, shift = float(factor), float(shift_us)
    slower = [1.0]
    for edge in edges_us[:-1]:
        unshifted = (edge - shift) / scale
        z = (math.log(unshifted) - mu) / sigma if unshifted > 0 else -math.inf
        slower.append(significant(math.erfc(z / math.sqrt(2)) / 2) if abs(z) < FAR else float(z < 0))
    slower.append(0.0)
    return tuple(above - below for above, below in pairwise(slower))


def percentile_us(latency: Latency, quantile: Fraction) -> Fraction:
    """Return the latency below which a share `quantile`, 0 < quantile < 1, of the requests stays, in microseconds.

    Rounded to 12 digits, as the chances of classes are.
    """
    mu, sigma = _shape(latency)
    return Fraction(significant(math.exp(mu + sigma * NormalDist().inv_cdf(float(quantile)))))


def _shape(latency: Latency) -> tuple[float, float]:
    """Return mean and standard deviation of the logarithm of a latency in microseconds."""
    mu = math.log(latency.p50_us)
    return mu, (math.log(latency.p99_us) - mu) / NormalDist().inv_cdf(0.99)
