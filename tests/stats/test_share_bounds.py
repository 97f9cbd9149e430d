"""Bounds of shares and counts hold against scipy, and are of use."""

from itertools import product

import numpy as np
import pytest
from scipy import stats

from canary_runner.stats.share_bounds import (
    count_at_least,
    count_at_most,
    evident_share,
    fewest,
    most_of,
    share_at_least,
    share_at_most,
)

MEANS = [0.5, 3, 20, 200, 900]
RATES = [0.001, 0.02, 0.3]
GRID = list(product(MEANS, RATES, [0.0005, 0.005, 0.03, 0.2, 0.6]))


def poisson_share(mean, p, share):
    """Return P(X >= share N), P(X <= share N) for X bad ones of N Poisson requests, summed over N."""
    n = np.arange(int(mean + 12 * mean**0.5 + 30))
    weights = stats.poisson.pmf(n, mean)
    beyond = stats.binom.sf(np.ceil(share * n - 1e-9) - 1, n, p)
    within = stats.binom.cdf(np.floor(share * n + 1e-9), n, p)
    return weights @ beyond, weights @ within


@pytest.mark.parametrize(("mean", "p", "share"), GRID)
def test_shares_of_poisson_requests(mean, p, share):
    beyond, within = poisson_share(mean, p, share)
    # where there is no request a share of nothing is as one likes; no analysis is decided by it
    assert share_at_least((mean, mean), p, share) >= beyond - np.exp(-mean) - 1e-12
    assert share_at_most((mean, mean), p, share) >= within - 1e-12


@pytest.mark.parametrize(("mean", "p", "share"), [one for one in GRID if one[0] >= 3])
def test_shares_of_fixed_requests(mean, p, share):
    means = (mean - 1, mean + 1)
    for n in (int(mean), int(mean) + 1):
        assert share_at_least(means, p, share) >= stats.binom.sf(np.ceil(share * n - 1e-9) - 1, n, p) - 1e-12
        assert share_at_most(means, p, share) >= stats.binom.cdf(np.floor(share * n + 1e-9), n, p) - 1e-12


@pytest.mark.parametrize("mean", [0.3, 2.5, 40.0, 250.0, 1000.0])
@pytest.mark.parametrize("count", [0, 1, 3, 30, 60, 200, 400, 1200])
def test_counts(mean, count):
    for law in (stats.poisson(mean), stats.binom(5000, mean / 5000)):
        assert count_at_most(mean, count) >= law.cdf(count) - 1e-12
        assert count_at_least(mean, count) >= law.sf(count - 1) - 1e-12


@pytest.mark.parametrize("mean", [1.0, 12.0, 500.0])
@pytest.mark.parametrize("chance", [1e-2, 1e-4])
def test_ranges(mean, chance):
    assert stats.poisson.cdf(np.ceil(fewest(mean, chance)) - 1, mean) <= chance
    assert stats.poisson.sf(np.floor(most_of(mean, chance)), mean) <= chance


@pytest.mark.parametrize("trials", [30, 500, 20_000])
@pytest.mark.parametrize("p", [0.001, 0.05])
def test_an_evident_share_is_evidence_whatever_more_trials(trials, p):
    share = evident_share(trials, p, 0.01)
    for n in (trials, 2 * trials):
        if share <= 1:
            assert stats.binom.sf(np.ceil(share * n) - 1, n, p) <= 0.01


def test_few_bad_requests_are_bounded_closely():
    """1,200 requests, 1.1 % bad: P(0.7 % or less) is 0.089, and Chernoff alone says 0.36."""
    _, within = poisson_share(1200, 0.011, 0.007)
    assert within == pytest.approx(0.0886, abs=0.0001)
    assert share_at_most((1200, 1200), 0.011, 0.007) < 2 * within
