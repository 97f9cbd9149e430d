"""The exact engine against a slow obvious propagation, the walk, and the oracle of tests/oracle."""

from collections import defaultdict
from fractions import Fraction as F
from math import fsum

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from canary_runner.compiling.outcomes.window import symbol_law
from canary_runner.controllers.native import Memory, advance, position_of
from canary_runner.engines.block import ENDINGS, NEVER
from canary_runner.engines.counting import merged, paths_of, walk_histories
from canary_runner.engines.exact import propagate
from canary_runner.engines.streams import BLOCK
from canary_runner.model.histogram import fine_edges_us
from canary_runner.model.outcomes import Decision, Outcome, Position, State
from canary_runner.model.policy import (
    ConsecutiveFailures,
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
from canary_runner.model.reasons import NotExact
from canary_runner.model.scenario import Change, Effect, ErrorRateEffect, LatencyEffect, Scenario
from canary_runner.model.service import Arrivals
from canary_runner.scenarios.world import World
from canary_runner.studies.tolls import tolls_of
from tests.builders import SCENARIOS, SHIPPED, builtin, plan, policy, service, shipped, stage
from tests.oracle import test_agreement as agreement

RUNS_FAST, RUNS = BLOCK, 4 * BLOCK
BOUND = 5
"""Standard errors. Of some 5 numbers of each of some 50 worlds one beyond it by chance is expected in 7,000 seeds."""

LEAST = 50
"""Expected cases below which a mean is not normal enough to be compared."""

# ------------------------------------------------------------------------------------------------------------- plans

CHECKS = st.sampled_from(
    [
        (ErrorCheck("error_rate", F(1, 12), None),),
        (ErrorCheck("error_rate", F(1, 8), Ratio(F(2))),),
        (ErrorCheck("error_rate", None, Points(F(1, 20))), LatencyCheck("latency_p90", F(9, 10), 250_000, None)),
        (LatencyCheck("latency_p75", F(3, 4), None, Ratio(F(6, 5))),),
        (LatencyCheck("latency_p50", F(1, 2), 100_000, None), LatencyCheck("latency_p90", F(9, 10), 250_000, None)),
        (ErrorCheck("error_rate", F(1, 10), Ratio(F(2))), LatencyCheck("latency_p75", F(3, 4), 300_000, Micros(9_000))),
        (ErrorCheck("error_rate", F(1, 20), None, F(9, 10)),),
    ]
)
TOLERANCES = st.sampled_from(
    [
        ConsecutiveFailures(1), ConsecutiveFailures(2), ConsecutiveFailures(3), TotalFailures(1), TotalFailures(2),
        TotalFailures(3), FailuresOfLast(1, 2), FailuresOfLast(2, 3), FailuresOfLast(2, 4), FailuresOfLast(3, 4),
    ]
)  # fmt: skip
EFFECTS = st.none() | st.builds(
    Effect,
    error_rate=st.none() | st.builds(ErrorRateEffect, st.just(Change.ADD), st.sampled_from([F(1, 50), F(1, 10)])),
    latency=st.none() | st.builds(LatencyEffect, st.just(Change.MULTIPLY), st.sampled_from([F(6, 5), F(2)])),
    metrics_missing=st.sampled_from([False, False, False, True]),
    starting_after_s=st.sampled_from([0, 0, 45, 100]),
    from_traffic=st.sampled_from([None, None, F(1, 5), F(1, 2)]),
    ramp_over_s=st.sampled_from([0, 0, 90]),
    lasting_s=st.sampled_from([None, None, 100]),
)
SERVICES = st.builds(
    service,
    rate_rps=st.sampled_from([F(1, 2), F(2), F(5)]),
    error_rate=st.sampled_from([F(1, 100), F(1, 20)]),
    arrivals=st.sampled_from([Arrivals.POISSON, Arrivals.POISSON, Arrivals.CONSTANT]),
    daily_swing=st.sampled_from([F(0), F(0), F(1, 2)]),
    burstiness=st.sampled_from([F(0), F(0), F(1, 30)]),
)


@st.composite
def plans(draw):
    """Return the plan of a small policy in a small world."""
    shares = sorted(draw(st.sets(st.sampled_from([10, 20, 40, 60, 80]), min_size=1, max_size=3)))
    stages = []
    for share in shares:
        every = draw(st.sampled_from([30, 60]))
        stages.append(
            stage(
                f"at {share}", share, check_every_s=every, duration_s=every * draw(st.integers(1, 3)),
                min_canary_requests=draw(st.sampled_from([1, 10, 25])), rollback_after=draw(TOLERANCES),
                on_inconclusive=draw(st.sampled_from(OnInconclusive)), wait_for_approval=draw(st.booleans()),
                checks=draw(CHECKS),
            )
        )  # fmt: skip
    scenario = Scenario("tried", canary=draw(EFFECTS), baseline=draw(EFFECTS), both=draw(st.none() | EFFECTS))
    delay = draw(st.sampled_from([0, None, 20, 60, 100, 200]))
    return plan(policy(*stages), draw(SERVICES), scenario, delay, start_at_s=draw(st.sampled_from([28800, 13 * 3600])))


# -------------------------------------------------------------------------------------------- an obvious propagation


def obvious(a_plan):
    """Return the chance of every (ending, when, entered, deciding checks), memory by memory with `advance`."""
    world, edges_us = World(a_plan), fine_edges_us(a_plan.edges_us)
    found = defaultdict(float)
    arrivals = {(0,): 1.0}
    for index, one in enumerate(a_plan.stages):
        following = defaultdict(float)
        for entered, weight in arrivals.items():

            def law(number, one=one, entered=entered):
                conditions = world.conditions(one, world.moment(entered), number)
                minimum, compares = one.min_canary_requests, one.traffic < 1
                return symbol_law(one.checks, minimum, compares, a_plan.service, conditions, edges_us).chances

            for ending, age_s, mask, chance in stage_endings(a_plan, one, law):
                at_s, way = entered[-1] + age_s, weight * chance
                if ending is not Decision.ADVANCE:
                    found[ending, at_s, entered, mask] += way
                elif index + 1 == len(a_plan.stages):
                    found[State.COMPLETED, at_s, entered, 0] += way
                else:
                    following[*entered, at_s] += way
        arrivals = following
    return found


def stage_endings(a_plan, one, law):  # noqa: C901  (the table, case by case)
    """Yield (how, after how long, deciding checks, chance) of leaving one stage."""
    masses = {(tuple(Memory() for _ in one.checks), None): 1.0}  # and at which age a gate is opened
    number = 0
    while masses:
        number += 1
        age_s, after = number * one.check_every_s, defaultdict(float)
        for (memories, opens_s), weight in masses.items():
            if opens_s is not None and opens_s < age_s:
                yield Decision.ADVANCE, opens_s, 0, weight
                continue
            position = Position.BEFORE_END if opens_s is not None else position_of(number, one.analyses)
            for symbol, chance in enumerate(law(number)):
                if chance * weight == 0:
                    continue
                outcomes = [Outcome(symbol // 3**i % 3) for i in range(len(one.checks))]
                verdict = advance(one.rules, memories, outcomes, position)
                way = weight * chance
                match verdict.decision:
                    case Decision.ROLL_BACK:
                        unread = None not in verdict.memories
                        mask = sum(
                            1 << i
                            for i, (m, o) in enumerate(zip(verdict.memories, outcomes, strict=True))
                            if (unread and o is Outcome.INCONCLUSIVE) or m is None
                        )
                        yield State.ROLLED_BACK, age_s, mask, way
                    case Decision.PAUSE:
                        yield State.PAUSED, age_s, 0, way
                    case Decision.HOLD:
                        after[verdict.memories, opens_s] += way
                    case Decision.ADVANCE if not one.has_gate:
                        yield Decision.ADVANCE, age_s, 0, way
                    case Decision.ADVANCE if a_plan.approval.delay_s is None:
                        yield State.PAUSED, age_s, 0, way
                    case Decision.ADVANCE:
                        after[verdict.memories, age_s + a_plan.approval.delay_s] += way
        masses = after


def by_history(paths):
    found = defaultdict(float)
    for i in range(len(paths)):
        entered = tuple(int(s) for s in paths.entered_at_s[:, i] if s != NEVER)
        found[ENDINGS[paths.endings[i]], int(paths.ended_at_s[i]), entered, int(paths.deciding[i])] += paths.weights[i]
    return found


@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(plans())
def test_propagate_is_the_obvious_propagation(a_plan):
    """Largest difference met: 1e-14 in a weight."""
    paths = propagate(a_plan)
    ours, theirs = by_history(paths), obvious(a_plan)
    assert {key for key, chance in theirs.items() if chance > 1e-13} <= set(ours)
    assert max(abs(ours[key] - theirs[key]) for key in {*ours, *theirs}) < 1e-12
    assert fsum(paths.weights) + paths.dropped == pytest.approx(1, abs=1e-12)


# ---------------------------------------------------------------------------------------------------------- the walk


def scores(a_plan, exact, runs, seed):
    """Return the standard errors between exact numbers and a walk, with the errors from the exact law."""
    walked = paths_of(merged([walk_histories(a_plan, seed, block) for block in range(runs // BLOCK)]))
    assert fsum(walked.weights) == runs
    found = {}
    for code, state in enumerate(ENDINGS):
        p = fsum(exact.weights[exact.endings == code])
        cases = fsum(walked.weights[walked.endings == code])
        slack = 3  # of a skew law with few cases
        found[state] = max(abs(cases - runs * p) - slack, 0) / max((runs * p * max(1 - p, 0)) ** 0.5, 1e-6)
    rolled, done = ENDINGS.index(State.ROLLED_BACK), ENDINGS.index(State.COMPLETED)
    for name, value, ending in (
        ("time to rollback", lambda p: p.ended_at_s.astype(float), rolled),
        ("duration", lambda p: p.ended_at_s.astype(float), done),
        ("canary requests", lambda p: tolls_of(a_plan, p).requests, None),
        ("extra errors", lambda p: tolls_of(a_plan, p).extra_errors, None),
    ):
        (mean, variance, share), (seen, _, _) = (moments(p, value(p), ending) for p in (exact, walked))
        if share * runs >= LEAST and seen is not None:
            error = max((variance / (share * runs)) ** 0.5, 1e-9 * (1 + abs(mean)))
            found[name] = abs(seen - mean) / error
    return found


def moments(paths, values, ending):
    weights = paths.weights if ending is None else np.where(paths.endings == ending, paths.weights, 0.0)
    total = fsum(weights)
    if total <= 0:
        return None, None, 0.0
    mean = fsum(weights * values) / total
    return mean, fsum(weights * (values - mean) ** 2) / total, total


@settings(max_examples=5, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(plans())
def test_the_walk_agrees(a_plan):
    """4,096 rollouts of seed 11."""
    found = scores(a_plan, propagate(a_plan), RUNS_FAST, 11)
    assert {name: z for name, z in found.items() if z > BOUND} == {}


@pytest.mark.slow
@settings(max_examples=20, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(plans())
def test_many_walks_agree(a_plan):
    """16,384 rollouts of seed 12."""
    found = scores(a_plan, propagate(a_plan), RUNS, 12)
    assert {name: z for name, z in found.items() if z > BOUND} == {}


@pytest.mark.slow
@pytest.mark.parametrize("scenario", SCENARIOS)
@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_policies_agree_with_the_walk(name, scenario):
    """4,096 rollouts of seed 13; policies that cannot be exact are left out."""
    a_plan = plan(shipped(name), service(), builtin(scenario), 600)
    try:
        exact = propagate(a_plan)
    except NotExact:
        pytest.skip("not exact")
    found = scores(a_plan, exact, RUNS_FAST, 13)
    assert {what: z for what, z in found.items() if z > BOUND} == {}


# -------------------------------------------------------------------------------------------------------- the oracle


def by_exact(tried):
    """Return what the oracle's comparison asks, from exact weights; None where the world cannot be exact."""
    subject = plan(
        tried.policy, tried.service, tried.scenario,
        approval_delay_s=tried.approval_delay_s, start_at_s=tried.start_at_s,
    )  # fmt: skip
    paths = propagate(subject)
    weights = paths.weights

    def mean(values):
        value = fsum(weights * values)
        return agreement.Estimate(value, fsum(weights * (values - value) ** 2), 10**12, False)

    def chance(chosen):
        return agreement.frequency(fsum(weights[chosen]) * 10**12, 10**12)

    last = (paths.entered_at_s != NEVER).sum(axis=0) - 1
    found = {"end": mean(paths.ended_at_s)}
    for code, state in enumerate(ENDINGS):
        found[state.name] = chance(paths.endings == code)
    rolled = paths.endings == ENDINGS.index(State.ROLLED_BACK)
    for index, one in enumerate(subject.stages):
        found["entered", index] = chance(paths.entered_at_s[index] != NEVER)
        found["entered at", index] = mean(paths.entered_at_s[index])
        for number, check in enumerate(one.checks):
            found["decided", index, check.metric] = chance(
                rolled & (last == index) & (paths.deciding >> number & 1).astype(bool)
            )
    return found


EXACT_WORLDS = (
    "consecutive failures since the last check",
    "failures of the last, ratio",
    "missing data",
    "confidence of a ratio",
)


@pytest.mark.slow
@pytest.mark.parametrize("name", EXACT_WORLDS)
def test_the_oracle_agrees(name):
    """Rollouts of seeds 0, 1, ... played request by request, some 600 to 1,500."""
    tried = agreement.WORLDS[name]
    since = Window(WindowKind.SINCE_LAST_CHECK)
    stages = [stage_as(one, window=since) for one in tried.policy.stages]
    tried = agreement.Tried(
        policy(*stages), tried.service, tried.scenario, tried.approval_delay_s, tried.start_at_s, tried.runs
    )
    exact, oracle = by_exact(tried), agreement.by_oracle(tried)
    found = {
        key: agreement.score(oracle[key], exact[key])
        for key in exact
        if key in oracle and agreement.is_told(oracle[key], exact[key])
    }
    print(f"\n{name}: {len(found)} comparisons, largest |z| {max(map(abs, found.values())):.1f}")
    assert len(found) > 4
    assert {key: z for key, z in found.items() if abs(z) >= agreement.BOUND} == {}


def stage_as(one, **given):
    fields = {
        name: getattr(one, name)
        for name in (
            "duration_s", "check_every_s", "window", "min_canary_requests", "rollback_after", "on_inconclusive",
            "wait_for_approval", "checks", "unchecked",
        )
    }  # fmt: skip
    return stage(one.name, one.traffic * 100, **fields | given)


# ---------------------------------------------------------------------------------------------------- worlds by hand


def test_a_sliding_window_of_one_interval_is_exact():
    one, other = (
        propagate(plan(policy(stage("one", 10, window=window))))
        for window in (Window(WindowKind.SLIDING, 120), Window(WindowKind.SINCE_LAST_CHECK))
    )
    assert by_history(one) == by_history(other)


@pytest.mark.parametrize("delay", [0, 60, 120, 121, 600, None])
def test_worlds_without_luck_end_as_the_table_says(delay):
    """No errors, latency far below: completed at the end, after both gates."""
    calm = stage("calm", 10, wait_for_approval=True)
    paths = propagate(
        plan(policy(calm, stage("last", 50, wait_for_approval=True)), service(error_rate=F(0)), approval_delay_s=delay)
    )
    likely = {key: chance for key, chance in by_history(paths).items() if chance > 0.5}
    expected = (
        {(State.PAUSED, 600, (0,), 0): 1.0}
        if delay is None
        else {(State.COMPLETED, 1200 + 2 * delay, (0, 600 + delay), 0): 1.0}
    )
    assert likely == pytest.approx(expected, abs=0.02)


def test_symbols_and_outcomes_are_in_the_same_order():
    """Errors always, latency never: only the digit of errors is FAIL, wherever the check stands."""
    bad, fine = ErrorCheck("error_rate", F(1, 2), None), LatencyCheck("latency_p50", F(1, 2), 3_000_000_000, None)
    crash = Scenario("x", canary=Effect(ErrorRateEffect(Change.SET, F(1))))
    for checks, mask in (((bad, fine), 1), ((fine, bad), 2)):
        paths = propagate(plan(policy(stage("one", 10, checks=checks)), scenario=crash))
        assert by_history(paths) == pytest.approx({(State.ROLLED_BACK, 240, (0,), mask): 1.0})
