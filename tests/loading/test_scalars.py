"""Plain scalars against the table of YAML 1.2's core schema, and what both YAMLs read differently."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary_runner.loading.document import read_document
from canary_runner.loading.scalars import MAX_NUMBER, ScalarError, read_plain
from canary_runner.model.diagnostics import InputError


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("false", False),
        ("null", None),
        ("Null", None),
        ("NULL", None),
        ("~", None),
        ("", None),
        ("0", 0),
        ("-0", 0),
        ("12", 12),
        ("-7", -7),
        ("9007199254740992", 2**53),
        ("0.29", Fraction(29, 100)),
        ("-0.5", Fraction(-1, 2)),
        (".5", Fraction(1, 2)),
        ("5.", 5),
        ("1.0", 1),
        ("1e3", 1000),
        ("1.0e3", 1000),
        ("1E+3", 1000),
        ("5e-3", Fraction(1, 200)),
        # YAML 1.1 words and forms that are text
        *[(word, word) for word in ("on", "off", "yes", "no", "y", "n", "On", "YES", "True", "TRUE", "False", "nUll")],
        *[
            (word, word)
            for word in (
                "1:30",
                "190:20:30",
                "2026-01-01",
                "2026-13-01",
                "=",
                "1.2.3",
                "1%",
                "+2pp",
                "-",
                ".",
                "e3",
                "-x",
            )
        ],
    ],
)
def test_values(text, value):
    assert read_plain(text) == value
    assert type(read_plain(text)) is type(value)


@pytest.mark.parametrize(
    ("text", "rule", "message"),
    [
        ("010", "ambiguous-number", "010 is 8 in YAML 1.1 and 10 in YAML 1.2"),
        ("08", "ambiguous-number", "08 is text in YAML 1.1 and 8 in YAML 1.2"),
        ("0x1F", "ambiguous-number", "0x1F is not a plain decimal"),
        ("0x_1F", "ambiguous-number", "0x_1F is 31 in YAML 1.1 and text in YAML 1.2"),
        ("0o10", "ambiguous-number", "0o10 is text in YAML 1.1 and 8 in YAML 1.2"),
        ("0b11", "ambiguous-number", "0b11 is 3 in YAML 1.1 and text in YAML 1.2"),
        ("1_000", "ambiguous-number", "1_000 is 1000 in YAML 1.1 and text in YAML 1.2"),
        ("+5", "ambiguous-number", "+5 is not a plain decimal"),
        ("0x" + "f" * 10_000, "ambiguous-number", None),
        (".inf", "not-finite", None),
        ("-.Inf", "not-finite", None),
        (".nan", "not-finite", None),
        ("9007199254740993", "number-too-large", None),
        ("-9007199254740993", "number-too-large", None),
        ("1e400", "number-too-large", None),
        ("1e-400", "number-too-large", None),
        ("1.e+400", "number-too-large", None),
        ("9" * 5_000, "number-too-large", None),
        ("0." + "1" * 50, "number-too-large", None),
    ],
)
def test_refusals(text, rule, message):
    with pytest.raises(ScalarError) as caught:
        read_plain(text)
    assert caught.value.rule == rule
    assert len(str(caught.value)) < 120
    assert caught.value.help
    if message:
        assert str(caught.value) == message


@given(st.text("0123456789+-_.exobXinfa:", max_size=14))
def test_no_text_becomes_another_number_than_it_says(text):
    try:
        value = read_plain(text)
    except ScalarError:
        return
    if isinstance(value, int | Fraction) and not isinstance(value, bool):
        assert Fraction(text) == value
        assert abs(value) <= MAX_NUMBER
        assert type(value) is int or value.denominator > 1


@pytest.mark.parametrize("text", ['"010"', "'1_000'", '"true"', "'.inf'", '"~"'])
def test_quoted_scalars_are_text(text):
    assert read_document("f", f"a: {text}".encode()).data == {"a": text.strip("\"'")}


def test_a_block_scalar_is_text():
    assert read_document("f", b"a: |\n  010\n").data == {"a": "010\n"}


def test_json_is_read():
    data = read_document("f", b'{"a": [1, 2.5, true, null, "x\\u00e9"], "b": {"c": -1e2}}').data
    assert data == {"a": [1, Fraction(5, 2), True, None, "xé"], "b": {"c": -100}}


def test_a_scalar_that_is_refused_in_a_list_has_its_place():
    with pytest.raises(InputError) as caught:
        read_document("f", b"a:\n  - 1\n  - 010\n")
    report = caught.value.reports[0]
    (finding,) = report.diagnostics
    assert finding.at == ("a", 1)
    assert report.document.span(finding.at).line == 3
