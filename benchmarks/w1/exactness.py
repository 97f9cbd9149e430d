"""How long an exact answer takes, in rollouts of the plain loop, and how far it is from the reference."""

from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.ratios import Row, Side, fastest_seconds
from benchmarks.w1 import ours, reference
from benchmarks.w1.shown import milliseconds
from benchmarks.w1.sides import PLAIN, checked
from benchmarks.w1.workload import BAD, FIXED, HEALTHY, RAMP, REGRESSED, SWING, Workload

FARTHEST = 2e-5
"""How far a chance of a rollback may be from the reference."""

PLAIN_SIDE = "plain"


@dataclass(frozen=True)
class Question:
    """An exact question, and within the time of how many plain rollouts it is to be answered."""

    workload: Workload
    goal: float | None = None
    aim: float | None = None
    is_native: bool = False
    in_the_way: str = ""

    @property
    def name(self) -> str:
        """What the table calls it."""
        return f"{'W1n' if self.is_native else 'W1'} {self.workload.name}"

    def answer(self) -> float:
        """Ask canary-runner."""
        plan = ours.native_plan(self.workload) if self.is_native else ours.plan_of(self.workload)
        return ours.exact_rollback(plan)

    def expected(self) -> float:
        """Ask the reference."""
        return (reference.by_w1n if self.is_native else reference.by_w1)(self.workload).rollback


QUESTIONS = (
    Question(
        HEALTHY, 100, 50, in_the_way="a third are pairs of a total and its errors, a fifth tables of Poisson laws"
    ),
    Question(
        FIXED, 15, 8, in_the_way="some fourteen thousand small calls of Python and numpy, none of them a large part"
    ),
    Question(SWING, 400, 150, in_the_way="one window's law for each rate that the swing makes"),
    Question(RAMP, 400, 150, in_the_way="fifty different windows: half their time are pairs of a total and its errors"),
    Question(REGRESSED),
    Question(BAD),
    Question(HEALTHY, is_native=True),
    Question(FIXED, is_native=True),
    Question(REGRESSED, is_native=True),
    Question(BAD, is_native=True),
)


def rows(repeats: int) -> Iterator[Row]:
    """Yield the rows of the exact engine: first how right it is, then how long a cold question takes.

    Raises DisagreementError.
    """
    for one in QUESTIONS:
        found, expected = one.answer(), one.expected()
        what = f"{one.name}, exact: P(rollback) = {found:.6f}"
        yield Row(what, f"brute force: {expected:.6f}; the difference", abs(found - expected), FARTHEST)
    plain = checked("W1", PLAIN, HEALTHY, reference.by_w1)
    sides = {one.name: Side(one.answer, prepare=ours.forget_everything) for one in QUESTIONS}
    seconds = fastest_seconds({PLAIN_SIDE: plain.side, **sides}, repeats)
    one_rollout_s = seconds[PLAIN_SIDE] / plain.rollouts
    for one in QUESTIONS:
        what = f"{one.name}, exact, cold: {milliseconds(seconds[one.name])}"
        against = f"one rollout of {PLAIN.name}: {milliseconds(one_rollout_s)}"
        ratio = seconds[one.name] / one_rollout_s
        yield Row(what, against, ratio, one.goal, aim=one.aim, in_the_way=one.in_the_way)
