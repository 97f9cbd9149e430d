"""Rollouts, one or a million, by the same code: draw, judge, look up, move on.

A lone run is the same walk with one row, watched.
"""

from collections.abc import Iterator

import numpy as np

from canary_runner.engines.block import ENDINGS, NEVER, Block, Rows, Walks
from canary_runner.engines.seen import Seen, Watcher
from canary_runner.engines.streams import BLOCK
from canary_runner.engines.visit import Visit
from canary_runner.model.plan import Plan

__all__ = ["ENDINGS", "NEVER", "Seen", "Walks", "walk", "walk_block"]


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
