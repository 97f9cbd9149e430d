"""How fast rollouts are sampled: by canary-runner, and by each of its peers."""

from collections.abc import Callable, Iterator

from benchmarks.ratios import Row, fastest_seconds
from benchmarks.w1 import reference
from benchmarks.w1.shown import per_second, rounded
from benchmarks.w1.sides import (
    OURS,
    OURS_NATIVE,
    PEERS,
    PLAIN_NATIVE,
    Contender,
    Timed,
    checked,
    words_of,
    words_only,
)
from benchmarks.w1.workload import BAD, HEALTHY, REGRESSED, Workload

GOALS = {
    ("healthy", "the plain loop"): (40, 60),
    ("regressed", "the plain loop"): (20, 35),
    ("bad", "the plain loop"): (18, 30),
    ("healthy", "SimPy, one event a window"): (150, 250),
    ("healthy", "vectorised numpy Generator"): (3, 5),
}
"""How many times as fast sampling shall be: the goal and the aim."""

IN_THE_WAY = "drawing the words is nearly half of it; the rest is a comparison of each, and the windows near a limit"
SIMPY_IN_THE_WAY = "so many times one lean SimPy process is nearly what drawing the words alone would reach"
"""What keeps sampling from its goals, as profiles of the walk show."""

CEILING_GOAL, CEILING_AIM = 0.3, 0.5
"""The share of the speed at which the words alone can be drawn."""

Answers = Callable[[Workload], reference.Answer]


def rows(repeats: int) -> Iterator[Row]:
    """Yield the rows of sampling. Raises DisagreementError."""
    for workload in (HEALTHY, REGRESSED, BAD):
        yield from _compared(workload, repeats)
    for workload in (HEALTHY, REGRESSED, BAD):
        yield from _compared_natively(workload, repeats)


def _compared(workload: Workload, repeats: int) -> Iterator[Row]:
    peers = [peer for peer in PEERS if peer.is_timed_on(workload)]
    there = [peer for peer in peers if peer.is_installed()]
    speeds, words = _speeds("W1", workload, [*there, OURS], reference.by_w1, repeats)
    what = f"W1 {workload.name}, sampled: {per_second(speeds[OURS.name])}"
    for peer in peers:
        goal, aim = GOALS.get((workload.name, peer.name), (None, None))
        if peer in there:
            against = f"{peer.name}: {per_second(speeds[peer.name])}"
            way = SIMPY_IN_THE_WAY if peer.name.startswith("SimPy") else IN_THE_WAY
            ratio = speeds[OURS.name] / speeds[peer.name]
            yield Row(what, against, ratio, goal, is_at_most=False, aim=aim, in_the_way=way)
        else:
            yield Row(what, peer.name, None, goal, False, aim, "it is not installed, the extra `bench` brings it")
    if workload is HEALTHY:
        against = f"drawing its {rounded(words)} words a rollout alone: {per_second(speeds['words'])}"
        share = speeds[OURS.name] / speeds["words"]
        yield Row(what, against, share, CEILING_GOAL, is_at_most=False, aim=CEILING_AIM, in_the_way=IN_THE_WAY)


def _compared_natively(workload: Workload, repeats: int) -> Iterator[Row]:
    speeds, _ = _speeds("W1n", workload, [PLAIN_NATIVE, OURS_NATIVE], reference.by_w1n, repeats)
    yield Row(
        f"W1n {workload.name}, sampled: {per_second(speeds[OURS_NATIVE.name])}",
        f"{PLAIN_NATIVE.name}: {per_second(speeds[PLAIN_NATIVE.name])}",
        speeds[OURS_NATIVE.name] / speeds[PLAIN_NATIVE.name],
        None,
        is_at_most=False,
    )


def _speeds(
    rule: str, workload: Workload, contenders: list[Contender], answers: Answers, repeats: int
) -> tuple[dict[str, float], float]:
    """Check all sides, time them in turn, and return rollouts a second by name, and the words that one needs."""
    words = words_of(answers(workload).windows, workload)
    sides: dict[str, Timed] = {one.name: checked(rule, one, workload, answers) for one in contenders}
    sides["words"] = words_only(words)
    seconds = fastest_seconds({name: timed.side for name, timed in sides.items()}, repeats)
    return {name: sides[name].rollouts / taken for name, taken in seconds.items()}, words
