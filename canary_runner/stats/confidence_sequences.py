"""Confidence sequences: intervals that hold at every look at once, so that one may stop when one likes.

For values in [0, 1] with mean m the product of the likelihood ratios of Bernoulli laws, mixed over a Beta(1/2, 1/2)
law of the alternative,

    M(m) = B(1/2 + s, 1/2 + n - s) / B(1/2, 1/2) / (m^s (1 - m)^(n - s)),   s the sum of n values,

is a martingale for Bernoulli values and, as the ratio is convex in the value, a supermartingale for others. By Ville's
inequality it ever exceeds 1 / alpha with a chance of at most alpha: the sequence holds every m with M(m) < 1 / alpha.
Sources: Robbins (1970), The Annals of Mathematical Statistics 41(5), 1397-1409; for bounded values Waudby-Smith and
Ramdas (2024), Journal of the Royal Statistical Society B 86(1), 1-27.
"""

import math

from canary_runner.stats.rounding import significant

HALVINGS = 60


def evidence_against(mean: float, total: float, count: int) -> float:
    """Return ln M(mean) for `count` values in [0, 1] with this sum; rounded, so that machines agree."""
    a, b = total + 0.5, count - total + 0.5
    mixture = math.lgamma(a) + math.lgamma(b) - math.lgamma(count + 1) - math.log(math.pi)
    return significant(mixture - _log_likelihood(mean, total, count), 9)


def _log_likelihood(mean: float, total: float, count: int) -> float:
    """Return s ln m + (n - s) ln(1 - m), with 0 ln 0 = 0."""
    found = 0.0
    for share, times in ((mean, total), (1 - mean, count - total)):
        if times > 0:
            found += times * math.log(share) if share > 0 else -math.inf
    return found


def excludes(mean: float, total: float, count: int, alpha: float) -> bool:
    """Tell whether the sequence at level 1 - alpha no longer holds a mean."""
    return count > 0 and evidence_against(mean, total, count) >= -math.log(alpha)


def bounds(total: float, count: int, alpha: float) -> tuple[float, float]:
    """Return the ends of the sequence after `count` values in [0, 1] with this sum."""
    if count == 0:
        return 0.0, 1.0
    centre = total / count
    return _end(0.0, centre, total, count, alpha), _end(1.0, centre, total, count, alpha)


def _end(outside: float, inside: float, total: float, count: int, alpha: float) -> float:
    """Bisect between a mean that may be excluded and the observed one, which never is."""
    if not excludes(outside, total, count, alpha):
        return outside
    for _ in range(HALVINGS):
        middle = (outside + inside) / 2
        if excludes(middle, total, count, alpha):
            outside = middle
        else:
            inside = middle
    return outside
