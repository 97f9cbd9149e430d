"""Numbers as text: rounding is decimal and exact."""

import json
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary_runner.reporting.values import milliseconds, number, ratio, share_of


@pytest.mark.parametrize(
    ("value", "printed"),
    [
        pytest.param(Fraction(108, 110_871), "0.000974105", id="six significant digits"),
        pytest.param(Fraction(1, 3 * 10**9), "3.33333e-10", id="very small"),
        pytest.param(Fraction(0), "0", id="nothing is a whole number"),
        pytest.param(Fraction(7), "7", id="whole"),
        pytest.param(Fraction(-3, 7), "-0.428571", id="negative"),
        pytest.param(Fraction(1_000_005, 10**7), "0.1", id="half to even, down"),
        pytest.param(Fraction(1_000_015, 10**7), "0.100002", id="half to even, up"),
        pytest.param(Fraction(9_999_999, 10**7), "1", id="rounded up to a whole number"),
    ],
)
def test_number(value, printed):
    assert json.dumps(number(value)) == printed


@given(st.integers(0, 3_600_000_000))
def test_milliseconds_are_exact(microseconds):
    assert Fraction(json.dumps(milliseconds(microseconds))) * 1000 == microseconds


@given(st.integers(0, 10**12), st.integers(1, 10**12))
def test_a_ratio_is_right_to_six_digits(part, whole):
    printed = Fraction(json.dumps(ratio(part, whole)))
    assert abs(printed - Fraction(part, whole)) <= Fraction(part, whole) * Fraction(5, 10**6)


def test_of_nothing_there_is_no_ratio():
    assert ratio(0, 0) is None
    assert milliseconds(None) is None
    assert share_of(0, 0) == "-"
