"""Estimates of histories whose answers are reckoned by hand."""

from math import inf

import numpy as np
import pytest
from scipy import stats

from canary_runner.engines.paths import Paths
from canary_runner.model.study import Method
from canary_runner.stats.intervals import wilson
from canary_runner.studies.estimates import Sample, mean, missing, probability, quantile


def sample(weights, runs=None, coarse=None, dropped=0.0):
    """Return histories of which only the weights count."""
    size, weights = len(weights), np.array(weights, float)
    none = np.zeros(size, np.int64)
    coarse = weights if coarse is None else np.array(coarse, float)
    return Sample(Paths(none.astype(np.int8), none, none[None], none, weights, coarse, dropped), runs)


def which(*places, size=4):
    return np.isin(np.arange(size), places)


EXACT = sample([0.1, 0.2, 0.3, 0.4])
COUNTED = sample([10, 20, 30, 40], 100)
VALUES = np.array([5.0, 1.0, 7.0, 3.0])
"""In order 1 (0.2), 3 (0.4), 5 (0.1), 7 (0.3): running 0.2, 0.6, 0.7, 1."""


@pytest.mark.parametrize(("chosen", "value"), [(which(), 0), (which(0, 2), 0.4), (which(0, 1, 2, 3), 1)])
def test_probability(chosen, value):
    exact, counted = probability(EXACT, chosen), probability(COUNTED, chosen)
    assert (exact.method, counted.method) == (Method.EXACT, Method.SAMPLED)
    assert (exact.runs, counted.runs) == (None, 100)
    assert exact.value == pytest.approx(value)
    assert exact.low <= exact.value <= exact.high
    assert exact.high - exact.low < 1e-11
    assert counted.value == pytest.approx(value)
    assert (counted.low, counted.high) == wilson(100 * value, 100)


def test_an_exact_probability_is_as_wide_as_its_rules_differ():
    found = probability(sample([0.25, 0.75], coarse=[0.26, 0.74], dropped=0.001), which(0, size=2))
    assert (found.low, found.value, found.high) == pytest.approx((0.239, 0.25, 0.261))


@pytest.mark.parametrize(("chosen", "value"), [(which(0), 5), (which(1, 3), 7 / 3), (which(0, 1, 2, 3), 4.0)])
def test_mean(chosen, value):
    assert mean(EXACT, chosen, VALUES, "none").value == pytest.approx(value)
    assert mean(COUNTED, chosen, VALUES, "none").value == pytest.approx(value)


def test_the_interval_of_a_counted_mean():
    """10 x 5, 20 x 1, 30 x 7, 40 x 3: mean 4, squares 10, 180, 270, 40 = 500, over 99."""
    found = mean(COUNTED, which(0, 1, 2, 3), VALUES, "none")
    half = stats.t(99).ppf(0.975) * (500 / 99 / 100) ** 0.5
    assert (found.low, found.high) == pytest.approx((4 - half, 4 + half))


def test_the_mean_of_a_single_rollout_has_no_interval():
    found = mean(sample([1, 3], 4), which(0, size=2), np.array([5.0, 6.0]), "none")
    assert (found.value, found.low, found.high) == (5.0, None, None)


@pytest.mark.parametrize("some", [EXACT, COUNTED])
def test_what_nobody_has_is_missing_for_a_reason(some):
    wanted = missing(some, "no such thing")
    assert (wanted.value, wanted.low, wanted.high, wanted.reason) == (None, None, None, "no such thing")
    assert mean(some, which(), VALUES, "no such thing") == wanted
    assert quantile(some, which(), VALUES, 0.5, "no such thing") == wanted


@pytest.mark.parametrize(
    ("share", "value"),
    [(0.1, 1), (0.2, 1), (0.21, 3), (0.5, 3), (0.6, 3), (0.65, 5), (0.7, 5), (0.71, 7), (0.95, 7)],
)
def test_a_quantile_is_the_nearest_rank(share, value):
    for some in (EXACT, COUNTED):
        found = quantile(some, which(0, 1, 2, 3), VALUES, share, "none")
        assert found.value == value
        assert found.low <= value <= found.high


def test_the_largest_value_seen_is_no_upper_end():
    """Of 71 values all are below the p95 with a chance of 0.95^71, 2.6 %; of 72 with one of 2.49 %."""
    seen = np.array([3.0, 7.0])
    ends = [quantile(sample([n - 1, 1], n), which(0, 1, size=2), seen, 0.95, "none").high for n in (71, 72)]
    assert ends == [None, 7.0]


def test_a_quantile_of_some_histories():
    """5 (0.1) and 7 (0.3): the median is 7, the first quarter 5."""
    assert quantile(EXACT, which(0, 2), VALUES, 0.5, "none").value == 7
    assert quantile(EXACT, which(0, 2), VALUES, 0.25, "none").value == 5


def test_an_exact_quantile_is_as_wide_as_its_weights_may_be_wrong():
    """Running 0.2, 0.6: at 0.5 alone 3; a doubt of 0.35 reaches from 1 to 7."""
    doubtful = sample([0.1, 0.2, 0.3, 0.4], dropped=0.35)
    found = quantile(doubtful, which(0, 1, 2, 3), VALUES, 0.5, "none")
    assert (found.low, found.value, found.high) == (1, 3, 7)


def test_infinite_values_are_legal():
    values = np.array([5.0, 1.0, inf, 3.0])  # 1 (0.2), 3 (0.4), 5 (0.1), never (0.3)
    median = quantile(EXACT, which(0, 1, 2, 3), values, 0.5, "none", "often never")
    assert (median.value, median.reason) == (3.0, None)
    p95 = quantile(EXACT, which(0, 1, 2, 3), values, 0.95, "none", "often never")
    assert (p95.value, p95.low, p95.high, p95.reason) == (None, None, None, "often never")
    near = quantile(COUNTED, which(0, 1, 2, 3), values, 0.65, "none", "often never")
    assert (near.value, near.low, near.high) == (5.0, 3.0, None)  # of 100: ranks 55.6 to 74.4
    beyond = quantile(COUNTED, which(0, 1, 2, 3), values, 0.72, "none", "often never")
    assert (beyond.value, beyond.low, beyond.high, beyond.reason) == (None, 5.0, None, "often never")
