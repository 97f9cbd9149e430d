"""Operating characteristics and tolls of histories written by hand, and of plans whose answers are plain."""

from fractions import Fraction as F
from math import fsum

import numpy as np
import pytest

from canary_runner.engines.block import ENDINGS, NEVER
from canary_runner.engines.exact import propagate
from canary_runner.engines.paths import Paths
from canary_runner.model.outcomes import State
from canary_runner.model.policy import TotalFailures
from canary_runner.model.scenario import Change, Effect, ErrorRateEffect, Scenario
from canary_runner.studies.characteristics import NO_COMPLETION, NO_ROLLBACK, OFTEN_NEVER, characteristics
from canary_runner.studies.estimates import Sample
from canary_runner.studies.quantities import QUANTITIES
from canary_runner.studies.tolls import tolls_of, unguarded_tolls, worse_since_s
from tests.builders import SCENARIOS, builtin, plan, policy, service, shipped, stage

ROLLED, DONE, PAUSED = (ENDINGS.index(s) for s in (State.ROLLED_BACK, State.COMPLETED, State.PAUSED))
TWO = policy(stage("one", 10), stage("two", 50))
"""100 rps: 1,200 and 6,000 canary requests in each 120 s."""


def paths(*histories):
    """Return histories of (ending, end, when stages were entered, deciding checks, weight)."""
    endings, ended, entered, deciding, weights = zip(*histories, strict=True)
    weights = np.array(weights, float)
    return Paths(
        np.array(endings, np.int8), np.array(ended), np.array(entered).T.copy(), np.array(deciding), weights, weights
    )


def worse(points=2, **given):
    return Scenario("worse", canary=Effect(ErrorRateEffect(Change.ADD, F(points, 100)), **given))


HISTORIES = paths(
    (ROLLED, 240, (0, NEVER), 0b01, 0.2),
    (ROLLED, 360, (0, NEVER), 0b11, 0.1),
    (ROLLED, 960, (0, 600), 0b10, 0.3),
    (DONE, 1200, (0, 600), 0, 0.3),
    (PAUSED, 1200, (0, NEVER), 0, 0.1),
)
REQUESTS = [2_400, 3_600, 6_000 + 18_000, 6_000 + 30_000, 12_000]


def found(a_plan, histories=HISTORIES):
    return characteristics(a_plan, Sample(histories, None), None)


def test_tolls_end_between_analyses_and_follow_ramps():
    """A gate opened 100 s after 600: 700 s at 10 rps, then 50 rps; +2pp after a ramp of 1000 s."""
    gate = policy(stage("one", 10, wait_for_approval=True), stage("two", 50))
    histories = paths((PAUSED, 700, (0, NEVER), 0, 1.0), (DONE, 1300, (0, 700), 0, 1.0))
    ramp = worse(ramp_over_s=1000)
    found_tolls = tolls_of(plan(gate, scenario=ramp, approval_delay_s=100), histories)
    assert found_tolls.requests.tolist() == [7_000, 7_000 + 30_000]
    until_700 = 10 * 0.02 * 700**2 / 2000
    beyond = 50 * 0.02 * ((1000**2 - 700**2) / 2000 + 300)
    assert found_tolls.extra_errors.tolist() == pytest.approx([until_700, until_700 + beyond])


def test_a_silent_canary_still_serves():
    silent = Scenario("silent", canary=Effect(metrics_missing=True))
    assert tolls_of(plan(TWO, scenario=silent), HISTORIES).requests.tolist() == REQUESTS


def test_the_unguarded_hour():
    """Half of 100 rps x 3,600 s met nobody's eyes: 180,000 requests, +2pp of them."""
    answer = found(plan(TWO, scenario=worse()))
    assert answer.unguarded.requests_per_hour.value == pytest.approx(180_000)
    assert answer.unguarded.extra_errors_per_hour.value == pytest.approx(3_600)
    full = policy(stage("one", 10), stage("full", 100))
    assert found(plan(full, scenario=worse())).unguarded.requests_per_hour.value == 0


def test_the_unguarded_hour_of_what_acts_at_full_traffic_only():
    late = worse(from_traffic=F(1))
    tolls = unguarded_tolls(plan(TWO, scenario=late), np.array([[0], [600]]), np.array([1200]))
    assert tolls.extra_errors.tolist() == pytest.approx([3_600])


def test_what_does_not_happen_is_null_with_its_reason():
    answer = found(plan(TWO), paths((PAUSED, 1200, (0, NEVER), 0, 1.0)))
    assert answer.time_to_rollback_s.mean.reason == NO_ROLLBACK
    assert answer.time_to_rollback_s.p50.reason == OFTEN_NEVER.format("50 %")
    for nothing in (
        answer.rollout_duration_s.p50, answer.rollout_duration_s.mean,
        answer.unguarded.requests_per_hour, answer.unguarded.extra_errors_per_hour,
    ):  # fmt: skip
        assert (nothing.value, nothing.reason) == (None, NO_COMPLETION)
    assert answer.decided_in == ()


ONSETS = [
    (worse(), [0, 0, 0, 0, 0]),
    (Scenario("healthy"), [0, 0, 0, 0, 0]),
    (Scenario("better", canary=Effect(ErrorRateEffect(Change.MULTIPLY, F(1, 2)))), [0, 0, 0, 0, 0]),
    (worse(starting_after_s=240), [NEVER, 240, 240, 240, 240]),
    (worse(starting_after_s=300), [NEVER, 300, 300, 300, 300]),
    (worse(from_traffic=F(1, 2)), [NEVER, NEVER, 600, 600, NEVER]),
    (worse(from_traffic=F(1, 2), starting_after_s=700), [NEVER, NEVER, 700, 700, NEVER]),
    (worse(from_traffic=F(1, 2), starting_after_s=1000), [NEVER, NEVER, NEVER, 1000, NEVER]),
]


@pytest.mark.parametrize(("scenario", "since"), ONSETS)
def test_when_the_canary_is_worse(scenario, since):
    assert worse_since_s(plan(TWO, scenario=scenario), HISTORIES).tolist() == since


def test_rollbacks_before_the_onset_are_false_and_not_timed():
    """From 300 s on: 240 is false and left out; 60 (0.1), 660 (0.3), never (0.4): the median of 0.8 is 660."""
    answer = found(plan(TWO, scenario=worse(starting_after_s=300)))
    assert answer.rollback_probability.value == pytest.approx(0.6)
    assert answer.time_to_rollback_s.p50.value == 660
    assert answer.time_to_rollback_s.mean.value == pytest.approx((6 + 198) / 0.4)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_shipped_policies_add_up(scenario):
    for name in ("standard", "conservative"):
        a_plan = plan(shipped(name), scenario=builtin(scenario), approval_delay_s=0)
        answer = characteristics(a_plan, Sample(propagate(a_plan), None), None)
        rolled = answer.rollback_probability.value
        assert fsum(d.probability.value for d in answer.decided_in) == pytest.approx(rolled, abs=1e-12)
        ends = (answer.rollback_probability, answer.completion_probability, answer.pause_probability)
        assert fsum(e.value for e in ends) == pytest.approx(1, abs=1e-10)
        chances = [d.probability.value for d in answer.decided_in]
        assert chances == sorted(chances, reverse=True)
        for quantity in QUANTITIES.values():
            estimate = quantity.of(answer)
            assert (estimate.value is None) == (estimate.reason is not None)
            if estimate.value is not None and estimate.low is not None and estimate.high is not None:
                assert estimate.low <= estimate.value <= estimate.high


def test_a_certain_world():
    """Every request fails: rolled back at the second failure, 240 s and 2,400 requests later, all but 0.1 % extra."""
    crash = policy(stage("one", 10, rollback_after=TotalFailures(2)), stage("two", 50))
    a_plan = plan(crash, service(), builtin("crash"))
    answer = characteristics(a_plan, Sample(propagate(a_plan), None), None)
    assert answer.rollback_probability.value == 1
    assert answer.time_to_rollback_s.p95.value == 240
    assert answer.canary_requests.mean.value == pytest.approx(2_400)
    assert answer.extra_errors.p95.value == pytest.approx(2_400 * 0.999)
