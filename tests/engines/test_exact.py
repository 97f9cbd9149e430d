"""What the exact engine refuses, and a stage that asks nothing; that it is right is in test_propagation.py."""

from fractions import Fraction as F

import pytest

from canary_runner.engines.counting import paths_of, walk_histories
from canary_runner.engines.exact import propagate
from canary_runner.model.policy import (
    FailuresOfLast,
    LatencyCheck,
    Window,
    WindowKind,
)
from canary_runner.model.reasons import NotExact
from tests.builders import ERRORS, SLOW, builtin, plan, policy, stage
from tests.engines.histories import ROLLED_BACK, chances


@pytest.mark.parametrize(
    ("checks", "given_stage", "reason"),
    [
        ((ERRORS,), {"window": Window(WindowKind.SLIDING, 240)}, "windows that overlap"),
        ((ERRORS, SLOW), {"window": Window(WindowKind.STAGE)}, "windows that overlap"),
        (tuple(LatencyCheck(f"latency_p{q}", F(q, 100), 500_000, None) for q in range(90, 99)),
         {"rollback_after": FailuresOfLast(4, 10), "duration_s": 1200}, "too many joint states"),
    ],
)  # fmt: skip
def test_what_is_not_exact_says_why(checks, given_stage, reason):
    with pytest.raises(NotExact, match=reason):
        propagate(plan(policy(stage("one", 50, checks=checks, **given_stage))))


def test_a_stage_without_checks_is_left_at_its_end():
    """Every metric may be `unchecked`: then nothing can take the release back."""
    a_plan = plan(policy(stage("blind", 50, checks=()), stage("seen", 100)), scenario=builtin("crash"))
    exact, walked = propagate(a_plan), paths_of(walk_histories(a_plan, 0, 0))
    assert set(exact.entered_at_s[1].tolist()) == set(walked.entered_at_s[1].tolist()) == {600}
    assert chances(exact)[ROLLED_BACK] == pytest.approx(1, abs=1e-9)
    (alone,) = propagate(plan(policy(stage("blind", 50, checks=())))).weights
    assert alone == pytest.approx(1, abs=1e-12)
