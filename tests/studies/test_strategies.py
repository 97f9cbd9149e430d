"""Strategies made of a policy's own checks: ordinary policies, with what each assumes."""

from dataclasses import replace
from fractions import Fraction as F

import pytest

from canary_runner.model.comparison import Strategy
from canary_runner.model.diagnostics import UsageError
from canary_runner.model.policy import (
    ConsecutiveFailures,
    ErrorCheck,
    LatencyCheck,
    Points,
    Ratio,
    TotalFailures,
    Unchecked,
    Window,
    WindowKind,
)
from canary_runner.model.scenario import Scenario
from canary_runner.studies.strategies import ALONE, READINESS, build, strategy_of
from canary_runner.studies.study import Way, characterise
from tests.builders import ERRORS, SHIPPED, SLOW, builtin, plan, policy, shipped, stage

BOTH = ErrorCheck("error_rate", F(1, 50), Points(F(1, 100)))
COMPARED = LatencyCheck("latency_p95", F(95, 100), None, Ratio(F(6, 5)))
UNSEEN = Unchecked("latency_p99", "batch service")
LAST = {"check_every_s": 180, "duration_s": 900, "rollback_after": TotalFailures(3), "min_canary_requests": 50}
ALL_AT_ONCE, BLUE_GREEN, ROLLING = Strategy


def made(strategy, *stages, redeploy_s=300):
    return build(strategy, policy(*stages), redeploy_s).policy


@pytest.mark.parametrize("strategy", [ALL_AT_ONCE, BLUE_GREEN])
@pytest.mark.parametrize(
    ("stages", "checks", "unchecked"),
    [
        pytest.param([{"checks": (ERRORS, SLOW)}], (ERRORS, SLOW), (), id="absolute limits stay"),
        pytest.param([{"checks": (BOTH,)}], (replace(BOTH, over_baseline=None),), (), id="of two limits one stays"),
        pytest.param(
            [{"checks": (ERRORS, COMPARED)}], (ERRORS,), (Unchecked("latency_p95", ALONE),), id="a comparison goes"
        ),
        pytest.param(
            [{"checks": (ERRORS,)}, {"checks": (BOTH,)}], (replace(BOTH, over_baseline=None),), (), id="the last limit"
        ),
        pytest.param(
            [{"checks": (SLOW,)}, {"checks": (replace(SLOW, max_us=None, over_baseline=Ratio(F(2))),)}],
            (SLOW,), (), id="an earlier limit, where the last stage only compares",
        ),
        pytest.param([{"checks": (ERRORS,), "unchecked": (UNSEEN,)}], (ERRORS,), (UNSEEN,), id="its own reason stays"),
        pytest.param([{"checks": (COMPARED,)}], (), (Unchecked("latency_p95", ALONE),), id="nothing can be asked"),
    ],
)  # fmt: skip
def test_what_is_asked_at_once(strategy, stages, checks, unchecked):
    (one,) = made(strategy, *(stage(f"s{i}", 10 + i, **given) for i, given in enumerate(stages))).stages
    assert (one.traffic, one.checks, one.unchecked) == (1, checks, unchecked)


@pytest.mark.parametrize(("strategy", "takes_s"), [(ALL_AT_ONCE, 420), (BLUE_GREEN, 0), (ROLLING, 0)])
def test_rules_are_the_last_stages_and_time_is_all(strategy, takes_s):
    found = made(strategy, stage("first", 10), stage("last", 100, wait_for_approval=True, **LAST), redeploy_s=420)
    one = found.stages[-1]
    assert (one.rollback_after, one.min_canary_requests) == (TotalFailures(3), 50)
    assert one.check_every_s == (180 if strategy is not ROLLING else 79)
    assert not any(each.wait_for_approval for each in found.stages)
    length_s = sum(each.duration_s for each in found.stages)
    if strategy is ROLLING:
        assert length_s == 1500
    assert 1500 <= length_s < 1500 + 180  # the policy's 10 and 15 minutes, in whole intervals of the last stage
    assert found.rollback_takes_s == takes_s
    assert found.name == strategy.value


def test_a_rolling_update_replaces_quarters_and_asks_nothing():
    found = made(ROLLING, stage("only", 50, checks=(ERRORS, SLOW)), redeploy_s=240)
    assert [each.traffic for each in found.stages] == [F(1, 4), F(1, 2), F(3, 4), 1]
    assert [each.duration_s for each in found.stages] == [60, 60, 60, 420]
    for each in found.stages:
        assert each.checks == ()
        assert each.unchecked == (Unchecked("error_rate", READINESS), Unchecked("latency_p99", READINESS))


@pytest.mark.parametrize(
    ("duration_s", "redeploy_s", "grain_s"),
    [
        pytest.param(600, 240, 105, id="420 s in four parts, of at most 120 s"),
        pytest.param(600, 4, 3, id="597 s have few parts: 3 x 199, and 199 is too long"),
        pytest.param(600, 2400, 120, id="a redeploy longer than the policy: a batch is watched"),
        pytest.param(999 * 120, 4, 119_877, id="119,877 s have no such part: whole"),
    ],
)
def test_the_end_of_a_rolling_update_is_seen_in_equal_parts(duration_s, redeploy_s, grain_s):
    found = made(ROLLING, stage("only", 50, duration_s=duration_s), redeploy_s=redeploy_s).stages[-1]
    assert found.check_every_s == grain_s


@pytest.mark.parametrize("scenario", ["crash", "bad-deploy", "healthy"])
def test_a_rolling_update_is_never_taken_back(scenario):
    one = characterise(plan(made(ROLLING, stage("only", 50)), scenario=builtin(scenario)), Way("exact"))
    assert one.completion_probability.value == pytest.approx(1, abs=1e-9)


def test_a_rolling_update_of_a_policy_with_sliding_windows_is_exact():
    """It reads nothing, so nothing of what the last stage's windows reach back to is left in it."""
    last = stage("only", 50, window=Window(WindowKind.SLIDING, 240))
    one = characterise(plan(made(ROLLING, last), scenario=builtin("bad-deploy")), Way("exact"))
    assert one.rollback_probability.value == 0


@pytest.mark.parametrize("name", SHIPPED)
def test_only_the_way_back_sets_all_at_once_and_blue_green_apart(name):
    """100 rps with 2 errors more in 100: a redeploy of 5 minutes at all traffic is 600 errors for each taken back."""
    slow, quick = (
        characterise(plan(build(s, shipped(name)).policy, scenario=builtin("bad-deploy")), Way("exact"))
        for s in (ALL_AT_ONCE, BLUE_GREEN)
    )
    chance = quick.rollback_probability.value
    assert slow.rollback_probability == quick.rollback_probability
    assert slow.time_to_rollback_s.p50.value == quick.time_to_rollback_s.p50.value + 300
    assert slow.extra_errors.mean.value - quick.extra_errors.mean.value == pytest.approx(600 * chance, rel=1e-9)


def test_a_false_rollback_that_takes_time_catches_nothing():
    """What is decided before the release is worse stays false, even if the redeploy ends after that."""
    blind = replace(ERRORS, max_ratio=F(0))
    a_policy = policy(stage("only", 100, checks=(blind,), rollback_after=ConsecutiveFailures(1)))
    late = builtin("slow-leak")  # worse from ten minutes on; `max: 0%` takes it back after two
    one = characterise(plan(replace(a_policy, rollback_takes_s=1200), scenario=late), Way("exact"))
    assert one.rollback_probability.value == pytest.approx(1, abs=1e-4)
    assert one.time_to_rollback_s.p50.value is None


@pytest.mark.parametrize("strategy", Strategy)
def test_what_is_assumed_is_said(strategy):
    found = build(strategy, shipped("standard"), 600)
    told = " ".join(found.assumptions)
    assert found.source == "standard"
    assert all(one.reason in told for each in found.policy.stages for one in each.unchecked)
    assert ("10m" in told, "2m30s" in told) == (strategy is ALL_AT_ONCE, strategy is ROLLING)
    assert all(len(sentence) <= 140 for sentence in found.assumptions)


def test_a_redeploy_takes_a_second_a_batch_at_least():
    with pytest.raises(UsageError, match="3s is too short for 4 batches"):
        made(ROLLING, stage("only", 50), redeploy_s=3)


def test_what_is_no_strategy():
    assert strategy_of("rolling") is ROLLING
    with pytest.raises(UsageError, match='"canary" is no strategy'):
        strategy_of("canary")


def test_the_world_of_a_strategy_is_that_of_the_policy():
    """Both are plans of one service and one scenario: nothing else is read."""
    healthy = Scenario("healthy")
    one = characterise(plan(made(BLUE_GREEN, stage("a", 10), stage("b", 100)), scenario=healthy), Way("exact"))
    assert one.canary_requests.mean.value == pytest.approx(100 * 1200)
    assert one.rollout_duration_s.p50.value == 1200
