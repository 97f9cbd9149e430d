"""Cumulative windows, exactly: against a dictionary of what was counted, the walk, and the plain sum of every node."""

from collections import defaultdict
from dataclasses import replace
from fractions import Fraction as F
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from canary_runner.compiling.automaton import compile_automaton
from canary_runner.compiling.outcomes.bad import allowed_share, bad_chance
from canary_runner.controllers.native import Memory, advance, position_of
from canary_runner.engines import score, spread, tallies, tally
from canary_runner.engines.chain import Chains
from canary_runner.engines.counting import merged, paths_of, walk_histories
from canary_runner.engines.cumulative import cumulative_flow
from canary_runner.engines.exact import propagate
from canary_runner.engines.weather import Weather
from canary_runner.judges import judge
from canary_runner.judges.counts import ArmCounts
from canary_runner.model.outcomes import Decision, Outcome, Position
from canary_runner.model.policy import (
    ConsecutiveFailures,
    ErrorCheck,
    FailuresOfLast,
    LatencyCheck,
    OnInconclusive,
    Ratio,
    TotalFailures,
    Window,
    WindowKind,
)
from canary_runner.model.reasons import NotExact
from canary_runner.model.scenario import Change, Effect, ErrorRateEffect, LatencyEffect, Scenario
from canary_runner.model.service import Arrivals
from canary_runner.scenarios.world import World
from canary_runner.studies.estimates import ROUNDING
from tests.builders import ERRORS, plan, policy, service, stage
from tests.engines.histories import assert_agreement, chances, told

SLOW = LatencyCheck("latency_p90", F(9, 10), 200_000, None)
FEWEST = 1e-17
"""Histories less probable are left out of the dictionary."""


def slowly(a_plan):
    """Return {(decision, end, entered...): chance}: a dictionary of (memory, bad, good), moved by the controller.

    Every interval's pairs of bad and good requests are written down with scipy's probabilities.
    """
    ended, arrivals = defaultdict(float), {(0,): {(0, 0): 1.0}}
    for a_stage in a_plan.stages:
        following = defaultdict(lambda: defaultdict(float))
        for entered, counted in arrivals.items():
            if not a_stage.window_is_rollout:
                counted = {(0, 0): sum(counted.values())}
            for (kind, age_s, *counts), chance in _through(a_plan, a_stage, entered, counted).items():
                at_s = entered[-1] + age_s
                if kind is Decision.ADVANCE and a_stage.index + 1 < len(a_plan.stages):
                    following[*entered, at_s][tuple(counts)] += chance
                else:
                    ended[kind, at_s, entered] += chance
        arrivals = following
    return ended


def _through(a_plan, a_stage, entered, counted):
    world = World(a_plan)
    moment, is_fresh = world.moment(entered), a_stage.window_analyses == 1
    left = defaultdict(float)
    inside = {(Memory(), None, *counts): chance for counts, chance in counted.items()}  # None: not waiting at the gate
    delay_s = a_plan.approval.delay_s if a_stage.has_gate else 0
    outcome_of, number = _Memo(lambda counts: Outcome(_outcomes(a_stage, *np.array(counts)[:, None]).item())), 0
    while inside:
        number += 1
        age_s = number * a_stage.check_every_s
        moved = defaultdict(float)
        pairs = _pairs(a_plan, a_stage.checks[0], world.conditions(a_stage, moment, number))
        for (memory, until_s, bad, good), weight in inside.items():
            if until_s is not None and until_s < age_s:
                rest_s = until_s - (age_s - a_stage.check_every_s)
                served = _pairs(a_plan, a_stage.checks[0], rest_s and world.conditions(a_stage, moment, number, rest_s))
                for (more_bad, more_good), chance in served.items():
                    left[Decision.ADVANCE, until_s, bad + more_bad, good + more_good] += weight * chance
                continue
            position = position_of(number, a_stage.analyses) if until_s is None else Position.BEFORE_END
            verdicts = {o: advance(a_stage.rules, (memory,), (o,), position) for o in Outcome}
            for (more_bad, more_good), chance in pairs.items():
                counts, mass = (bad + more_bad, good + more_good), weight * chance
                verdict = verdicts[outcome_of[(more_bad, more_good) if is_fresh else counts]]
                if verdict.decision is Decision.HOLD:
                    moved[verdict.memories[0], until_s, *counts] += mass
                elif verdict.decision is Decision.ADVANCE and delay_s:
                    moved[verdict.memories[0], age_s + delay_s, *counts] += mass
                elif verdict.decision is Decision.ADVANCE and delay_s is None:
                    left[Decision.PAUSE, age_s, *counts] += mass
                else:
                    left[verdict.decision, age_s, *counts] += mass
        inside = {key: chance for key, chance in moved.items() if chance > FEWEST}
    return left


def _pairs(a_plan, check, conditions):
    """Return the chances of every pair of bad and good requests of an interval; 0 for none."""
    if conditions == 0:
        return {(0, 0): 1.0}
    rates = conditions.canary
    chance = bad_chance(check, a_plan.service, rates)
    if a_plan.service.arrivals is Arrivals.CONSTANT:
        n = rates.constant_requests
        return {(b, n - b): p for b in range(n + 1) if (p := stats.binom.pmf(b, n, chance)) > FEWEST}
    mean = float(rates.requests * rates.reported)
    return {
        (b, g): p * q
        for b, p in _poisson(mean * chance)
        for g, q in _poisson(mean * (1 - chance))
        if p * q > FEWEST
    }  # fmt: skip


@cache
def _poisson(mean):
    return tuple((k, p) for k in range(80) if (p := float(stats.poisson.pmf(k, mean))) > FEWEST)


class _Memo(dict):
    def __init__(self, function):
        super().__init__()
        self.function = function

    def __missing__(self, key):
        self[key] = found = self.function(key)
        return found


def _outcomes(a_stage, bad, good):
    """Ask the judge itself, elementwise."""
    check, n = a_stage.checks[0], bad + good
    is_error = isinstance(check, ErrorCheck)
    edges_us = (1 if is_error else check.max_us, 3_600_000_000)
    counts = ArmCounts(n, bad if is_error else np.zeros_like(bad), np.array([good, bad]))
    return judge(check, counts, counts, edges_us, a_stage.min_canary_requests, False)


TOLERANCES = st.sampled_from([ConsecutiveFailures(1), ConsecutiveFailures(2), TotalFailures(2), FailuresOfLast(2, 3)])
LIMITS = [ErrorCheck("error_rate", share, None) for share in (F(0), F(1, 10), F(3, 20), F(1, 2), F(1))]
USUAL_LIMITS = [ErrorCheck("error_rate", share, None) for share in (F(1, 100), F(1, 40), F(3, 200))]
USUAL_SLOWS = [LatencyCheck(f"latency_p{q}", F(q, 100), ms * 1000, None) for q, ms in ((99, 420), (95, 245), (50, 81))]
SLOWS = [LatencyCheck("latency_p80", F(4, 5), 200_000, None), SLOW]


def stages(durations, kinds, minimums=(1, 3, 6)):
    return st.fixed_dictionaries(
        {
            "duration_s": st.sampled_from(durations),
            "check_every_s": st.just(60),
            "window": st.sampled_from([Window(kind) for kind in kinds]),
            "min_canary_requests": st.sampled_from(minimums),
            "rollback_after": TOLERANCES,
            "on_inconclusive": st.sampled_from(list(OnInconclusive)),
            "wait_for_approval": st.booleans(),
        }
    )


EFFECTS = st.one_of(
    st.none(),
    st.builds(
        Effect,
        error_rate=st.sampled_from([ErrorRateEffect(Change.ADD, F(1, 10)), ErrorRateEffect(Change.SET, F(1))]),
        latency=st.sampled_from([None, LatencyEffect(Change.MULTIPLY, F(3, 2))]),
        from_traffic=st.sampled_from([None, F(1, 2)]),
    ),
    st.just(Effect(metrics_missing=True)),
)


def plans(one_stage, rates, error_rates, checks, most_stages=2):
    return st.builds(
        lambda own, limits, rate, arrivals, error_rate, effect, delay_s: plan(
            policy(
                *(
                    stage(f"s{i}", percent, checks=(limit,), **one)
                    for i, (percent, one, limit) in enumerate(zip((20, 60, 90), own, limits, strict=False))
                )
            ),
            service(rate_rps=rate, arrivals=arrivals, error_rate=error_rate),
            Scenario("tried", canary=effect),
            delay_s,
        ),
        st.lists(one_stage, min_size=1, max_size=most_stages).filter(_is_chained),
        checks,
        st.sampled_from(rates),
        st.sampled_from(list(Arrivals)),
        st.sampled_from(error_rates),
        EFFECTS,
        st.sampled_from([0, None, 30, 60, 150]),
    )


def _is_chained(own):
    """Whether no window reaches back over one that does not."""
    kinds = [one["window"].kind for one in own]
    last = max((i for i, kind in enumerate(kinds) if kind is WindowKind.ROLLOUT), default=0)
    return not last or (
        kinds[0] is not WindowKind.SINCE_LAST_CHECK and set(kinds[1:last]) <= {WindowKind.ROLLOUT}
    )  # fmt: skip


KINDS = [WindowKind.STAGE, WindowKind.ROLLOUT, WindowKind.ROLLOUT, WindowKind.SINCE_LAST_CHECK]
CHECKS = st.one_of(*(st.lists(st.sampled_from(some), min_size=3, max_size=3) for some in (LIMITS, SLOWS)))
SMALL = plans(stages([60, 120], KINDS), [F(1, 30), F(1, 20)], [F(1, 20), F(1, 5)], CHECKS)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(SMALL)
def test_what_was_counted_is_carried_as_a_dictionary_would(a_plan):
    """Every history of every generated plan, to rounding and what is left out as too improbable."""
    assert_carried(a_plan)


def assert_carried(a_plan):
    found, expected = told(propagate(a_plan)), slowly(a_plan)
    for history in found.keys() | expected.keys():
        assert found[history] == pytest.approx(expected[history], abs=1e-12)


@pytest.mark.parametrize("arrivals", list(Arrivals))
@pytest.mark.parametrize("delay_s", [0, 30, 60, 150])
@pytest.mark.parametrize("on_inconclusive", [OnInconclusive.EXTEND, OnInconclusive.PROMOTE])
def test_what_is_served_at_a_gate_counts(delay_s, arrivals, on_inconclusive):
    """Three stages under one window, a gate behind each, opened at once, within an interval, and after some."""
    given = {
        "duration_s": 120, "check_every_s": 60, "window": Window(WindowKind.ROLLOUT), "min_canary_requests": 2,
        "rollback_after": TotalFailures(2), "on_inconclusive": on_inconclusive, "wait_for_approval": True,
        "checks": (ErrorCheck("error_rate", F(1, 4), None),),
    }  # fmt: skip
    three = policy(stage("s0", 20, **given), stage("s1", 40, **given), stage("s2", 60, **given))
    assert_carried(
        plan(three, service(rate_rps=F(1, 30), arrivals=arrivals, error_rate=F(1, 5)), approval_delay_s=delay_s)
    )


USUAL = plans(
    stages([120, 180, 300], KINDS, (1, 30, 250, 2000)),
    [F(1), F(4), F(20), F(100)],
    [F(1, 200), F(1, 50), F(1, 12)],
    st.lists(st.sampled_from(USUAL_LIMITS), min_size=3, max_size=3)
    | st.sampled_from([*USUAL_LIMITS, *USUAL_SLOWS]).map(lambda check: [check] * 3),
    3,
)


@pytest.mark.slow
@settings(max_examples=100, deadline=None, derandomize=True)
@given(USUAL)
def test_the_walk_agrees(a_plan):
    """4,096 rollouts of seed 5, each ending and its mean time within 5 standard errors."""
    assert_agreement(propagate(a_plan), paths_of(merged([walk_histories(a_plan, 5, 0)])))


WAYS = {
    "pairs, every count": (False, True),
    "pairs at nodes": (False, False),
    "scores at nodes": (True, False),
}


def counted(a_plan, way, monkeypatch):
    """Return the paths of one way to count."""
    by_scores, everywhere = WAYS[way]
    pairs = tallies._pairs
    with monkeypatch.context() as patched:
        if everywhere:
            patched.setattr(tally, "NODES_PER_DEVIATION", 10**9)
        if by_scores:
            patched.setattr(tallies, "_pairs", lambda *given: replace(pairs(*given), products=np.inf))
        else:
            patched.setattr(tallies, "_scores", lambda *given: [])
        return propagate(a_plan)


TWICE = ConsecutiveFailures(2)


def limited(share, error_rate, rate_rps, tolerance=TWICE, kind=WindowKind.ROLLOUT):
    """Return two stages under one limit, held where their last analysis failed."""
    given = {
        "duration_s": 240, "check_every_s": 60, "window": Window(kind), "rollback_after": tolerance,
        "on_inconclusive": OnInconclusive.EXTEND, "checks": (ErrorCheck("error_rate", share, None),),
    }  # fmt: skip
    return plan(policy(stage("s0", 20, **given), stage("s1", 60, **given)), service(
        rate_rps=F(rate_rps), error_rate=error_rate))  # fmt: skip


@pytest.mark.parametrize("way", list(WAYS)[1:])
@pytest.mark.parametrize(
    "a_plan",
    [
        limited(F(1, 100), F(9, 1000), 25),
        limited(F(1, 100), F(11, 1000), 25, TotalFailures(3), WindowKind.STAGE),
        limited(F(3, 200), F(14, 1000), 25),
        limited(F(1, 1000), F(1, 1000), 40, FailuresOfLast(2, 3), WindowKind.STAGE),
        limited(F(1, 20), F(5, 100), 15),
        limited(F(1, 2), F(5, 10), 6),
        limited(F(0), F(1, 10_000), 25),
    ],
    ids=["1 %", "1 % total", "1.5 %", "0.1 %", "5 %", "50 %", "0 %"],
)
def test_every_way_to_count_gives_the_same(a_plan, way, monkeypatch):
    """To 1e-9, and to the bound that is stated; the first way is the one that the dictionary confirms."""
    plain, found = counted(a_plan, "pairs, every count", monkeypatch), counted(a_plan, way, monkeypatch)
    expected, seen = told(plain), told(found)
    for history in expected.keys() | seen.keys():
        assert seen[history] == pytest.approx(expected[history], abs=1e-9)
    off = np.abs(chances(found) - chances(replace(found, weights=found.coarse))) + found.dropped + ROUNDING
    assert (np.abs(chances(found) - chances(plain)) <= off).all()


@pytest.mark.parametrize("way", [way for way, (_, everywhere) in WAYS.items() if not everywhere])
def test_nodes_are_used_where_counts_are_many(way, monkeypatch):
    """Without them the test above would compare nothing: the rules differ where there is something between nodes."""
    found = counted(limited(F(1, 20), F(5, 100), 15), way, monkeypatch)
    assert 0 < np.abs(found.weights - found.coarse).max() < 1e-5


def test_sixty_thousand_requests_an_interval_are_carried_cheaply():
    """Twenty analyses of 60,000 requests: a thousandth of the budget or so, whatever the machine's speed."""
    one = stage("s", 100, duration_s=1200, check_every_s=60, window=Window(WindowKind.STAGE), checks=(USUAL_LIMITS[0],))
    a_plan = plan(policy(one), service(rate_rps=F(1000), error_rate=F(97, 10_000)))
    purse = spread.Purse()
    chains = Chains(Weather(a_plan), purse)
    cumulative_flow(chains.scene(a_plan.stages[0], compile_automaton(a_plan.stages[0].rules)), [chains.origin])
    assert spread.BUDGET - purse.left < spread.BUDGET / 100


def cumulative(name, percent, kind=WindowKind.STAGE, **given):
    return stage(name, percent, **{"checks": (ERRORS,), "window": Window(kind)} | given)


SURE = ErrorCheck("error_rate", F(1, 100), None, F(99, 100))
COMPARED = ErrorCheck("error_rate", F(1, 100), Ratio(F(3, 2)))
RAMP = Scenario("ramp", canary=Effect(error_rate=ErrorRateEffect(Change.ADD, F(1, 100)), ramp_over_s=60))
BACK = cumulative("back", 50, WindowKind.ROLLOUT)


@pytest.mark.parametrize(
    ("stages", "normal", "scenario", "reason"),
    [
        ([stage("one", 50, window=Window(WindowKind.STAGE))], {}, None, "asks 2 checks of windows that overlap"),
        ([cumulative("one", 50, checks=(COMPARED,))], {}, None, "compares with the baseline"),
        ([cumulative("one", 50, checks=(SURE,))], {}, None, "asks for a confidence"),
        ([cumulative("one", 50)], {"burstiness": F(1, 1000)}, None, "errors come in bursts"),
        ([cumulative("one", 50)], {"daily_swing": F(1, 10)}, None, "a world that moves"),
        ([cumulative("one", 50)], {}, RAMP, "a world that moves"),
        ([stage("one", 10, window=Window(WindowKind.SLIDING, 240)), BACK], {}, None, "stage one reads sliding windows"),
        ([stage("one", 10), BACK], {}, None, "back reaches back over stage one, which reads another window"),
        ([cumulative("one", 5), cumulative("two", 9), BACK], {}, None, "over stage two, which reads another window"),
        ([cumulative("one", 10, checks=()), BACK], {}, None, "over stage one, which asks nothing"),
        ([cumulative("one", 10, checks=(SLOW,)), BACK], {}, None, "counts requests slower than [0-9.]+ms, not errors"),
        ([cumulative("one", 10, checks=(ErrorCheck("error_rate", F(1, 30), None),)), BACK],
         {"rate_rps": F(100_000), "error_rate": F(1, 100)}, None, "hold too many requests"),
    ],
)  # fmt: skip
def test_what_is_not_exact_says_why(stages, normal, scenario, reason):
    with pytest.raises(NotExact, match=reason):
        propagate(plan(policy(*stages), service(**normal), scenario or Scenario("healthy")))


@pytest.mark.parametrize("minimum", [0, 1, 7, 40])
@pytest.mark.parametrize("check", [*LIMITS, *USUAL_LIMITS, *SLOWS, *USUAL_SLOWS])
def test_what_is_counted_is_judged_by_the_judge(check, minimum):
    """Every pair of up to 25 bad and 120 good requests, by every way to count that applies."""
    a_stage = plan(policy(cumulative("one", 50, checks=(check,), min_canary_requests=minimum))).stages[0]
    bad, good = np.meshgrid(np.arange(26), np.arange(121), indexing="ij")
    expected = _outcomes(a_stage, bad, good)
    everything = spread.Spread((0, 0), (1, 1), np.ones(bad.shape))
    assert _codes(tally.PairTally(a_stage, None, 1, None).outcomes(everything, 0)).tolist() == expected.tolist()
    for requests in range(121):
        rows = spread.Spread((0, requests), (1, 1), np.ones((min(requests, 25) + 1, 1)))
        found = _codes(tally.ConstantTally(a_stage, None, None).outcomes(rows, 0))[:, 0]
        assert found.tolist() == [expected[b, requests - b] for b in range(found.size)]
    up, down = score.weights_of(allowed_share(check))
    lowest, highest = -120 * down, 25 * up
    scores = spread.Spread((0, lowest), (1, 1), np.ones((1, highest - lowest + 1)))
    found = _codes(score.ScoreTally(a_stage, None, 1, None).outcomes(scores, 0))[0][up * bad - down * good - lowest]
    can_read = bad + good >= max(1, minimum)
    assert found[can_read].tolist() == expected[can_read].tolist()


def _codes(weights):
    """Return the outcome of every node; it is certain."""
    assert np.isin(weights, (0, 1)).all()
    assert (weights.sum(axis=0) == 1).all()
    return weights.argmax(axis=0)
