"""Our side of W1: the plan, the rule of W1 as a controller of its own, and the two engines.

The rule of W1 is not in the policy language: one counter is shared by both checks. As a controller it is two
functions, and its table is stepped by the same engines as the native one. Each check carries the shared counter, so
only states in which both say the same are ever reached.
"""

import sys
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import product
from statistics import NormalDist
from typing import Protocol, cast

import numpy as np

from benchmarks.w1.workload import (
    BASELINE_ERRORS,
    ERROR_PERCENT,
    LIMIT_MS,
    MEDIAN_MS,
    SIGMA,
    TIMES_BASELINE,
    TOLERATED,
    WINDOW_S,
    WINDOWS,
    Workload,
)
from canary_runner.compiling.automaton import COMPILERS, DECISIONS, Automaton, check_table
from canary_runner.compiling.plan import make_plan
from canary_runner.engines.exact import propagate
from canary_runner.engines.walk import ENDINGS, walk
from canary_runner.model.outcomes import Decision, Outcome, Position, State
from canary_runner.model.plan import Plan, Rules
from canary_runner.model.policy import (
    ErrorCheck,
    LatencyCheck,
    OnInconclusive,
    Policy,
    Ratio,
    Stage,
    TotalFailures,
    Window,
    WindowKind,
)
from canary_runner.model.scenario import Change, Effect, ErrorRateEffect, Scenario
from canary_runner.model.service import Arrivals, Latency, Service

ROLLED_BACK = ENDINGS.index(State.ROLLED_BACK)


class AnyCheckFails(Rules):
    """The rule of W1: the windows count in which any check fails, and a stage is never held."""


def count(failing: int, outcomes: tuple[Outcome, ...]) -> int:
    """Return how many windows have failed after one more."""
    return failing + (Outcome.FAIL in outcomes)


def decide(failing: int, position: Position) -> Decision:
    """Return what follows from the number of windows that have failed."""
    if failing > TOLERATED:
        return Decision.ROLL_BACK
    return Decision.HOLD if position is Position.BEFORE_END else Decision.ADVANCE


def compiled(rules: Rules) -> Automaton:
    """Tabulate the two functions; every check's memory stands for the shared counter."""
    checks = tuple(check_table(tolerance) for tolerance in rules.tolerances)
    size = len(checks[0].memories)
    live, symbols = size ** len(checks), 3 ** len(checks)
    table = np.zeros((len(Position), live + 3, symbols), np.int32)
    table[:, live:] = np.arange(live, live + 3)[:, None]
    failures = [memory.failures for memory in checks[0].memories]
    state_of = [failures.index(n) * sum(size**i for i in range(len(checks))) for n in range(TOLERATED + 1)]
    for position, failing, symbol in product(Position, range(TOLERATED + 1), range(symbols)):
        after = count(failing, tuple(Outcome(symbol // 3**i % 3) for i in range(len(checks))))
        decision = decide(after, position)
        is_held = decision is Decision.HOLD
        table[position, state_of[failing], symbol] = (
            state_of[after] if is_held else live - 1 + DECISIONS.index(decision)
        )
    return Automaton(table, (size,) * len(checks), checks)


COMPILERS[AnyCheckFails] = compiled


def native_plan(workload: Workload) -> Plan:
    """Return W1n: the native controller with `total_failures`."""
    policy = Policy("w1", "", tuple(_stage(percent) for percent in workload.percents))
    service = Service(
        name="w1",
        rate_rps=Fraction(workload.rate_rps),
        arrivals=Arrivals.POISSON if workload.is_poisson else Arrivals.CONSTANT,
        daily_swing=workload.daily_swing,
        error_rate=BASELINE_ERRORS,
        latency=Latency(MEDIAN_MS * 1000, round(MEDIAN_MS * 1000 * np.exp(SIGMA * NormalDist().inv_cdf(0.99)))),
        burstiness=Fraction(0),
    )
    release = Effect(error_rate=ErrorRateEffect(Change.SET, workload.canary_errors))
    if workload.ramp_errors:
        added = ErrorRateEffect(Change.ADD, workload.ramp_errors)
        release = Effect(error_rate=added, ramp_over_s=workload.length_s)
    return make_plan(policy, service, Scenario(workload.name, canary=release), start_at_s=workload.start_at_s)


def plan_of(workload: Workload) -> Plan:
    """Return W1: the same, under the rule of W1."""
    made = native_plan(workload)
    stages = [replace(s, rules=AnyCheckFails(s.rules.tolerances, s.rules.on_inconclusive)) for s in made.stages]
    return replace(made, stages=tuple(stages))


def _stage(percent: int) -> Stage:
    return Stage(
        name=f"{percent}%",
        traffic=Fraction(percent, 100),
        duration_s=WINDOWS * WINDOW_S,
        check_every_s=WINDOW_S,
        window=Window(WindowKind.SINCE_LAST_CHECK),
        min_canary_requests=1,
        rollback_after=TotalFailures(TOLERATED + 1),
        on_inconclusive=OnInconclusive.PROMOTE,
        wait_for_approval=False,
        checks=(
            ErrorCheck("error_rate", Fraction(ERROR_PERCENT, 100), Ratio(Fraction(TIMES_BASELINE))),
            LatencyCheck("latency_p99", Fraction(99, 100), LIMIT_MS * 1000, None),
        ),
        unchecked=(),
    )


def sampled_rollbacks(plan: Plan, rollouts: int, seed: int, first: int = 0) -> int:
    """Count the rollouts of a plan that roll back, walked one by one."""
    return sum(int(np.count_nonzero(w.endings == ROLLED_BACK)) for w in walk(plan, seed, first, rollouts))


def exact_rollback(plan: Plan) -> float:
    """Return the chance that a rollout of a plan rolls back, without sampling."""
    paths = propagate(plan)
    return float(paths.weights[paths.endings == ROLLED_BACK].sum())


class _Forgetful(Protocol):
    def cache_clear(self) -> None: ...
    def forget(self) -> None: ...


def forget_everything() -> None:
    """Empty every memory of canary-runner, so that the next question is a cold one."""
    for thing in _memories():
        if hasattr(thing, "cache_clear"):
            thing.cache_clear()
        else:
            thing.forget()


def _memories() -> Iterator[_Forgetful]:
    for name, module in tuple(sys.modules.items()):
        if name.partition(".")[0] == "canary_runner":
            for thing in tuple(vars(module).values()):
                is_instance = not isinstance(thing, type)
                if is_instance and (hasattr(thing, "cache_clear") or hasattr(thing, "forget")):
                    yield cast("_Forgetful", thing)
