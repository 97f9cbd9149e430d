"""Intervals of quantiles: the ranks are scipy's, and the quantile is as often between them as is said."""

import math
from fractions import Fraction as F
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from canary_runner.stats.order_statistics import quantile_ranks

P50, P95, USUAL, WIDE = F(1, 2), F(19, 20), F(19, 20), F(39, 40)


@pytest.mark.parametrize("confidence", [USUAL, WIDE])
@pytest.mark.parametrize("share", [P50, P95])
@pytest.mark.parametrize("count", [1, 2, 5, 10, 20, 36, 58, 59, 71, 72, 73, 80, 200, 1000, 4096, 1_000_000])
def test_the_ranks_are_the_narrowest_that_the_binomial_law_allows(count, share, confidence):
    """Either end is wrong with a chance of at most half of what is left, and the next value inward would not be."""
    low, value, high = quantile_ranks(share, count, confidence)
    law, wrong = stats.binom(count, float(share)), float(1 - confidence) / 2 * (1 + 1e-9)
    assert value == math.ceil(share * count)
    if low is not None:
        assert law.cdf(low - 1) <= wrong
    assert law.cdf(low or 0) > wrong
    if high is not None:
        assert law.sf(high - 1) <= wrong
    assert law.sf((high or count + 1) - 2) > wrong


@pytest.mark.parametrize(("count", "upper"), [(1, None), (5, None), (71, None), (72, 72), (73, 73)])
def test_a_p95_has_an_upper_end_from_72_values_on(count, upper):
    """0.95^72 is below 2.5 %: from there on it is wrong so rarely that the largest value is below the p95."""
    assert quantile_ranks(P95, count, USUAL)[2] == upper


def coverage(share, count):
    """Return how often the interval holds the quantile of a continuous law: l values or more are below, but not u."""
    low, _, high = quantile_ranks(share, count, USUAL)
    law = stats.binom(count, float(share))
    return law.cdf((high or count + 1) - 1) - law.cdf((low or 0) - 1)


def test_the_documented_coverage_is_the_true_one():
    counts = (5, 10, 20, 40, 72, 200, 1000, 4096, 65_536)
    rows = [f"| {n:,} | {100 * coverage(P50, n):.1f} | {100 * coverage(P95, n):.1f} |" for n in counts]
    assert "\n".join(rows) in (Path(__file__).parents[2] / "docs" / "model.md").read_text(encoding="utf-8")
    assert all(coverage(share, n) >= 0.95 for share in (P50, P95) for n in range(1, 300))


@pytest.mark.parametrize("share", [P50, P95])
@pytest.mark.parametrize("count", [5, 10, 20, 40, 80, 200, 1000, 4096])
@pytest.mark.parametrize("step", [0.0, 0.5], ids=["continuous", "ties"])
def test_the_quantile_is_inside_at_least_as_often_as_is_said(count, share, step):
    """3,000 samples of exponential values, seed 5: at least 95 % but for three standard errors, 1.2 points."""
    rng, samples = np.random.default_rng(5), 3_000
    values, truth = rng.exponential(size=(samples, count)), -math.log(1 - share)
    if step:
        values, truth = np.ceil(values / step), math.ceil(truth / step)
    values = np.sort(values, axis=1)
    low, _, high = quantile_ranks(share, count, USUAL)
    is_inside = np.ones(samples, bool)
    if low is not None:
        is_inside &= values[:, low - 1] <= truth
    if high is not None:
        is_inside &= truth <= values[:, high - 1]
    assert is_inside.mean() >= 0.95 - 3 * math.sqrt(0.95 * 0.05 / samples)
