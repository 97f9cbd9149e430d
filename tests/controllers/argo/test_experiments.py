"""Experiments as steps: what ends them, and when."""

import pytest

from canary_runner.controllers.argo.canary_machine import CanaryMachine
from canary_runner.controllers.argo.metric import Metric
from canary_runner.controllers.argo.phases import Phase
from canary_runner.controllers.argo.questions import LETTERS
from canary_runner.controllers.argo.spec import Analysis, CanarySpec, Experiment, Measured
from canary_runner.model.outcomes import State
from canary_runner.model.plan import Approval
from canary_runner.model.query import Measures, Query, Sees

QUERY = Query(Measures.ERROR_RATIO, 60, Sees.CANARY)
S, F, I = Phase.SUCCESSFUL, Phase.FAILED, Phase.INCONCLUSIVE  # noqa: E741 - letters of a table
THRICE = Analysis((Measured(Metric("m", "result[0] < 1", interval="1m", count=3), QUERY),))
ENDLESS = Analysis((Measured(Metric("m", "result[0] < 1", interval="1m"), QUERY),))


@pytest.mark.parametrize(
    ("analysis", "duration_s", "is_required", "phases", "ending", "after_s"),
    [
        pytest.param(None, 300, False, [], State.COMPLETED, 300, id="its duration ends it"),
        pytest.param(None, None, False, [], State.PAUSED, 0, id="nothing ends it"),
        pytest.param(THRICE, 300, False, [S, S, S], State.COMPLETED, 300, id="it goes on after its analyses"),
        pytest.param(THRICE, None, False, [S, S, S], State.PAUSED, 120, id="a success ends it only if it is required"),
        pytest.param(THRICE, 300, True, [S, S, S], State.COMPLETED, 120, id="what is required ends it early"),
        pytest.param(THRICE, 90, True, [S, S, S], State.COMPLETED, 120, id="what is required is waited for"),
        pytest.param(THRICE, 90, False, [S, S], State.COMPLETED, 90, id="what is not required is cut off"),
        pytest.param(ENDLESS, 150, False, [S, S, S], State.COMPLETED, 150, id="an analysis without an end"),
        pytest.param(THRICE, 300, False, [S, F], State.ROLLED_BACK, 60, id="a failure aborts at once"),
        pytest.param(THRICE, 300, False, [I], State.PAUSED, 0, id="what is inconclusive waits for a person"),
    ],
)
def test_what_ends_an_experiment(analysis, duration_s, is_required, phases, ending, after_s):
    spec = CanarySpec((Experiment(analysis, duration_s, is_required),), is_routed=True)
    machine = CanaryMachine(spec, Approval())
    state, now_s, left = machine.start(), 0, list(phases)
    while (look := machine.look(state)) is not None:
        now_s += look.after_s
        state = machine.advance(state, tuple(LETTERS.index(left.pop(0)) for _ in look.asks))
    assert (machine.standing(state).state, now_s, left) == (ending, after_s, [])


def test_a_rollout_that_nothing_moves_says_why():
    machine = CanaryMachine(CanarySpec((Experiment(None, None),)), Approval())
    assert machine.standing(machine.start()).reason == "step 1 of 1 has no end of its own: it waits for a person"
