"""A check that never decides alone, as the rule says, is never named alone by a study: whatever the release does."""

import pytest

from canary_runner import api
from canary_runner.compiling.plan import make_plan
from canary_runner.linting.chances import HEALTHY
from canary_runner.linting.linter import lint
from canary_runner.model.policy import LatencyCheck
from tests.linting.lint_cases import all_cases, stage_of, subject
from tests.linting.test_printed import studied

CASES = [param for param in all_cases() if param.values[0] == "checks-decide-alike"]
SCENARIOS = ["healthy", "bad-deploy", "slow-path", "cold-start", "noisy-neighbour"]


def absolute_percentiles(policy, service, stage):
    """Return the latency checks of a stage that are asked an absolute limit alone, lowest percentile first."""
    (asked,) = (one.checks for one in make_plan(policy, service, HEALTHY).stages if one.name == stage)
    found = [one for one in asked if isinstance(one, LatencyCheck) and one.over_baseline is None]
    return sorted(found, key=lambda one: one.quantile)


@pytest.mark.parametrize("scenario", SCENARIOS)
@pytest.mark.parametrize(("rule", "case"), CASES)
def test_a_redundant_percentile_never_decides_alone(rule, case, scenario):
    policy, document, service = subject(case)
    findings = [one for one in lint(policy, document, service, [rule]) if "latency_p95 max 500ms never" in one.message]
    found = studied(policy, service, api.find_scenario(scenario)) if findings else None
    for finding in findings:
        low, high = absolute_percentiles(policy, service, stage_of(finding))[:2]
        ways = [way for way in found.decided_in if way.stage == stage_of(finding) and low.metric in way.checks]
        alone = sum(way.probability.value for way in ways if high.metric not in way.checks)
        assert alone == pytest.approx(0, abs=1e-9)


def test_there_are_such_cases_and_the_percentiles_do_decide():
    found = [subject(param.values[1]) for param in CASES]
    told = [
        (policy, service)
        for policy, document, service in found
        if lint(policy, document, service, ["checks-decide-alike"])
    ]
    assert len(told) >= 4
    slow = api.find_scenario("slow-path", (), {"canary.latency": "4x"})
    deciding = [way for policy, service in told for way in studied(policy, service, slow).decided_in]
    assert any("latency_p95" in way.checks and "latency_p99" in way.checks for way in deciding)
