"""A confidence sequence for means of bounded values that is as narrow as they spread: bets against a mean.

For values x in [0, 1] with mean m and a bet l from -1 / (1 - m) to 1 / m, fixed beforehand,

    K_l(m) = (1 + l (x_1 - m)) (1 + l (x_2 - m)) ... (1 + l (x_n - m))

is a nonnegative martingale, and so is a mean of it over many bets. By Ville's inequality the mean ever exceeds
1 / alpha with a chance of at most alpha, at whatever moments one looks. Bets above 0 win where the true mean is above
m, bets below 0 where it is below: either half of the mean is a supermartingale for all true means on its other side.
The product does not depend on the order of the values: equal ones count by weight.
Sources: Waudby-Smith and Ramdas (2024), Journal of the Royal Statistical Society B 86(1), 1-27, bets there follow the
data, here they are a fixed grid; Ville (1939), Etude critique de la notion de collectif.
"""

import math
from typing import Final

import numpy as np

from canary_runner.stats.outward import Floats
from canary_runner.stats.rounding import significant

SHARES: Final = 0.5 ** np.arange(16)
"""Bets as shares of the largest one possible: the best is about (mean - m) / variance, and half or twice it does nearly
as well."""


def shown_side(mean: float, values: Floats, weights: Floats, alpha: float) -> int:
    """Tell on which side of `mean` the true mean of values is shown to be.

    Args:
        mean: 0 < mean < 1.
        values: in [0, 1], shape (n,); what rounding puts beyond is taken to be the end.
        weights: how often each was seen, shape (n,).
        alpha: chance of a wrong answer, over all looks and both sides together.

    Returns:
        1 above, -1 below, 0 not shown yet.
    """
    distances = np.clip(values, 0.0, 1.0) - mean
    for side, room in ((1, mean), (-1, 1 - mean)):
        if evidence(side * distances / room, weights) >= -math.log(alpha):
            return side
    return 0


def evidence(gains: Floats, weights: Floats) -> float:
    """Return ln of the half of the mixture that bets on one side; rounded, so that machines agree.

    Args:
        gains: what the largest bet wins by each value, at least -1: (x - m) / m above, (m - x) / (1 - m) below.
        weights: how often each was seen.
    """
    with np.errstate(divide="ignore"):  # the largest bet may lose everything
        wealth = (np.log1p(SHARES[:, None] * np.maximum(gains, -1.0)) * weights).sum(axis=1)
    largest = float(wealth.max())
    total = math.fsum(math.exp(one - largest) for one in wealth.tolist())
    return significant(largest + math.log(total / (2 * SHARES.size)), 9)
