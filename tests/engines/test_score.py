"""The score of an interval: its chances, and how smooth they are."""

from fractions import Fraction as F

import numpy as np
import pytest

from canary_runner.engines.score import UNFELT, score_sizes, smooth_variance, weights_of
from canary_runner.engines.tally import poisson_sizes

SHARES = [F(0), F(1, 100), F(3, 1000), F(3, 200), F(1, 2), F(2, 3), F(1)]


@pytest.mark.parametrize("share", SHARES)
@pytest.mark.parametrize("means", [(0.5, 99.5), (30.0, 4.0), (0.0, 8.0), (8.0, 0.0)])
def test_the_score_is_made_of_all_pairs(share, means):
    """Against the sum over pairs of counts, to 1e-15."""
    up, down = weights_of(share)
    sizes = score_sizes(share, means)
    plain = np.zeros(sizes.chances.size)
    bad, good = map(poisson_sizes, means)
    for x, p in enumerate(bad.chances, bad.first):
        for y, q in enumerate(good.chances, good.first):
            plain[up * x - down * y - sizes.first] += p * q
    assert sizes.chances == pytest.approx(plain, abs=1e-15)


@pytest.mark.parametrize("share", SHARES)
@pytest.mark.parametrize("means", [(5.0, 5000.0), (50.0, 5000.0), (600.0, 60_000.0), (0.6, 60_000.0), (0.0, 900.0)])
def test_the_characteristic_function_is_below_a_normal_one(share, means):
    """On a hundred thousand frequencies: at most a sixth above it, for what lies between those that are looked at."""
    (up, down), variance = weights_of(share), smooth_variance(share, means)
    t = np.linspace(0, np.pi, 100_001)[1:]
    size = np.exp(-means[0] * (1 - np.cos(up * t)) - means[1] * (1 - np.cos(down * t)))
    assert (size <= np.exp(-variance * t**2 / 2) * 7 / 6 + np.exp(-UNFELT)).all()


@pytest.mark.parametrize(
    ("share", "means", "variance"),
    [
        (F(1, 2), (600.0, 60_000.0), 60_600.0),  # both weigh 1: the variance itself
        (F(1, 1000), (60.0, 60_000.0), 60_000.0),  # a comb of bad requests, smooth as its teeth are
        (F(1), (600.0, 0.0), 0.0),  # nothing moves it
    ],
)
def test_how_smooth_a_score_is(share, means, variance):
    assert smooth_variance(share, means) == pytest.approx(variance, rel=0.01)
