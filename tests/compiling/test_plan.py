"""A policy becomes a plan: integers, and only the checks that can be asked."""

from dataclasses import replace
from fractions import Fraction as F

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary_runner.compiling.plan import make_plan, stage_plans
from canary_runner.model.plan import Approval, Rules
from canary_runner.model.policy import (
    FailuresOfLast,
    LatencyCheck,
    Micros,
    OnInconclusive,
    Points,
    Ratio,
    Window,
    WindowKind,
)
from canary_runner.model.scenario import Scenario
from canary_runner.model.service import MEAN_RISING_S
from tests.builders import ERRORS, SLOW, plan, policy, service, stage

BOTH = replace(ERRORS, over_baseline=Points(F(1, 200)))
RELATIVE = LatencyCheck("latency_p95", F(95, 100), None, Ratio(F(6, 5)))
SHIFTED = LatencyCheck("latency_p50", F(1, 2), 120_000, Micros(5_000))


def only(*args, **given):
    """Return the plan of a policy of one stage."""
    (planned,) = stage_plans(policy(stage(*args, **given)))
    return planned


def test_a_stage_is_counted_in_analyses():
    tolerance = FailuresOfLast(3, 5)
    given = {"min_canary_requests": 300, "rollback_after": tolerance, "wait_for_approval": True}
    planned = only("half", 50, on_inconclusive=OnInconclusive.EXTEND, **given)
    assert (planned.index, planned.name, planned.traffic) == (0, "half", F(1, 2))
    assert (planned.check_every_s, planned.analyses, planned.last_analysis) == (120, 5, 10)
    assert (planned.min_canary_requests, planned.has_gate) == (300, True)
    assert planned.checks == (ERRORS, SLOW)
    assert planned.rules == Rules((tolerance, tolerance), OnInconclusive.EXTEND)


@pytest.mark.parametrize(
    ("window", "analyses", "is_rollout"),
    [
        (Window(WindowKind.SINCE_LAST_CHECK), 1, False),
        (Window(WindowKind.SLIDING, 360), 3, False),
        (Window(WindowKind.STAGE), None, False),
        (Window(WindowKind.ROLLOUT), None, True),
    ],
)
def test_windows(window, analyses, is_rollout):
    planned = only("one", 10, window=window)
    assert (planned.window_analyses, planned.window_is_rollout) == (analyses, is_rollout)


@pytest.mark.parametrize(
    ("percent", "asked"),
    [
        (F("99.9"), (BOTH, SLOW, RELATIVE, SHIFTED)),
        (100, (ERRORS, SLOW, replace(SHIFTED, over_baseline=None))),
    ],
)
def test_at_full_traffic_no_comparison_is_asked(percent, asked):
    planned = only("one", percent, checks=(BOTH, SLOW, RELATIVE, SHIFTED))
    assert planned.checks == asked
    assert len(planned.rules.tolerances) == len(asked)  # a check that is not asked has no counter


def test_a_limit_of_zero_is_a_limit():
    strict = replace(BOTH, max_ratio=F(0))
    assert only("all", 100, checks=(strict,)).checks == (replace(strict, over_baseline=None),)


@given(st.lists(st.lists(st.integers(1, 10**9), max_size=3), min_size=1, max_size=4))
def test_every_absolute_latency_limit_is_an_edge_in_every_stage(limits):
    stages = [
        stage(
            str(i), 10 + i,
            checks=(BOTH, RELATIVE, *(LatencyCheck(f"latency_p{n}", F(n, 100), us, None) for n, us in enumerate(few))),
        )
        for i, few in enumerate(limits)
    ]  # fmt: skip
    assert plan(policy(*stages)).edges_us == tuple(sorted({us for few in limits for us in few}))


def test_a_rollout_starts_at_the_mean_and_nobody_opens_its_gates_unless_told():
    made = make_plan(policy(stage("a", 10), stage("b", 50)), service(), Scenario("healthy"))
    assert (made.start_at_s, made.approval) == (MEAN_RISING_S, Approval(None))
    assert [s.index for s in made.stages] == [0, 1]
    told = make_plan(made.policy, made.service, made.scenario, start_at_s=60, approval=Approval(1800))
    assert (told.start_at_s, told.approval.delay_s) == (60, 1800)


def test_equal_rules_are_equal():
    """Or equal stages would not share one compiled table."""
    first, second = stage_plans(policy(stage("a", 10), stage("b", 50)))
    assert first.rules == second.rules
    assert hash(first.rules) == hash(second.rules)
