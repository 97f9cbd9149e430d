"""What the baseline can report: the joint law of its errors and its total, summed from a total on."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from canary_runner.compiling.outcomes.baseline import Baseline
from canary_runner.compiling.outcomes.totals import dense
from canary_runner.stats.laws import beta_binomial_laws
from canary_runner.stats.nodes import Nodes, nodes
from canary_runner.stats.outward import Floats, Ints

POSSIBLE = 1e-14
"""Errors less probable than this at every total are left out."""

CELLS = 1 << 20
"""Pairs of errors and totals that are tabulated at a time."""


@dataclass(frozen=True, slots=True, eq=False)
class Reports:
    """The baseline's reports: `errors` are all the counts that are possible, without gaps."""

    baseline: Baseline
    errors: Ints
    _given: Floats | None  # P(errors | total) at nodes of the totals, shape (nodes, errors); None if they are thinned

    def likely(self, chances: Floats) -> Ints:
        """Return how many of the errors, from the fewest on, leave out a tail no likelier than `chances`."""
        given = self._given
        each = self.baseline.laws[0].probabilities if given is None else np.maximum.reduce(given, axis=0)
        beyond = np.cumsum(each[::-1])  # of the last 1, 2, ...
        left_out = np.searchsorted(beyond, chances, side="right")
        return np.asarray(each.size - left_out, np.int64)

    def from_total(self, which: NDArray[np.intp], total: Ints) -> Floats:
        """Return P(errors, at least a total, group), shape (rules, groups, rows).

        The rules are a fine and a coarse one, or a single one that is exact.

        Args:
            which: places in `errors`, shape (rows,).
            total: the least total, one of the baseline's or one more, shape (rows,).
        """
        if self._given is None:
            return self._thinned(which, total)[None]
        found = np.zeros((2, len(self.baseline.bounds), which.size))
        order = np.argsort(which, kind="stable")
        ordered = which[order]
        for first, tails in self._tables():
            rows = order[slice(*np.searchsorted(ordered, (first, first + tails.shape[1])))]
            column, place = which[rows] - first, total[rows] - self.baseline.totals.first
            for group, (low, high) in enumerate(self.baseline.bounds):
                begin, end = (edge - self.baseline.totals.first for edge in (low, high + 1))
                inside = tails[:, column, np.clip(place, begin, end)] - tails[:, column, end]
                found[:, group, rows] = np.maximum(inside, 0.0)
        return found

    def _thinned(self, which: NDArray[np.intp], total: Ints) -> Floats:
        """Errors and good requests are independent: P(errors) P(good requests from the least to the group's last)."""
        errors, good = self.baseline.laws
        until = np.concatenate((np.zeros(1), np.cumsum(good.probabilities)))  # P(good < first + i)
        y = self.errors[which]
        found = np.empty((len(self.baseline.bounds), which.size))
        for group, (low, high) in enumerate(self.baseline.bounds):
            below, end = (np.clip(m - y - good.first, 0, until.size - 1) for m in (np.maximum(total, low), high + 1))
            found[group] = np.maximum(until[end] - until[below], 0.0)
        return found * errors.probabilities[which]

    def _tables(self) -> Iterator[tuple[int, Floats]]:
        """Yield tables of P(errors, at least a total), shape (2, errors, totals + 1), each with its first place."""
        assert self._given is not None
        chances, chosen = self.baseline.totals.chances, _nodes_of(self.baseline)
        for first in range(0, self.errors.size, max(1, CELLS // chances.size)):
            given = self._given[:, first : first + max(1, CELLS // chances.size)]
            tails = np.zeros((2, given.shape[1], chances.size + 1))
            for rule, coefficients in enumerate((chosen.fine, chosen.coarse)):
                for knot in range(chosen.used.shape[1]):
                    weights = coefficients[:, knot] * chances
                    tails[rule, :, :-1] += given.T[:, chosen.used[:, knot]] * weights
            yield first, np.cumsum(tails[:, :, ::-1], axis=2)[:, :, ::-1]


def reports_of(baseline: Baseline) -> Reports:
    """Tabulate the errors of a baseline."""
    if baseline.is_thinned:
        law = baseline.laws[0]
        return Reports(baseline, law.first + np.arange(law.probabilities.size, dtype=np.int64), None)
    numbers = baseline.totals.numbers[_nodes_of(baseline).at]
    errors, given = dense(beta_binomial_laws(numbers, baseline.error_rate, baseline.burstiness))
    last = int(np.flatnonzero((given > POSSIBLE).any(axis=0))[-1]) + 1
    return Reports(baseline, errors[:last], given[:, :last])


def _nodes_of(baseline: Baseline) -> Nodes:
    """Given the errors their chance is smooth in the total: no total is a jump."""
    size = baseline.totals.chances.size
    return nodes(size, np.zeros(size, np.bool_), max(1, int(baseline.totals.deviation)))
