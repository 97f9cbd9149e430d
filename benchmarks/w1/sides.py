"""The sides that count rollbacks: how each is run, how it is checked, and how long it is timed."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Final

import numpy as np

from benchmarks.ratios import Side
from benchmarks.w1 import generator, ours, per_request, plain, reference, simpy_loop
from benchmarks.w1.agreement import require
from benchmarks.w1.workload import HEALTHY, Workload
from canary_runner.engines.streams import BLOCK

Count = Callable[[int, int], int]
"""From a number of rollouts and a seed to the number of those that roll back."""

SEED: Final = 1
CHUNK: Final = 1 << 15
"""Words drawn at a time."""
TIMED_S: Final = 0.25
"""About how long one repetition of a side is."""

CLASSES, BASELINE_CLASSES = 4, 2
"""Independent counts of a window: errors or not and slow or not; of the baseline errors or not."""

SMALL = replace(HEALTHY, name="a hundredth of the traffic", rate_rps=10, percents=(1, 50))
"""Where the per-request loop is fast enough to be checked."""


@dataclass(frozen=True)
class Contender:
    """One way to count rollbacks."""

    name: str
    count: Callable[[Workload, int, int], int]
    checked: int  # rollouts of the check
    block: int = 1  # rollouts are timed in whole blocks
    checked_on: Workload | None = None  # where the workload itself takes too long; then one rollout is timed
    is_installed: Callable[[], bool] = lambda: True

    def is_timed_on(self, workload: Workload) -> bool:
        """Tell whether its time means something: one rollout is typical only where nearly all go to the end."""
        return self.checked_on is None or workload is HEALTHY


PEERS: Final = (
    Contender("the plain loop", plain.rollbacks, 10_000),
    Contender("the counting plain loop", plain.counting_rollbacks, 10_000),
    Contender("the frugal plain loop", plain.frugal_rollbacks, 10_000),
    Contender("the per-request loop", per_request.rollbacks, 300, checked_on=SMALL),
    Contender("SimPy, one event a window", simpy_loop.rollbacks, 4_000, is_installed=simpy_loop.is_installed),
    Contender(
        "SimPy, arms and controller as processes",
        simpy_loop.rollbacks_of_parts,
        2_000,
        is_installed=simpy_loop.is_installed,
    ),
    Contender("vectorised numpy Generator", generator.rollbacks, 25 * generator.BLOCK, generator.BLOCK),
)
PLAIN: Final = PEERS[0]
PLAIN_NATIVE: Final = Contender("the counting plain loop", plain.native_rollbacks, 10_000)

plan_of, native_plan = cache(ours.plan_of), cache(ours.native_plan)
"""Plans are kept, as in a study: their tables are made once, in the check."""


def _sampled(workload: Workload, rollouts: int, seed: int) -> int:
    return ours.sampled_rollbacks(plan_of(workload), rollouts, seed)


def _native_sampled(workload: Workload, rollouts: int, seed: int) -> int:
    return ours.sampled_rollbacks(native_plan(workload), rollouts, seed)


OURS: Final = Contender("sampled", _sampled, 40 * BLOCK, BLOCK)
OURS_NATIVE: Final = Contender("sampled", _native_sampled, 40 * BLOCK, BLOCK)


@dataclass(frozen=True)
class Timed:
    """A side ready to be timed, and how many rollouts one repetition has."""

    side: Side
    rollouts: int


def checked(
    rule: str, contender: Contender, workload: Workload, answer: Callable[[Workload], reference.Answer]
) -> Timed:
    """Check a contender against the reference, and size its repetitions. Raises DisagreementError."""
    tried = contender.checked_on or workload
    begin = time.perf_counter()
    rolled = contender.count(tried, contender.checked, SEED)
    took_s = time.perf_counter() - begin
    require(f"{rule} {tried.name}, {contender.name}", rolled, contender.checked, answer(tried).rollback)
    if contender.checked_on is not None:
        return Timed(Side(partial(contender.count, workload, 1, SEED)), 1)
    blocks = max(1, round(TIMED_S / took_s * contender.checked / contender.block))
    rollouts = blocks * contender.block
    return Timed(Side(partial(contender.count, workload, rollouts, SEED)), rollouts)


def words_of(stages: Sequence[float], workload: Workload) -> float:
    """Return how many random words a rollout needs at least: one for each independent count of a window.

    Args:
        stages: expected windows in each stage.
        workload: whose last stage may have no baseline.
    """
    counts = [CLASSES + (BASELINE_CLASSES if percent < 100 else 0) for percent in workload.percents]
    return sum(windows * each for windows, each in zip(stages, counts, strict=True))


def words_only(words: float) -> Timed:
    """Return the ceiling: nothing but drawing the Philox words of rollouts that need `words` each."""
    size = 1 << 24
    return Timed(Side(lambda: draw_words(size)), round(size / words))


def draw_words(number: int) -> None:
    """Draw Philox words, as many at a time as stay in the cache."""
    bits = np.random.Philox(SEED)
    for _ in range(number // CHUNK):
        bits.random_raw(CHUNK)
