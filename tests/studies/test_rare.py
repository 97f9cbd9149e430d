"""Studies of rare rollbacks: their interval, when it is used, and what a study says of it."""

from fractions import Fraction as F

import numpy as np
import pytest
from scipy import stats

from canary_runner.engines.block import ENDINGS
from canary_runner.engines.exact import propagate
from canary_runner.model.outcomes import State
from canary_runner.model.policy import ConsecutiveFailures
from canary_runner.model.study import Method
from canary_runner.stats.intervals import T95, T95_VALUES, log_interval
from canary_runner.studies.crew import crew
from canary_runner.studies.rare import rare_rollbacks
from canary_runner.studies.sampling import Effort
from canary_runner.studies.study import Way, characterise
from tests.builders import plan, policy
from tests.engines.test_branches import QUIET, RARE, stages

ROLLED_BACK = ENDINGS.index(State.ROLLED_BACK)


def exact_chance(a_plan):
    paths = propagate(a_plan)
    return paths.weights[paths.endings == ROLLED_BACK].sum()


def test_student_s_quantile():
    assert stats.t(T95_VALUES - 1).ppf(0.975) == pytest.approx(T95, rel=1e-12)


def test_an_interval_on_the_logarithmic_scale():
    low, high = log_interval(2.0, 0.0, 32, T95)
    assert (low, high) == (2.0, 2.0)
    low, high = log_interval(2.0, 1.0, 32, T95)
    assert low * high == pytest.approx(4.0, rel=1e-9)
    assert high / 2 == pytest.approx(np.exp(T95 / np.sqrt(32) / 2), rel=1e-9)
    assert log_interval(0.0, 0.0, 32, T95) == (0.0, np.inf)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["two in a row", "five in a row, held to the end"])
def test_intervals_hold_the_truth_as_often_as_they_say(name):
    """20 studies, seeds 0 to 19: of 95 % intervals at least 15 hold the exact chance.

    With a true coverage of 95 % fewer would have a chance below 1 in 2,500.
    """
    assert stats.binom(20, 0.95).cdf(14) < 1 / 2500
    chance = exact_chance(RARE[name])
    with crew(1) as workers:
        found = [rare_rollbacks(RARE[name], seed, 0.5, workers).probability for seed in range(20)]
    assert sum(one.low <= chance <= one.high for one in found) >= 15


def test_a_study_seeks_what_is_rare_where_a_share_is_asked_for():
    """One chance in half a million, sampled although it could be exact; seed 0."""
    a_plan = plan(policy(*stages(F(1, 100), ConsecutiveFailures(3))), QUIET)
    found = characterise(a_plan, Way("sample", Effort(relative=0.1)))
    one = found.rollback_probability
    assert one.method is Method.SPLITTING
    assert one.high / one.value - 1 <= 0.1
    assert one.low / 1.05 <= exact_chance(a_plan) <= one.high * 1.05
    assert sum(way.probability.value for way in found.decided_in) == pytest.approx(one.value, rel=1e-12)
    assert {way.probability.method for way in found.decided_in} == {Method.SPLITTING}
    assert found.completion_probability.method is Method.SAMPLED
    assert (found.false_rollback_probability, found.detection_probability.value) == (one, None)


def test_what_is_not_rare_is_counted():
    """About one in two thousand is rolled back: 20 of them take 65,536 rollouts or fewer. Seed 0."""
    found = characterise(RARE["four in all"], Way("sample", Effort(relative=0.5)))
    often = plan(policy(*stages(F(6, 1000), ConsecutiveFailures(3))), QUIET)
    counted = characterise(often, Way("sample", Effort(relative=0.1)))
    assert found.rollback_probability.method is Method.SPLITTING
    assert counted.rollback_probability.method is Method.SAMPLED
    width = (counted.rollback_probability.high - counted.rollback_probability.low) / 2
    assert width <= 0.1 * counted.rollback_probability.value


def test_what_cannot_happen_stays_counted():
    """No block meets a rollback: an interval cannot be made of nothing."""
    never = plan(policy(*stages(F(9, 10), ConsecutiveFailures(3))), QUIET)
    found = characterise(never, Way("sample", Effort(relative=0.1)))
    assert (found.rollback_probability.value, found.rollback_probability.method) == (0.0, Method.SAMPLED)
    assert found.rollback_probability.high > 0
