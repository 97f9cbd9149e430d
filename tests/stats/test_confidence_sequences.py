"""Confidence sequences: what they are for, that they may be looked at whenever one likes."""

import math

import numpy as np
import pytest
from scipy import special

from canary_runner.stats.confidence_sequences import bounds, evidence_against, excludes


@pytest.mark.parametrize(("mean", "total", "count"), [(0.1, 3, 20), (0.5, 0, 7), (0.01, 55, 4096), (0.3, 2.5, 9)])
def test_the_evidence_is_the_formula(mean, total, count):
    """ln B(1/2 + s, 1/2 + n - s) - ln B(1/2, 1/2) - s ln m - (n - s) ln(1 - m), by scipy, to nine digits."""
    expected = special.betaln(total + 0.5, count - total + 0.5) - special.betaln(0.5, 0.5)
    expected -= special.xlogy(total, mean) + special.xlogy(count - total, 1 - mean)
    assert evidence_against(mean, total, count) == pytest.approx(expected, rel=1e-8)


@pytest.mark.parametrize("mean", [0.05, 0.5])
@pytest.mark.parametrize("is_binary", [True, False])
def test_the_truth_is_hardly_ever_excluded_at_any_look(mean, is_binary):
    """3,000 sequences of 400 looks, seed 3: at most 5 % and three standard errors are ever wrong at alpha 5 %."""
    rng, sequences, looks, alpha = np.random.default_rng(3), 3_000, 400, 0.05
    draws = (
        rng.random((sequences, looks)) < mean if is_binary else rng.beta(4 * mean, 4 * (1 - mean), (sequences, looks))
    )
    totals = np.cumsum(draws, axis=1)
    n = np.arange(1, looks + 1)
    evidence = special.betaln(totals + 0.5, n - totals + 0.5) - math.log(math.pi)
    evidence -= special.xlogy(totals, mean) + special.xlogy(n - totals, 1 - mean)
    wrong = (evidence >= -math.log(alpha)).any(axis=1).mean()
    assert 0 < wrong <= alpha + 3 * math.sqrt(alpha * (1 - alpha) / sequences) or not is_binary
    assert wrong <= alpha + 3 * math.sqrt(alpha * (1 - alpha) / sequences)


@pytest.mark.parametrize(("total", "count"), [(0, 50), (50, 50), (7, 50), (120.5, 4096)])
def test_bounds_are_where_means_begin_to_be_excluded(total, count):
    low, high = bounds(total, count, 0.001)
    assert low <= total / count <= high
    for end, step in ((low, -1e-9), (high, 1e-9)):
        if 0 < end < 1:
            assert excludes(end + step, total, count, 0.001)
            assert not excludes(end - 1e-6 * math.copysign(1, step), total, count, 0.001)


def test_nothing_is_excluded_by_nothing():
    assert bounds(0, 0, 0.001) == (0.0, 1.0)
    assert not excludes(0.5, 0, 0, 0.001)
