"""Short ways to make the values that tests speak of."""

from fractions import Fraction as F
from functools import cache
from pathlib import Path

from canary_runner.compiling.plan import make_plan
from canary_runner.engines.explain import explain
from canary_runner.loading import find_scenario, load_policy
from canary_runner.loading.builtin_scenarios import BUILTIN_SCENARIOS
from canary_runner.model.plan import Approval
from canary_runner.model.policy import (
    ConsecutiveFailures,
    ErrorCheck,
    LatencyCheck,
    OnInconclusive,
    Policy,
    Stage,
    Window,
    WindowKind,
)
from canary_runner.model.results import RunInputs
from canary_runner.model.scenario import Scenario
from canary_runner.model.service import Arrivals, Latency, Service

ERRORS = ErrorCheck("error_rate", F(1, 100), None)
POLICIES = Path(__file__).parents[1] / "policies"
SHIPPED = ("conservative", "standard", "aggressive")
SCENARIOS = tuple(BUILTIN_SCENARIOS)
SLOW = LatencyCheck("latency_p99", F(99, 100), 500_000, None)


def stage(name, percent, **given):
    """Return a stage of five analyses, two minutes apart, with an error and a latency check."""
    fields = {
        "duration_s": 600,
        "check_every_s": 120,
        "window": Window(WindowKind.SINCE_LAST_CHECK),
        "min_canary_requests": 1,
        "rollback_after": ConsecutiveFailures(2),
        "on_inconclusive": OnInconclusive.PAUSE,
        "wait_for_approval": False,
        "checks": (ERRORS, SLOW),
        "unchecked": (),
    } | given
    return Stage(name=name, traffic=F(percent) / 100, **fields)


def policy(*stages, name="tried"):
    """Return a policy of these stages."""
    return Policy(name, "", stages)


def service(**given):
    """Return a service of 100 rps, 0.1 % errors, p50 80 ms and p99 400 ms."""
    fields = {
        "rate_rps": F(100),
        "arrivals": Arrivals.POISSON,
        "daily_swing": F(0),
        "error_rate": F(1, 1000),
        "latency": Latency(80_000, 400_000),
        "burstiness": F(0),
    } | given
    return Service(name="service", **fields)


def plan(a_policy, a_service=None, scenario=Scenario("healthy"), approval_delay_s=None, **given):  # noqa: B008
    """Return the plan of a rollout."""
    return make_plan(a_policy, a_service or service(), scenario, approval=Approval(approval_delay_s), **given)


@cache
def shipped(name):
    """Return a policy that comes with canary-runner."""
    return load_policy(str(POLICIES / f"{name}.yaml")).value


@cache
def builtin(name):
    """Return a built-in scenario."""
    return find_scenario(name)


def told(a_plan, seed, run=0, *, trace=True):
    """Return the result of one run."""
    inputs = RunInputs(
        policy=a_plan.policy, policy_file=None, policy_sha256=None, service=a_plan.service, service_file=None,
        service_sha256=None, service_is_assumed=False, scenario=a_plan.scenario, seed=seed, run=run,
        start_at_s=a_plan.start_at_s, approval_delay_s=a_plan.approval.delay_s,
    )  # fmt: skip
    return explain(a_plan, seed, run, inputs, trace=trace)
