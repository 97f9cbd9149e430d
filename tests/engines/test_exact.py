"""The exact engine: against a slow propagation by the controller itself, the walk, and published values."""

from collections import defaultdict
from fractions import Fraction as F
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from canary_runner.controllers.native import Memory, advance, position_of
from canary_runner.engines.block import ENDINGS, NEVER
from canary_runner.engines.counting import merged, paths_of, walk_histories
from canary_runner.engines.exact import propagate
from canary_runner.engines.outlook import Outlook
from canary_runner.engines.weather import Weather
from canary_runner.model.outcomes import Decision, Outcome, Position, State
from canary_runner.model.policy import (
    ConsecutiveFailures,
    ErrorCheck,
    FailuresOfLast,
    LatencyCheck,
    OnInconclusive,
    Points,
    Ratio,
    TotalFailures,
    Window,
    WindowKind,
)
from canary_runner.model.reasons import NotExact
from canary_runner.model.scenario import Change, Effect, ErrorRateEffect, Scenario
from canary_runner.model.service import Arrivals
from canary_runner.scenarios.world import World
from tests.builders import ERRORS, SLOW, builtin, plan, policy, service, stage

COMPLETED, ROLLED_BACK, PAUSED = (ENDINGS.index(s) for s in (State.COMPLETED, State.ROLLED_BACK, State.PAUSED))


def chances(paths):
    """Return the chance of each ending."""
    return np.bincount(paths.endings, weights=paths.weights, minlength=3)


def slowly(a_plan):
    """Return {(ending, end, entered...): chance}: a dictionary of states, moved by the controller's own function."""
    world, outlook = World(a_plan), Outlook(Weather(a_plan))
    ended = defaultdict(float)
    arrivals = {(0,): 1.0}
    for a_stage in a_plan.stages:
        following = defaultdict(float)
        for entered, weight in arrivals.items():
            moment = world.moment(entered)
            left = _through(outlook, a_plan, a_stage, moment)
            for (kind, age_s), chance in left.items():
                at_s = entered[-1] + age_s
                if kind is Decision.ADVANCE and a_stage.index + 1 < len(a_plan.stages):
                    following[(*entered, at_s)] += weight * chance
                else:
                    ended[(kind, at_s, entered)] += weight * chance
        arrivals = following
    return ended


def _through(outlook, a_plan, a_stage, moment):
    states, waiting, left = {tuple(Memory() for _ in a_stage.checks): 1.0}, {}, defaultdict(float)
    delay_s = a_plan.approval.delay_s if a_stage.has_gate else 0
    number = 0
    while states or waiting:
        number += 1
        law = outlook.law(a_stage, moment, number).chances
        age_s = number * a_stage.check_every_s
        waits = _waited(a_stage, waiting, law, age_s, left)
        moved = defaultdict(float)
        for memories, weight in states.items():
            for verdict, chance in _verdicts(a_stage, memories, law, position_of(number, a_stage.analyses)):
                mass = weight * chance
                if verdict.decision is Decision.HOLD:
                    moved[verdict.memories] += mass
                elif verdict.decision is Decision.ADVANCE and delay_s is None:
                    left[Decision.PAUSE, age_s] += mass
                elif verdict.decision is Decision.ADVANCE and delay_s:
                    waits[verdict.memories, age_s + delay_s] += mass
                else:
                    left[verdict.decision, age_s] += mass
        states, waiting = moved, waits
    return left


def _waited(a_stage, waiting, law, age_s, left):
    """Let those at the gate be analysed once more, or go if they were approved before."""
    waits = defaultdict(float)
    for (memories, until_s), weight in waiting.items():
        if until_s < age_s:
            left[Decision.ADVANCE, until_s] += weight
            continue
        for verdict, chance in _verdicts(a_stage, memories, law, Position.BEFORE_END):
            if verdict.decision is Decision.ROLL_BACK:
                left[Decision.ROLL_BACK, age_s] += weight * chance
            else:
                waits[verdict.memories, until_s] += weight * chance
    return waits


def _verdicts(a_stage, memories, law, position):
    for symbol, chance in enumerate(law):
        outcomes = tuple(Outcome(symbol // 3**i % 3) for i in range(len(a_stage.checks)))
        yield advance(a_stage.rules, memories, outcomes, position), chance


def told(paths):
    """Return what `slowly` returns of the paths of the exact engine."""
    kinds = {COMPLETED: Decision.ADVANCE, ROLLED_BACK: Decision.ROLL_BACK, PAUSED: Decision.PAUSE}
    found = defaultdict(float)
    for i in range(len(paths)):
        entered = tuple(int(s) for s in paths.entered_at_s[:, i] if s != NEVER)
        found[kinds[int(paths.endings[i])], int(paths.ended_at_s[i]), entered] += float(paths.weights[i])
    return found


def test_a_stage_without_a_check_lets_everybody_through():
    paths = propagate(plan(policy(stage("unchecked", 50, checks=()), stage("checked", 100))))
    assert paths.entered_at_s[1].tolist() == [600] * len(paths)
    assert chances(paths).sum() == pytest.approx(1)


TOLERANCES = st.sampled_from(
    [ConsecutiveFailures(1), ConsecutiveFailures(2), TotalFailures(2), TotalFailures(3), FailuresOfLast(2, 3)]
)
CHECKS = st.sampled_from(
    [
        (ERRORS,),
        (ERRORS, SLOW),
        (ErrorCheck("error_rate", F(1, 50), Points(F(1, 100))), SLOW),
        (LatencyCheck("latency_p90", F(9, 10), 350_000, None), ErrorCheck("error_rate", None, Ratio(F(3, 2)))),
        (LatencyCheck("latency_p50", F(1, 2), 90_000, None), LatencyCheck("latency_p95", F(95, 100), 300_000, None)),
    ]
)
STAGES = st.fixed_dictionaries(
    {
        "duration_s": st.sampled_from([60, 120, 240]),
        "check_every_s": st.just(60),
        "min_canary_requests": st.sampled_from([1, 20]),
        "rollback_after": TOLERANCES,
        "on_inconclusive": st.sampled_from(list(OnInconclusive)),
        "wait_for_approval": st.booleans(),
        "checks": CHECKS,
    }
)
SERVICES = st.fixed_dictionaries(
    {
        "rate_rps": st.sampled_from([F(1), F(4)]),
        "arrivals": st.sampled_from(list(Arrivals)),
        "daily_swing": st.sampled_from([F(0), F(0), F(2, 5)]),
        "error_rate": st.sampled_from([F(1, 200), F(3, 100)]),
        "burstiness": st.sampled_from([F(0), F(0), F(1, 50)]),
    }
)
EFFECTS = st.one_of(
    st.none(),
    st.builds(
        Effect,
        error_rate=st.sampled_from([ErrorRateEffect(Change.ADD, F(3, 100)), ErrorRateEffect(Change.MULTIPLY, F(3))]),
        starting_after_s=st.sampled_from([0, 90]),
        ramp_over_s=st.sampled_from([0, 120]),
        from_traffic=st.sampled_from([None, F(1, 2)]),
    ),
)
PLANS = st.builds(
    lambda stages, a_service, effect, delay_s: plan(
        policy(
            *(
                stage(f"s{i}", percent, **one)
                for i, (percent, one) in enumerate(zip((20, 60, 90), stages, strict=False))
            )
        ),
        service(**a_service),
        Scenario("tried", canary=effect),
        delay_s,
    ),
    st.lists(STAGES, min_size=1, max_size=3),
    SERVICES,
    EFFECTS,
    st.sampled_from([0, None, 30, 60, 150]),
)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(PLANS)
def test_mass_moves_as_the_controller_says(a_plan):
    """Every history of every generated plan, to rounding and what is left out as too improbable."""
    found, expected = told(propagate(a_plan)), slowly(a_plan)
    for history in found.keys() | expected.keys():
        assert found[history] == pytest.approx(expected[history], abs=1e-12)


@cache
def walked(a_plan, blocks, seed):
    return paths_of(merged(walk_histories(a_plan, seed, block) for block in range(blocks)))


@pytest.mark.slow
@settings(max_examples=120, deadline=None, derandomize=True)
@given(PLANS)
def test_the_walk_agrees(a_plan):
    """4,096 rollouts of seed 5."""
    assert_agreement(propagate(a_plan), walked(a_plan, 1, 5))


def assert_agreement(exact, sampled):
    """Assert that each ending is within 5 standard errors, its mean time too (and one half rollout)."""
    runs = sampled.weights.sum()
    expected, seen = np.minimum(chances(exact), 1.0), chances(sampled) / runs
    assert (np.abs(expected - seen) <= 5 * np.sqrt(expected * (1 - expected) / runs) + 0.5 / runs + 1e-4).all()
    for ending in range(3):
        one, other = exact.endings == ending, sampled.endings == ending
        count = sampled.weights[other].sum()
        if count < 50:
            continue
        weights = exact.weights[one] / exact.weights[one].sum()
        mean = (weights * exact.ended_at_s[one]).sum()
        variance = (weights * (exact.ended_at_s[one] - mean) ** 2).sum()
        mean_seen = (sampled.weights[other] * sampled.ended_at_s[other]).sum() / count
        assert abs(mean - mean_seen) <= 5 * np.sqrt(variance / count) + 0.05


@pytest.mark.parametrize(
    ("checks", "given_stage", "reason"),
    [
        ((ERRORS,), {"window": Window(WindowKind.SLIDING, 240)}, "windows that overlap"),
        ((ERRORS, SLOW), {"window": Window(WindowKind.STAGE)}, "windows that overlap"),
        (tuple(LatencyCheck(f"latency_p{q}", F(q, 100), 500_000, None) for q in range(90, 99)),
         {"rollback_after": FailuresOfLast(4, 10), "duration_s": 1200}, "too many joint states"),
    ],
)  # fmt: skip
def test_what_is_not_exact_says_why(checks, given_stage, reason):
    with pytest.raises(NotExact, match=reason):
        propagate(plan(policy(stage("one", 50, checks=checks, **given_stage))))


def test_a_stage_without_checks_is_left_at_its_end():
    """Every metric may be `unchecked`: then nothing can take the release back."""
    a_plan = plan(policy(stage("blind", 50, checks=()), stage("seen", 100)), scenario=builtin("crash"))
    exact, walked = propagate(a_plan), paths_of(walk_histories(a_plan, 0, 0))
    assert set(exact.entered_at_s[1].tolist()) == set(walked.entered_at_s[1].tolist()) == {600}
    assert chances(exact)[ROLLED_BACK] == pytest.approx(1, abs=1e-9)
    (alone,) = propagate(plan(policy(stage("blind", 50, checks=())))).weights
    assert alone == pytest.approx(1, abs=1e-12)
