"""How long the table of bursty errors is, against the table."""

from fractions import Fraction as F
from itertools import product

import pytest

from canary_runner.scenarios.bursts import MOST_BURSTY, largest_burstiness, table_width
from canary_runner.stats.laws import beta_binomial_laws

CASES = list(
    product(
        [0, 1, 2, 10, 1_000, 144_000, 150_000],
        [0.0, 1e-5, 1e-3, 0.1, 0.5, 0.9, 1.0],
        [1e-30, 1e-9, 1e-6, 1e-4, 1e-2, 0.1, 0.33, 0.34, 0.5, 0.99],
    )
)


def test_the_width_is_that_of_the_table():
    built = beta_binomial_laws(*zip(*CASES, strict=True)).widths
    for case, width in zip(CASES, built, strict=True):
        if case[0]:
            assert table_width(*case) == pytest.approx(width, rel=1e-3, abs=3), case
    assert {table_width(*case) for case in CASES if case[0] == 0} == {1}


@pytest.mark.parametrize(
    ("requests", "error_rate", "most"),
    [
        pytest.param(108_000_000, 0.001, F("0.002"), id="in its first digit"),
        pytest.param(10_800_000, 0.001, F("0.08"), id="in two"),
        pytest.param(10**13, 0.5, None, id="none at all"),
        pytest.param(1_000, 0.5, F("0.99"), id="any"),
    ],
)
def test_the_largest_burstiness(requests, error_rate, most):
    assert largest_burstiness(requests, error_rate) == most
    if most is not None:
        assert table_width(requests, error_rate, float(most)) <= MOST_BURSTY
