"""Values as text: decimal rounding is exact, and every digit of what a file can hold is there.

That a quantity's own parser reads the text back is tested in `tests/loading/test_quantities.py`.
"""

from fractions import Fraction as F

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary_runner.judges import JUDGES
from canary_runner.model import words


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        pytest.param(F(0), 3, "0", id="nothing"),
        pytest.param(F(1, 8), 3, "0.125", id="no zeros at the end"),
        pytest.param(F(120), 1, "100", id="a whole number is rounded too, without an exponent"),
        pytest.param(F(2, 3), 3, "0.667", id="rounded up"),
        pytest.param(F(1225, 1000), 3, "1.22", id="half to even, down"),
        pytest.param(F(1235, 1000), 3, "1.24", id="half to even, up"),
        pytest.param(F(12_250_000_000_000_001, 10**16), 3, "1.23", id="just above half"),
        pytest.param(F(9_996, 1000), 3, "10", id="rounded up to one digit more"),
        pytest.param(F(-1, 3), 2, "-0.33", id="negative"),
        pytest.param(F(1, 10**9), 3, "0.000000001", id="small, without an exponent"),
        pytest.param(29, 28, "29", id="an integer"),
    ],
)
def test_decimal(value, digits, text):
    assert words.decimal(value, digits) == text


@given(st.integers(-(10**24), 10**24), st.integers(1, 10**9), st.integers(1, 20))
def test_a_decimal_is_the_nearest_with_so_many_digits(numerator, denominator, digits):
    value = F(numerator, denominator)
    text = words.decimal(value, digits)
    written = F(text)
    if value:
        lowest = len(str(abs(numerator) // denominator)) if abs(value) >= 1 else -_leading_zeros(value)
        assert abs(written - value) <= F(10) ** (lowest - digits) / 2
    else:
        assert text == "0"
    assert "e" not in text.lower()
    assert text == "0" or "." not in text or not text.endswith(("0", "."))


def _leading_zeros(value):
    """Return the zeros behind the point of a number below 1."""
    zeros = 0
    while abs(value) * 10 < 1:
        value, zeros = value * 10, zeros + 1
    return zeros


@given(st.integers(-(2**53) * 10**9, 2**53 * 10**9))
def test_what_a_file_can_hold_is_written_in_full(units):
    assert F(words.plain(F(units, 10**9))) == F(units, 10**9)


@pytest.mark.parametrize(
    ("value", "text"), [(F(1, 10**400), "0"), (F(-1, 10**400), "0"), (F(1, 3), "0.333333333"), (F(-7, 2), "-3.5")]
)
def test_what_a_user_wrote_takes_nine_places_at_most(value, text):
    assert words.plain(value) == text


@pytest.mark.parametrize(
    ("write", "value", "text"),
    [
        (words.percent, F(1, 50), "2%"),
        (words.percent, F(1, 2000), "0.05%"),
        (words.points, F(1, 200), "0.5pp"),
        (words.factor, F(6, 5), "1.2x"),
        (words.milliseconds, 500_000, "500ms"),
        (words.milliseconds, 1_500_000, "1500ms"),
        (words.milliseconds, 1, "0.001ms"),
        (words.duration, 0, "0s"),
        (words.duration, 59, "59s"),
        (words.duration, 60, "1m"),
        (words.duration, 150, "2m30s"),
        (words.duration, 3_600, "1h"),
        (words.duration, 86_400 + 1, "1d1s"),
        (words.duration, 7 * 86_400, "7d"),
        (words.time_of_day, 0, "00:00"),
        (words.time_of_day, 9 * 3_600 + 5 * 60, "09:05"),
        (words.requests_rate, F(120), "120rps"),
        (words.requests_rate, F(1, 2), "0.5rps"),
        (words.requests_rate, F(5, 3), "100/min"),
        pytest.param(words.requests_rate, F(1, 20 * 10**9), "0.000000003/min", id="ten places are one too many"),
    ],
)
def test_quantities(write, value, text):
    assert write(value) == text


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        (F(29, 1201), "ratio", "2.41%"),
        (F(1, 200), "ratio_difference", "0.5pp"),
        (F(6, 5), "factor", "1.2x"),
        (F(501), "ms", "501ms"),
    ],
)
def test_measured(value, unit, said):
    assert words.measured(value, unit) == said


@pytest.mark.parametrize("judge", JUDGES.values(), ids=JUDGES)
def test_every_judge_has_a_unit_that_can_be_written(judge):
    assert words.measured(F(1, 2), judge.UNIT)[-1] in "%psx"


def test_no_unit_is_guessed():
    with pytest.raises(ValueError, match="'us'"):
        words.measured(F(1), "us")


@pytest.mark.parametrize(
    ("count", "noun", "said"), [(1, "file", "1 file"), (1200, "file", "1,200 files"), (2, "analysis", "2 analyses")]
)
def test_counted(count, noun, said):
    assert words.counted(count, noun) == said


@pytest.mark.parametrize(
    ("canary", "baseline", "minimum", "said"),
    [
        pytest.param(0, 9000, 300, "no data from the canary (0 of 300 requests)", id="a silent canary"),
        pytest.param(1250, 9000, 2000, "too little data from the canary (1,250 of 2,000 requests)", id="a quiet one"),
        pytest.param(500, 0, 300, "no data from the baseline (0 of 300 requests)", id="a silent baseline"),
        pytest.param(0, 0, 0, "no data from the canary (0 of 1 request)", id="one is needed in any case"),
    ],
)
def test_too_little_data(canary, baseline, minimum, said):
    assert words.too_little_data(canary, baseline, minimum) == said
