"""Places: every piece of data has one, in lines and code points as an editor counts them."""

from fractions import Fraction
from pathlib import Path

import pytest

from canary_runner.loading import check_bytes
from canary_runner.loading.document import read_document
from canary_runner.model.diagnostics import InputError, Span

CASES = Path(__file__).parent / "cases"


def routes(data, route=()):
    yield route
    for step, child in data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ():
        yield from routes(child, (*route, step))


def under(document, route, on_key=False):
    """Return the text that a span marks, of one line."""
    span = document.span(route, on_key)
    line = document.lines[span.line - 1]
    return line[span.column - 1 : span.end_column - 1] if span.end_line == span.line else line[span.column - 1 :]


@pytest.mark.parametrize("kind", ["policy", "service", "test"])
def test_everything_has_its_place(kind):
    document = read_document("f", (CASES / f"{kind}.base").read_bytes())
    assert set(document.values) == set(routes(document.data))
    assert set(document.keys) == {route for route in routes(document.data) if route and isinstance(route[-1], str)}
    for route in document.keys:
        assert under(document, route, on_key=True) == route[-1]


@pytest.mark.parametrize(
    ("route", "on_key", "text"),
    [
        (("name",), False, "standard"),
        (("defaults",), True, "defaults"),
        (("defaults", "checks", 0, "max"), False, "1%"),
        (("stages", 1), False, "{name: quarter, traffic_percent: 25}"),
        (("stages", 2, "traffic_percent"), False, "50"),
        (("stages", 2, "checks", 0, "max"), True, "max"),
        (("stages", 2, "nowhere"), True, "name: half"),  # the nearest place above
    ],
)
def test_places_in_the_policy_of_the_language(route, on_key, text):
    document = read_document("f", (CASES / "policy.base").read_bytes())
    assert under(document, route, on_key) == text


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_line_endings_and_byte_order_marks_move_nothing(end, mark):
    document = read_document("f", (mark + end.join(["a: 1", "é: [x, ü: 2]", ""])).encode())
    assert document.data == {"a": 1, "é": ["x", {"ü": 2}]}
    assert document.lines == ("a: 1", "é: [x, ü: 2]", "")
    assert document.span(("é", 1, "ü")) == Span(2, 11, 2, 12)


def test_columns_count_code_points_beyond_the_basic_plane():
    document = read_document("f", "🐤: 🐤🐤\nb: {🐤: 1}".encode())
    assert document.span(("🐤",)) == Span(1, 4, 1, 6)
    assert document.span(("b", "🐤")) == Span(2, 8, 2, 9)


def test_what_an_alias_names_stands_at_its_anchor():
    document = read_document("f", b"a: &x {b: [1, 2]}\nc: *x\n")
    assert document.data == {"a": {"b": [1, 2]}, "c": {"b": [1, 2]}}
    assert document.span(("c",)) == Span(2, 4, 2, 6)
    assert document.span(("c", "b", 1)) == document.span(("a", "b", 1)) == Span(1, 15, 1, 16)


def test_a_block_ends_with_its_last_value():
    document = read_document("f", b"a:\n  - 1\n  - b: 2\n\n# far\n\nc: 3\n")
    assert document.span(("a",)) == Span(2, 3, 3, 9)


def test_decimals_are_exact():
    assert read_document("f", b"a: 0.1").data == {"a": Fraction(1, 10)}


@pytest.mark.parametrize(
    ("data", "line", "column", "message"),
    [
        (b"a: 1\nb: caf\xe9\n", 2, 7, "byte 0xe9 is not UTF-8"),
        ("é: 1\nb: \x07".encode(), 2, 4, "U+0007 is a character that must not stand in a file"),
        ("\ufeffa: \ufffe".encode(), 1, 4, "U+FFFE is a character that must not stand in a file"),
        ("# a\u2028b: 1".encode(), 1, 4, "U+2028 is a character that must not stand in a file"),
        (b"a: 1\r\nb: \x7f", 2, 4, "U+007F is a character that must not stand in a file"),
        ("a: 1".encode("utf-16"), 1, 1, "the file is UTF-16, not UTF-8"),
    ],
)
def test_what_is_no_text_has_its_place(data, line, column, message):
    with pytest.raises(InputError) as caught:
        read_document("f", data)
    report = caught.value.reports[0]
    (finding,) = report.diagnostics
    span = report.document.span(finding.at)
    assert (span.line, span.column, finding.message) == (line, column, message)


def test_both_places_of_a_duplicate_key():
    (finding,) = (f for f in check_bytes("f", b"a: 1\nb: 2\na: 3\n").diagnostics if f.rule == "duplicate-key")
    (related,) = finding.related
    assert (finding.at, related.at) == (Span(3, 1, 3, 2), Span(1, 1, 1, 2))
