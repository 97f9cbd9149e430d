"""Rollbacks too rare to be counted: their chance from branching rollouts, with an interval."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from canary_runner.engines.streams import BLOCK
from canary_runner.engines.walk import Rollbacks, seek_rollbacks
from canary_runner.model.plan import Plan
from canary_runner.model.study import Estimate, Method
from canary_runner.stats.intervals import T95, T95_VALUES, log_interval
from canary_runner.studies.crew import Workers, in_order

MOST_BLOCKS = 256
"""Blocks of branching rollouts that are walked at most."""

NEVER_BELOW = 1e-9
"""Nobody waits for a chance smaller than this."""

UNSURE = 0.5
"""Where the interval is wider than this share of the value to either side, the estimate is not used."""


@dataclass(frozen=True, slots=True)
class Rare:
    """The chances of rollbacks, from branching rollouts."""

    probability: Estimate
    ways: dict[tuple[int, int], Estimate]  # (index of the stage, deciding checks as bits): they add up


def rare_rollbacks(
    plan: Plan, seed: int, relative: float, workers: Workers, progress: Callable[[int, int | None], None] | None = None
) -> Rare | None:
    """Estimate the chance of a rollback until its 95 % interval is `relative` of it to either side.

    Every block of branching rollouts gives an unbiased estimate, so their mean has Student's interval, made on the
    logarithm of the mean because the estimates are skewed to the right. None if that is not narrow enough in time: then
    a few rollouts of much weight would decide, and the spread of those that were seen says too little.
    """
    blocks: list[Rollbacks] = []
    calls = ((plan, seed, number) for number in range(MOST_BLOCKS))
    for _, found in in_order(workers, seek_rollbacks, calls):
        blocks.append(found)
        if progress:
            progress(len(blocks) * BLOCK, None)
        if len(blocks) % T95_VALUES == 0 and _is_enough(_total(blocks), relative):
            break
    probability = _total(blocks)
    if _width(probability) > UNSURE:
        return None
    keys = sorted({key for block in blocks for key in block})
    return Rare(probability, {key: _estimate([block.get(key, 0.0) for block in blocks]) for key in keys})


def _is_enough(total: Estimate, relative: float) -> bool:
    return _width(total) <= relative or (total.value or 0.0) < NEVER_BELOW


def _total(blocks: list[Rollbacks]) -> Estimate:
    return _estimate([sum(block.values()) for block in blocks])


def _estimate(values: list[float]) -> Estimate:
    count = len(values)
    mean = math.fsum(values) / count
    variance = math.fsum((value - mean) ** 2 for value in values) / (count - 1)
    low, high = log_interval(mean, variance, count, T95)
    return Estimate(mean, low, high, Method.SPLITTING, count * BLOCK)


def _width(estimate: Estimate) -> float:
    """Return the longer side of the interval as a share of the value."""
    assert estimate.value is not None
    assert estimate.high is not None
    return estimate.high / estimate.value - 1 if estimate.value > 0 else math.inf
