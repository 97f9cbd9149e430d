"""Interpolation over a whole range: polynomials are met exactly, and smooth functions by both rules."""

import numpy as np
import pytest

from canary_runner.stats.smooth import DEGREE, SMALLEST, keys_of

SIZES = (SMALLEST, 877, 2771, 100_000)


@pytest.mark.parametrize("size", SIZES)
def test_keys_are_distinct_and_reach_both_ends(size):
    at = keys_of(size, np.arange(size)).at
    assert at.size == DEGREE + 1
    assert (np.diff(at) > 0).all()
    assert (at[0], at[-1]) == (0, size - 1)


@pytest.mark.parametrize("size", SIZES)
def test_polynomials_up_to_the_degree_of_a_rule_are_met(size):
    """Within 1e-12 of values in -1..1, at every number and so at the keys themselves."""
    numbers = np.arange(size)
    keys = keys_of(size, numbers)
    x = 2 * numbers / (size - 1) - 1
    for coefficients, degree in ((keys.fine, DEGREE), (keys.coarse, DEGREE // 2)):
        values = np.polynomial.chebyshev.Chebyshev.basis(degree)(x)
        assert np.abs((coefficients * values[keys.at][:, None]).sum(axis=0) - values).max() < 1e-12


def test_the_coarse_rule_tells_how_far_off_a_bell_can_be():
    """A bell of 2.5 deviations to either side: the fine rule is within 1e-11, the coarse one within 1e-4."""
    numbers = np.arange(900)
    keys = keys_of(900, numbers)
    bell = np.exp(-(((numbers - 450) / 180) ** 2) / 2)
    fine, coarse = ((rule * bell[keys.at][:, None]).sum(axis=0) for rule in (keys.fine, keys.coarse))
    assert np.abs(fine - bell).max() < 1e-11
    assert 1e-11 < np.abs(coarse - bell).max() < 1e-4
