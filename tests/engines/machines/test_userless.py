"""Copies and load tests: metrics see them, no user does."""

from collections import Counter
from dataclasses import replace
from fractions import Fraction as F

import numpy as np
import pytest

from canary_runner.compiling.plan import make_plan
from canary_runner.controllers.flagger.metrics import Metric, Range
from canary_runner.controllers.flagger.questions import Canary
from canary_runner.controllers.flagger.spec import Spec
from canary_runner.engines.block import ENDINGS
from canary_runner.engines.machines.telling import tell_machine
from canary_runner.engines.machines.walk import walk_machine
from canary_runner.model.foreign import ForeignPolicy
from canary_runner.model.plan import Approval
from canary_runner.model.query import Measures, Query, Sees
from canary_runner.model.results import RunInputs
from canary_runner.model.scenario import Scenario
from canary_runner.model.service import GENERIC_WEB, Arrivals

SUCCESS = Metric("request-success-rate", Range(min=90))
QUERY = Query(Measures.SUCCESS_RATIO, 60, Sees.CANARY, F(100))
SPEC = Spec(threshold=2, iterations=3, metrics=(SUCCESS,), mirror=False)
MIRRORED = replace(SPEC, mirror=True)


def plan_of(spec, arrivals=Arrivals.POISSON, **more):
    service = replace(GENERIC_WEB, rate_rps=F(10), arrivals=arrivals)
    policy = ForeignPolicy("podinfo", "flagger", Canary(spec, (QUERY,), **more))
    return make_plan(policy, service, Scenario("healthy"), approval=Approval(0))


@pytest.mark.parametrize("arrivals", list(Arrivals))
@pytest.mark.parametrize(
    ("spec", "more", "ending"),
    [
        (SPEC, {}, "ROLLED_BACK"),  # nobody asks the canary anything
        (MIRRORED, {}, "COMPLETED"),
        (SPEC, {"load_rps": F(20)}, "COMPLETED"),
    ],
    ids=["no data", "mirrored", "load tests"],
)
def test_a_blue_green_analysis_needs_copies_or_load_tests(spec, more, ending, arrivals):
    walks = walk_machine(plan_of(spec, arrivals, **more), 1, 0, np.arange(64))
    assert Counter(ENDINGS[code].value for code in walks.endings.tolist()) == {ending: 64}


@pytest.mark.parametrize(
    ("spec", "more", "mean"),
    [(MIRRORED, {"copied": F(1, 2)}, 300), (SPEC, {"load_rps": F(20)}, 1200)],
    ids=["half is copied", "load tests"],
)
def test_metrics_see_them_and_no_user_is_exposed(spec, more, mean):
    """A minute's count is Poisson: 5 standard deviations."""
    plan = plan_of(spec, **more)
    inputs = RunInputs(plan.policy, None, None, plan.service, None, None, True, plan.scenario, 1, 0, 0, None, "flagger")
    told = tell_machine(plan, 1, 0, inputs)
    checks = [one for one in told.analyses if one.at_s == 180]
    assert checks[0].canary.requests == pytest.approx(mean, abs=5 * mean**0.5)
    shares = {stage.name: stage.traffic for stage in plan.stages}
    users = sum(10 * (one.ended_at_s - one.started_at_s) * float(shares[one.name]) for one in told.stages)
    assert told.exposure.canary_requests == pytest.approx(users, abs=5 * users**0.5)
