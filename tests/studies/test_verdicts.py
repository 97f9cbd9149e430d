"""Bounds held against numbers: equal passes, and at the ends of what can be one other rollout decides."""

from fractions import Fraction as F

import numpy as np
import pytest

from canary_runner.engines.paths import Paths
from canary_runner.model.expectation import Expectation, Side, Verdict
from canary_runner.model.study import Estimate, Method
from canary_runner.studies.estimates import Sample
from canary_runner.studies.verdicts import exact_verdict, sampled_verdict
from tests.builders import plan, policy, stage

COMPLETED, ROLLED_BACK = range(2)
PASS, FAIL, OPEN = Verdict.PASS, Verdict.FAIL, Verdict.INCONCLUSIVE
MOST, LEAST = Side.AT_MOST, Side.AT_LEAST


@pytest.mark.parametrize(
    ("value", "bound", "most", "least"),
    [
        pytest.param(0.1 + 0.2, "0.3", PASS, PASS, id="0.30000000000000004 is 30 %"),
        pytest.param(0.29, "0.29", PASS, PASS, id="0.29 is less than 29 % in binary"),
        pytest.param(0.0, "0", PASS, PASS, id="nothing is at most nothing"),
        pytest.param(1e-300, "0", FAIL, PASS, id="however little is more than nothing"),
        pytest.param(0.29 + 1e-8, "0.29", FAIL, PASS, id="a little more"),
        pytest.param(0.29 - 1e-8, "0.29", PASS, FAIL, id="a little less"),
        pytest.param(2700.0, "2700", PASS, PASS, id="45m is 45m"),
        pytest.param(float("inf"), "10", FAIL, PASS, id="never"),
    ],
)
def test_equal_to_a_bound_passes(value, bound, most, least):
    estimate = Estimate(value, value, None if value == float("inf") else value, Method.EXACT)
    for side, verdict in ((MOST, most), (LEAST, least)):
        assert exact_verdict(Expectation("extra_errors_mean", side, F(bound)), estimate) is verdict


def sample(rolled, runs=4096, end_s=600):
    """Return rollouts of which `rolled` are rolled back, all at one time."""
    weights = np.array([runs - rolled, rolled], float)
    endings, ended, entered = np.array([COMPLETED, ROLLED_BACK], np.int8), np.full(2, end_s), np.zeros((1, 2), np.int64)
    some = weights > 0
    return Sample(
        Paths(endings[some], ended[some], entered[:, some], np.array([0, 1])[some], weights[some], weights[some]), runs
    )


@pytest.mark.parametrize(
    ("side", "bound", "none", "one", "half", "every"),
    [
        pytest.param(MOST, 0, OPEN, FAIL, FAIL, FAIL, id="at most never"),
        pytest.param(MOST, 1, PASS, PASS, PASS, PASS, id="at most always"),
        pytest.param(LEAST, 0, PASS, PASS, PASS, PASS, id="at least never"),
        pytest.param(LEAST, 1, FAIL, FAIL, FAIL, OPEN, id="at least always"),
        pytest.param(MOST, F(1, 2), PASS, PASS, OPEN, FAIL, id="at most half"),
        pytest.param(LEAST, F(1, 2), FAIL, FAIL, OPEN, PASS, id="at least half"),
    ],
)
def test_a_sampled_chance_at_the_ends(side, bound, none, one, half, every):
    asked = Expectation("rollback_probability", side, F(bound))
    for rolled, verdict in ((0, none), (1, one), (2048, half), (4096, every)):
        assert sampled_verdict(asked, plan(policy(stage("one", 10))), sample(rolled)) is verdict, rolled


@pytest.mark.parametrize(("bound", "most", "least"), [(599, FAIL, PASS), (600, PASS, PASS), (601, PASS, FAIL)])
@pytest.mark.parametrize("quantity", ["rollout_duration_p50", "rollout_duration_p95"])
def test_a_sampled_percentile_that_is_equal_passes(quantity, bound, most, least):
    for side, verdict in ((MOST, most), (LEAST, least)):
        asked = Expectation(quantity, side, F(bound))
        assert sampled_verdict(asked, plan(policy(stage("one", 10))), sample(1)) is verdict


def test_no_value_decides_nothing():
    asked = Expectation("rollout_duration_mean", MOST, F(10**9))
    assert sampled_verdict(asked, plan(policy(stage("one", 10))), sample(4096)) is OPEN
