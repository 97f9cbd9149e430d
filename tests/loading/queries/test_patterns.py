"""Patterns fit what Python's own regular expressions fit, for the common syntax of both."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from canary_runner.loading.queries.patterns import UnreadablePatternError, pattern_of

ATOMS = st.sampled_from(["a", "b", ".", "[ab]", "[^a]", "[a-c]", r"\d", r"\w", r"\.", "5", "-", "[-a]", r"[\d.]"])


def joined(inner):
    return (
        st.tuples(inner, inner).map("".join)
        | st.tuples(inner, inner).map(lambda two: f"({two[0]}|{two[1]})")
        | st.tuples(inner, st.sampled_from(["*", "+", "?", "{2}", "{1,}", "{0,2}", "*?"])).map(
            lambda two: f"(?:{two[0]}){two[1]}"
        )
    )


@settings(max_examples=500, derandomize=True)
@given(st.recursive(ATOMS, joined, max_leaves=6), st.lists(st.text("ab5.-c", max_size=6), min_size=1, max_size=8))
def test_patterns_fit_as_elsewhere(text, samples):
    for sample in samples:
        assert pattern_of(text).fits(sample) is (re.fullmatch(text, sample) is not None)


@pytest.mark.parametrize(
    "text", ["(a", "a)", "*a", "a**", "(?i)a", "[a", "[[:alpha:]]", r"\b", "a{5000}", "a^b", "(" * 30]
)
def test_what_is_not_read_is_refused(text):
    with pytest.raises(UnreadablePatternError):
        pattern_of(text)
