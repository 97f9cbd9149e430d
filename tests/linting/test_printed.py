"""What a rule prints is what `study` gives: with its numbers in the place of lint's own every finding is the same.

All rule cases are gone through, failing and passing ones, with every number that a rule asks for on the way to its
messages and help lines.
"""

from dataclasses import replace

import pytest

from canary_runner import api
from canary_runner.compiling.plan import make_plan
from canary_runner.linting.chances import HEALTHY, Chances, StageOdds
from canary_runner.linting.linter import facts_of
from canary_runner.linting.rules import RULES
from canary_runner.model.diagnostics import UsageError
from canary_runner.model.policy import ConsecutiveFailures, OnInconclusive, Policy, Window, WindowKind
from canary_runner.model.study import StudyOptions
from tests.builders import POLICIES
from tests.linting.lint_cases import all_cases, subject


def studied(policy, service, scenario, **options):
    """Return what `study` says, exactly; None where there is no exact answer."""
    loaded = replace(api.load_policy(str(POLICIES / "standard.yaml")), value=policy)
    normal = replace(api.load_service(str(POLICIES / "checkout.service.yaml")), value=service)
    try:
        (found,) = api.study([loaded], normal, [scenario], StudyOptions("exact", **options)).results
    except UsageError:
        return None
    return found


class Studied(Chances):
    """The same questions, asked of `study`."""

    def __init__(self, policy, service):
        super().__init__(policy, service)
        self.asked = 0

    def of_stage(self, stage, start_at_s, scenario=HEALTHY, wait_s=0):
        is_rollout = stage.window.kind is WindowKind.ROLLOUT
        window = Window(WindowKind.STAGE) if is_rollout else stage.window
        only = Policy("one", "", (replace(stage, window=window, wait_for_approval=wait_s > 0),))
        if self._reads_elsewhere(only):
            return super().of_stage(stage, start_at_s, scenario, wait_s)
        self.asked += 1
        found = studied(only, self._service, scenario, start_at_s=start_at_s, approval_delay_s=wait_s)
        if found is None:
            return None
        checks = make_plan(only, self._service, scenario).stages[0].checks
        shares = tuple(
            sum(way.probability.value for way in found.decided_in if check.metric in way.checks) for check in checks
        )
        return StageOdds(found.rollback_probability.value, found.pause_probability.value, shares)

    def tried(self, stage, start_at_s, scenario=HEALTHY):
        return self.of_stage(stage, start_at_s, scenario)

    def of_analysis(self, stage, check, start_at_s, length_s, scenario=HEALTHY):
        only = replace(
            stage, duration_s=length_s, check_every_s=length_s, window=Window(WindowKind.SINCE_LAST_CHECK),
            checks=(check,), rollback_after=ConsecutiveFailures(1), on_inconclusive=OnInconclusive.PAUSE,
            wait_for_approval=False,
        )  # fmt: skip
        policy = Policy("one", "", (only,))
        if self._reads_elsewhere(policy):
            return super().of_analysis(stage, check, start_at_s, length_s, scenario)
        self.asked += 1
        found = studied(policy, self._service, scenario, start_at_s=start_at_s)
        ways = (found.completion_probability, found.rollback_probability, found.pause_probability)
        return tuple(way.value for way in ways)

    def crash_costs(self):
        self.asked += 1
        found = studied(self._policy, self._service, api.find_scenario("crash"))
        return None if found is None else found.extra_errors.mean.value

    def _reads_elsewhere(self, policy):
        """Tell whether percentiles of the whole policy are read at limits that this part of it does not have."""
        if all(check.over_baseline is None for stage in policy.stages for check in stage.checks):
            return False
        return make_plan(policy, self._service, HEALTHY).edges_us != self.edges_us


@pytest.mark.parametrize(("rule", "case"), all_cases())
def test_every_printed_number_is_what_study_says(rule, case):
    policy, document, service = subject(case)
    facts = facts_of(policy, document, service)
    by_study = replace(facts, chances=Studied(policy, service))
    assert list(RULES[rule].check(by_study)) == list(RULES[rule].check(facts))


def test_the_cases_ask_for_many_numbers():
    """The comparison above is not of two empty hands: the cases ask `study` 200 questions at least."""
    asked = 0
    for param in all_cases():
        rule, case = param.values
        policy, document, service = subject(case)
        chances = Studied(policy, service)
        list(RULES[rule].check(replace(facts_of(policy, document, service), chances=chances)))
        asked += chances.asked
    assert asked >= 200


def test_a_crash_costs_what_study_says_where_later_stages_see_it_too():
    """With a minimum that the first stage does not always reach, and no limit on errors there."""
    policy, document, service = subject({"change": {"min_canary_requests: 300": "min_canary_requests: 1200"}})
    facts = facts_of(policy, document, service)
    found = studied(policy, service, api.find_scenario("crash"))
    assert facts.chances.crash_costs() == pytest.approx(found.extra_errors.mean.value, rel=1e-9)
    compared = replace(
        policy,
        stages=tuple(
            replace(one, checks=tuple(replace(c, over_baseline=None) for c in one.checks)) for one in policy.stages
        ),
    )
    alone = facts_of(compared, document, service).chances.crash_costs()
    exact = studied(compared, service, api.find_scenario("crash")).extra_errors.mean.value
    assert alone == pytest.approx(exact, rel=1e-9)
