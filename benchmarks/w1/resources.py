"""What a second core brings, and what a longer study takes."""

import tracemalloc
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

from benchmarks.ratios import Row, Side, fastest_seconds
from benchmarks.w1 import ours
from benchmarks.w1.agreement import DisagreementError
from benchmarks.w1.shown import per_second, rounded
from benchmarks.w1.sides import SEED, draw_words, native_plan, plan_of
from benchmarks.w1.workload import HEALTHY, REGRESSED, Workload
from canary_runner.engines.streams import BLOCK
from canary_runner.studies.crew import Workers
from canary_runner.studies.sampling import Effort
from canary_runner.studies.study import Way, characterise

WORKERS, THREADS_GOAL = 2, 1.6
IN_THE_WAY = "each array operation on 4,096 rollouts gives back the interpreter's lock and waits for it again"
BLOCKS, WORDS = 32, 1 << 26
"""Blocks, and words, that the threads share."""
Task = Callable[[int, int], object]
"""From the number of a part and the number of parts."""

STUDIED = 256 * BLOCK
RUNS, TIMES = 8 * BLOCK, 8
"""A short study, and how many times as long the long one is."""
MEMORY_GOAL = 1.1
"""Histories that were not met before take a few bytes each; a study that kept its runs would be at 8."""


def rows(repeats: int) -> Iterator[Row]:
    """Yield the rows of threads and of memory. Raises DisagreementError."""
    yield _threads(HEALTHY, repeats)
    yield _processes(HEALTHY, repeats)
    for workload in (HEALTHY, REGRESSED):
        yield _memory(workload)


def _threads(workload: Workload, repeats: int) -> Row:
    """Time rollouts and, to see whether there is a second core at all, words alone, each on one thread and on two."""
    plan, rollouts = plan_of(workload), BLOCKS * BLOCK

    def walk(part: int, parts: int) -> int:
        size = rollouts // parts
        return ours.sampled_rollbacks(plan, size, SEED, part * size)

    def draw(_: int, parts: int) -> None:
        draw_words(WORDS // parts)

    if walk(0, 2) + walk(1, 2) != walk(0, 1):
        raise DisagreementError("two halves of the rollouts do not have the rollbacks of the whole")
    with ThreadPoolExecutor(WORKERS) as pool:

        def shared(task: Task, threads: int) -> Side:
            return Side(lambda: list(pool.map(task, range(threads), [threads] * threads)))

        sides = {"one": shared(walk, 1), "two": shared(walk, WORKERS)}
        seconds = fastest_seconds(
            {**sides, "one, words": shared(draw, 1), "two, words": shared(draw, WORKERS)}, repeats
        )
    gain, possible = seconds["one"] / seconds["two"], seconds["one, words"] / seconds["two, words"]
    what = f"W1 {workload.name}, two threads: {per_second(rollouts / seconds['two'])}"
    against = f"one thread: {per_second(rollouts / seconds['one'])}"
    if max(gain, possible) < THREADS_GOAL:
        why_not = f"no second core was free, drawing words alone gained {possible:.2f}"
        return Row(what, against, None, THREADS_GOAL, is_at_most=False, why_not=why_not)
    return Row(what, against, gain, THREADS_GOAL, is_at_most=False, in_the_way=IN_THE_WAY)


def _processes(workload: Workload, repeats: int) -> Row:
    """Time a study on one thread, and on two processes as a caller of the API would lend them, their start included."""
    plan = native_plan(workload)

    def alone() -> object:
        return characterise(plan, Way("sample", Effort(STUDIED)))

    def shared() -> object:
        with ProcessPoolExecutor(WORKERS) as pool:
            return characterise(plan, Way("sample", Effort(STUDIED), workers=Workers(pool, WORKERS)))

    if alone() != shared():
        raise DisagreementError("two processes do not give the numbers of one thread")
    seconds = fastest_seconds({"one": Side(alone), "two": Side(shared)}, min(repeats, 3))
    what = f"W1n {workload.name}, a study of {STUDIED:,} runs on two processes, with their start"
    return Row(what, "the same on one thread", seconds["one"] / seconds["two"], None, is_at_most=False)


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
