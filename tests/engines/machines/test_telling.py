"""One rollout under a machine, told: it agrees with the walk, its counts add up, and its JSON keeps the contract."""

import json
from dataclasses import replace
from fractions import Fraction as F

import numpy as np
import pytest

from canary_runner.engines.block import ENDINGS
from canary_runner.engines.machines.telling import tell_machine
from canary_runner.engines.machines.walk import walk_machine
from canary_runner.model.outcomes import Outcome, State
from canary_runner.model.query import Measures, Query, Sees
from canary_runner.model.results import RunInputs, Unread
from canary_runner.model.service import GENERIC_WEB
from canary_runner.reporting.run_json import run_json
from tests.engines.machines.test_walk import HEALTHY, WORSE, plan_of
from tests.engines.machines.toys import Below, Toy, error_ratio
from tests.reporting.test_schemas import validate

P99_MS = Below(Query(Measures.LATENCY_QUANTILE, 180, Sees.CANARY, F(1000), F(99, 100)), 420, "p99")
TOY = Toy((error_ratio(0.02), P99_MS), weights=(0, 5, 30), looks=4, every_s=300)


@pytest.fixture(autouse=True)
def _toys_are_known(monkeypatch):
    from canary_runner.controllers import machines

    monkeypatch.setattr(machines, "MACHINES", {Toy: lambda toy, _approval: toy})


def told(plan, run, seed=1):
    inputs = RunInputs(
        plan.policy, None, None, plan.service, None, None, True, plan.scenario, seed, run, plan.start_at_s, None, "toys"
    )
    return tell_machine(plan, seed, run, inputs)


def summed(results):
    return sum(one.requests for one in results), sum(one.errors for one in results)


@pytest.mark.parametrize("run", range(12))
@pytest.mark.parametrize("scenario", [HEALTHY, WORSE], ids=["healthy", "worse"])
def test_what_is_told_is_what_was_walked(scenario, run):
    plan = plan_of(TOY, scenario=scenario)
    walks, result = walk_machine(plan, 1, 0, np.arange(12)), told(plan, run)
    assert result.final_state is ENDINGS[walks.endings[run]]
    assert result.simulated_duration_s == walks.ended_at_s[run]
    assert result.stages_completed == walks.stages_completed[run]
    deciding = [name for name, decides in zip(("errors", "p99"), walks.deciding[:, run], strict=True) if decides]
    assert ([result.reason.check] if result.reason else []) == deciding[:1]
    assert result.transitions[-1].target is result.final_state
    for arm in ("canary", "baseline"):
        assert summed([getattr(stage, arm) for stage in result.stages]) == summed([getattr(result, arm)])
    validate("run-result", json.loads(run_json(result, trace=True)))


OF_THE_PAST = (
    error_ratio(0.0102, 1800, Sees.BASELINE),
    Below(Query(Measures.LATENCY_QUANTILE, 1800, Sees.BOTH, F(1000), F(99, 100)), 400, "p99"),
)


@pytest.mark.parametrize(
    ("toy", "limits"),
    [
        (TOY, {"errors": F(2, 100), "p99": 420}),
        (replace(TOY, questions=OF_THE_PAST), {"errors": F(102, 10_000), "p99": 400}),
    ],
    ids=["canary", "past"],
)
def test_evidence_is_what_the_letters_came_from(toy, limits):
    """Over 40 rollouts of seed 1: what fails exceeds its limit, what passes does not, and nothing else is seen."""
    plan = plan_of(toy, scenario=WORSE)
    seen = [e for run in range(40) for one in told(plan, run).analyses for e in one.evidence]
    assert {e.outcome for e in seen} == ({Outcome.PASS, Outcome.FAIL} if toy is not TOY else set(Outcome))
    for one in seen:
        if isinstance(one, Unread):
            assert one.outcome is Outcome.INCONCLUSIVE
            continue
        assert one.unit == {"errors": "ratio", "p99": "ms"}[one.check]
        assert one.limit == limits[one.check]
        assert (one.observed > one.limit) == (one.outcome is Outcome.FAIL)


def test_a_window_of_both_arms_reaches_back_before_the_start():
    """Seed 1, a window of half an hour, first looked at after 5 minutes: 25 more are the stable version's alone."""
    first = told(plan_of(replace(TOY, questions=OF_THE_PAST)), 0).analyses[0]
    requests = first.baseline.requests + first.canary.requests
    assert (first.at_s, first.window_s) == (300, 1800)
    assert abs(requests - 1800 * 20) < 4.5 * (1800 * 20) ** 0.5
    assert told(plan_of(TOY), 0).analyses[0].window_s == 180


def test_time_that_nobody_looked_at_has_its_requests():
    """A window of a minute an hour: the requests of four hours are expected, within 4.5 standard errors (seed 1)."""
    toy = Toy((error_ratio(1.0),), weights=(50,), looks=4, every_s=3600)
    result = told(plan_of(toy, service=replace(GENERIC_WEB, rate_rps=F(20))), 0)
    mean = 4 * 3600 * 20 / 2
    for arm in (result.canary, result.baseline):
        assert abs(arm.requests - mean) <= 4.5 * mean**0.5
    assert result.exposure.canary_requests == result.canary.requests
    assert result.final_state is State.COMPLETED


def test_requests_of_no_user_are_reported_and_expose_nobody():
    toy = Toy((error_ratio(1.0),), weights=(0,), looks=3, every_s=600, copied=F(1, 2))
    result = told(plan_of(toy), 0)
    assert result.canary.requests > 0
    assert (result.exposure.canary_requests, result.exposure.extra_errors_expected) == (0, 0)


def test_a_rollout_that_nothing_ends_says_so():
    result = told(plan_of(Toy((), weights=(10,), looks=10**6, every_s=3600)), 0)
    assert (result.final_state, result.reason.kind) == (State.PAUSED, "held")
    assert result.reason.text == "nothing has ended it after 7d"
