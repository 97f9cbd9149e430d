"""The controllers of AWS against the recorded facts in aws-configs.json, which names the source of each number."""

import json
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary_runner.controllers.aws import appconfig, codedeploy, hosts
from canary_runner.controllers.aws.alarms import Alarm, AlarmState, MissingData, evaluate
from canary_runner.controllers.aws.schedule import percent_at
from canary_runner.model import outcomes

FACTS = json.loads((Path(__file__).parent / "aws-configs.json").read_text(encoding="utf-8"))
BY_TRAFFIC = {**FACTS["codedeploy"]["predefined"]["Lambda"], **FACTS["codedeploy"]["predefined"]["ECS"]}
SERVER = FACTS["codedeploy"]["predefined"]["Server"]
POINTS = {"0": False, "X": True, "-": None}
OK, ALARM, NONE = AlarmState.OK, AlarmState.ALARM, AlarmState.INSUFFICIENT_DATA
MINUTE = 60


def timeline(schedule):
    return [[step.at_s / MINUTE, step.percent] for step in schedule]


@pytest.mark.parametrize("name", BY_TRAFFIC)
def test_predefined_traffic(name):
    assert timeline(codedeploy.schedule_of(codedeploy.PREDEFINED[name])) == BY_TRAFFIC[name]["timeline"]


def test_predefined_names():
    assert set(codedeploy.PREDEFINED) == set(BY_TRAFFIC)
    assert set(hosts.PREDEFINED) == set(SERVER)
    assert set(appconfig.PREDEFINED) == set(FACTS["appconfig"]["predefined"])


def test_the_defaults_of_ecs_itself():
    native, defaults = FACTS["ecs_native"], FACTS["ecs_native"]["default_timeline"]
    linear = codedeploy.TimeBasedLinear(
        Fraction(native["LINEAR"]["stepPercent"]["default"]), native["LINEAR"]["stepBakeTimeInMinutes"]["default"]
    )
    canary = codedeploy.TimeBasedCanary(
        Fraction(native["CANARY"]["canaryPercent"]["default"]), native["CANARY"]["canaryBakeTimeInMinutes"]["default"]
    )
    assert timeline(codedeploy.schedule_of(linear)) == defaults["LINEAR"]
    assert timeline(codedeploy.schedule_of(canary)) == defaults["CANARY"]


@pytest.mark.parametrize(
    ("alarm", "row", "treatment"),
    [
        pytest.param((3, of), row, how.value, id=f"{of} of 3: {row['points']}, {how.value}")
        for of in (3, 2)
        for row in FACTS["cloudwatch_alarm"][f"examples_{of}_of_3"]
        for how in MissingData
    ],
)
@pytest.mark.parametrize("before", AlarmState)
def test_alarm_tables_of_the_guide(alarm, row, treatment, before):
    points = [POINTS[letter] for letter in row["points"].split(" ")]
    expected = before if row[treatment] == "retain" else AlarmState(row[treatment])
    assert evaluate(Alarm(*alarm, MissingData(treatment)), points, before) is expected


@given(st.lists(st.sampled_from([False, True, None]), min_size=5, max_size=9), st.integers(1, 5), st.integers(1, 5))
def test_with_enough_points_missing_ones_do_not_matter(points, periods, to_alarm):
    to_alarm = min(periods, to_alarm)
    real = [point for point in points if point is not None]
    found = {how: evaluate(Alarm(periods, to_alarm, how), points, NONE) for how in MissingData}
    if len(real) >= periods:
        assert set(found.values()) == {ALARM if sum(real[-periods:]) >= to_alarm else OK}
    elif found[MissingData.NOT_BREACHING] is ALARM:
        assert set(found.values()) == {ALARM}


def looks(spec, *seen):
    state = codedeploy.State()
    for one in seen:
        state = codedeploy.advance(spec, state, codedeploy.Observed(**{"elapsed_s": Fraction(0), **one}))
    return state


CANARY = codedeploy.PREDEFINED["CodeDeployDefault.LambdaCanary10Percent5Minutes"]
NO_ROLLBACK = {"rolls_back_on": frozenset()}


@pytest.mark.parametrize(
    ("fields", "seen", "phase", "percent", "ours"),
    [
        ({}, [{"elapsed_s": Fraction(-1)}], "InProgress", 0, "PROGRESSING"),
        ({}, [{}], "InProgress", 10, "PROGRESSING"),
        ({}, [{"elapsed_s": Fraction(299)}], "InProgress", 10, "PROGRESSING"),
        ({}, [{"elapsed_s": Fraction(300)}], "Succeeded", 100, "COMPLETED"),
        ({}, [{"elapsed_s": Fraction(-1), "alarms": (ALARM,)}], "Stopped", 0, "ROLLED_BACK"),
        ({}, [{}, {"alarms": (OK, ALARM)}, {}], "Stopped", 0, "ROLLED_BACK"),
        ({}, [{"alarms": (NONE,)}], "InProgress", 10, "PROGRESSING"),  # no data stops nothing
        ({}, [{"elapsed_s": Fraction(300)}, {"alarms": (ALARM,)}], "Succeeded", 100, "COMPLETED"),
        ({}, [{"alarms": (None,)}], "Stopped", 0, "ROLLED_BACK"),
        ({"ignores_unread_alarms": True}, [{"alarms": (None,)}], "InProgress", 10, "PROGRESSING"),
        ({"alarms_enabled": False}, [{"alarms": (ALARM,)}], "InProgress", 10, "PROGRESSING"),
        (NO_ROLLBACK, [{}, {"alarms": (ALARM,)}], "Stopped", 10, "PAUSED"),
        ({}, [{}, {"is_stopped": True}], "Stopped", 0, "ROLLED_BACK"),
        (NO_ROLLBACK, [{}, {"is_stopped": True}], "Stopped", 10, "PAUSED"),
        ({}, [{"hook_failed": True}], "Failed", 0, "ROLLED_BACK"),
        ({"routing": codedeploy.AllAtOnce()}, [{"alarms": (ALARM,)}], "Stopped", 0, "ROLLED_BACK"),
        ({"routing": codedeploy.AllAtOnce()}, [{}], "Succeeded", 100, "COMPLETED"),
    ],
)
def test_codedeploy_decides(fields, seen, phase, percent, ours):
    state = looks(codedeploy.Spec(**{"routing": CANARY, **fields}), *seen)
    assert (state.phase.value, state.percent, codedeploy.our_state(state)) == (phase, percent, outcomes.State(ours))


def batches(minimum, instances, failing=()):
    """Return the sizes of the batches and the phase at the end; `failing` holds how many of each batch fail."""
    fleet, sizes, failing = hosts.Fleet(instances), [], [*failing]
    while size := hosts.batch(minimum, fleet):
        sizes.append(size)
        fleet = hosts.after_batch(minimum, fleet, failing.pop(0) if failing else 0)
    return sizes, hosts.phase_of(minimum, fleet).value


@pytest.mark.parametrize(
    ("minimum", "instances", "failing", "sizes", "phase"),
    [
        (("FLEET_PERCENT", 40), 9, [], [5, 4], "Succeeded"),  # the example of the guide: at least 4 stay
        (("FLEET_PERCENT", 40), 9, [2], [5, 3, 1], "Succeeded"),
        (("FLEET_PERCENT", 40), 9, [5], [5], "Failed"),
        (("FLEET_PERCENT", 50), 5, [], [2, 2, 1], "Succeeded"),
        (("HOST_COUNT", 0), 4, [3], [4], "Succeeded"),
        (("HOST_COUNT", 0), 4, [4], [4], "Failed"),
        (("HOST_COUNT", 4), 4, [], [], "Failed"),  # nothing can be taken out: fails at once
        (("MOST_CONCURRENCY", 1), 3, [], [1, 1, 1], "Succeeded"),
        (("MOST_CONCURRENCY", 1), 3, [0, 1], [1, 1], "Failed"),
        (("MOST_CONCURRENCY", 1), 3, [0, 0, 1], [1, 1, 1], "Succeeded"),  # the very last one is forgiven
        (("MOST_CONCURRENCY", 1), 1, [1], [1], "Failed"),
    ],
)
def test_batches_of_instances(minimum, instances, failing, sizes, phase):
    written = hosts.MinimumHealthy(hosts.MinimumType(minimum[0]), minimum[1])
    assert batches(written, instances, failing) == (sizes, phase)


@given(st.integers(2, 60))
def test_predefined_batches(instances):
    first = {name: hosts.batch(minimum, hosts.Fleet(instances)) for name, minimum in hosts.PREDEFINED.items()}
    assert first == {
        "CodeDeployDefault.AllAtOnce": instances,
        "CodeDeployDefault.HalfAtATime": instances // 2,
        "CodeDeployDefault.OneAtATime": 1,
    }


@pytest.mark.parametrize(("name", "fact"), FACTS["appconfig"]["predefined"].items(), ids=lambda v: str(v)[:45])
def test_appconfig_sequences(name, fact):
    spec = appconfig.PREDEFINED[name]
    assert [step.percent for step in spec.schedule] == fact["percent_sequence"]
    assert (spec.growth.value, spec.growth_factor) == (fact["growth_type"], fact["growth_factor"])
    assert spec.duration_s == fact["deployment_duration_minutes"] * MINUTE
    assert spec.bake_s == fact["final_bake_minutes"] * MINUTE


@pytest.mark.parametrize(
    ("name", "spacing_s"),
    [("AppConfig.Linear20PercentEvery6Minutes", 360), ("AppConfig.Linear50PercentEvery30Seconds", 30)],
)
def test_appconfig_steps_are_as_far_apart_as_the_name_says(name, spacing_s):
    assert appconfig.PREDEFINED[name].schedule[1].at_s == spacing_s


@pytest.mark.parametrize(
    ("at_min", "more", "phase", "percent"),
    [
        (0, {}, "DEPLOYING", 20),
        (6, {}, "DEPLOYING", 40),
        (29, {}, "DEPLOYING", 100),
        (30, {}, "BAKING", 100),
        (59, {}, "BAKING", 100),
        (60, {}, "COMPLETE", 100),
        (6, {"alarms": (OK, ALARM)}, "ROLLED_BACK", 0),
        (6, {"alarms": (NONE,)}, "ROLLED_BACK", 0),  # what CodeDeploy would let pass
        (45, {"alarms": (ALARM,)}, "ROLLED_BACK", 0),
        (6, {"is_stopped": True}, "ROLLED_BACK", 0),
    ],
)
def test_appconfig_decides(at_min, more, phase, percent):
    spec = appconfig.PREDEFINED["AppConfig.Linear20PercentEvery6Minutes"]
    seen = appconfig.Observed(Fraction(at_min * MINUTE), **more)
    state = appconfig.advance(spec, appconfig.State(), seen)
    assert state == appconfig.State(appconfig.Phase(phase), Fraction(percent))
    ended = state.phase in (appconfig.Phase.COMPLETE, appconfig.Phase.ROLLED_BACK)
    late = appconfig.Observed(Fraction(10**6), (ALARM,))
    assert (appconfig.advance(spec, state, late) == state) == ended
    assert appconfig.OURS[state.phase].is_final == ended


@given(st.fractions(1, 100), st.sampled_from(appconfig.Growth))
def test_shares_grow_to_all(factor, growth):
    schedule = appconfig.Spec(growth, factor, Fraction(600)).schedule
    shares = [step.percent for step in schedule]
    assert shares == sorted(set(shares))
    assert (shares[0], shares[-1]) == (factor, 100)
    assert percent_at(schedule, Fraction(600)) == 100
