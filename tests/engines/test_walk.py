"""Rollouts by the walk: row K of N is the lone run K, and worlds without luck end as the table says."""

from fractions import Fraction as F

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from canary_runner.engines.streams import BLOCK
from canary_runner.engines.walk import ENDINGS, walk, walk_block
from canary_runner.model.outcomes import State
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
from canary_runner.model.scenario import Change, Effect, ErrorRateEffect, LatencyEffect, Scenario
from canary_runner.model.service import Arrivals
from tests.builders import ERRORS, SLOW, plan, policy, service, stage

HALF_BAD = Scenario(
    "half-bad",
    canary=Effect(ErrorRateEffect(Change.ADD, F(5, 1000)), LatencyEffect(Change.MULTIPLY, F(11, 10)), ramp_over_s=900),
)
SLIDING = Window(WindowKind.SLIDING, 240)
CHECKS = {
    "absolute": (ERRORS, SLOW),
    "points": (ErrorCheck("error_rate", F(1, 100), Points(F(1, 200))), SLOW),
    "ratio": (ErrorCheck("error_rate", None, Ratio(F(3, 2))), SLOW),
    "relative latency": (
        ERRORS, LatencyCheck("latency_p95", F(95, 100), None, Ratio(F(6, 5))),
        LatencyCheck("latency_p50", F(1, 2), 120_000, Micros(5_000)),
    ),
    "confidence": (
        ErrorCheck("error_rate", F(1, 100), Ratio(F(3, 2)), F(95, 100)),
        LatencyCheck("latency_p99", F(99, 100), 400_000, None, F(95, 100)),
    ),
}  # fmt: skip


def rows_of_walk(walks, rows):
    return [
        (
            int(walks.endings[r]), int(walks.ended_at_s[r]), int(walks.stages_completed[r]),
            walks.entered_at_s[:, r].tolist(), walks.deciding[:, r].tolist(),
        )
        for r in rows
    ]  # fmt: skip


@pytest.mark.parametrize("checks", CHECKS.values(), ids=CHECKS)
@pytest.mark.parametrize(
    "normal",
    [{}, {"arrivals": Arrivals.CONSTANT}, {"burstiness": F(1, 500)}, {"daily_swing": F(2, 5)}],
    ids=["poisson", "constant", "bursty", "swing"],
)
def test_row_k_of_many_is_the_lone_run_k(checks, normal):
    stages = [
        stage("one", 10, checks=checks, on_inconclusive=OnInconclusive.EXTEND, min_canary_requests=1180),
        stage("two", 50, checks=checks, rollback_after=TotalFailures(3), wait_for_approval=True),
        stage("three", 60, checks=checks, window=Window(WindowKind.SLIDING, 240)),
    ]
    subject = plan(policy(*stages), service(**normal), HALF_BAD, approval_delay_s=300)
    rows = np.array([0, 3, 97, 200, 4095])
    many = walk_block(subject, 7, 2, np.unique(np.concatenate((rows, np.arange(50, 130)))))
    index = {int(r) - 2 * BLOCK: i for i, r in enumerate(many.rows)}
    lone = [rows_of_walk(walk_block(subject, 7, 2, np.array([r])), [0])[0] for r in rows]
    assert lone == rows_of_walk(many, [index[int(r)] for r in rows])
    seen = []
    watched = walk_block(subject, 7, 2, rows[:1], seen.append)
    assert rows_of_walk(watched, [0]) == lone[:1]
    assert len(seen) > 0


@pytest.mark.parametrize("checks", [CHECKS["points"], CHECKS["relative latency"]], ids=["points", "relative latency"])
def test_a_whole_block_is_its_parts(checks):
    """Whole, those who have left are drawn along for a while; a lone part drops them, and picks its words."""
    stages = [
        stage("one", 10, checks=checks, rollback_after=ConsecutiveFailures(1)),
        stage("two", 50, checks=checks, window=Window(WindowKind.ROLLOUT) if checks is CHECKS["points"] else SLIDING),
        stage("three", 60, checks=checks, window=SLIDING, rollback_after=ConsecutiveFailures(1)),
    ]
    worse = Effect(ErrorRateEffect(Change.ADD, F(5, 1000)), LatencyEffect(Change.MULTIPLY, F(21, 20)))
    subject = plan(policy(*stages), scenario=Scenario("worse", canary=worse))
    whole = walk_block(subject, 7, 1, np.arange(BLOCK))
    assert len(set(whole.stages_completed.tolist())) > 2
    for rows in (np.arange(0, BLOCK, 3), np.arange(5, 60), np.arange(1000, 4000)):
        assert rows_of_walk(walk_block(subject, 7, 1, rows), range(rows.size)) == rows_of_walk(whole, rows)


def test_chunks_do_not_matter():
    subject = plan(policy(stage("one", 10), stage("two", 50)), scenario=HALF_BAD)
    whole = list(walk(subject, 3, BLOCK - 100, 300))
    pieces = [w for first in range(BLOCK - 100, BLOCK + 200, 30) for w in walk(subject, 3, first, 30)]
    for name in ("rows", "endings", "ended_at_s", "stages_completed", "entered_at_s", "deciding"):
        one, other = (np.concatenate([getattr(w, name) for w in ws], axis=-1) for ws in (whole, pieces))
        assert one.tolist() == other.tolist()


BAD = Scenario("bad", canary=Effect(ErrorRateEffect(Change.SET, F(1))))
NONE = Scenario("none", canary=Effect(metrics_missing=True))
TURNS = Scenario("turns", canary=Effect(ErrorRateEffect(Change.SET, F(1)), starting_after_s=600))
LATE_SILENCE = Scenario("late", canary=Effect(metrics_missing=True, starting_after_s=240))


@pytest.mark.parametrize(
    ("scenario", "given", "approval", "ending", "at_s", "completed"),
    [
        pytest.param(Scenario("healthy"), {}, None, "COMPLETED", 1200, 2, id="two stages of ten minutes"),
        pytest.param(BAD, {}, None, "ROLLED_BACK", 240, 0, id="two failures in a row"),
        pytest.param(BAD, {"rollback_after": TotalFailures(4)}, None, "ROLLED_BACK", 480, 0, id="four in all"),
        pytest.param(BAD, {"rollback_after": FailuresOfLast(3, 5)}, None, "ROLLED_BACK", 360, 0, id="three of five"),
        pytest.param(
            BAD,
            {"rollback_after": TotalFailures(11)},
            None,
            "PAUSED",
            1200,
            0,
            id="a stage never ends on a failed analysis: held for twice as long",
        ),
        pytest.param(
            BAD, {"rollback_after": ConsecutiveFailures(7)}, None, "ROLLED_BACK", 840, 0, id="rolled back while held"
        ),
        pytest.param(NONE, {}, None, "PAUSED", 600, 0, id="no data pauses at the end"),
        pytest.param(
            NONE, {"on_inconclusive": OnInconclusive.ROLL_BACK}, None, "ROLLED_BACK", 600, 0, id="or rolls back"
        ),
        pytest.param(NONE, {"on_inconclusive": OnInconclusive.PROMOTE}, None, "COMPLETED", 1200, 2, id="or promotes"),
        pytest.param(
            NONE, {"on_inconclusive": OnInconclusive.EXTEND}, None, "PAUSED", 1200, 0, id="or holds at most twice"
        ),
        pytest.param(LATE_SILENCE, {}, None, "PAUSED", 600, 0, id="data that cease"),
        pytest.param(
            LATE_SILENCE,
            {"window": Window(WindowKind.STAGE)},
            None,
            "PAUSED",
            1200,
            1,
            id="a window of the whole stage still reads what there was",
        ),
        pytest.param(
            Scenario("healthy"), {"wait_for_approval": True}, None, "PAUSED", 600, 1, id="a gate nobody opens"
        ),
        pytest.param(Scenario("healthy"), {"wait_for_approval": True}, 0, "COMPLETED", 1200, 2, id="opened at once"),
        pytest.param(
            Scenario("healthy"),
            {"wait_for_approval": True},
            500,
            "COMPLETED",
            600 + 500 + 600,
            2,
            id="opened after a while",
        ),
        pytest.param(
            TURNS,
            {"wait_for_approval": True},
            500,
            "ROLLED_BACK",
            840,
            1,
            id="goes bad behind the gate",
        ),
        pytest.param(
            TURNS,
            {"wait_for_approval": True},
            240,
            "ROLLED_BACK",
            840,
            1,
            id="an analysis at that moment comes first",
        ),
        pytest.param(
            TURNS,
            {"wait_for_approval": True},
            239,
            "ROLLED_BACK",
            600 + 239 + 240,
            1,
            id="approved a second earlier",
        ),
    ],
)
def test_worlds_without_luck(scenario, given, approval, ending, at_s, completed):
    check = {"checks": (ErrorCheck("error_rate", F(1, 2), None),)}
    stages = (stage("one", 10, **(check | given)), stage("two", 50, **(check | given | {"wait_for_approval": False})))
    walks = walk_block(plan(policy(*stages), scenario=scenario, approval_delay_s=approval), 1, 0, np.arange(3))
    assert [ENDINGS[e] for e in walks.endings] == [State(ending)] * 3
    assert walks.ended_at_s.tolist() == [at_s] * 3
    assert walks.stages_completed.tolist() == [completed] * 3


@given(st.integers(0, 2**32), st.integers(0, 3 * BLOCK))
@settings(max_examples=15, deadline=None)
def test_a_rollout_stays_within_twice_its_durations(seed, run):
    stages = [
        stage(str(n), p, on_inconclusive=OnInconclusive.EXTEND, min_canary_requests=1190)
        for n, p in enumerate((10, 11))
    ]
    block, row = divmod(run, BLOCK)
    walks = walk_block(plan(policy(*stages), scenario=HALF_BAD), seed, block, np.array([row]))
    assert 0 < walks.ended_at_s[0] <= 2 * 1200
    assert (ENDINGS[walks.endings[0]] is State.COMPLETED) == (walks.stages_completed[0] == 2)
    assert walks.entered_at_s[0, 0] == 0


FAILS_EARLY = Scenario("early", canary=Effect(ErrorRateEffect(Change.SET, F(1)), lasting_s=10))


@pytest.mark.parametrize(
    ("delay_s", "ending", "at_s"),
    [
        pytest.param(10, "ROLLED_BACK", 30 + 10 + 10, id="25 errors of 75 + 25 + 50 requests"),
        pytest.param(17, "COMPLETED", 30 + 17 + 30, id="25 errors of 75 + 42 + 50 requests"),
    ],
)
def test_what_is_served_while_a_gate_waits_counts_in_a_rollout_window(delay_s, ending, at_s):
    """All requests fail in the first ten seconds, 25 of them at constant 10 rps and 25 %; the limit is 15 %.

    Between an analysis at 40 s and the approval at 47 s another 17 are served, which nobody analyses.
    """
    common = {
        "checks": (ErrorCheck("error_rate", F(15, 100), None),), "check_every_s": 10, "duration_s": 30,
        "min_canary_requests": 1,
    }  # fmt: skip
    stages = (
        stage("one", 25, **common, wait_for_approval=True, rollback_after=TotalFailures(6)),
        stage("two", 50, **common, window=Window(WindowKind.ROLLOUT), rollback_after=ConsecutiveFailures(1)),
    )
    calm = service(rate_rps=F(10), arrivals=Arrivals.CONSTANT, error_rate=F(0))
    subject = plan(policy(*stages), calm, FAILS_EARLY, approval_delay_s=delay_s)
    walks = walk_block(subject, 1, 0, np.arange(2))
    assert [ENDINGS[e] for e in walks.endings] == [State(ending)] * 2
    assert walks.ended_at_s.tolist() == [at_s] * 2


def test_a_watcher_sees_what_is_served_between_the_last_analysis_and_the_approval():
    calm = service(rate_rps=F(10), arrivals=Arrivals.CONSTANT, error_rate=F(0))
    gated = stage("one", 50, wait_for_approval=True, min_canary_requests=1)
    seen = []
    walk_block(plan(policy(gated), calm, approval_delay_s=130), 1, 0, np.array([0]), seen.append)
    assert [(int(one.at_s[0]), one.is_rest) for one in seen[-3:]] == [(600, False), (720, False), (730, True)]
    assert seen[-1].interval[0].requests.tolist() == [50]
    assert sum(int(one.interval[0].requests[0]) for one in seen) == 5 * 730
