"""Many rollouts: block after block, on any executor, until there are enough."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Protocol

import numpy as np

from canary_runner.engines.block import ENDINGS
from canary_runner.engines.counting import Table, empty, merged, paths_of, walk_histories
from canary_runner.engines.streams import BLOCK
from canary_runner.model.outcomes import State
from canary_runner.model.plan import Plan
from canary_runner.model.study import StudyInputs
from canary_runner.stats.intervals import wilson
from canary_runner.studies.crew import Workers, in_order
from canary_runner.studies.estimates import Sample

MOST_RUNS = 10_000_000
"""A study that is to stop by precision stops here at the latest."""

FEW, LOOKED = 20, 1 << 16
"""Fewer rollbacks than that in so many rollouts are rare: they are sought, not waited for."""


class Memory(Protocol):
    """Where finished parts of a study are kept, so that it can go on after a kill."""

    def begin(self, inputs: StudyInputs) -> None:
        """Hear which study it is, before anything is recalled or kept."""
        ...

    def recall(self, key: str) -> tuple[int, Table] | None:
        """Return how many rollouts of a part are finished, and their histories."""
        ...

    def keep(self, key: str, runs: int, table: Table) -> None:
        """Keep the histories of the first `runs` rollouts of a part."""
        ...


class Enough(Protocol):
    """When to stop."""

    @property
    def runs(self) -> int | None:
        """Return how many rollouts are walked at most; None: as many as it takes."""
        ...

    def is_enough(self, table: Table, runs: int) -> bool:
        """Tell whether the histories of the first `runs` rollouts are enough."""
        ...


@dataclass(frozen=True, slots=True)
class Effort:
    """How long to go on: `runs` rollouts, or until every 95 % interval of an ending's chance is this narrow."""

    runs: int | None = None
    precision: float | None = None  # half the width
    relative: float | None = None  # instead: half the width of the rollback's interval, as a share of its chance

    def is_enough(self, table: Table, runs: int) -> bool:
        """Tell whether a prefix of blocks is enough."""
        if self.runs is not None:
            return runs >= self.runs
        counts = np.bincount(table[0], weights=table[3], minlength=len(ENDINGS))
        intervals = [wilson(float(c), runs) for c in counts]
        widths = [(high - low) / 2 for low, high in intervals]
        if self.relative is not None:
            rolled = ENDINGS.index(State.ROLLED_BACK)
            if counts[rolled] < FEW:
                return runs >= LOOKED
            return runs >= MOST_RUNS or widths[rolled] * runs <= self.relative * counts[rolled]
        return runs >= MOST_RUNS or self.precision is None or max(widths) <= self.precision


def is_rare(sample: Sample) -> bool:
    """Tell whether so few rollouts are rolled back that their chance cannot be had by counting."""
    rolled = sample.paths.endings == ENDINGS.index(State.ROLLED_BACK)
    return float(sample.paths.weights[rolled].sum()) < FEW


class Stopped(Exception):  # noqa: N818
    """Ctrl-C: what is finished is in `sample`, if anything is."""

    def __init__(self, sample: Sample | None) -> None:
        super().__init__("stopped")
        self.sample = sample


def sample(
    plan: Plan,
    seed: int,
    effort: Enough,
    workers: Workers,
    *,
    memory: Memory | None = None,
    key: str = "",
    progress: Callable[[int, int | None], None] | None = None,
) -> Sample:
    """Walk rollouts from the first on until `effort` is enough.

    Blocks are added in their order and looked at after each, so the answer depends on no executor and on no number of
    jobs. Raises Stopped.
    """
    runs, table = (memory.recall(key) if memory else None) or (0, empty(plan))
    try:
        if not (runs and effort.is_enough(table, runs)):
            for rows, block in _blocks(plan, seed, effort, runs, workers):
                table, runs = merged((table, block)), runs + rows
                if memory and rows == BLOCK:  # whole blocks only: a cut one cannot be gone on with
                    memory.keep(key, runs, table)
                if progress:
                    progress(runs, effort.runs)
                if effort.is_enough(table, runs):
                    break
    except KeyboardInterrupt:
        raise Stopped(Sample(paths_of(table), runs) if runs else None) from None
    return Sample(paths_of(table), runs)


def _blocks(plan: Plan, seed: int, effort: Enough, done: int, workers: Workers) -> Iterator[tuple[int, Table]]:
    """Yield the histories of block after block, in order; the last one may be cut to `effort.runs`."""
    calls = ((plan, seed, block, rows) for block, rows in block_numbers(effort, done))
    for (_, _, _, rows), table in in_order(workers, walk_histories, calls):
        yield rows, table


def block_numbers(effort: Enough, done: int) -> Iterator[tuple[int, int]]:
    """Yield the blocks that are still to be walked and how many rollouts of each; only whole blocks are done."""
    for block in count(done // BLOCK):
        rows = BLOCK if effort.runs is None else min(BLOCK, effort.runs - block * BLOCK)
        if rows <= 0:
            return
        yield block, rows
