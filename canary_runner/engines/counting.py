"""Walks become counted histories: equal ones are one, so that memory does not grow with the number of rollouts."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from canary_runner.engines.block import Rows
from canary_runner.engines.machines.walk import walk_machine
from canary_runner.engines.paths import Paths
from canary_runner.engines.streams import BLOCK
from canary_runner.engines.walk import Walks, walk_block
from canary_runner.model.plan import Plan
from canary_runner.stats.distinct import distinct_columns

Table = NDArray[np.int64]
"""Histories in columns: ending, end, deciding checks, count, then when each stage was entered."""

HEAD = 4

Which = NDArray[np.intp]
"""For every rollout the number of its history."""


def walk_histories(plan: Plan, seed: int, block: int, rows: int = BLOCK) -> Table:
    """Walk the first `rows` rollouts of a block and return their distinct histories, counted."""
    return numbered_histories(plan, seed, block, rows)[0]


def numbered_histories(plan: Plan, seed: int, block: int, rows: int) -> tuple[Table, Which]:
    """Return the distinct histories of a block's first rollouts, and for every rollout the number of its history."""
    return _distinct(_table(_walked(plan, seed, block, np.arange(rows))))


def _walked(plan: Plan, seed: int, block: int, rows: Rows) -> Walks:
    return (walk_block if plan.machine is None else walk_machine)(plan, seed, block, rows)


def merged(tables: Iterable[Table]) -> Table:
    """Add up histories; the result does not depend on the order of the tables."""
    return _distinct(np.concatenate(list(tables), axis=1))[0]


def paths_of(table: Table) -> Paths:
    """Return counted histories as paths; weights are counts."""
    counts = table[3].astype(np.float64)
    return Paths(table[0].astype(np.int8), table[1], table[HEAD:], table[2], counts, counts)


def empty(plan: Plan) -> Table:
    """Return the histories of no rollout."""
    return np.zeros((HEAD + len(plan.stages), 0), np.int64)


def _table(walks: Walks) -> Table:
    bits = (walks.deciding.astype(np.int64) << np.arange(len(walks.deciding), dtype=np.int64)[:, None]).sum(axis=0)
    ones = np.ones(walks.rows.size, np.int64)
    return np.vstack((walks.endings.astype(np.int64), walks.ended_at_s, bits, ones, walks.entered_at_s))


def _distinct(table: Table) -> tuple[Table, Which]:
    keys = np.delete(table, 3, axis=0)
    first, which = distinct_columns(keys)
    found = table[:, first].copy()
    found[3] = np.bincount(which, weights=table[3], minlength=first.size).astype(np.int64)
    return found, which


__all__ = ["HEAD", "Table", "empty", "merged", "numbered_histories", "paths_of", "walk_histories"]
