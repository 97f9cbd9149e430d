"""Comparisons of error rates that ask for evidence: where their judges turn, asked of the judges themselves.

For given counts of the canary, fewer errors of the baseline are clearer evidence, and so are more requests with as many
errors. So for each of the baseline's errors the judge turns at one total, and the chance of evidence is a sum over the
errors of the chance of that total or more.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from canary_runner.compiling.outcomes.baseline import Baseline
from canary_runner.compiling.outcomes.reports import Reports, reports_of
from canary_runner.judges import Judge
from canary_runner.judges.counts import ArmCounts
from canary_runner.model.policy import ErrorCheck
from canary_runner.stats.outward import Floats, Ints

Bools = NDArray[np.bool_]

POSSIBLE = 1e-12
"""Counts of the canary's errors less probable than this are not compared, nor with tails of the baseline's if both
together are less probable."""

AT_ONCE = 1 << 14
"""Windows judged together: what is worked on stays near the processor."""


@dataclass(frozen=True, slots=True, eq=False)
class _Question:
    """A limit, put to windows of both arms."""

    check: ErrorCheck
    limit: Judge

    def exceeded(self, x: Ints, n: Ints, y: Ints, m: Ints) -> Bools:
        """Return where it is exceeded; more errors than requests of the baseline count as its requests."""
        return self.limit.exceeds(self.check, _arm(n, x), _arm(m, np.minimum(y, m)), ())


def chance_of_evidence(
    check: ErrorCheck,
    limit: Judge,
    baseline: Baseline,
    totals: Ints,
    errors: Ints,
    chances: Floats,
) -> tuple[Floats, Floats]:
    """Return P(limit exceeded, group) by a fine and a coarse rule of the baseline's totals.

    Args:
        check, limit: with `confidence`, and its comparison with the baseline.
        baseline: its groups of totals.
        totals: nodes of the canary's, shape (nodes,).
        errors: the canary's, shape (errors,).
        chances: P(errors | total), shape (nodes, errors); what is hardly possible is not compared.

    Returns:
        Shape (groups, nodes, errors) each.
    """
    node, column = np.nonzero(chances > POSSIBLE)
    if not baseline.bounds:
        nothing = np.zeros((0, *chances.shape))
        return nothing, nothing
    rules = _chances(_Question(check, limit), reports_of(baseline), errors[column], totals[node], chances[node, column])
    found = np.zeros((*rules.shape[:2], *chances.shape))
    found[:, :, node, column] = rules
    fine = found[0]
    return fine, fine if len(found) == 1 else found[1]


def _chances(asked: _Question, reports: Reports, x: Ints, n: Ints, chances: Floats) -> Floats:
    """Return P(limit exceeded, group) for counts of the canary, shape (rules, groups, rows)."""
    least, most = reports.baseline.bounds[0][0], reports.baseline.bounds[-1][1]
    # So many of the baseline's counts of errors, from the fewest on, exceed it with any total, and with some.
    most_errors = reports.likely(POSSIBLE / chances)
    any_total, some_total = (_turns(asked, reports, x, n, total, most_errors) for total in (least, most))
    row, which, total = _open(asked, reports, x, n, any_total, some_total)
    every = np.arange(reports.errors.size)
    first = len(every)
    parts = reports.from_total(np.append(every, which), np.append(np.full(first, least), total))
    sure = np.concatenate((np.zeros((*parts.shape[:2], 1)), np.cumsum(parts[:, :, :first], axis=2)), axis=2)
    found = sure[:, :, any_total]
    for rule, group in np.ndindex(parts.shape[:2]):
        found[rule, group] += np.bincount(row, weights=parts[rule, group, first:], minlength=x.size)
    return found


def _turns(asked: _Question, reports: Reports, x: Ints, n: Ints, total: int, most: Ints) -> Ints:
    """Return how many of the baseline's counts of errors, from the fewest on, exceed the limit at a total."""

    def exceeded(rows: NDArray[np.intp], place: Ints) -> Bools:
        return ~asked.exceeded(x[rows], n[rows], reports.errors[place], np.full(rows.size, total))

    return _first(exceeded, np.zeros(x.size, np.int64), most)


def _open(
    asked: _Question, reports: Reports, x: Ints, n: Ints, begin: Ints, end: Ints
) -> tuple[NDArray[np.intp], NDArray[np.intp], Ints]:
    """Return rows and places of the errors whose verdict the total decides, and the total from which on it is so."""
    length = np.maximum(end - begin, 0)
    row = np.repeat(np.arange(x.size), length)
    which = np.arange(row.size) + np.repeat(begin - np.cumsum(length) + length, length)
    y = reports.errors[which]
    least, most = reports.baseline.bounds[0][0], reports.baseline.bounds[-1][1]

    def exceeded(rows: NDArray[np.intp], total: Ints) -> Bools:
        return asked.exceeded(x[row[rows]], n[row[rows]], y[rows], total)

    return row, which, _first(exceeded, np.full(row.size, least + 1), np.full(row.size, most))


def _first(holds: Callable[[NDArray[np.intp], Ints], Bools], low: Ints, high: Ints) -> Ints:
    """Return the first number in [low, high) for which a monotone question holds, `high` if none; elementwise."""
    low, high = low.copy(), high.copy()
    for start in range(0, low.size, AT_ONCE):
        rows = start + np.flatnonzero(low[start : start + AT_ONCE] < high[start : start + AT_ONCE])
        while rows.size:
            middle = (low[rows] + high[rows]) // 2
            is_true = holds(rows, middle)
            high[rows] = np.where(is_true, middle, high[rows])
            low[rows] = np.where(is_true, low[rows], middle + 1)
            rows = rows[low[rows] < high[rows]]
    return low


def _arm(requests: Ints, errors: Ints) -> ArmCounts:
    return ArmCounts(requests, errors, np.zeros((0, requests.size), np.int64))
