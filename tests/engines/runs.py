"""Runs that many tests look at: every shipped policy in every built-in scenario, and a policy with all there is."""

from fractions import Fraction as F
from functools import cache

from canary_runner.model.policy import (
    ErrorCheck,
    FailuresOfLast,
    LatencyCheck,
    Micros,
    OnInconclusive,
    Points,
    Ratio,
    TotalFailures,
    Window,
    WindowKind,
)
from canary_runner.model.scenario import Change, Effect, ErrorRateEffect, LatencyEffect, Scenario
from canary_runner.model.service import Arrivals
from tests.builders import ERRORS, SCENARIOS, SHIPPED, SLOW, builtin, plan, policy, service, shipped, stage, told

SEEDS = range(6)
DELAYS = (0, None, 1500)
"""When gates are opened, by the seed: at once, never, and in the middle of a check interval."""

P95 = LatencyCheck("latency_p95", F(95, 100), 260_000, Ratio(F(11, 10)))
P50 = LatencyCheck("latency_p50", F(1, 2), 90_000, Micros(5_000))
MIXED = policy(
    stage(
        "sliding", 10, window=Window(WindowKind.SLIDING, 240), min_canary_requests=1180,
        checks=(ErrorCheck("error_rate", F(1, 100), Points(F(1, 200))), SLOW), on_inconclusive=OnInconclusive.EXTEND,
    ),
    stage(
        "so far", 20, duration_s=300, check_every_s=60, window=Window(WindowKind.ROLLOUT),
        rollback_after=TotalFailures(3), wait_for_approval=True,
    ),
    stage(
        "compared", 30, window=Window(WindowKind.STAGE), checks=(ERRORS, P95, P50), wait_for_approval=True,
        rollback_after=FailuresOfLast(2, 3), min_canary_requests=3600, on_inconclusive=OnInconclusive.PROMOTE,
    ),
    stage("again", 60, window=Window(WindowKind.ROLLOUT), rollback_after=TotalFailures(4)),
    stage("full", 100, checks=(ERRORS, P95), rollback_after=TotalFailures(2)),
)  # fmt: skip
RESTLESS = Scenario(
    "restless",
    canary=Effect(ErrorRateEffect(Change.ADD, F(5, 1000)), LatencyEffect(Change.MULTIPLY, F(11, 10)), ramp_over_s=2400),
)
GAP = Scenario("gap", canary=Effect(metrics_missing=True, starting_after_s=330, lasting_s=500))
NORMAL = {
    "poisson": {},
    "constant": {"arrivals": Arrivals.CONSTANT},
    "bursty": {"burstiness": F(1, 1000)},
    "swing": {"daily_swing": F(2, 5)},
}
CASES = {
    **{f"{name} {scenario}": (shipped(name), {}, builtin(scenario)) for name in SHIPPED for scenario in SCENARIOS},
    **{f"mixed restless {name}": (MIXED, normal, RESTLESS) for name, normal in NORMAL.items()},
    "mixed healthy": (MIXED, {}, builtin("healthy")),
    "mixed gap": (MIXED, {}, GAP),
    "patient crash": (policy(stage("patient", 10, rollback_after=TotalFailures(11))), {}, builtin("crash")),
    "strict silence": (
        policy(stage("strict", 10, on_inconclusive=OnInconclusive.ROLL_BACK)),
        {},
        builtin("no-metrics"),
    ),
}


def plan_of(case, seed):
    """Return the plan of a case; the seed says when gates are opened."""
    a_policy, normal, scenario = CASES[case]
    return plan(a_policy, service(**normal), scenario, DELAYS[seed % len(DELAYS)])


@cache
def runs(case):
    """Return the results of a case, one for each seed, by plan."""
    return tuple((plan_of(case, seed), told(plan_of(case, seed), seed, run=seed * 1000)) for seed in SEEDS)
