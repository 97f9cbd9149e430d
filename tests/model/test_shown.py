"""A user's text in a message: nothing in it acts on a terminal, and it is never long."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary_runner.model.shown import shown


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("plain text", "plain text"),
        ("größer ✔", "größer ✔"),
        ("\x1b[31m", "\\x1b[31m"),
        ("a\nb", "a\\x0ab"),
        ("\x85", "\\x85"),
        ("\u202eabc", "\\u202eabc"),
        ("\ud800", "\\ud800"),
        ("\U000e0041", "\\U000e0041"),
        ("x" * 60, "x" * 60),
        ("x" * 61, "x" * 59 + "…"),
        ("x" * 58 + "\x1b", "x" * 58 + "\\…"),
    ],
)
def test_shown(text, safe):
    assert shown(text) == safe


@given(st.text(st.characters(), max_size=80), st.integers(1, 60))
def test_what_is_shown_is_short_and_acts_on_nothing(text, limit):
    safe = shown(text, limit)
    assert len(safe) <= limit
    assert not any(unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") for c in safe)
    assert not set(safe) & set("\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")


@given(st.text(st.characters(categories=["L", "Nd"]), max_size=60))
def test_letters_and_digits_stay_as_they_are(text):
    assert shown(text) == text
