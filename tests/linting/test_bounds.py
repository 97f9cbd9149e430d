"""The cheap bounds are bounds: never below the exact chance, and good enough to spare most of the work."""

from dataclasses import replace
from fractions import Fraction as F

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from canary_runner.linting.bounds import rolled_back_at_most
from canary_runner.linting.linter import facts_of
from canary_runner.linting.misses import caught_at_least
from canary_runner.linting.promises import promises_of
from canary_runner.loading import load_policy
from canary_runner.model.diagnostics import Document
from canary_runner.model.policy import ConsecutiveFailures as Row
from canary_runner.model.policy import (
    ErrorCheck,
    FailuresOfLast,
    LatencyCheck,
    Points,
    Ratio,
    TotalFailures,
    Window,
    WindowKind,
)
from canary_runner.model.service import GENERIC_WEB, Arrivals
from tests.builders import POLICIES, SHIPPED, policy, service, stage
from tests.linting.lint_cases import all_cases, subject

ERRORS = st.builds(
    ErrorCheck,
    st.just("error_rate"),
    st.sampled_from([F(1, 1000), F(2, 1000), F(5, 1000), F(2, 100)]),
    st.sampled_from([None, Points(F(1, 1000)), Points(F(5, 1000)), Points(F(2, 100)), Ratio(F(3, 2)), Ratio(F(6))]),
)
SLOW = st.builds(
    lambda percent, max_us, over: LatencyCheck(f"latency_p{percent}", F(percent, 100), max_us, over),
    st.sampled_from([50, 95, 99]),
    st.sampled_from([90_000, 300_000, 600_000]),
    st.sampled_from([None, Ratio(F(11, 10)), Ratio(F(3, 2))]),
)
TOLERANCES = st.sampled_from([Row(1), Row(2), Row(3), TotalFailures(2), FailuresOfLast(2, 3), FailuresOfLast(3, 5)])


CONFIDENCES = st.sampled_from([None, F(95, 100), F(99, 100)])
EVIDENT = st.builds(lambda check, level: replace(check, confidence=level), ERRORS, CONFIDENCES)
EVIDENT_SLOW = st.builds(
    lambda check, level: replace(check, confidence=None if check.over_baseline is not None else level),
    SLOW,
    CONFIDENCES,
)
WINDOWS = st.sampled_from([Window(WindowKind.SINCE_LAST_CHECK)] * 3 + [Window(WindowKind.STAGE)])


def both(a_policy, a_service):
    """Return the bound and the exact chance of every stage."""
    document = Document("f", data=written(a_policy))
    facts = facts_of(a_policy, document, a_service)
    for one in facts.stages:
        yield rolled_back_at_most(facts, one), facts.chances.of_stage(one.stage, one.start_at_s)


def written(a_policy):
    """Return data with as many checks as the policy has, for their places."""
    return {
        "stages": [
            {"name": one.name, "checks": [{"metric": check.metric} for check in one.checks]} for one in a_policy.stages
        ]
    }


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    errors=ERRORS, slow=SLOW, tolerance=TOLERANCES, percent=st.sampled_from([1, 10, 60, 100]),
    rate=st.sampled_from([F(5), F(40), F(200)]), arrivals=st.sampled_from(Arrivals),
    swing=st.sampled_from([F(0), F(1, 2)]),
)  # fmt: skip
def test_no_exact_chance_is_above_its_bound(errors, slow, tolerance, percent, rate, arrivals, swing):
    a_service = service(rate_rps=rate, arrivals=arrivals, daily_swing=swing)
    one = stage("one", percent, checks=(errors, slow), rollback_after=tolerance)
    for bound, odds in both(policy(one), a_service):
        assert odds is not None
        assert odds.rolled_back <= bound + 1e-12


@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    errors=EVIDENT, slow=EVIDENT_SLOW, tolerance=TOLERANCES, percent=st.sampled_from([1, 10, 60, 100]),
    rate=st.sampled_from([F(5), F(40), F(200)]), arrivals=st.sampled_from(Arrivals), window=WINDOWS,
    swing=st.sampled_from([F(0), F(1, 2)]), minimum=st.sampled_from([1, 100, 600]),
)  # fmt: skip
def test_no_stage_catches_less_than_its_bound(errors, slow, tolerance, percent, rate, arrivals, window, swing, minimum):
    """Of every promise that the two checks make. No bound is above the exact chance."""
    a_service = service(rate_rps=rate, arrivals=arrivals, daily_swing=swing)
    one = stage(
        "one", percent, checks=(errors, slow), rollback_after=tolerance, window=window, min_canary_requests=minimum
    )
    a_policy = policy(one)
    facts = facts_of(a_policy, Document("f", data=written(a_policy)), a_service)
    (only,) = facts.stages
    for asked in only.checks:
        for promise in promises_of(facts, only, asked):
            bound = caught_at_least(facts, one, only.start_at_s, asked.check, promise)
            odds = facts.chances.of_stage(one, only.start_at_s, promise.scenario) if bound > 0 else None
            if odds is not None:
                assert odds.rolled_back >= bound - 1e-12


def test_most_promises_of_the_shipped_policies_need_no_exact_chance():
    """All but 15 % of those of stages with a tolerance that their analyses can exceed, on the assumed service."""
    cleared = [
        caught_at_least(facts, one.stage, one.start_at_s, asked.check, promise) >= 0.8
        for name in SHIPPED
        for loaded in [load_policy(str(POLICIES / f"{name}.yaml"))]
        for facts in [facts_of(loaded.value, loaded.document, GENERIC_WEB)]
        for one in facts.stages
        for asked in one.checks
        for promise in promises_of(facts, one, asked)
    ]
    assert sum(cleared) >= 0.85 * len(cleared)


@pytest.mark.parametrize(("rule", "case"), all_cases())
def test_no_case_is_above_its_bound(rule, case):
    a_policy, document, a_service = subject(case)
    facts = facts_of(a_policy, document, a_service)
    for one in facts.stages:
        odds = facts.chances.of_stage(one.stage, one.start_at_s)
        assert odds is None or odds.rolled_back <= rolled_back_at_most(facts, one) + 1e-12


def test_most_stages_of_the_shipped_policies_need_no_exact_chance():
    """Nine of thirteen at least, on the assumed service."""
    cleared = [
        rolled_back_at_most(facts, one) <= 0.01
        for name in SHIPPED
        for loaded in [load_policy(str(POLICIES / f"{name}.yaml"))]
        for facts in [facts_of(loaded.value, loaded.document, GENERIC_WEB)]
        for one in facts.stages
    ]
    assert len(cleared) == 13
    assert sum(cleared) >= 9
