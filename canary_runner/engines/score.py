"""One number for a whole window: with a limit of a bad requests among b the score (b - a) x bad - a x good.

It grows by independent steps, and the limit is exceeded where it is above 0. That holds for one limit and where every
window can be read; otherwise bad and good requests are carried apart.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import pi, sqrt
from typing import Final

import numpy as np

from canary_runner.compiling.outcomes.bad import allowed_share
from canary_runner.engines.spread import Purse, Sizes, Spread, convolved
from canary_runner.engines.tally import POINTS, kinds_of, poisson_sizes
from canary_runner.model.outcomes import Outcome
from canary_runner.model.plan import StagePlan
from canary_runner.model.service import Service
from canary_runner.scenarios.world import Conditions
from canary_runner.stats.half_lines import half_line_weights
from canary_runner.stats.outward import Floats

SURE: Final = 9
"""A Poisson count falls so many square roots of its mean below it with a chance below 1e-17."""

UNFELT: Final = 45.0
"""exp(-45) is 3e-20."""

MOST_SIZES: Final = 1 << 22
"""Most scores that an interval may bring."""

AT_ZERO: Final = Sizes(0, np.ones(1))


def weights_of(share: Fraction) -> tuple[int, int]:
    """Return by how much a bad request raises the score and a good one lowers it, for the share that a limit allows."""
    return share.denominator - share.numerator, share.numerator


def is_always_read(stage: StagePlan, means: tuple[float, float]) -> bool:
    """Tell whether even the first window of a stage holds the minimum, but for a chance below 1e-17."""
    mean = sum(means)
    return mean - SURE * sqrt(mean) >= max(1, stage.min_canary_requests)


def smooth_variance(share: Fraction, means: tuple[float, float]) -> float:
    """Return the variance of the narrowest normal law that is as smooth as the score of an interval.

    The characteristic function of the score has the size exp(-E), with E(t) = bad (1 - cos((b - a) t)) + good (1 - cos
    (a t)) for the expected bad and good requests. It returns near the multiples of 2 pi / (b - a) where good requests
    are few: there the law is a comb. The answer is the largest v with E(t) >= v t^2 / 2 wherever E < UNFELT; for the
    cosines stand lower bounds, 1 - cos u >= u^2 / 2 - u^4 / 24.
    """
    raised = [(weight, mean) for weight, mean in zip(weights_of(share), means, strict=True) if weight and mean]
    whole = sum(weight * weight * mean for weight, mean in raised)
    points = 64 + 8 * int(sqrt(whole))
    if not raised or points > MOST_SIZES:
        return 0.0
    at = np.arange(1, points // 2 + 1, dtype=np.int64)
    energy = np.zeros(at.size)
    for weight, mean in raised:
        turns = weight * at % points
        u = np.minimum(turns, points - turns) * (2 * pi / points)
        energy += mean * np.maximum(u * u / 2 - u * u * u * u / 24, 0.0)
    felt = energy < UNFELT
    t = at[felt] * (2 * pi / points)
    return float((2 * energy[felt] / (t * t)).min(initial=whole))


def score_width(share: Fraction, means: tuple[float, float]) -> int:
    """Return how many scores an interval can bring."""
    widths = [poisson_sizes(mean).chances.size - 1 for mean in means]
    return 1 + sum(weight * width for weight, width in zip(weights_of(share), widths, strict=True))


@lru_cache(maxsize=16)
def score_sizes(share: Fraction, means: tuple[float, float]) -> Sizes:
    """Return the chances of what an interval adds to the score."""
    (up, down), (bad, good) = weights_of(share), map(poisson_sizes, means)
    lowest = up * bad.first - down * (good.first + good.chances.size - 1)
    chances = np.zeros(score_width(share, means))
    falls = good.chances[::-1]
    for i, chance in enumerate(bad.chances.tolist()):
        chances[i * up : i * up + (falls.size - 1) * down + 1 : max(down, 1)] += chance * (
            falls if down else falls.sum(keepdims=True)
        )
    return Sizes(lowest, chances)


@dataclass(frozen=True, slots=True, eq=False)
class ScoreTally:
    """The score in columns; the one row is nothing."""

    stage: StagePlan
    service: Service
    step: int
    purse: Purse

    def grown(self, before: Spread, intervals: Sequence[Conditions]) -> Spread:
        """Return the density of the score after some more intervals. Raises NotExact."""
        check = self.stage.checks[0]
        sizes = score_sizes(allowed_share(check), kinds_of(check, self.service, intervals))
        return convolved(before, (AT_ZERO, sizes), (1, self.step), self.purse, self.stage.name)

    def outcomes(self, density: Spread, rule: int) -> Floats:
        """Return what makes of a density the mass of every outcome."""
        bound = np.ones(1, np.int64)  # from 1 on the limit is exceeded
        fails = half_line_weights(bound, density.first[1], density.values.shape[1], self.step, POINTS[rule])
        found = np.zeros((len(Outcome), *fails.shape))
        found[Outcome.FAIL] = fails
        found[Outcome.PASS] = self.step - fails
        return found
