"""What a check of a cumulative window counts: bad requests and good ones, or bad ones among a certain number.

With Poisson arrivals bad and good requests are independent counts; both are carried. With constant arrivals the number
of requests follows from the time, and the bad ones among those of an interval are binomial.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Protocol

import numpy as np

from canary_runner.compiling.outcomes.bad import allowed_bad, bad_chance, fewest_good
from canary_runner.compiling.outcomes.known import POISSON
from canary_runner.engines.spread import Purse, Sizes, Spread, convolved, sizes_of
from canary_runner.judges import outcome_of
from canary_runner.model.outcomes import Outcome
from canary_runner.model.plan import StagePlan
from canary_runner.model.policy import Check
from canary_runner.model.service import Service
from canary_runner.scenarios.world import Conditions
from canary_runner.stats.half_lines import half_line_weights
from canary_runner.stats.laws import binomial_laws
from canary_runner.stats.outward import Floats

POINTS: Final = (16, 8)
"""Nodes behind the mass between two of them, by the fine and by the coarse rule."""

NODES_PER_DEVIATION: Final = 4
"""Nodes of a count that a limit cuts, to a standard deviation of what one interval brings."""

ORIGIN: Final = Spread((0, 0), (1, 1), np.ones((1, 1)))
"""Nothing has been counted yet."""


class Tally(Protocol):
    """What one stage's check counts."""

    def grown(self, before: Spread, intervals: Sequence[Conditions]) -> Spread:
        """Return the density of the counts after some more intervals. Raises NotExact."""
        ...

    def outcomes(self, density: Spread, rule: int) -> Floats:
        """Return what makes of a density the mass of every outcome, shape (outcomes, rows, columns).

        The rule is a place in POINTS.
        """
        ...


def kinds_of(check: Check, service: Service, intervals: Sequence[Conditions]) -> tuple[float, float]:
    """Return how many bad and how many good requests are expected in some intervals."""
    bad, good = 0.0, 0.0
    for conditions in intervals:
        arm = conditions.canary
        mean, chance = float(arm.requests * arm.reported), bad_chance(check, service, arm)
        bad, good = bad + mean * chance, good + mean * (1 - chance)
    return bad, good


def nodes_apart(variance: float) -> int:
    """Return how far apart nodes may be where an interval spreads a count this much."""
    return max(1, int(np.sqrt(variance)) // NODES_PER_DEVIATION)


@lru_cache(maxsize=64)
def poisson_sizes(mean: float) -> Sizes:
    """Return the chances of a Poisson count."""
    return sizes_of(POISSON[mean])


@dataclass(frozen=True, slots=True, eq=False)
class PairTally:
    """Bad requests in rows, good ones in columns: Poisson arrivals, whatever is asked."""

    stage: StagePlan
    service: Service
    step: int  # of the columns
    purse: Purse

    def grown(self, before: Spread, intervals: Sequence[Conditions]) -> Spread:
        """Return the density of the counts after some more intervals. Raises NotExact."""
        bad, good = map(poisson_sizes, kinds_of(self.stage.checks[0], self.service, intervals))
        return convolved(before, (bad, good), (1, self.step), self.purse, self.stage.name)

    def outcomes(self, density: Spread, rule: int) -> Floats:
        """Return what makes of a density the mass of every outcome: in each row the minimum cuts, then the limit."""
        (rows, columns), (row, column) = density.values.shape, density.first
        bad = row + np.arange(rows, dtype=np.int64)
        last = column + columns * self.step
        readable = np.clip(max(1, self.stage.min_canary_requests) - bad, column, last)
        passing = np.maximum(fewest_good(self.stage.checks[0], bad, column, last), readable)
        can_read, passes = (
            half_line_weights(bounds, column, columns, self.step, POINTS[rule]) for bounds in (readable, passing)
        )
        found = np.empty((len(Outcome), rows, columns))
        found[Outcome.INCONCLUSIVE] = self.step - can_read
        found[Outcome.FAIL] = can_read - passes
        found[Outcome.PASS] = passes
        return found


@dataclass(frozen=True, slots=True, eq=False)
class ConstantTally:
    """Bad requests in rows; the one column is the number of all requests: constant arrivals."""

    stage: StagePlan
    service: Service
    purse: Purse

    def grown(self, before: Spread, intervals: Sequence[Conditions]) -> Spread:
        """Return the density of the counts after some more intervals. Raises NotExact."""
        for conditions in intervals:
            requests = conditions.canary.constant_requests
            chance = bad_chance(self.stage.checks[0], self.service, conditions.canary)
            sizes = sizes_of(binomial_laws(requests, chance)[0]), Sizes(requests, np.ones(1))
            before = convolved(before, sizes, (1, 1), self.purse, self.stage.name)
        return before

    def outcomes(self, density: Spread, rule: int) -> Floats:
        """Return what makes of a density the mass of every outcome: 0 or 1, by any rule."""
        requests = np.array([density.first[1]], np.int64)
        bad = density.first[0] + np.arange(density.values.shape[0], dtype=np.int64)
        exceeded = bad > allowed_bad(self.stage.checks[0], requests)
        readable = np.broadcast_to(requests >= max(1, self.stage.min_canary_requests), bad.shape)
        codes = outcome_of([exceeded], [readable])
        found: Floats = (codes == np.array(list(Outcome))[:, None]).astype(np.float64)[:, :, None]
        return found
