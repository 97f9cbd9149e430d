"""Histories become numbers: by hand."""

from fractions import Fraction as F

import numpy as np
import pytest

from canary_runner.engines.block import NEVER
from canary_runner.engines.paths import Paths
from canary_runner.model.expectation import Expectation, Side, Verdict
from canary_runner.model.scenario import Change, Effect, ErrorRateEffect, LatencyEffect, Scenario
from canary_runner.model.study import Method
from canary_runner.studies.characteristics import characteristics
from canary_runner.studies.estimates import Sample
from canary_runner.studies.verdicts import exact_verdict, sampled_verdict
from tests.builders import plan, policy, stage

COMPLETED, ROLLED_BACK, PAUSED = range(3)
TWO = policy(stage("first", 10), stage("second", 50))
WORSE = ErrorRateEffect(Change.ADD, F(2, 100))


def histories(*rows, coarse=None, dropped=0.0):
    """Return paths from (ending, end, entered second or None, deciding, weight)."""
    ending, end, second, deciding, weight = zip(*rows, strict=True)
    weights = np.array(weight, np.float64)
    entered = np.array([[0] * len(rows), [NEVER if s is None else s for s in second]], np.int64)
    return Paths(
        np.array(ending, np.int8), np.array(end, np.int64), entered, np.array(deciding, np.int64), weights,
        weights if coarse is None else np.array(coarse), dropped,
    )  # fmt: skip


SOME = (
    (COMPLETED, 1200, 600, 0, 0.5),
    (COMPLETED, 1320, 720, 0, 0.25),
    (ROLLED_BACK, 240, None, 0b01, 0.15),
    (ROLLED_BACK, 960, 600, 0b11, 0.06),
    (PAUSED, 1200, None, 0, 0.04),
)


def found(scenario=Scenario("healthy"), rows=SOME, runs=None, **given):  # noqa: B008
    paths = histories(*((*r[:4], r[4] * (runs or 1)) for r in rows), **given)
    return characteristics(plan(TWO, scenario=scenario), Sample(paths, runs), None)


def test_exact_chances_add_up():
    one = found()
    assert one.method is Method.EXACT
    assert one.rollback_probability.value == pytest.approx(0.21)
    assert one.completion_probability.value == pytest.approx(0.75)
    assert one.pause_probability.value == pytest.approx(0.04)
    assert [(d.stage, d.checks) for d in one.decided_in] == [
        ("first", ("error_rate",)),
        ("second", ("error_rate", "latency_p99")),
    ]
    assert sum(d.probability.value for d in one.decided_in) == pytest.approx(one.rollback_probability.value)


def test_the_bound_is_the_coarse_rule_and_what_was_dropped():
    one = found(coarse=[0.5, 0.25, 0.14, 0.06, 0.05], dropped=0.001).rollback_probability
    assert (one.low, one.high) == pytest.approx((0.21 - 0.011, 0.21 + 0.011))


def test_durations_are_of_the_completed():
    spread = found().rollout_duration_s
    assert (spread.p50.value, spread.p95.value) == (1200, 1320)
    assert spread.mean.value == pytest.approx((0.5 * 1200 + 0.25 * 1320) / 0.75)


def test_never_is_infinite():
    times = found().time_to_rollback_s
    assert times.p50.value is None
    assert times.p95.reason == "more than 5 % of the rollouts are never rolled back"
    assert times.mean.value == pytest.approx((0.15 * 240 + 0.06 * 960) / 0.21)


@pytest.mark.parametrize(
    ("effect", "p50"),
    [
        (Effect(error_rate=WORSE), 240),
        (Effect(error_rate=WORSE, starting_after_s=100), 140),
        (Effect(error_rate=WORSE, from_traffic=F(1, 2)), 360),  # 240 was false: before it was worse
        (Effect(latency=LatencyEffect(Change.MULTIPLY, F(3, 2)), starting_after_s=60), 180),
    ],
)
def test_time_to_rollback_counts_from_where_it_is_worse(effect, p50):
    rows = ((ROLLED_BACK, 240, None, 1, 0.6), (ROLLED_BACK, 960, 600, 1, 0.4))
    assert found(Scenario("worse", canary=effect), rows).time_to_rollback_s.p50.value == p50


@pytest.mark.parametrize(
    ("scenario", "false", "detected"),
    [
        (Scenario("healthy"), 0.21, None),
        (Scenario("both", both=Effect(error_rate=WORSE)), 0.21, None),
        (Scenario("better", canary=Effect(error_rate=ErrorRateEffect(Change.MULTIPLY, F(1, 2)))), 0.21, None),
        (Scenario("worse", canary=Effect(error_rate=WORSE)), 0.0, 0.21),
        (Scenario("late", canary=Effect(error_rate=WORSE, starting_after_s=300)), 0.15, 0.06),  # one at 240 s was false
        (Scenario("at half", canary=Effect(error_rate=WORSE, from_traffic=F(1, 2))), 0.15, 0.06),
        (Scenario("too late", canary=Effect(error_rate=WORSE, starting_after_s=9999)), 0.21, 0.0),
    ],
)
@pytest.mark.parametrize("runs", [None, 10_000])
def test_a_rollback_is_false_before_the_canary_is_worse(scenario, false, detected, runs):
    one = found(scenario, runs=runs)
    assert one.false_rollback_probability.value == pytest.approx(false)
    if detected is None:
        assert one.detection_probability.is_absent
        assert one.detection_probability.reason == "the canary is never worse"
    else:
        assert one.detection_probability.value == pytest.approx(detected)
        assert false + detected == pytest.approx(one.rollback_probability.value)


def test_no_completion_has_no_duration():
    spread = found(rows=((ROLLED_BACK, 240, None, 1, 1.0),)).rollout_duration_s
    assert (spread.mean.value, spread.mean.reason) == (None, "no rollout is completed")


def test_requests_and_extra_errors_are_expected_given_the_path():
    """100 rps: 10 rps for the first stage's seconds, 50 for the second's; the canary fails 2 in 100 more."""
    one = found(Scenario("worse", canary=Effect(error_rate=WORSE)))
    requests = {0: 6000 + 30_000, 1: 7200 + 30_000, 2: 2400, 3: 6000 + 18_000, 4: 12_000}
    mean = sum(requests[i] * row[4] for i, row in enumerate(SOME))
    assert one.canary_requests.mean.value == pytest.approx(mean)
    assert one.canary_requests.p95.value == 37_200
    assert one.extra_errors.mean.value == pytest.approx(mean * 0.02)


def test_an_incident_of_both_adds_nothing():
    one = found(Scenario("both", both=Effect(error_rate=WORSE)))
    assert (one.extra_errors.mean.value, one.extra_slow_requests.mean.value) == (0, 0)


def test_slow_requests_are_beyond_the_normal_p99():
    """1.5x: P(1.5 X > p99) - 1 % of the canary's requests; ln(400 / 80) / 2.3263 is sigma."""
    from scipy import stats

    sigma = np.log(5) / stats.norm.ppf(0.99)
    share = stats.norm.sf((np.log(5) - np.log(1.5)) / sigma) - 0.01
    one = found(Scenario("slow", canary=Effect(latency=LatencyEffect(Change.MULTIPLY, F(3, 2)))))
    assert one.extra_slow_requests.mean.value == pytest.approx(one.canary_requests.mean.value * share, rel=1e-9)


def test_what_no_stage_carried_is_unguarded():
    """The last stage carries half of 100 rps: 180,000 requests an hour come at once, 2 % of them fail."""
    one = found(Scenario("worse", canary=Effect(error_rate=WORSE))).unguarded
    assert one.requests_per_hour.value == pytest.approx(180_000)
    assert one.extra_errors_per_hour.value == pytest.approx(3600)


def test_sampled_numbers_have_intervals():
    one = found(runs=10_000)
    assert one.method is Method.SAMPLED
    assert (one.rollback_probability.value, one.rollback_probability.runs) == (0.21, 10_000)
    assert one.rollback_probability.low < 0.21 < one.rollback_probability.high
    mean = one.rollout_duration_s.mean
    spread = 1.96 * np.sqrt((1200 - 1240) ** 2 * 2 / 3 + (1320 - 1240) ** 2 / 3) / np.sqrt(7500)
    assert mean.high - mean.value == pytest.approx(spread, rel=1e-3)


EQUAL_ENDS = ((ROLLED_BACK, 240, None, 1, 1.0),)


@pytest.mark.parametrize(
    ("scenario", "of", "value", "ends"),
    [
        (Scenario("worse", canary=Effect(error_rate=WORSE)), "extra_errors", 48, (0, 1440)),  # 20 min of 60 rps in all
        (Scenario("healthy"), "extra_errors", 0, (0, 0)),
        (Scenario("healthy"), "canary_requests", 2400, (0, 72_000)),
    ],
)
@pytest.mark.parametrize("runs", [1, 30, 4096])
def test_equal_values_leave_unknown_what_was_not_seen(scenario, of, value, ends, runs):
    """All but 0.05^(1 / runs) may be other values, at either limit: by construction equal ones are a point."""
    one = getattr(found(scenario, EQUAL_ENDS, runs), of).mean
    unseen = 1 - 0.05 ** (1 / runs)
    low, high = (value + unseen * (end - value) for end in ends)
    assert (one.value, one.low, one.high) == (pytest.approx(value), pytest.approx(low), pytest.approx(high))


def test_few_rollouts_decide_nothing():
    sample = Sample(histories(*((*r[:4], r[4] * 100) for r in SOME)), 100)
    assert (
        sampled_verdict(Expectation("rollback_probability", Side.AT_MOST, F(1, 4)), plan(TWO), sample)
        is Verdict.INCONCLUSIVE
    )


def test_a_bound_within_the_numerical_error_is_not_decided():
    paths = histories(*SOME, coarse=[0.5, 0.25, 0.14, 0.06, 0.05])
    one = characteristics(plan(TWO), Sample(paths, None), None).rollback_probability
    assert exact_verdict(Expectation("rollback_probability", Side.AT_MOST, F("0.215")), one) is Verdict.INCONCLUSIVE
