"""Upper tails and critical counts against scipy and exact Fractions."""

from fractions import Fraction
from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from canary_runner.stats import tails
from canary_runner.stats.binomial_evidence import _is_clear, critical_shares, has_evidence
from canary_runner.stats.laws import binomial_laws, poisson_laws
from canary_runner.stats.normal import critical_z
from canary_runner.stats.tails import critical_count, upper_tail

LEVEL = st.sampled_from([Fraction(1, 2), Fraction(9, 10), Fraction(99, 100), Fraction(9999, 10000)])
SHARE = st.fractions(0, 1, max_denominator=1000)


@given(st.floats(0.01, 500), st.lists(st.integers(-3, 700), min_size=1))
def test_upper_tail_agrees_with_scipy(mean: float, counts: list[int]) -> None:
    truth = stats.poisson.sf(np.array(counts) - 1, mean)
    np.testing.assert_allclose(upper_tail(poisson_laws([mean])[0], counts), truth, rtol=1e-9, atol=1e-18)


def plain_critical_count(n: int, p: Fraction, level: Fraction) -> int:
    tail = Fraction(0)
    for c in range(n, -1, -1):
        tail += comb(n, c) * p**c * (1 - p) ** (n - c)
        if tail > 1 - level:
            return c + 1
    raise AssertionError("P(X >= 0) = 1 is above every 1 - level")


@given(st.lists(st.integers(0, 60), max_size=6), SHARE, LEVEL)
def test_critical_count_is_the_plain_sum(trials: list[int], p: Fraction, level: Fraction) -> None:
    assert critical_count(trials, p, level).tolist() == [plain_critical_count(n, p, level) for n in trials]


@pytest.mark.parametrize("p", [Fraction(1, 10), Fraction(1, 2), Fraction(1, 100), Fraction(1, 1000)])
@pytest.mark.parametrize("trials", range(1, 7))
def test_a_tail_that_equals_the_error_level_is_evidence(p: Fraction, trials: int) -> None:
    level = 1 - p**trials
    if 1 - level >= Fraction(1, 10**12):
        assert critical_count(trials, p, level) == trials == plain_critical_count(trials, p, level)


@pytest.mark.parametrize("p", [Fraction(1, 1000), Fraction(1, 100), Fraction(1, 2)])
def test_critical_count_agrees_with_scipy_at_large_counts(p: Fraction) -> None:
    trials = np.array([[1000, 20_000], [60_000, 1_000_000]])
    truth = stats.binom.isf(0.01, trials, float(p)) + 1
    assert critical_count(trials, p, Fraction(99, 100)).tolist() == truth.tolist()


@pytest.mark.parametrize(
    ("n", "p", "critical"),
    [(0, Fraction(1, 100), 1), (5, Fraction(0), 1), (5, Fraction(1), 6), (1, Fraction(1, 2), 2)],
    ids=["no trials", "p 0: one success is evidence", "p 1: nothing is", "too few trials"],
)
def test_critical_count_at_the_ends(n: int, p: Fraction, critical: int) -> None:
    assert critical_count(n, p, Fraction(99, 100)) == critical


def test_a_forgotten_critical_count_is_found_again(monkeypatch) -> None:
    monkeypatch.setattr(tails, "REMEMBERED", 3)
    p, level = Fraction(3, 1000), Fraction(97, 100)
    first = critical_count(np.arange(100), p, level)
    again = critical_count(np.arange(50, 150), p, level)
    assert first[50:].tolist() == again[:50].tolist()


@pytest.mark.parametrize("level", [Fraction(49, 100), Fraction(1), Fraction(10**13 - 1, 10**13)])
def test_levels_out_of_range_are_refused(level: Fraction) -> None:
    with pytest.raises(ValueError, match="one-sided level"):
        critical_count(10, Fraction(1, 2), level)


@given(st.lists(st.tuples(st.integers(0, 400), st.floats(0, 1), st.floats(0, 1)), min_size=1), LEVEL)
def test_evidence_is_the_exact_binomial_test(rows, level: Fraction) -> None:
    trials = np.array([n for n, _, _ in rows])
    successes = np.array([int(n * part) for n, part, _ in rows])
    shares = np.array([share for _, _, share in rows])
    tail = stats.binom.sf(successes - 1, trials, shares)
    is_clear = np.abs(tail - float(1 - level)) > 1e-12
    found = has_evidence(successes, trials, shares, level)
    assert found[is_clear].tolist() == (tail <= float(1 - level))[is_clear].tolist()


@pytest.mark.parametrize("level", [Fraction(1, 2), Fraction(9, 10), Fraction(99, 100), Fraction(999999, 1000000)])
def test_critical_shares_are_quantiles_of_the_beta_law(level: Fraction) -> None:
    """P(Bin(n, s) >= k) is the beta law's P(B(k, n - k + 1) <= s): all of up to 60 trials, and some of many."""
    pairs = [(k, n) for n in range(1, 61) for k in range(1, n + 1)] + [(100, 1000), (4999, 5000), (3, 20_000)]
    k, n = np.array(pairs).T
    assert critical_shares(k, n, level) == pytest.approx(stats.beta.ppf(float(1 - level), k, n - k + 1), rel=1e-10)
    assert critical_shares(np.zeros(2, np.int64), np.array([0, 5]), level).tolist() == [-1, -1]


@pytest.mark.parametrize("level", [Fraction(1, 2), Fraction(9, 10), Fraction(999, 1000)])
def test_next_to_the_critical_share_the_table_decides(level: Fraction) -> None:
    """Shares a part of 1e-4 to 1e-14 from the critical one, and at it: the verdict is that of the law's own table."""
    for n in (1, 2, 7, 40, 900):
        k = np.unique(np.linspace(1, n, 30).astype(np.int64))
        trials = np.full(k.size, n)
        for part in (0.0, *(sign * 10.0**-digits for digits in range(4, 15) for sign in (1, -1))):
            shares = np.minimum(critical_shares(k, trials, level) * (1 + part), 1.0)
            by_table = k >= tails.critical_counts(binomial_laws(trials, shares), float(1 - level))
            assert has_evidence(k, trials, shares, level).tolist() == by_table.tolist()


def test_trials_too_many_to_be_remembered_are_tested() -> None:
    trials = np.array([1 << 31, 1 << 31])
    assert has_evidence(np.array([2, 12]), trials, np.full(2, 1e-9), Fraction(99, 100)).tolist() == [False, True]


@pytest.mark.parametrize("share", [0.001, 0.05, 0.25, 0.4, 0.5, 0.6, 0.9, 0.999])
@pytest.mark.parametrize("level", [Fraction(1, 2), Fraction(9, 10), Fraction(99, 100), Fraction(999999, 1000000)])
def test_the_quick_bounds_never_hide_evidence(share: float, level: Fraction) -> None:
    z = critical_z(level)
    for n in [*range(1, 60), 200, 1001, 5000]:
        successes = np.arange(n + 1)
        trials, shares = np.full(n + 1, n), np.full(n + 1, share)
        critical = tails.critical_counts(binomial_laws(n, share), float(1 - level))[0]
        assert successes[_is_clear(successes, trials, shares, z)].max(initial=-1) < critical
