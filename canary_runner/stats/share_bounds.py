"""Upper bounds of the chance that a share, or a count, of requests is far from what it is in the mean.

Of N requests each is bad with chance p: N is Poisson with a mean m, or fixed, m = N. All that need be known of m is a
range; its every m has the bound. Two bounds, the smaller of which counts. Chernoff's: a share of a or more (a > p), or
of a or less (a < p), has chance exp(-m (1 - exp(-D))) at most, D = a ln(a / p) + (1 - a) ln((1 - a) / (1 - p)). And for
few bad requests their own tail: their number is Poisson with mean m p, or binomial, whose tails are within Poisson's
beyond the mean, and N is near m.

Sources: Chernoff (1952), The Annals of Mathematical Statistics 23(4), 493-507; Anderson and Samuels (1967), Proc. Fifth
Berkeley Symp. 1, 1-12.
"""

import math
from functools import lru_cache

FEW = 300.0
"""Up to so many bad requests in the mean their own tail is asked."""

STRAY = 1e-4
"""Chance that is given away to requests that are fewer, or more, than the range that is reckoned with."""


Means = tuple[float, float]
"""From where to where the mean number of requests may be; both >= 0."""


def share_at_least(means: Means, p: float, share: float) -> float:
    """Return a bound of P(a share or more of the requests is bad), p in [0, 1]."""
    if share <= p:
        return 1.0
    low, high = means
    bound = _chernoff(low, p, share)
    if bound > STRAY and high * p <= FEW:
        least = math.ceil(share * fewest(low, STRAY) - 1e-9)
        bound = min(bound, STRAY + count_at_least(high * p, least))
    return bound


def share_at_most(means: Means, p: float, share: float) -> float:
    """Return a bound of P(a share or less of the requests is bad; no request at all is such a case too)."""
    if share >= p:
        return 1.0
    if share < 0:
        return 0.0
    low, high = means
    bound = math.exp(-low * p) if share == 0 else _chernoff(low, p, share)
    if bound > STRAY and low * p <= FEW:
        most = math.floor(share * most_of(high, STRAY) + 1e-9)
        bound = min(bound, STRAY + count_at_most(low * p, most))
    return bound


def share_below(means: Means, p: float, share: float) -> float:
    """Return a bound of P(less than a share of the requests is bad)."""
    return 0.0 if share <= 0 else share_at_most(means, p, share)


def fewest(mean: float, chance: float) -> float:
    """Return a number below which a count of this mean is with at most a chance (Chernoff, lower tail)."""
    return max(mean - math.sqrt(2 * mean * -math.log(chance)), 0.0)


def most_of(mean: float, chance: float) -> float:
    """Return a number above which a count of this mean is with at most a chance (Bernstein's form, upper tail)."""
    spare = -math.log(chance)
    return mean + spare / 3 + math.sqrt(spare * spare / 9 + 2 * mean * spare)


@lru_cache(maxsize=4096)
def count_at_most(mean: float, count: int) -> float:
    """Return a bound of P(X <= count) for a Poisson or binomial X; 1 unless that is clearly below the mean."""
    if count > mean - 1:
        return 1.0
    if count < 0:
        return 0.0
    if mean > FEW:
        return math.exp(-(mean - count + (count * math.log(count / mean) if count else 0.0)))
    return min(_sum(mean, count), 1.0)


@lru_cache(maxsize=4096)
def count_at_least(mean: float, count: int) -> float:
    """Return a bound of P(X >= count) for a Poisson or binomial X; 1 unless that is clearly above the mean."""
    if count < mean + 1:
        return 1.0
    if mean <= 0:
        return 0.0
    if mean > FEW:
        return math.exp(-(mean - count + count * math.log(count / mean)))
    first = math.exp(count * math.log(mean) - mean - math.lgamma(count + 1))
    return min(first * (count + 1) / (count + 1 - mean), 1.0)  # each term is at most mean / (count + 1) of the last


def evident_share(trials: float, p: float, alpha: float) -> float:
    """Return a share of so many trials from which on a binomial test of a chance p has a tail of alpha or less."""
    wanted = -math.log(alpha) / max(trials, 1e-9)
    if p <= 0:
        return 0.0
    low, high = p, 1.0
    if divergence(1.0, p) < wanted:
        return 1.0 + 1e-9
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (low, middle) if divergence(middle, p) >= wanted else (middle, high)
    return high


def divergence(share: float, p: float) -> float:
    """Return a ln(a / p) + (1 - a) ln((1 - a) / (1 - p)) for a share a, 0 < p < 1; its limits at 0 and 1."""
    bad = share * math.log(share / p) if share > 0 else 0.0
    good = (1 - share) * math.log((1 - share) / (1 - p)) if share < 1 else 0.0
    return bad + good


def _sum(mean: float, count: int) -> float:
    term = total = math.exp(-mean)
    for k in range(1, count + 1):
        term *= mean / k
        total += term
    return total


def _chernoff(mean: float, p: float, share: float) -> float:
    """Return exp(-m (1 - exp(-D))); at the ends, where D is not defined, what is true there."""
    if p <= 0:
        return 0.0
    if share >= 1 and p < 1:
        return math.exp(-mean * (1 - p)) if share == 1 else 0.0
    if p >= 1:
        return math.exp(-mean)  # only no request at all
    return math.exp(-mean * -math.expm1(-divergence(share, p)))
