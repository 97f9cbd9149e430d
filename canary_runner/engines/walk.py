"""Rollouts, one or a million, by the same code: draw, judge, look up, move on.

A lone run is the same walk with one row, watched.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np

from canary_runner.engines.block import ENDINGS, NEVER, Block, Rows, Walks
from canary_runner.engines.branches import Branches, Rollbacks
from canary_runner.engines.seen import Seen, Watcher
from canary_runner.engines.streams import BLOCK
from canary_runner.engines.visit import Visit
from canary_runner.model.plan import Plan

SOUGHT: Final = 1 << 32
"""Blocks from this number on are of branching rollouts."""

__all__ = ["ENDINGS", "NEVER", "Rollbacks", "Seen", "Walks", "seek_rollbacks", "walk", "walk_block"]


def walk(plan: Plan, seed: int, first: int, count: int) -> Iterator[Walks]:
    """Walk rollouts `first` to `first + count - 1`, block by block."""
    while count > 0:
        block, offset = divmod(first, BLOCK)
        size = min(count, BLOCK - offset)
        yield walk_block(plan, seed, block, np.arange(offset, offset + size))
        first, count = first + size, count - size


def walk_block(plan: Plan, seed: int, block: int, rows: Rows, watcher: Watcher | None = None) -> Walks:
    """Walk some rollouts of one block; with a watcher, the baseline is drawn even where no check reads it."""
    walked = Block(plan, seed, block, rows)
    alive = np.arange(len(rows))
    for stage in plan.stages:
        if alive.size == 0:
            break
        alive = Visit(walked, stage, alive, watcher).run()
    walked.finish(alive)
    return walked.walks()


def seek_rollbacks(plan: Plan, seed: int, number: int) -> Rollbacks:
    """Return an unbiased estimate of the chance of every way to be rolled back, from one block of branching rollouts.

    `number` counts such blocks from 0; they share no word with the blocks of `walk`.
    """
    sought = Block(plan, seed, SOUGHT + number, np.arange(BLOCK))
    branches = sought.branches = Branches(BLOCK)
    alive = np.arange(BLOCK)
    for stage in plan.stages:
        if alive.size == 0:
            break
        alive = Visit(sought, stage, alive, None).run()
    return branches.rollbacks
