"""What a second core brings, and what a longer study takes."""

import os
import tracemalloc
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from benchmarks.ratios import Row, Side, fastest_seconds
from benchmarks.w1 import ours
from benchmarks.w1.shown import per_second, rounded
from benchmarks.w1.sides import SEED, native_plan, plan_of
from benchmarks.w1.workload import HEALTHY, REGRESSED, Workload
from canary_runner.engines.streams import BLOCK
from canary_runner.studies.sampling import Effort
from canary_runner.studies.study import Way, characterise

THREADS, THREADS_GOAL = 2, 1.6
BLOCKS = 32
"""Blocks that the threads share."""

RUNS, TIMES = 8 * BLOCK, 8
"""A short study, and how many times as long the long one is."""
MEMORY_GOAL = 1.1
"""Histories that were not met before take a few bytes each; a study that kept its runs would be at 8."""


def rows(repeats: int) -> Iterator[Row]:
    """Yield the rows of threads and of memory."""
    yield _threads(HEALTHY, repeats)
    for workload in (HEALTHY, REGRESSED):
        yield _memory(workload)


def _threads(workload: Workload, repeats: int) -> Row:
    plan, rollouts = plan_of(workload), BLOCKS * BLOCK
    share = rollouts // THREADS
    with ThreadPoolExecutor(THREADS) as pool:

        def together() -> int:
            parts = [pool.submit(ours.sampled_rollbacks, plan, share, SEED, i * share) for i in range(THREADS)]
            return sum(part.result() for part in parts)

        def alone() -> int:
            return ours.sampled_rollbacks(plan, rollouts, SEED)

        against = "one thread"
        if len(os.sched_getaffinity(0)) < THREADS:
            return Row(
                f"W1 {workload.name}, two threads", against, None, THREADS_GOAL, False, None, "there is one core"
            )
        if together() != alone():
            raise AssertionError("two threads count other rollbacks than one")
        seconds = fastest_seconds({"one": Side(alone), "two": Side(together)}, repeats)
    what = f"W1 {workload.name}, two threads: {per_second(rollouts / seconds['two'])}"
    against = f"one thread: {per_second(rollouts / seconds['one'])}"
    return Row(what, against, seconds["one"] / seconds["two"], THREADS_GOAL, is_at_most=False)


def _memory(workload: Workload) -> Row:
    short, long = (_peak_bytes(workload, runs) for runs in (RUNS, TIMES * RUNS))
    return Row(
        f"W1n {workload.name}, memory of a study of {TIMES * RUNS:,} runs: {rounded(long / 1024)} KiB",
        f"of {RUNS:,} runs: {rounded(short / 1024)} KiB",
        long / short,
        MEMORY_GOAL,
    )


def _peak_bytes(workload: Workload, runs: int) -> int:
    """Return the most memory that a study takes beyond what is there when it begins, tables included."""
    plan = native_plan(workload)
    ours.forget_everything()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        characterise(plan, Way("sample", Effort(runs=runs), SEED))
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()
