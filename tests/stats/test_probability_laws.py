"""Tables against scipy, against exact sums in Fractions, and against themselves in other batches."""

from fractions import Fraction
from math import comb

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy import stats

from canary_runner.stats.laws import Law, Laws, beta_binomial_laws, binomial_laws, poisson_laws

WORDS = st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=20).map(lambda w: np.array(w, np.uint64))
PROBABILITY = st.floats(0, 1) | st.floats(0, 1e-3)
TRIALS = st.integers(0, 3000)


def counts_of(law: Law) -> np.ndarray:
    return law.first + np.arange(law.probabilities.size)


def assert_close(law: Law, pmf: np.ndarray, cdf: np.ndarray, relative: float) -> None:
    matters = pmf > 1e-14 * pmf.max()
    np.testing.assert_allclose(law.probabilities[matters], pmf[matters], rtol=relative)
    np.testing.assert_allclose(np.cumsum(law.probabilities), cdf, atol=1e-13 + relative)


@pytest.mark.parametrize(
    ("mean", "relative"),
    [(1e-9, 1e-13), (1e-3, 1e-13), (0.5, 1e-13), (1, 1e-13), (3, 1e-13), (30, 1e-12), (300, 2e-12), (59_400, 1e-9)],
)
def test_poisson_agrees_with_scipy(mean: float, relative: float) -> None:
    law = poisson_laws([mean])[0]
    counts = counts_of(law)
    # scipy's own relative error grows with the mean: it subtracts logarithms of the size of the mean.
    assert_close(law, stats.poisson.pmf(counts, mean), stats.poisson.cdf(counts, mean), relative)


def test_poisson_with_a_mean_of_ten_million_agrees_with_its_asymptotic_series() -> None:
    mean = 1e7
    law = poisson_laws([mean])[0]
    at_mean = int(mean) - law.first
    stirling = 1 / np.sqrt(2 * np.pi * mean) * (1 - 1 / (12 * mean))
    assert law.probabilities[at_mean] == pytest.approx(stirling, rel=1e-12)
    assert np.cumsum(law.probabilities)[at_mean] == pytest.approx(0.5 + 2 / (3 * np.sqrt(2 * np.pi * mean)), abs=1e-11)
    assert law.probabilities.size < 70_000


@pytest.mark.parametrize(
    ("n", "p"), [(1, 0.3), (10, 0.5), (50, 0.3), (600, 0.005), (2000, 0.999), (60_000, 0.005), (60_000, 1e-9)]
)
def test_binomial_agrees_with_scipy(n: int, p: float) -> None:
    law = binomial_laws(n, p)[0]
    counts = counts_of(law)
    assert_close(law, stats.binom.pmf(counts, n, p), stats.binom.cdf(counts, n, p), 1e-13 * max(1, n**0.5))


@pytest.mark.parametrize(
    ("n", "p", "c"),
    [
        pytest.param(6000, 0.01, 0.01, id="bell"),
        pytest.param(600, 0.001, 0.1, id="falling from 0, heavy tail (alpha < 1)"),
        pytest.param(600, 0.999, 0.1, id="rising to n"),
        pytest.param(600, 0.5, 0.6, id="two peaks"),
        pytest.param(600, 0.001, 0.5, id="two peaks, one tiny"),
        pytest.param(600, 0.7, 0.9, id="two peaks, the larger at n"),
        pytest.param(100, 0.5, 1 / 3, id="uniform"),
        pytest.param(1, 0.2, 0.5, id="one trial"),
        pytest.param(2000, 0.002, 0.002, id="nearly binomial"),
    ],
)
def test_beta_binomial_agrees_with_scipy(n: int, p: float, c: float) -> None:
    law = beta_binomial_laws(n, p, c)[0]
    counts = counts_of(law)
    truth = stats.betabinom(n, p * (1 - c) / c, (1 - p) * (1 - c) / c)
    assert_close(law, truth.pmf(counts), truth.cdf(counts), 1e-10)


@given(TRIALS, st.floats(1e-6, 1 - 1e-6), st.floats(0, 0.99))
def test_beta_binomial_has_the_mean_and_variance_of_the_formula(n: int, p: float, c: float) -> None:
    law = beta_binomial_laws(n, p, c)[0]
    counts = counts_of(law).astype(float)
    mean = (counts * law.probabilities).sum()
    assert mean == pytest.approx(n * p, rel=1e-9)
    variance = ((counts - mean) ** 2 * law.probabilities).sum()
    assert variance == pytest.approx(n * p * (1 - p) * (1 + (n - 1) * c), rel=1e-7, abs=1e-9)


@pytest.mark.parametrize(
    ("laws", "certain"),
    [
        pytest.param(poisson_laws([0.0]), 0, id="Poisson, mean 0"),
        pytest.param(binomial_laws(0, 0.3), 0, id="no trials"),
        pytest.param(binomial_laws(7, 0.0), 0, id="p 0"),
        pytest.param(binomial_laws(7, 1.0), 7, id="p 1"),
        pytest.param(beta_binomial_laws(0, 1.0, 0.2), 0, id="no trials, p 1, bursts"),
        pytest.param(beta_binomial_laws(7, 0.0, 0.2), 0, id="p 0, bursts"),
        pytest.param(beta_binomial_laws(7, 1.0, 0.2), 7, id="p 1, bursts"),
        pytest.param(beta_binomial_laws(7, 0.0, 0.8), 0, id="p 0, two peaks"),
        pytest.param(beta_binomial_laws(7, 1.0, 0.8), 7, id="p 1, two peaks"),
    ],
)
def test_degenerate_laws_are_certain(laws: Laws, certain: int) -> None:
    law = laws[0]
    assert (law.first, law.probabilities.tolist(), law.thresholds.size) == (certain, [1.0], 0)
    assert law.count(np.array([0, 2**64 - 1], np.uint64)).tolist() == [certain, certain]


@pytest.mark.parametrize("make", [
    lambda: poisson_laws([-1.0]),
    lambda: poisson_laws([float("nan")]),
    lambda: poisson_laws([1e13]),
    lambda: binomial_laws(-1, 0.5),
    lambda: binomial_laws(1.5, 0.5),
    lambda: binomial_laws(1, 1.5),
    lambda: binomial_laws(1, float("nan")),
    lambda: beta_binomial_laws(1, 0.5, 1.0),
    lambda: beta_binomial_laws(1, 0.5, -0.1),
])  # fmt: skip
def test_impossible_parameters_are_refused(make) -> None:
    with pytest.raises(ValueError):
        make()


def test_an_empty_batch_is_empty() -> None:
    laws = poisson_laws([])
    assert len(laws) == 0
    assert laws.counts(np.zeros(0, np.intp), np.zeros(0, np.uint64)).size == 0


@given(st.lists(st.tuples(TRIALS, PROBABILITY, st.just(0.0) | st.floats(0, 0.9)), min_size=1, max_size=8))
def test_a_law_is_the_same_bits_alone_and_in_any_batch(parameters) -> None:
    batch = beta_binomial_laws(*np.array(parameters).T)
    for law, (n, p, c) in zip(batch, parameters, strict=True):
        alone = beta_binomial_laws(n, p, c)[0]
        assert law.first == alone.first
        assert law.probabilities.tobytes() == alone.probabilities.tobytes()
        assert law.thresholds.tobytes() == alone.thresholds.tobytes()


@given(st.lists(st.floats(0, 1e4) | st.floats(0, 1), min_size=1, max_size=8))
@example([1e-6] * 3000 + [1e6])
def test_a_poisson_law_is_the_same_bits_alone_and_in_any_batch(means) -> None:
    batch = poisson_laws(means)
    for i in range(0, len(means), 300 if len(means) > 8 else 1):
        alone, law = poisson_laws([means[i]])[0], batch[i]
        assert (law.first, law.probabilities.tobytes()) == (alone.first, alone.probabilities.tobytes())
        assert law.thresholds.tobytes() == alone.thresholds.tobytes()


def test_very_different_widths_do_not_blow_up_memory() -> None:
    laws = poisson_laws([1e9, *[1e-6] * 20_000])
    assert laws.probabilities.size < 900_000


def plain_count(law: Law, word: int) -> int:
    """Inverse transform by an obvious sum: the first count whose cumulative probability is above the uniform."""
    uniform = Fraction(word >> 11, 2**53)
    total = sum(map(Fraction, law.probabilities.tolist()))
    cumulative = Fraction(0)
    for count, probability in zip(counts_of(law).tolist(), law.probabilities.tolist(), strict=True):
        cumulative += Fraction(probability)
        if uniform < cumulative / total:
            return count
    raise AssertionError("unreachable")


@given(st.floats(0, 200) | st.floats(0, 2), WORDS)
def test_count_is_the_inverse_transform(mean: float, words: np.ndarray) -> None:
    law = poisson_laws([mean])[0]
    plain = [plain_count(law, int(word)) for word in words]
    cdf = np.cumsum(law.probabilities)
    uniforms = (words >> np.uint64(11)).astype(float) / 2**53
    is_clear = [np.abs(cdf - u).min() > 1e-13 for u in uniforms]  # rounding decides only beyond this
    assert [c for c, ok in zip(law.count(words).tolist(), is_clear, strict=True) if ok] == [
        c for c, ok in zip(plain, is_clear, strict=True) if ok
    ]


@given(TRIALS, PROBABILITY, WORDS)
def test_count_is_monotone_in_the_word_and_within_the_support(n: int, p: float, words: np.ndarray) -> None:
    counts = binomial_laws(n, p)[0].count(np.sort(words))
    assert (np.diff(counts) >= 0).all()
    assert counts.min() >= 0
    assert counts.max() <= n


@given(st.lists(st.floats(0, 300), min_size=1, max_size=5), WORDS, st.randoms(use_true_random=False))
def test_counts_of_a_batch_are_those_of_each_law(means, words, random) -> None:
    laws = poisson_laws(means)
    which = np.array([random.randrange(len(means)) for _ in words])
    alone = [int(laws[i].count(words[k : k + 1])[0]) for k, i in enumerate(which)]
    assert laws.counts(which, words).tolist() == alone


def test_thresholds_are_floors_of_the_cdf() -> None:
    n, p = 40, Fraction(1, 4)
    law = binomial_laws(n, float(p))[0]
    exact = [sum(comb(n, j) * p**j * (1 - p) ** (n - j) for j in range(k + 1)) for k in range(n)]
    assert law.first == 0
    for k, threshold in enumerate(law.thresholds.tolist()):
        assert abs(threshold - int(exact[k] * 2**53)) <= 16


def test_a_law_is_a_known_table() -> None:
    """The bits that "stream v1" promises on every machine; a change here is another stream number."""
    law = poisson_laws([3.5])[0]
    assert law.thresholds[:5].tolist() == GOLDEN_POISSON
    assert binomial_laws(600, 0.005)[0].thresholds[:5].tolist() == GOLDEN_BINOMIAL


GOLDEN_POISSON = [271993849456635, 1223972322554858, 2889934650476749, 4833557366385621, 6534227242805885]
GOLDEN_BINOMIAL = [445080141683444, 1787030317613428, 3806699049729158, 5829750811546924, 7347039632910249]
