"""Intervals for sampled numbers."""

import math

from canary_runner.stats.rounding import significant

Z95 = 1.959963984540054
"""The normal quantile of a two-sided 95 % interval."""

T95, T95_VALUES = 2.0395134463964082, 32
"""Student's quantile of a two-sided 95 % interval from so many values; more values have a smaller one."""


def wilson(successes: float, trials: int, z: float = Z95) -> tuple[float, float]:
    """Return Wilson's score interval for a probability.

    Source: Wilson (1927), Journal of the American Statistical Association 22, 209-212; its coverage is near the nominal
    one at small counts too: Brown, Cai and DasGupta (2001), Statistical Science 16(2), 101-133.
    """
    share = successes / trials
    centre = share + z * z / (2 * trials)
    spread = z * math.sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
    scale = 1 + z * z / trials
    low, high = (centre - spread) / scale, (centre + spread) / scale
    return (0.0 if successes == 0 else max(low, 0.0)), (1.0 if successes == trials else min(high, 1.0))


SMALL_T95 = (
    12.706204736174694,
    4.302652729749462,
    3.1824463052837078,
    2.7764451051977934,
    2.5705818356363146,
    2.4469118511449786,
    2.364624251592784,
    2.306004135204166,
    2.262157162798205,
)
"""Student's quantile of a two-sided 95 % interval by degrees of freedom, from 1: where its expansion is too coarse."""


def student95(freedom: int) -> float:
    """Return Student's quantile of a two-sided 95 % interval, within 2e-5 of it.

    Beyond a few degrees of freedom by its expansion about the normal quantile. Source: Abramowitz and Stegun (1964),
    Handbook of Mathematical Functions, 26.7.5.
    """
    if freedom <= len(SMALL_T95):
        return SMALL_T95[freedom - 1]
    x, found = Z95, Z95
    for power, polynomial in enumerate(
        (
            (x**3 + x) / 4,
            (5 * x**5 + 16 * x**3 + 3 * x) / 96,
            (3 * x**7 + 19 * x**5 + 17 * x**3 - 15 * x) / 384,
            (79 * x**9 + 776 * x**7 + 1482 * x**5 - 1920 * x**3 - 945 * x) / 92160,
        ),
        start=1,
    ):
        found += polynomial / freedom**power
    return found


def mean_interval(mean: float, variance: float, count: int) -> tuple[float, float]:
    """Return Student's interval of a mean of `count` values; wide open for a single one."""
    if count < 2:
        return -math.inf, math.inf
    spread = student95(count - 1) * math.sqrt(max(variance, 0.0) / count)
    return mean - spread, mean + spread


def log_interval(mean: float, variance: float, count: int, t: float) -> tuple[float, float]:
    """Return the interval of the mean of `count` positive values, symmetric on a logarithmic scale.

    The delta method: the logarithm of the mean spreads by the relative error of the mean.
    """
    if mean <= 0:
        return 0.0, math.inf
    factor = significant(math.exp(t * math.sqrt(variance / count) / mean))
    return mean / factor, mean * factor


def most_unseen(count: int, confidence: float = 0.95) -> float:
    """Return how large a share of all may differ where `count` values were all equal: (1 - p)^count is 1 - confidence.

    Were it larger, so many equal values would come with a chance below 1 - confidence. About 3 / count at 95 %: the
    rule of three. Source: Hanley and Lippman-Hand (1983), JAMA 249(13), 1743-1745.
    """
    return significant(-math.expm1(math.log1p(-confidence) / count))
