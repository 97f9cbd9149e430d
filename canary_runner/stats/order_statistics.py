"""Which ordered values a quantile lies between: exact binomial counts, right for one value and for millions.

Of n values the number that are at most the q-quantile is at least Bin(n, q) in law, the number below it at most that.
So the quantile is below the value of rank l with a chance of at most P(Bin(n, q) < l), and above that of rank u with
one of at most P(Bin(n, q) >= u): with ties, which times have, the interval only holds more often. Source: Conover
(1999), Practical Nonparametric Statistics, 3rd edition, section 3.2.
"""

from fractions import Fraction
from math import ceil

from canary_runner.stats.tails import critical_count

Ranks = tuple[int | None, int, int | None]


def quantile_ranks(share: Fraction, count: int, confidence: Fraction) -> Ranks:
    """Return the ranks, from 1, of a quantile and of the ends of its interval among `count` ordered values.

    Args:
        share: of values at most the quantile, 0 < share < 1; it is the nearest rank.
        count: of values, at least 1.
        confidence: two-sided, 0 < confidence < 1.

    Returns:
        The rank of the lower end, of the quantile, of the upper end; None where no value is an end: too few values.
    """
    level = (1 + confidence) / 2
    upper = int(critical_count(count, share, level))
    lower = count + 1 - int(critical_count(count, 1 - share, level))
    return lower if lower >= 1 else None, ceil(share * count), upper if upper <= count else None
