"""Nested counts along paths, against the plain chain of binomial laws."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from canary_runner.stats.nested import Path, Tables, chances_within


def plainly(trials, shares, allowed):
    """Return P(every nested count is within its bound)."""
    counts = np.arange(trials + 1)
    held, share = np.where(counts == trials, 1.0, 0.0), 1.0
    for beyond, most in zip(shares, allowed, strict=True):
        ratio = beyond / share if share > 0 else 0.0
        held = (held @ stats.binom.pmf(counts, counts[:, None], ratio)) * (counts <= most)
        share = beyond
    return held.sum()


SHARE = st.integers(0, 1000).map(lambda thousandths: thousandths / 1000)


def falling(size):
    """Return lists of shares, none rising."""
    return st.lists(SHARE, min_size=size, max_size=size).map(lambda some: sorted(some, reverse=True))


def rising(least, most, places):
    """Return lists of whole numbers, none falling."""
    return st.lists(st.integers(least, most), min_size=places, max_size=places).map(sorted)


@st.composite
def questions(draw):
    """Return an expected number, shares of two batches, and a path of trials and bounds on which nothing falls."""
    mean, points, places = draw(st.integers(3, 25)), draw(st.integers(1, 4)), draw(st.integers(1, 6))
    shares = np.array([draw(falling(points)) for _ in range(2)]).T
    trials = np.array(draw(rising(mean - 3, mean + 5, places)))
    allowed = np.array([draw(rising(0, mean, places)) for _ in range(points)])
    return mean, shares, trials, allowed, draw(st.integers(0, places - 1))


@settings(max_examples=300, deadline=None, derandomize=True)
@given(questions())
def test_any_path_has_the_chances_of_the_chain(question):
    mean, shares, trials, allowed, start = question
    found = chances_within(Tables(float(mean), shares), Path(0, len(shares) + 1, trials, allowed, start))
    for batch, place in np.ndindex(found.shape):
        expected = plainly(int(trials[place]), shares[:, batch], allowed[:, place])
        assert found[batch, place] == pytest.approx(expected, abs=1e-9)


def test_percentiles_of_every_total():
    """p95 and p99 within edges that hold them about evenly, 300 expected requests: 1e-13."""
    n = np.arange(200, 401)
    allowed = np.stack([n - -(-95 * n // 100), n - -(-99 * n // 100)])
    shares = np.array([[0.05, 0.07, 0.04], [0.01, 0.005, 0.012]])
    found = chances_within(Tables(300.0, shares), Path(0, 3, n, allowed, 100))
    for batch in range(3):
        for place in range(0, n.size, 20):
            expected = plainly(int(n[place]), shares[:, batch], allowed[:, place])
            assert found[batch, place] == pytest.approx(expected, abs=1e-13)


def test_no_point_is_no_bound():
    found = chances_within(Tables(5.0, np.zeros((0, 2))), Path(0, 1, np.arange(4), np.zeros((0, 4), np.int64), 0))
    assert found.tolist() == [[1.0] * 4] * 2
