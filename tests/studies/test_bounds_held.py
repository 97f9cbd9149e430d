"""Bounds held against histories: what the exact number says, and what a sample of the same shares says."""

from fractions import Fraction as F

import pytest

from canary_runner.model.expectation import Expectation, Side, Verdict
from canary_runner.model.scenario import Effect, Scenario
from canary_runner.studies.characteristics import characteristics
from canary_runner.studies.estimates import Sample
from canary_runner.studies.quantities import QUANTITIES
from canary_runner.studies.verdicts import ABSENT_BELOW, exact_verdict, sampled_verdict
from tests.builders import plan
from tests.studies.test_characteristics import COMPLETED, PAUSED, ROLLED_BACK, SOME, TWO, WORSE, histories

PASS, FAIL, OPEN = Verdict.PASS, Verdict.FAIL, Verdict.INCONCLUSIVE
MOST, LEAST = Side.AT_MOST, Side.AT_LEAST
RUNS = 200_000

HEALTHY = Scenario("healthy")
BAD = Scenario("worse", canary=Effect(error_rate=WORSE))
LATE = Scenario("late", canary=Effect(error_rate=WORSE, starting_after_s=300))
ALL_COMPLETE = ((COMPLETED, 1200, 600, 0, 1.0),)
ALL_ROLLED_BACK = ((ROLLED_BACK, 240, None, 1, 1.0),)
FEW_NEVER_CAUGHT = ((ROLLED_BACK, 240, None, 1, 0.96), (COMPLETED, 1200, 600, 0, 0.04))
MANY_NEVER_CAUGHT = ((ROLLED_BACK, 240, None, 1, 0.9), (PAUSED, 1200, None, 0, 0.1))


def exactly(scenario, rows, one):
    sample = Sample(histories(*rows), None)
    return exact_verdict(one, QUANTITIES[one.quantity].of(characteristics(plan(TWO, scenario=scenario), sample, None)))


def by_sample(scenario, rows, one, runs=RUNS):
    sample = Sample(histories(*((*row[:4], round(row[4] * runs)) for row in rows)), runs)
    return sampled_verdict(one, plan(TWO, scenario=scenario), sample)


@pytest.mark.parametrize(
    ("scenario", "rows", "quantity", "side", "bound", "exact", "sampled"),
    [
        # chances
        (HEALTHY, SOME, "rollback_probability", MOST, 0.22, PASS, PASS),
        (HEALTHY, SOME, "rollback_probability", MOST, 0.2, FAIL, FAIL),
        (HEALTHY, SOME, "rollback_probability", LEAST, 0.2, PASS, PASS),
        (HEALTHY, SOME, "rollback_probability", LEAST, 0.22, FAIL, FAIL),
        # chances at their ends: a sample holds no proof, but a single rollout disproves
        (HEALTHY, ALL_COMPLETE, "completion_probability", LEAST, 1.0, PASS, OPEN),
        (HEALTHY, ALL_COMPLETE, "completion_probability", MOST, 1.0, PASS, PASS),
        (HEALTHY, ALL_COMPLETE, "completion_probability", MOST, 0.0, FAIL, FAIL),
        (HEALTHY, ALL_COMPLETE, "rollback_probability", MOST, 0.0, PASS, OPEN),
        (HEALTHY, ALL_COMPLETE, "rollback_probability", LEAST, 0.0, PASS, PASS),
        (HEALTHY, ALL_COMPLETE, "rollback_probability", LEAST, 1.0, FAIL, FAIL),
        (HEALTHY, SOME, "completion_probability", LEAST, 1.0, FAIL, FAIL),
        (HEALTHY, SOME, "pause_probability", MOST, 0.0, FAIL, FAIL),
        # false and right rollbacks
        (HEALTHY, SOME, "false_rollback_probability", MOST, 0.22, PASS, PASS),
        (LATE, SOME, "false_rollback_probability", MOST, 0.14, FAIL, FAIL),
        (LATE, SOME, "false_rollback_probability", MOST, 0.16, PASS, PASS),
        (LATE, SOME, "detection_probability", LEAST, 0.05, PASS, PASS),
        (LATE, SOME, "detection_probability", LEAST, 0.07, FAIL, FAIL),
        (BAD, SOME, "false_rollback_probability", MOST, 0.0, PASS, PASS),  # worse from the start: none can be
        (HEALTHY, SOME, "detection_probability", LEAST, 0.0, FAIL, FAIL),  # absent: there is nothing to detect
        (HEALTHY, SOME, "detection_probability", MOST, 1.0, FAIL, FAIL),
        # times of the completed
        (HEALTHY, SOME, "rollout_duration_p95", MOST, 1320, PASS, PASS),  # equal passes
        (HEALTHY, SOME, "rollout_duration_p95", MOST, 1319, FAIL, FAIL),
        (HEALTHY, SOME, "rollout_duration_p50", LEAST, 1200, PASS, PASS),
        (HEALTHY, SOME, "rollout_duration_p50", LEAST, 1201, FAIL, FAIL),
        (HEALTHY, SOME, "rollout_duration_mean", MOST, 1250, PASS, PASS),  # (2 x 1200 + 1320) / 3 is 1240
        (HEALTHY, SOME, "rollout_duration_mean", MOST, 1230, FAIL, FAIL),
        (HEALTHY, SOME, "rollout_duration_mean", LEAST, 1200, PASS, PASS),  # no rollout can be faster
        (HEALTHY, SOME, "rollout_duration_mean", MOST, 1200, FAIL, FAIL),  # one that is slower disproves
        (HEALTHY, ALL_COMPLETE, "rollout_duration_mean", MOST, 1200, PASS, OPEN),
        (HEALTHY, SOME, "rollout_duration_mean", MOST, 2400, PASS, PASS),  # no rollout can be slower
        # nobody is completed
        *(
            (HEALTHY, ALL_ROLLED_BACK, f"rollout_duration_{kind}", side, bound, FAIL, FAIL)
            for kind in ("p50", "p95", "mean")
            for side, bound in ((MOST, 10**6), (LEAST, 1))
        ),
        (HEALTHY, ALL_ROLLED_BACK, "unguarded_requests_per_hour", MOST, 10**9, FAIL, FAIL),
        # never caught is infinite
        (HEALTHY, SOME, "time_to_rollback_p95", MOST, 10**6, FAIL, FAIL),
        (BAD, ALL_COMPLETE, "time_to_rollback_p95", MOST, 600, FAIL, FAIL),
        (BAD, ALL_COMPLETE, "time_to_rollback_p95", LEAST, 600, PASS, PASS),
        (BAD, ALL_COMPLETE, "time_to_rollback_p50", LEAST, 600, PASS, PASS),
        (BAD, MANY_NEVER_CAUGHT, "time_to_rollback_p95", LEAST, 600, PASS, PASS),
        (BAD, MANY_NEVER_CAUGHT, "time_to_rollback_p50", MOST, 240, PASS, PASS),
        (BAD, FEW_NEVER_CAUGHT, "time_to_rollback_p95", MOST, 240, PASS, PASS),
        (BAD, FEW_NEVER_CAUGHT, "time_to_rollback_p95", MOST, 239, FAIL, FAIL),
        # all are rolled back before they could be caught
        (LATE, ALL_ROLLED_BACK, "time_to_rollback_p50", MOST, 600, FAIL, FAIL),
        (LATE, ALL_ROLLED_BACK, "time_to_rollback_p50", LEAST, 0, FAIL, FAIL),
        # prices: 591.6 extra errors and 29,580 requests in the mean
        (BAD, SOME, "extra_errors_mean", MOST, 600, PASS, PASS),
        (BAD, SOME, "extra_errors_mean", MOST, 580, FAIL, FAIL),
        (BAD, SOME, "extra_errors_mean", LEAST, 580, PASS, PASS),
        (BAD, SOME, "extra_errors_mean", LEAST, 600, FAIL, FAIL),
        (BAD, SOME, "extra_errors_mean", MOST, 0, FAIL, FAIL),
        (BAD, SOME, "extra_errors_p95", MOST, 744, PASS, PASS),
        (BAD, SOME, "extra_errors_p95", MOST, 743, FAIL, FAIL),
        (HEALTHY, SOME, "extra_errors_mean", MOST, 0, PASS, PASS),  # the arms fail alike
        (HEALTHY, SOME, "extra_errors_mean", LEAST, 1, FAIL, FAIL),
        (BAD, SOME, "extra_slow_requests_mean", MOST, 0, PASS, PASS),
        (HEALTHY, SOME, "canary_requests_mean", MOST, 30_000, PASS, PASS),
        (HEALTHY, SOME, "canary_requests_mean", LEAST, 30_000, FAIL, FAIL),
        (HEALTHY, SOME, "canary_requests_p95", MOST, 37_200, PASS, PASS),
        (HEALTHY, SOME, "canary_requests_p95", MOST, 37_199, FAIL, FAIL),
        # the same for every rollout by construction
        (BAD, SOME, "unguarded_extra_errors_per_hour", MOST, 3600, PASS, PASS),
        (BAD, SOME, "unguarded_extra_errors_per_hour", MOST, 3599, FAIL, FAIL),
        (BAD, SOME, "unguarded_extra_errors_per_hour", LEAST, 3600, PASS, PASS),
        (HEALTHY, SOME, "unguarded_requests_per_hour", LEAST, 180_000, PASS, PASS),
    ],
)
def test_verdicts(scenario, rows, quantity, side, bound, exact, sampled):
    one = Expectation(quantity, side, F(str(bound)))
    assert exactly(scenario, rows, one) is exact
    assert by_sample(scenario, rows, one) is sampled


@pytest.mark.parametrize(
    ("quantity", "side", "bound"),
    [
        ("rollback_probability", MOST, 0.3),
        ("extra_errors_mean", MOST, 600),
        ("canary_requests_p95", MOST, 37_200),
        ("rollout_duration_mean", MOST, 1250),
    ],
)
def test_few_rollouts_decide_nothing(quantity, side, bound):
    assert by_sample(BAD, SOME, Expectation(quantity, side, F(str(bound))), 100) is OPEN


@pytest.mark.parametrize(("runs", "verdict"), [(4096, OPEN), (100_000, OPEN), (200_000, FAIL)])
def test_what_few_may_have_is_absent_when_one_in_ten_thousand_is_excluded(runs, verdict):
    """Of n rollouts none: ln of the mixture is about n / 10,000 - ln(pi n) / 2, which is ln 1,000 at n = 134,500."""
    assert ABSENT_BELOW == 1e-4
    assert by_sample(HEALTHY, ALL_ROLLED_BACK, Expectation("rollout_duration_p95", MOST, F(600)), runs) is verdict


@pytest.mark.parametrize(("chance", "verdict"), [(0.0, PASS), (1e-13, PASS), (1e-11, FAIL), (1e-9, FAIL), (0.5, FAIL)])
def test_a_bound_of_nothing_forgives_no_more_than_rounding(chance, verdict):
    """A file may write nine decimals of a percent, 1e-11: that much is not nothing."""
    rows = ((COMPLETED, 1200, 600, 0, 1 - chance), (ROLLED_BACK, 240, None, 1, chance))
    assert exactly(HEALTHY, rows, Expectation("rollback_probability", MOST, F(0))) is verdict


def test_a_numerical_error_about_infinity_is_not_decided():
    """By the coarse rule more than 5 % are never caught, by the fine one fewer."""
    rows = ((ROLLED_BACK, 240, None, 1, 0.951), (COMPLETED, 1200, 600, 0, 0.049))
    a_plan = plan(TWO, scenario=BAD)
    found = characteristics(a_plan, Sample(histories(*rows, coarse=[0.949, 0.051]), None), None)
    p95 = found.time_to_rollback_s.p95
    assert exact_verdict(Expectation("time_to_rollback_p95", MOST, F(600)), p95) is OPEN
    assert exact_verdict(Expectation("time_to_rollback_p95", LEAST, F(240)), p95) is PASS
    assert exact_verdict(Expectation("time_to_rollback_p95", MOST, F(239)), p95) is FAIL
