"""Rollouts in which nobody decides: rolling updates, and the steps of OpenKruise."""

from fractions import Fraction as F

import pytest

from canary_runner.controllers.deployment import Percent, Recreate, RollingUpdate
from canary_runner.controllers.deployment_machine import Update, deployment_machine
from canary_runner.controllers.openkruise import Release, Step, Style, openkruise_machine
from canary_runner.model.plan import Approval

AT_ONCE, NEVER = Approval(0), Approval(None)


def told(machine):
    """Return (seconds, name, percent) of every part that is reached, and the word and phase of the end."""
    state, at_s, rows = machine.start(), 0, []
    while (look := machine.look(state)) is not None:
        segment = machine.segments[machine.standing(state).segment]
        rows.append((at_s, segment.name, round(100 * float(segment.traffic))))
        at_s, state = at_s + look.after_s, machine.advance(state, ())
    standing = machine.standing(state)
    return rows, (at_s, standing.state.value, standing.phase)


@pytest.mark.parametrize(
    ("update", "shares", "end_s"),
    [
        pytest.param(Update(RollingUpdate(), 1, 20), [(0, 0), (20, 50), (20, 100)], 20, id="one replica"),
        pytest.param(
            Update(RollingUpdate(), 4, 20, 10), [(0, 0), (30, 40), (30, 67), (60, 80), (60, 100)], 60,
            id="the defaults, ready for ten seconds",
        ),
        pytest.param(
            Update(RollingUpdate(), 10, 30), [(0, 0), (30, 38), (30, 62), (60, 77), (60, 100)], 60, id="ten replicas"
        ),
        pytest.param(Update(Recreate(), 3, 30), [(0, 0), (0, 0), (30, 100)], 30, id="recreate"),
        pytest.param(Update(RollingUpdate(Percent(100), 0), 10, 30), [(0, 0), (30, 50), (30, 100)], 30, id="all"),
    ],
)  # fmt: skip
def test_the_shares_of_a_deployment_in_time(update, shares, end_s):
    rows, end = told(deployment_machine(update, AT_ONCE))
    assert [(at_s, percent) for at_s, _, percent in rows] == shares
    assert end == (end_s, "COMPLETED", "Complete")


def test_a_paused_deployment_waits_for_a_person():
    update = Update(RollingUpdate(), 1, 20, is_paused=True)
    assert told(deployment_machine(update, NEVER)) == ([], (0, "PAUSED", "Paused"))
    assert told(deployment_machine(update, Approval(100)))[1] == (120, "COMPLETED", "Complete")


def release(*steps, style=Style.CANARY, router=True, replicas=10):
    return Release(style, steps, router, replicas, matching=F(1, 4), pod_start_s=30)


def step(replicas, traffic=None, pause=60, **more):
    return Step(replicas, None if traffic is None else F(traffic, 100), pause_s=pause, **more)


ALL = Percent(100)


@pytest.mark.parametrize(
    ("made", "parts"),
    [
        pytest.param(
            release(step(Percent(20), 20), step(Percent(50), 50), step(ALL, 100)),
            [(0, "step 1 starts", 0), (30, "step 1", 20), (90, "step 2 starts", 20), (120, "step 2", 50),
             (180, "step 3 starts", 50), (210, "step 3", 100)],
            id="traffic as routed, and no pause after the last step",
        ),
        pytest.param(
            release(step(1), step(5), step(ALL), router=False),
            [(0, "step 1 starts", 0), (30, "step 1", 9), (90, "step 2 starts", 9), (120, "step 2", 33),
             (180, "step 3 starts", 33), (210, "step 3", 50)],
            id="pods beside the old ones",
        ),
        pytest.param(
            release(step(1), step(5), step(ALL), router=False, style=Style.PARTITION),
            [(0, "step 1 starts", 0), (30, "step 1", 10), (90, "step 2 starts", 10), (120, "step 2", 50),
             (180, "step 3 starts", 50), (210, "step 3", 100)],
            id="pods in place",
        ),
        pytest.param(
            release(step(1, 5), step(5), step(ALL), style=Style.PARTITION),
            [(0, "step 1 starts", 0), (30, "step 1", 5), (90, "step 2 starts", 10), (120, "step 2", 50),
             (180, "step 3 starts", 50), (210, "step 3", 100)],
            id="a step without traffic undoes the routing",
        ),
        pytest.param(
            release(step(1, 5, has_matches=True), step(1, 20)),
            [(0, "step 1 starts", 0), (30, "step 1", 25), (90, "step 2", 20)],
            id="matches come before traffic, and no pods start where there are enough",
        ),
        pytest.param(
            release(step(ALL, 0), step(ALL, 100), style=Style.BLUE_GREEN),
            [(0, "step 1 starts", 0), (30, "step 1", 0), (90, "step 2", 100)],
            id="blue/green pauses after its last step too",
        ),
    ],
)  # fmt: skip
def test_the_steps_of_openkruise(made, parts):
    rows, (at_s, word, phase) = told(openkruise_machine(made, AT_ONCE))
    assert rows == parts
    assert (word, phase) == ("COMPLETED", "Healthy")
    assert at_s == parts[-1][0] + (0 if made.steps[-1].replicas == ALL and made.style is not Style.BLUE_GREEN else 60)


def test_a_pause_without_a_duration_waits_for_a_person():
    made = release(step(1, 5, None), step(ALL, 100))
    rows, end = told(openkruise_machine(made, NEVER))
    assert (rows, end) == ([(0, "step 1 starts", 0)], (30, "PAUSED", "StepPaused"))
    assert told(openkruise_machine(made, Approval(300)))[1] == (360, "COMPLETED", "Healthy")
