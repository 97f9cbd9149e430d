"""CodeDeploy and AppConfig at work: when they look, what an alarm remembers, and where an alarm leaves them."""

from dataclasses import replace
from fractions import Fraction as F

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary_runner.controllers.aws import appconfig, codedeploy
from canary_runner.controllers.aws.alarms import Alarm, AlarmState, MissingData, evaluate
from canary_runner.controllers.aws.appconfig import Growth
from canary_runner.controllers.aws.appconfig_machine import AppConfigMachine, Spread
from canary_runner.controllers.aws.codedeploy import PREDEFINED, AllAtOnce, TimeBasedCanary
from canary_runner.controllers.aws.codedeploy_machine import CodeDeployMachine, TrafficShift
from canary_runner.controllers.aws.hosts import PREDEFINED as HOSTS
from canary_runner.controllers.aws.hosts import MinimumHealthy, MinimumType
from canary_runner.controllers.aws.hosts_machine import HostsMachine, HostUpdate
from canary_runner.controllers.aws.watching import BEYOND_N, Comparison, Watched
from canary_runner.model.outcomes import State
from canary_runner.model.plan import Approval
from canary_runner.model.query import Measures, NoData, Query, Sees

ERRORS = Query(Measures.ERRORS, 60, Sees.BOTH)
FINE, BAD, GAP = range(3)
CANARY_5 = codedeploy.Spec(TimeBasedCanary(F(10), F(5)))


def alarm(n=2, m=None, period_s=60, **more):
    fields = {"missing": MissingData.MISSING} | more
    query = replace(ERRORS, window_s=period_s, sees=fields.pop("sees", Sees.BOTH))
    return Watched("errors", Alarm(n, m or n, fields["missing"]), query, Comparison.ABOVE, 0.0)


def shift(spec=CANARY_5, *alarms):
    return CodeDeployMachine(TrafficShift(spec, alarms), Approval())


def spread(growth=Growth.LINEAR, factor=50, minutes=10, bake=5, alarms=()):
    return AppConfigMachine(
        Spread(appconfig.Spec(growth, F(factor), F(60 * minutes), F(60 * bake)), alarms), Approval()
    )


def told(machine, letters=()):
    """Return (seconds, our word, phase, percent) wherever one of them changes, and the last state's standing."""
    state, at_s, rest, rows = machine.start(), 0, iter(letters), []
    while True:
        standing = machine.standing(state)
        row = (standing.state.value, standing.phase, machine.segments[standing.segment].traffic * 100)
        if not rows or rows[-1][1:] != row:
            rows.append((at_s, *row))
        look = machine.look(state)
        if look is None:
            return rows, standing
        at_s += look.after_s
        state = machine.advance(state, tuple(next(rest, FINE) for _ in look.asks))


@pytest.mark.parametrize("name", sorted(PREDEFINED))
def test_without_alarms_a_shift_is_its_schedule(name):
    rows, _ = told(shift(codedeploy.Spec(PREDEFINED[name])))
    schedule = codedeploy.schedule_of(PREDEFINED[name])
    assert [(at_s, percent) for at_s, word, _, percent in rows if word == "PROGRESSING"] == [
        (step.at_s, step.percent) for step in schedule[:-1]
    ]
    assert rows[-1][:3] == (schedule[-1].at_s, "COMPLETED", "Succeeded")


@pytest.mark.parametrize(
    ("letters", "end"),
    [
        pytest.param((BAD, BAD), (120, "ROLLED_BACK", "Stopped", 10), id="two bad minutes in a row"),
        pytest.param((BAD, FINE, BAD, FINE), (300, "COMPLETED", "Succeeded", 10), id="every other minute"),
        pytest.param((FINE, FINE, FINE, FINE, BAD), (300, "COMPLETED", "Succeeded", 10), id="too late"),
        pytest.param((FINE, FINE, FINE, BAD, BAD), (300, "ROLLED_BACK", "Stopped", 10), id="alarm before the step"),
        pytest.param((GAP,) * 5, (300, "COMPLETED", "Succeeded", 10), id="no data stops nothing"),
    ],
)
def test_an_alarm_of_two_minutes_in_a_five_minute_canary(letters, end):
    rows, standing = told(shift(CANARY_5, alarm()), letters)
    assert rows[-1] == end
    assert standing.decided_by == ((0,) if end[1] == "ROLLED_BACK" else ())


@pytest.mark.parametrize(
    ("spec", "end"),
    [
        (CANARY_5, (120, "ROLLED_BACK", "Stopped", 10)),
        (replace(CANARY_5, rolls_back_on=frozenset()), (120, "PAUSED", "Stopped", 10)),
        (replace(CANARY_5, alarms_enabled=False), (300, "COMPLETED", "Succeeded", 10)),
        (replace(CANARY_5, routing=AllAtOnce()), (0, "COMPLETED", "Succeeded", 100)),
    ],
    ids=["as SAM has it", "without automatic rollback", "alarms off", "all at once"],
)
def test_what_an_alarm_does(spec, end):
    rows, standing = told(shift(spec, alarm()), (BAD,) * 10)
    assert rows[-1] == end
    if standing.state in (State.ROLLED_BACK, State.PAUSED):
        assert standing.reason == 'alarm "errors" in ALARM'


@pytest.mark.parametrize(
    ("missing", "letters", "end"),
    [
        (MissingData.MISSING, (FINE,) * 15, (900, "COMPLETED", "COMPLETE", 100)),
        (MissingData.MISSING, (GAP,) * 4, (240, "ROLLED_BACK", "ROLLED_BACK", 50)),
        (MissingData.NOT_BREACHING, (GAP,) * 15, (900, "COMPLETED", "COMPLETE", 100)),
        (MissingData.IGNORE, (GAP,) * 15, (900, "COMPLETED", "COMPLETE", 100)),
        (MissingData.BREACHING, (GAP,) * 15, (240, "ROLLED_BACK", "ROLLED_BACK", 50)),
        (MissingData.MISSING, (FINE,) * 12 + (BAD, BAD), (840, "ROLLED_BACK", "ROLLED_BACK", 100)),
    ],
)
def test_appconfig_rolls_back_without_data_as_the_alarm_says(missing, letters, end):
    rows, _ = told(spread(alarms=(alarm(missing=missing),)), letters)
    assert rows[-1] == end


def test_appconfig_spreads_then_bakes():
    rows, _ = told(spread(Growth.EXPONENTIAL, 10, 20, 10))
    assert [(at_s, phase, percent) for at_s, _, phase, percent in rows] == [
        (0, "DEPLOYING", 10), (240, "DEPLOYING", 20), (480, "DEPLOYING", 40), (720, "DEPLOYING", 80),
        (960, "DEPLOYING", 100), (1200, "BAKING", 100), (1800, "COMPLETE", 100),
    ]  # fmt: skip
    assert [at_s for at_s, *_ in told(spread(minutes=0))[0]] == [0, 300]


def test_an_alarm_on_the_new_version_has_no_data_before_it():
    machine = spread(alarms=(alarm(sees=Sees.CANARY),))
    rows, _ = told(machine)
    assert rows[0][:3] == (0, "ROLLED_BACK", "ROLLED_BACK")
    assert told(shift(CANARY_5, alarm(sees=Sees.CANARY)))[0][-1][1] == "COMPLETED"


PERIODS = st.sampled_from([10, 30, 60, 300])


@given(st.lists(st.tuples(PERIODS, st.integers(1, 3)), min_size=1, max_size=3), st.lists(st.integers(0, 2)), st.data())
def test_every_alarm_gets_a_datapoint_a_period_and_is_evaluated_by_its_rules(kinds, letters, data):
    alarms = tuple(
        alarm(n, data.draw(st.integers(1, n)), period, missing=data.draw(st.sampled_from(list(MissingData))))
        for period, n in kinds
    )
    machine = shift(replace(CANARY_5, rolls_back_on=frozenset()), *alarms)
    points = [[False] * (one.alarm.evaluation_periods + BEYOND_N) for one in alarms]
    states = [AlarmState.OK] * len(alarms)
    state, at_s, rest = machine.start(), 0, iter(letters)
    while (look := machine.look(state)) is not None:
        assert look.after_s % machine.tick_s == 0
        assert look.after_s > 0
        at_s += look.after_s
        assert look.asks == tuple(i for i, one in enumerate(alarms) if at_s % one.query.window_s == 0)
        said = tuple(next(rest, FINE) for _ in look.asks)
        state = machine.advance(state, said)
        for index, letter in zip(look.asks, said, strict=True):
            points[index].append((False, True, None)[letter])
            seen = points[index][-alarms[index].alarm.evaluation_periods - BEYOND_N :]
            states[index] = evaluate(alarms[index].alarm, seen, states[index])
        in_alarm = tuple(i for i, one in enumerate(states) if one is AlarmState.ALARM)
        assert machine.standing(state).decided_by == in_alarm
        assert (machine.standing(state).state is State.PAUSED) == bool(in_alarm)


@pytest.mark.parametrize(
    ("comparison", "within", "breaching"),
    [
        (Comparison.ABOVE, (0.0, 5.0), (5.1,)),
        (Comparison.AT_LEAST, (4.9,), (5.0, 6.0)),
        (Comparison.BELOW, (5.0, 6.0), (4.9,)),
        (Comparison.AT_MOST, (5.1,), (5.0, 0.0)),
    ],
)
def test_when_a_datapoint_breaches(comparison, within, breaching):
    watched = replace(alarm(), comparison=comparison, threshold=5.0)
    assert {watched.letter(value) for value in within} == {FINE}
    assert {watched.letter(value) for value in breaching} == {BAD}
    assert watched.letter(NoData.EMPTY) == GAP


ONE, HALF = HOSTS["CodeDeployDefault.OneAtATime"], HOSTS["CodeDeployDefault.HalfAtATime"]


@pytest.mark.parametrize(
    ("minimum", "instances", "shares", "end_s"),
    [
        (ONE, 3, [(0, 0), (60, 50), (120, 100)], 180),
        (HALF, 4, [(0, 0), (60, 100)], 120),
        (MinimumHealthy(MinimumType.FLEET_PERCENT, 40), 9, [(0, 0), (60, 100)], 120),
        (MinimumHealthy(MinimumType.HOST_COUNT, 6), 10, [(0, 0), (60, 67), (120, 100)], 180),
        (HOSTS["CodeDeployDefault.AllAtOnce"], 4, [(0, 0)], 60),  # nobody serves meanwhile
    ],
)
def test_batches_of_instances(minimum, instances, shares, end_s):
    rows, standing = told(HostsMachine(HostUpdate(CANARY_5, minimum, instances), Approval()))
    assert [(at_s, round(percent)) for at_s, word, _, percent in rows if word == "PROGRESSING"] == shares
    assert (rows[-1][0], standing.state, standing.phase) == (end_s, State.COMPLETED, "Succeeded")


def test_an_alarm_stops_batches_and_a_minimum_of_all_fails_at_once():
    made = HostsMachine(HostUpdate(CANARY_5, ONE, 5, alarms=(alarm(),)), Approval())
    rows, standing = told(made, (FINE, BAD, BAD))
    assert (rows[-1][:3], standing.decided_by) == ((180, "ROLLED_BACK", "Stopped"), (0,))
    stuck = HostUpdate(CANARY_5, MinimumHealthy(MinimumType.HOST_COUNT, 5), 5)
    assert told(HostsMachine(stuck, Approval()))[0] == [(0, "ROLLED_BACK", "Failed", 0)]
