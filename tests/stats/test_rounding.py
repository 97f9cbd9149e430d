import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary_runner.stats.rounding import significant


@pytest.mark.parametrize(
    ("x", "rounded"),
    [
        (0.0, 0.0),
        (1 / 3, 0.333333333333),
        (-2 / 3, -0.666666666667),
        (1.5e-300, 1.5e-300),
        (123456789.123456, 123456789.123),
    ],
)
def test_twelve_significant_digits(x: float, rounded: float) -> None:
    assert significant(x) == rounded


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=1e-290, max_value=1e300))
def test_a_neighbour_of_a_rounded_number_rounds_back(x: float) -> None:
    rounded = significant(x)
    assert significant(math.nextafter(rounded, 0)) == significant(math.nextafter(rounded, math.inf)) == rounded
