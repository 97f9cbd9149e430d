"""Intervals for sampled numbers, against scipy and against hand-made cases."""

import math

import pytest
from scipy import stats

from canary_runner.stats.intervals import mean_interval, most_unseen, student95, wilson


@pytest.mark.parametrize(
    ("hits", "trials"), [(0, 10), (1, 10), (5, 10), (10, 10), (27, 1000), (0, 4096), (3, 1_000_000)]
)
def test_wilson_is_scipys(hits, trials):
    expected = stats.binomtest(hits, trials).proportion_ci(method="wilson")
    assert wilson(hits, trials) == pytest.approx((expected.low, expected.high), abs=1e-12)


@pytest.mark.parametrize("hits", [0, 10])
def test_wilson_ends_where_a_chance_ends(hits):
    assert wilson(hits, 10)[hits // 10] == hits / 10


def test_the_interval_of_a_mean():
    low, high = mean_interval(10.0, 4.0, 100)
    half = stats.t(99).ppf(0.975) * 2 / 10
    assert (low, high) == pytest.approx((10 - half, 10 + half))
    assert mean_interval(10.0, 0.0, 1) == (-math.inf, math.inf)


@pytest.mark.parametrize("freedom", [*range(1, 40), 99, 4095, 10_000_000])
def test_students_quantile_is_scipys(freedom):
    assert student95(freedom) == pytest.approx(stats.t(freedom).ppf(0.975), rel=2e-5)


@pytest.mark.parametrize("count", [1, 2, 10, 300, 4096, 10_000_000])
def test_what_was_never_seen_may_be_so_much(count):
    """The upper end of Clopper and Pearson's one-sided interval for no success in `count` trials."""
    assert most_unseen(count) == pytest.approx(stats.beta.ppf(0.95, 1, count), rel=1e-9)
