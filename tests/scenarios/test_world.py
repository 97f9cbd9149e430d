"""The world over one interval, and what of a rollout's past it depends on."""

from dataclasses import replace
from fractions import Fraction as F

import pytest

from canary_runner.model.scenario import Change, Effect, ErrorRateEffect, LatencyEffect, Scenario
from canary_runner.model.service import Arrivals
from canary_runner.scenarios.world import ImpossibleWorldError, World
from tests.builders import plan, policy, service, stage

STAGES = (stage("one", 10), stage("two", 50))
SLOWER_HALF = Effect(latency=LatencyEffect(Change.ADD, F(1)), from_traffic=F(1, 2))


def world(scenario, **normal):
    subject = plan(policy(*STAGES), service(**normal), scenario)
    return World(subject), subject.stages


def errors(change, amount, **times):
    return Effect(error_rate=ErrorRateEffect(change, F(amount)), **times)


def test_traffic_is_split_between_the_arms():
    subject, stages = world(Scenario("healthy"))
    conditions = subject.conditions(stages[0], subject.moment([0]), 1)
    assert conditions.canary.requests == 10 * 120
    assert conditions.baseline.requests == 90 * 120


def test_both_acts_before_canary():
    scenario = Scenario("s", canary=errors(Change.MULTIPLY, 2), both=errors(Change.ADD, F(4, 1000)))
    subject, stages = world(scenario)
    conditions = subject.conditions(stages[0], subject.moment([0]), 1)
    assert conditions.baseline.error_rate == F(5, 1000)
    assert conditions.canary.error_rate == F(10, 1000)


@pytest.mark.parametrize(
    ("scenario", "is_shared"),
    [
        pytest.param(Scenario("healthy"), True, id="a world that stands still"),
        pytest.param(Scenario("s", canary=errors(Change.ADD, F(1, 50))), True, id="worse from the start"),
        pytest.param(Scenario("s", canary=errors(Change.ADD, F(1, 50), ramp_over_s=60)), False, id="a ramp"),
        pytest.param(Scenario("s", canary=errors(Change.ADD, F(1, 50), starting_after_s=60)), False, id="late"),
        pytest.param(Scenario("s", both=errors(Change.ADD, F(1, 50), lasting_s=60)), False, id="an incident"),
    ],
)
def test_rollouts_share_a_moment_where_the_clock_does_not_matter(scenario, is_shared):
    subject, _ = world(scenario)
    assert (subject.moment([0, 600]) == subject.moment([0, 720])) is is_shared


def test_a_daily_swing_makes_the_clock_matter():
    subject, stages = world(Scenario("healthy"), daily_swing=F(2, 5))
    early, late = ([0, 600], [0, 4200])
    assert subject.moment(early) != subject.moment(late)
    at = [subject.conditions(stages[1], subject.moment(m), 1).canary.requests for m in (early, late)]
    assert at[0] == 50 * 120
    assert at[1] > at[0]


def test_constant_arrivals_carry_the_rest_of_a_request():
    subject, stages = world(Scenario("healthy"), arrivals=Arrivals.CONSTANT, rate_rps=F(1, 100))
    rates = [subject.conditions(stages[1], subject.moment([0, 600]), n).canary for n in range(1, 6)]
    assert [r.requests for r in rates] == [F(3, 5)] * 5
    assert [r.carried for r in rates] == [F(0), F(3, 5), F(1, 5), F(4, 5), F(2, 5)]
    assert [(r.carried + r.requests) // 1 for r in rates] == [0, 1, 0, 1, 1]  # three of 300 s at 0.01 rps


def test_latency_effects_compose():
    scenario = Scenario(
        "s",
        both=Effect(latency=LatencyEffect(Change.ADD, F(20_000))),
        canary=Effect(latency=LatencyEffect(Change.MULTIPLY, F(3))),
    )
    subject, stages = world(scenario)
    canary = subject.conditions(stages[0], subject.moment([0]), 1).canary
    assert canary.slowness == ((1, (3, 60_000)),)


@pytest.mark.parametrize(
    ("scenario", "words"),
    [
        (Scenario("much", canary=errors(Change.ADD, F(999, 1000) + F(1, 100))), "scenario much gives the canary"),
        (Scenario("times", both=errors(Change.MULTIPLY, 5000)), "error rate of 500%"),
        (Scenario("less", baseline=errors(Change.ADD, F(-1, 100))), "gives the baseline an error rate of -0.9%"),
    ],
)
def test_impossible_rates_are_refused(scenario, words):
    with pytest.raises(ImpossibleWorldError, match=words):
        world(scenario)


BURSTS = "have more than 10,000,000 likely counts"


@pytest.mark.parametrize(
    ("rate_rps", "burstiness", "message", "help"),
    [
        pytest.param("1000000", "0.001", None, None, id="a thousandth at a million a second"),
        pytest.param(
            "1000000",
            "0.01",
            f"with burstiness 0.01, .* of the baseline .* stage one {BURSTS}: 27,",
            "0.002",
            id="more",
        ),
        pytest.param("100000", "0.4", f"10,800,000 requests of the baseline .* {BURSTS}: 10,800,001", "0.08", id="all"),
        pytest.param("10000", "0.4", None, None, id="few requests"),
        pytest.param("10000000", "0.0001", None, None, id="little"),
        pytest.param("10000000", "0", None, None, id="none"),
    ],
)
def test_bursts_are_bounded_by_their_table(rate_rps, burstiness, message, help):
    given = {"rate_rps": F(rate_rps), "burstiness": F(burstiness)}
    if message is None:
        world(Scenario("healthy"), **given)
        return
    with pytest.raises(ImpossibleWorldError, match=message) as caught:
        world(Scenario("healthy"), **given)
    assert caught.value.help == f"write burstiness: {help} or less, or a shorter check_every"
    assert caught.value.route == ("baseline", "burstiness")
    world(Scenario("healthy"), rate_rps=F(rate_rps), burstiness=F(help))


@pytest.mark.parametrize(
    ("scenario", "swing", "arm"),
    [
        pytest.param(Scenario("healthy"), F(0), None, id="fits"),
        pytest.param(Scenario("healthy"), F(1, 2), "baseline", id="the busiest hour"),
        pytest.param(Scenario("s", canary=errors(Change.SET, F(1, 2))), F(0), "canary", id="more errors"),
        pytest.param(
            Scenario("s", canary=errors(Change.SET, 1)), F(0), "canary", id="on the way to nothing but errors"
        ),
    ],
)
def test_bursts_are_bounded_at_their_worst(scenario, swing, arm):
    given = {"rate_rps": F(750_000), "burstiness": F("0.002"), "daily_swing": swing, "error_rate": F(5, 1_000)}
    if arm is None:
        world(scenario, **given)
        return
    with pytest.raises(ImpossibleWorldError, match=f"of the {arm} in one check_every"):
        world(scenario, **given)


def test_more_requests_than_can_be_counted_are_refused():
    plans = [
        plan(
            policy(stage("one", 50, duration_s=days * 86_400, check_every_s=days * 86_400)),
            service(rate_rps=F(10_000_000)),
            Scenario("healthy"),
        )
        for days in (2, 3)
    ]
    World(plans[0])
    with pytest.raises(
        ImpossibleWorldError, match=r"^1,296,000,000,000 requests of the canary .* at most 900,000,000,000"
    ):
        World(plans[1])


def test_effects_that_never_meet_may_add_up_to_anything():
    both = errors(Change.ADD, F(60, 100), lasting_s=120)
    later = errors(Change.ADD, F(60, 100), starting_after_s=120)
    assert world(Scenario("apart", both=both, canary=later))
    with pytest.raises(ImpossibleWorldError, match=r"120\.1%"):
        world(Scenario("together", both=both, canary=errors(Change.ADD, F(60, 100), starting_after_s=119)))
    with pytest.raises(ImpossibleWorldError, match=r"120\.1%"):
        world(Scenario("whenever", both=replace(both, from_traffic=F(1, 10)), canary=later))


@pytest.mark.parametrize(
    ("scenario", "entered", "since"),
    [
        pytest.param(Scenario("healthy"), [0, 600], None, id="healthy"),
        pytest.param(Scenario("both", both=errors(Change.ADD, F(1, 100))), [0, 600], None, id="an incident of both"),
        pytest.param(Scenario("late", canary=errors(Change.ADD, F(1, 100), starting_after_s=300)), [0], 300, id="late"),
        pytest.param(
            Scenario("ramp", canary=errors(Change.ADD, F(1, 100), starting_after_s=300, ramp_over_s=900)), [0], 300,
            id="a ramp, from its first moment",
        ),
        pytest.param(
            Scenario("better", both=errors(Change.ADD, F(5, 100)), canary=errors(Change.SET, F(3, 100))), [0], None,
            id="worse than normal and better than the other arm",
        ),
        pytest.param(
            Scenario("other", baseline=errors(Change.SET, 0, starting_after_s=300)), [0, 600], 300,
            id="the other arm becomes better",
        ),
        pytest.param(
            Scenario("slow", canary=SLOWER_HALF), [0, 600], 600,
            id="slower from the second stage on",
        ),
        pytest.param(
            Scenario("slow", canary=SLOWER_HALF), [0], None,
            id="a stage that was not reached",
        ),
        pytest.param(Scenario("quiet", canary=Effect(metrics_missing=True)), [0], None, id="silence is not worse"),
    ],
)  # fmt: skip
def test_since_when_the_canary_is_worse(scenario, entered, since):
    subject, _ = world(scenario)
    assert subject.worse_since_s(entered) == since
