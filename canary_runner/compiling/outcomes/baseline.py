"""What the baseline's reports say, summed over all of them: the chance that its error rate is below a bound.

Its totals are cut into groups, so that what reads its errors and what reads its latency, tied by the same total, can be
taken as independent within a group. Group 0 holds the totals that are too few to be read.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from canary_runner.compiling.outcomes.known import BURSTS, POISSON
from canary_runner.compiling.outcomes.rate_table import RateTable, rate_table
from canary_runner.compiling.outcomes.totals import Totals, burst_tables, sums
from canary_runner.stats.nodes import Nodes, nodes
from canary_runner.stats.outward import Floats, Ints
from canary_runner.stats.tables import Law

GROUPS = 8
"""Groups of readable totals where errors and latency are both compared."""

FEW_TOTALS, MORE_GROUPS = 300, 32
"""Up to so many totals there are more groups: ranks and rates are coarse, and move with every total."""

REACH = 10.0
"""Half the table's width, in standard deviations of the baseline's error rate."""

LATTICE = 1e-4
"""Single outcomes (errors and good requests) less probable than this make steps too small to matter to a table."""

CELLS = 1 << 13
"""Pairs of errors and bounds that are worked on at a time."""

DIRECT = 500_000
"""Up to this many terms the sum is made for every bound itself."""


@dataclass(frozen=True, eq=False)
class Baseline:
    """The baseline in one interval."""

    totals: Totals
    error_rate: float
    burstiness: float
    bounds: tuple[tuple[int, int], ...]  # first and last total of every readable group

    @cached_property
    def unreadable(self) -> float:
        """Return the chance of too few requests."""
        kept = self.totals.numbers < (
            self.bounds[0][0] if self.bounds else self.totals.first + self.totals.chances.size
        )
        return float(sums(self.totals.chances[kept], 0)) if kept.any() else 0.0

    def in_group(self) -> NDArray[np.bool_]:
        """Return which totals are in which readable group, shape (groups, totals)."""
        m = self.totals.numbers
        return np.array([(m >= low) & (m <= high) for low, high in self.bounds]).reshape(len(self.bounds), m.size)

    @cached_property
    def group_chances(self) -> Floats:
        """Return the chance of every readable group."""
        return sums(np.where(self.in_group(), self.totals.chances, 0.0), 1)

    @property
    def laws(self) -> tuple[Law, Law]:
        """Return the laws of its errors and of its good requests, if arrivals are Poisson."""
        mean = self.totals.mean
        return POISSON[mean * self.error_rate], POISSON[mean * (1 - self.error_rate)]

    @property
    def terms(self) -> int:
        """Return how many terms the chance of a lower rate has, at most."""
        return self.laws[0].probabilities.size if self.is_thinned else self.totals.chances.size

    @property
    def open_errors(self) -> float:
        """Return about how many of its counts of errors are few of one possible total and many of another."""
        share = min(1.0, (self.totals.chances.size - 1) / max(self.totals.mean, 1.0))
        if self.is_thinned:
            return share * self.laws[0].probabilities.size
        last = int(self.totals.numbers[-1])
        return share * BURSTS[last, self.error_rate, self.burstiness].probabilities.size

    @property
    def is_thinned(self) -> bool:
        """Tell whether errors and good requests are independent Poisson counts."""
        return self.totals.is_poisson and self.burstiness == 0

    @cached_property
    def step(self) -> float:
        """Return about the largest chance of a single error rate: the steps of their law."""
        if self.is_thinned:
            errors, good = self.laws
            return float(errors.probabilities.max() * good.probabilities.max())
        middle = BURSTS[int(self.totals.mean), self.error_rate, self.burstiness]
        return float(self.totals.chances.max() * middle.probabilities.max())

    def is_tabulated(self, terms: float) -> bool:
        """Tell whether so many terms are too many to be summed each, and their law is fine enough for a table."""
        return self.is_thinned and self.step < LATTICE and terms > DIRECT

    def lower_rate(self, above: Ints, below: Ints, pairs: int) -> tuple[Floats, Floats]:
        """Return P(error rate < above / below and total in group), shape (groups,) + shape of the bounds.

        The second answer is by a rule of half the points, to see how far off the first can be.

        Args:
            above, below: numerators and denominators, below >= 0, which broadcast to the shape of the bounds; a bound
                of 0 or less is never undercut.
            pairs: how many bounds are asked about in all, these among them.
        """
        if not self.is_thinned:
            return self._by_nodes(*np.broadcast_arrays(above, below))
        too_long = above.dtype == object or int(np.maximum.reduce(np.abs(below), axis=None, initial=1)) > 1 << 40
        if too_long or self.is_tabulated(pairs * self.terms):
            return self._table.at(above, below)
        above, below = np.broadcast_arrays(above, below)
        found = self._thinned(above.reshape(-1), below.reshape(-1)).reshape(-1, *above.shape)
        return found, found

    @cached_property
    def _table(self) -> RateTable:
        spread = REACH * float(np.sqrt(self.error_rate * (1 - self.error_rate) / max(self.totals.mean, 1.0)))
        low, high = max(self.error_rate - spread, 0.0), self.error_rate + spread
        return rate_table(low, high, lambda rates: self._thinned(rates, np.ones(rates.size)))

    def _thinned(self, above: Ints | Floats, below: Ints | Floats) -> Floats:
        """Sum over the errors y: y / (y + good) < above / below asks for good > y (below - above) / above.

        Of few errors that is sure, of many impossible; a band between is summed for each bound.
        """
        errors, good = self.laws
        until = np.concatenate((np.zeros(1), np.cumsum(good.probabilities)))  # P(good < first + i)
        can = above > 0
        some, rest = np.where(can, above, 1), np.where(can, below - above, 0)
        begin, width = _band(errors, good, some, rest)
        likely = np.append(errors.probabilities, 0.0)
        y = errors.first + np.arange(likely.size, dtype=np.int64)
        is_grid = above.dtype == np.float64  # no ties to be kept, so a quotient will do
        found = np.zeros((len(self.bounds), above.size))
        for group, (low, high) in enumerate(self.bounds):
            most = until.take(high + 1 - good.first - y, mode="clip")
            sure = np.maximum(most - until.take(low - good.first - y, mode="clip"), 0.0) * likely
            found[group] = np.concatenate((np.zeros(1), np.cumsum(sure)))[begin]
            for start in range(0, above.size, max(1, CELLS // width)):
                part = slice(start, start + max(1, CELLS // width))
                place = begin[part] + np.arange(width)[:, None]
                few = place + errors.first
                share = np.floor(few * (rest[part] / some[part])) if is_grid else few * rest[part] // some[part]
                least = np.maximum(share.astype(np.int64) + 1, low - few)
                reached = most.take(place, mode="clip") - until.take(least - good.first, mode="clip")
                reached = np.maximum(reached, 0.0, out=reached)
                reached *= likely.take(place, mode="clip")
                found[group, part] += sums(reached, 0)
        found *= can
        return found

    def _by_nodes(self, above: Ints, below: Ints) -> tuple[Floats, Floats]:
        if self.totals.chances.size == 1:
            found = self._of_one_total(above, below)
            return found, found
        chosen = nodes(self.totals.chances.size, self.jumps() | (self.step >= LATTICE), int(self.totals.deviation))
        numbers = self.totals.numbers[chosen.at]
        counts, table = burst_tables(numbers, self.error_rate, self.burstiness)
        until = np.concatenate((np.zeros((numbers.size, 1)), np.cumsum(table, axis=1)), axis=1)
        found = np.zeros((2, len(self.bounds), *above.shape))
        weights = self.node_weights(chosen)
        for j, m in enumerate(numbers.tolist()):
            fewest = np.where(below > 0, -(-(above * m) // np.maximum(below, 1)), np.where(above * m > 0, m + 1, 0))
            reached = until[j][np.clip(fewest - counts[0], 0, counts.size).astype(np.intp)]
            for rule, group in np.argwhere(weights[:, :, j]):
                found[rule, group] += weights[rule, group, j] * reached
        fine, coarse = np.where(above > 0, found, 0.0)
        return fine, coarse

    def _of_one_total(self, above: Ints, below: Ints) -> Floats:
        if not self.bounds:
            return np.zeros((0, *above.shape))
        total = self.totals.first
        law = BURSTS[total, self.error_rate, self.burstiness]
        until = np.concatenate((np.zeros(1), np.cumsum(law.probabilities)))
        fewest = np.where(below > 0, -(-(above * total) // np.maximum(below, 1)), total + 1)
        reached = until[np.clip(fewest - law.first, 0, law.probabilities.size).astype(np.intp)]
        return np.asarray(np.where(above > 0, reached, 0.0)[None], np.float64)

    def node_weights(self, chosen: Nodes) -> Floats:
        """Return the weights of nodes in every group by the fine and the coarse rule, shape (2, groups, nodes)."""
        inside = np.where(self.in_group(), self.totals.chances, 0.0)
        rules = [[chosen.weights(row, is_coarse=is_coarse) for row in inside] for is_coarse in (False, True)]
        return np.asarray(rules).reshape(2, len(self.bounds), chosen.at.size)

    def jumps(self) -> NDArray[np.bool_]:
        """Return which totals begin a group or follow one, shape (totals,)."""
        return np.isin(self.totals.numbers, [edge for low, high in self.bounds for edge in (low, high + 1)])


def baseline_of(totals: Totals, error_rate: float, burstiness: float, needed: int, groups: int) -> Baseline:
    """Cut the readable totals, those of at least `needed`, into groups of like chance."""
    m = totals.numbers
    readable = np.flatnonzero(m >= needed)
    if groups > 1 and m.size <= FEW_TOTALS:
        groups = MORE_GROUPS
    bounds: list[tuple[int, int]] = []
    if readable.size:
        running = np.cumsum(totals.chances[readable])
        share = np.minimum((running / running[-1] * groups * (1 - 1e-12)).astype(np.int64), groups - 1)
        for group in range(groups):
            members = readable[share == group]
            if members.size:
                bounds.append((int(m[members[0]]), int(m[members[-1]])))
    return Baseline(totals, error_rate, burstiness, tuple(bounds))


def _band(errors: Law, good: Law, some: Ints | Floats, rest: Ints | Floats) -> tuple[NDArray[np.intp], int]:
    """Return for each bound the first place in the errors' law from which not every number of good ones will do, and
    how many there are at most of which some will."""
    size = errors.probabilities.size
    odds = np.divide(some, rest, out=np.zeros(some.shape), where=np.asarray(rest > 0, np.bool_))
    begin = np.floor(good.first * odds) - errors.first - 1
    end = np.ceil((good.first + good.probabilities.size) * odds) - errors.first + 2
    end = np.where(odds > 0, np.clip(end, 0, size), size)
    first = np.clip(begin, 0, size)
    return first.astype(np.intp), max(1, int(np.maximum.reduce(end - first, initial=0)))
