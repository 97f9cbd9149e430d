"""Built-in scenarios, and what --set makes of them."""

import json
from fractions import Fraction

import pytest

from canary_runner.loading import check_bytes, find_scenario, scenario_from
from canary_runner.loading.builtin_scenarios import BUILTIN_SCENARIOS
from canary_runner.loading.scenario_file import with_sets
from canary_runner.model.diagnostics import UsageError
from canary_runner.model.scenario import Change, Effect, ErrorRateEffect, LatencyEffect, Scenario

ADD, MULTIPLY, SET = Change.ADD, Change.MULTIPLY, Change.SET


@pytest.mark.parametrize(
    ("name", "arms"),
    [
        ("healthy", {}),
        ("bad-deploy", {"canary": Effect(ErrorRateEffect(ADD, Fraction(2, 100)))}),
        ("crash", {"canary": Effect(ErrorRateEffect(SET, Fraction(1)))}),
        (
            "slow-leak",
            {"canary": Effect(ErrorRateEffect(ADD, Fraction(1, 100)), starting_after_s=600, ramp_over_s=600)},
        ),
        ("slow-path", {"canary": Effect(latency=LatencyEffect(MULTIPLY, Fraction(3, 2)))}),
        ("only-under-load", {"canary": Effect(ErrorRateEffect(MULTIPLY, Fraction(5)), from_traffic=Fraction(1, 2))}),
        ("cold-start", {"canary": Effect(latency=LatencyEffect(MULTIPLY, Fraction(3)), lasting_s=120)}),
        ("noisy-neighbour", {"both": Effect(ErrorRateEffect(ADD, Fraction(4, 1000)))}),
        ("no-metrics", {"canary": Effect(metrics_missing=True)}),
    ],
)
def test_built_in(name, arms):
    found = find_scenario(name)
    assert found == Scenario(name, BUILTIN_SCENARIOS[name]["summary"], **arms)
    assert found.summary


def test_the_built_in_ones_would_pass_as_a_file():
    text = json.dumps({"schema": "canary-runner/scenarios/v1", "scenarios": BUILTIN_SCENARIOS | {"healthy": {}}})
    (only,) = check_bytes("f", text.encode()).diagnostics
    assert only.rule == "redefined-healthy"
    others = {name: scenario for name, scenario in BUILTIN_SCENARIOS.items() if name != "healthy"}
    text = json.dumps({"schema": "canary-runner/scenarios/v1", "scenarios": others})
    assert check_bytes("f", text.encode()).diagnostics == ()
    assert len(BUILTIN_SCENARIOS) == 9


def test_ones_own_scenario_wins():
    own = Scenario("crash", "mine")
    assert find_scenario("crash", {"crash": own}) == own


def test_set_wins_key_by_key():
    sets = {"canary.error_rate": "+3pp", "canary.lasting": "5m", "both.latency": "+50ms"}
    found = find_scenario("slow-leak", None, sets)
    assert found.canary == Effect(
        ErrorRateEffect(ADD, Fraction(3, 100)), starting_after_s=600, ramp_over_s=600, lasting_s=300
    )
    assert found.both == Effect(latency=LatencyEffect(ADD, Fraction(50_000)))
    assert found.baseline is None


@pytest.mark.parametrize(
    ("sets", "name"),
    [
        pytest.param([], "healthy", id="nothing set"),
        pytest.param([{}], "healthy", id="no sets"),
        pytest.param([{"canary.latency": "2x"}], "healthy + set", id="set"),
        pytest.param([{"canary.latency": "2x"}, {"both.latency": "2x"}], "healthy + set", id="set twice"),
    ],
)
def test_what_is_set_shows_in_the_name(sets, name):
    scenario = find_scenario("healthy")
    for one in sets:
        scenario = with_sets(scenario, one)
    assert scenario.name == name


def test_set_makes_something_of_a_healthy_release():
    found = scenario_from("healthy", {}, {"canary.metrics": "missing", "canary.from_traffic_percent": "12.5"})
    assert found.canary == Effect(metrics_missing=True, from_traffic=Fraction(1, 8))


@pytest.mark.parametrize(
    ("sets", "message", "help"),
    [
        ({"canary.eror_rate": "+1pp"}, '--set does not know "canary.eror_rate"', 'did you mean "canary.error_rate"?'),
        ({"canry.latency": "2x"}, '--set does not know "canry.latency"', 'did you mean "canary.latency"?'),
        ({"canary": "2x"}, '--set does not know "canary"', None),
        ({"canary.error_rate": "+2%"}, "--set canary.error_rate: +2% could be points or relative", None),
        ({"canary.error_rate": "150%"}, "--set canary.error_rate: 150% is above 100%", None),
        (
            {"canary.error_rate": "3"},
            "--set canary.error_rate: 3 has no unit",
            "write +3pp to add, 3x to multiply, 3% to set",
        ),
        ({"canary.metrics": "there"}, '--set canary.metrics: "there" is unknown', "the only word here is missing"),
        (
            {"canary.from_traffic_percent": "0"},
            '--set canary.from_traffic_percent: "0" is not a traffic in percent',
            None,
        ),
        (
            {"canary.from_traffic_percent": "true"},
            '--set canary.from_traffic_percent: "true" is not a traffic in percent',
            None,
        ),
        (
            {"canary.from_traffic_percent": "050"},
            "--set canary.from_traffic_percent: 050 is 40 in YAML 1.1 and 50 in YAML 1.2",
            None,
        ),
        ({"canary.lasting": "2m"}, "--set canary.lasting says when, but nothing happens to canary", None),
        ({"\x1b[31m": "1"}, '--set does not know "\\x1b[31m"', None),
    ],
)
def test_sets_that_do_not_fit(sets, message, help):
    with pytest.raises(UsageError) as caught:
        find_scenario("healthy", None, sets)
    assert caught.value.help
    assert str(caught.value) == message
    assert help is None or caught.value.help == help


def test_an_unknown_name():
    with pytest.raises(UsageError) as caught:
        find_scenario("bad-deplyo", {"mine": Scenario("mine")})
    assert str(caught.value) == 'no scenario is called "bad-deplyo"'
    assert caught.value.help == 'did you mean "bad-deploy"?'
