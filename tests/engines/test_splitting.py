"""Multinomial draws by a tree: nothing is lost, and the laws are right."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from canary_runner.engines.splitting import split
from canary_runner.engines.streams import Stream


def words_of_stream(seed, rows):
    return lambda classes: Stream(seed, 0, 0).words(0, [int(c) for c in classes], np.arange(rows))


@given(
    st.lists(st.integers(0, 5000), min_size=1, max_size=5),
    st.lists(st.floats(0, 1), min_size=1, max_size=12).filter(lambda c: sum(c) > 0),
    st.integers(0, 2**32),
)
@settings(deadline=None)
def test_every_request_falls_into_some_possible_class(total, chances, seed):
    counts = split(np.array(total, np.int64), chances, words_of_stream(seed, len(total)))
    assert counts.sum(axis=0).tolist() == total
    assert (counts >= 0).all()
    before = np.cumsum([0.0, *chances])
    for index in range(len(chances)):
        if before[index + 1] == before[index]:  # also where a chance is lost in the sum
            assert (counts[index] == 0).all()


def test_classes_have_their_binomial_laws():
    """Chi-square on 4,096 rows, seed 11; the chance of a false alarm is 1e-6 for each of 5 classes."""
    chances = (0.1, 0.02, 0.5, 0.3, 0.08)
    counts = split(np.full(4096, 40, np.int64), chances, words_of_stream(11, 4096))
    for row, chance in zip(counts, chances, strict=True):
        law = stats.binom(40, chance)
        values = [v for v in range(41) if law.pmf(v) * 4096 >= 8]
        seen = np.array([(row == v).sum() for v in values])
        wanted = law.pmf(values) * 4096
        observed = np.append(seen, 4096 - seen.sum())
        expected = np.append(wanted, 4096 - wanted.sum())
        assert stats.chisquare(observed, expected).pvalue > 1e-6


def test_classes_are_correlated_as_a_multinomial():
    """Covariance is -n p q; 4,096 rows, seed 12, within 5 standard errors (about 0.2)."""
    counts = split(np.full(4096, 40, np.int64), (0.3, 0.3, 0.4), words_of_stream(12, 4096))
    covariance = float(np.cov(counts[0], counts[1])[0, 1])
    assert abs(covariance + 40 * 0.3 * 0.3) < 5 * 40 * 0.3 * 0.7 / 4096**0.5
