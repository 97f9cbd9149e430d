"""Rollouts whose stages compare two latency percentiles or more: the exact engine against the walk."""

from fractions import Fraction as F

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from canary_runner.engines.counting import merged, paths_of, walk_histories
from canary_runner.engines.exact import propagate
from canary_runner.model.policy import ConsecutiveFailures, ErrorCheck, LatencyCheck, Micros, Ratio, TotalFailures
from canary_runner.model.scenario import Change, Effect, LatencyEffect, Scenario
from canary_runner.model.service import Arrivals
from tests.builders import ERRORS, plan, policy, service, stage

P50 = LatencyCheck("latency_p50", F(1, 2), 90_000, None)
P95 = LatencyCheck("latency_p95", F(95, 100), None, Ratio(F(6, 5)))
LIMITED = LatencyCheck("latency_p95", F(95, 100), 300_000, Ratio(F(11, 10)))
P99 = LatencyCheck("latency_p99", F(99, 100), None, Micros(50_000))
OVER = ErrorCheck("error_rate", F(1, 50), Ratio(F(3, 2)))

PLANS = st.builds(
    lambda checks, rollback_after, percents, rate_rps, arrivals, factor: plan(
        policy(
            *(
                stage(
                    f"s{percent}", percent, checks=checks, rollback_after=rollback_after,
                    duration_s=180, check_every_s=60,
                )
                for percent in percents
            )
        ),
        service(rate_rps=rate_rps, arrivals=arrivals, error_rate=F(1, 100)),
        Scenario("slower", canary=Effect(latency=LatencyEffect(Change.MULTIPLY, factor))),
    ),
    st.sampled_from([(P95, P99), (P99, ERRORS, LIMITED), (OVER, P95, P99), (P50, P99, P95), (OVER, P50, LIMITED, P99)]),
    st.sampled_from([ConsecutiveFailures(1), ConsecutiveFailures(2), TotalFailures(2)]),
    st.sampled_from([(20,), (20, 50), (60,)]),
    st.sampled_from([F(4), F(20)]),
    st.sampled_from(list(Arrivals)),
    st.sampled_from([F(1), F(11, 10), F(5, 4)]),
)  # fmt: skip


@pytest.mark.slow
@settings(max_examples=25, deadline=None, derandomize=True)
@given(PLANS)
def test_the_walk_agrees(a_plan):
    """4,096 rollouts of seed 7: each ending within 5 standard errors (and half a rollout)."""
    exact, sampled = propagate(a_plan), paths_of(merged([walk_histories(a_plan, 7, 0)]))
    expected = np.minimum(np.bincount(exact.endings, weights=exact.weights, minlength=3), 1.0)
    runs = sampled.weights.sum()
    seen = np.bincount(sampled.endings, weights=sampled.weights, minlength=3) / runs
    assert expected.sum() == pytest.approx(1, abs=1e-9)
    assert (np.abs(expected - seen) <= 5 * np.sqrt(expected * (1 - expected) / runs) + 0.5 / runs).all()
