"""Intervals for paired differences: against slow searches, enumeration and scipy."""

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize, stats

from canary_runner.stats.comoments import about, added, comoments
from canary_runner.stats.intervals import Z95
from canary_runner.stats.paired import paired_means, tango


def likeliest_variance(only_other, only_reference, runs, difference):
    """Return runs x variance of the share at the likeliest discordance with this difference, by a plain search."""

    def unlikely(reference_alone):
        chances = (reference_alone + difference, reference_alone, 1 - 2 * reference_alone - difference)
        counts = (only_other, only_reference, runs - only_other - only_reference)
        return -sum(n * math.log(max(p, 1e-300)) for n, p in zip(counts, chances, strict=True) if n)

    low, high = max(0.0, -difference), (1 - difference) / 2
    best = optimize.minimize_scalar(unlikely, bounds=(low, high), method="bounded", options={"xatol": 1e-14}).x
    return 2 * best + difference - difference**2


@pytest.mark.parametrize(
    ("only_other", "only_reference", "runs"),
    [(12, 2, 50), (2, 12, 50), (5, 5, 40), (1, 0, 44), (0, 3, 100), (30, 10, 4096), (40, 0, 40), (7, 3, 12)],
)
def test_tangos_limits_are_where_the_score_is_z(only_other, only_reference, runs):
    for limit in tango(only_other, only_reference, runs):
        if abs(limit) < 1:
            variance = likeliest_variance(only_other, only_reference, runs, limit)
            score = (only_other - only_reference - runs * limit) / math.sqrt(runs * variance)
            assert abs(score) == pytest.approx(Z95, abs=2e-4)  # the search is good to about 1e-8 of a chance


@pytest.mark.parametrize("runs", [1, 10, 8192])
def test_without_discordant_runs_it_is_the_rule_of_z_squared(runs):
    edge = Z95**2 / (runs + Z95**2)
    assert tango(0, 0, runs) == pytest.approx((-edge, edge), rel=1e-12)


@given(st.integers(1, 3000), st.data())
def test_tango_turns_with_its_policies_and_holds_the_share(runs, data):
    one = data.draw(st.integers(0, runs))
    other = data.draw(st.integers(0, runs - one))
    low, high = tango(one, other, runs)
    assert -1 <= low <= (one - other) / runs <= high <= 1
    assert tango(other, one, runs) == pytest.approx((-high, -low), abs=1e-12)


def test_tango_is_narrower_than_two_intervals_where_luck_is_shared():
    """900 and 910 of 1000, 12 discordant: two Wilson intervals apart span about 0.075, the paired one about 0.015."""
    low, high = tango(11, 1, 1000)
    assert 0 < low < 0.01 < high
    assert high - low < 0.02


@pytest.mark.parametrize(("other", "reference"), [(0.1, 0.02), (0.05, 0.05), (0.3, 0.1)])
def test_tango_covers(other, reference):
    """Exact coverage by enumeration of 40 runs; a score interval's swings about its level of 95 %, here within 2.5."""
    runs, covered = 40, 0.0
    for a, b in product(range(runs + 1), repeat=2):
        if a + b <= runs:
            low, high = tango(a, b, runs)
            chance = stats.multinomial.pmf((a, b, runs - a - b), runs, (other, reference, 1 - other - reference))
            covered += chance * (low <= other - reference <= high)
    assert covered == pytest.approx(0.955, abs=0.02)


def test_means_over_all_runs_have_the_paired_interval():
    rng = np.random.default_rng(5)
    one = rng.normal(10, 3, 400)
    other = one + rng.normal(0.5, 1, 400)
    apart = other - one
    half = Z95 * apart.std(ddof=1) / 20
    squares = ((one - one.mean()) ** 2).sum(), ((other - other.mean()) ** 2).sum()
    products = ((one - one.mean()) * (other - other.mean())).sum()
    found = paired_means((400, 400), squares, products, apart.mean())
    assert found == pytest.approx((apart.mean() - half, apart.mean() + half), rel=1e-12)


def test_means_over_runs_of_their_own_have_independent_ones():
    low, high = paired_means((100, 400), (99 * 4.0, 399 * 9.0), 0.0, 1.0)
    assert high - 1 == pytest.approx(Z95 * math.sqrt(4 / 100 + 9 / 400), rel=1e-12)
    assert low == 2 - high


@pytest.mark.parametrize("counts", [(1, 10), (10, 0)])
def test_too_few_say_nothing(counts):
    assert paired_means(counts, (0.0, 0.0), 0.0, 1.0) == (-math.inf, math.inf)


@given(
    st.lists(st.tuples(st.integers(0, 9), st.floats(-1e6, 1e6), st.floats(-1e6, 1e6)), max_size=30),
    st.integers(0, 30),
)
def test_comoments_of_blocks_are_those_of_all(rows, cut):
    def of(some):
        weights, first, second = (np.array([row[i] for row in some], float) for i in range(3))
        return np.array(comoments(weights, first, second))

    whole, parts = of(rows), added(of(rows[:cut]), of(rows[cut:]))
    assert parts[0] == whole[0] == sum(row[0] for row in rows)
    assert parts[1:3] == pytest.approx(whole[1:3], rel=1e-9, abs=1e-6)
    assert parts[3] == pytest.approx(whole[3], rel=1e-9, abs=1e-2)  # of products of up to 1e12
    plain = sum(n * (a - 2.0) * (b + 1.0) for n, a, b in rows)
    assert about(whole, 2.0, -1.0) == pytest.approx(plain, rel=1e-9, abs=1e-2)
