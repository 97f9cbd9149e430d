"""Findings as text and JSON: place, excerpt and caret in lines of every kind."""

import json
import re
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from canary_runner.model.diagnostics import Diagnostic, FileReport, Related, Severity, Span
from canary_runner.reporting.cells import width
from canary_runner.reporting.diagnostics_json import diagnostics_json, failure_json
from canary_runner.reporting.diagnostics_text import diagnostics_text, finding
from canary_runner.reporting.look import Look
from tests.reporting.examples import broken_report, document, valid_report


def shown(line, column, end_column, look=Look(), **kw):  # noqa: B008
    found = Diagnostic("rule", Severity.ERROR, Span(1, column, 1, end_column), "wrong", **kw)
    return finding(found, document(line), look).splitlines()


def test_text(golden):
    golden("diagnostics.txt", diagnostics_text([broken_report(), valid_report()], Look()))


def test_json(golden):
    golden("diagnostics.json", diagnostics_json([broken_report(), valid_report()]))


def test_all_valid_is_one_line():
    assert diagnostics_text([valid_report(str(n)) for n in range(5)], Look()) == "5 files valid\n"


def test_colours_add_nothing_but_colours():
    painted = diagnostics_text([broken_report()], Look(colour=True))
    assert re.sub(r"\x1b\[[0-9;]*m", "", painted) == diagnostics_text([broken_report()], Look())


@pytest.mark.parametrize(
    ("line", "column", "end_column", "excerpt", "caret"),
    [
        pytest.param("a: 5", 4, 5, "a: 5", "   ^", id="plain"),
        pytest.param("\ta: 5", 5, 6, "    a: 5", "       ^", id="a tab is four cells"),
        pytest.param("日本: 5", 5, 6, "日本: 5", "      ^", id="wide characters are two cells"),
        pytest.param("e\u0301: 5", 5, 6, "e\u0301: 5", "   ^", id="combining characters are none"),
        pytest.param("a\x1b[31m: 5", 9, 10, "a\\x1b[31m: 5", "           ^", id="escape codes are shown, not obeyed"),
        pytest.param("a\u202eb: 5", 6, 7, "a\\u202eb: 5", "          ^", id="so are direction marks"),
        pytest.param("a:", 3, 3, "a:", "  ^", id="an empty place has a caret"),
        pytest.param("a: 5", 90, 99, "a: 5", "    ^", id="a place behind the line"),
        pytest.param("", 1, 1, "", "^", id="an empty line"),
    ],
)
def test_caret(line, column, end_column, excerpt, caret):
    assert shown(line, column, end_column)[1:3] == [f"1 | {excerpt}".rstrip(), f"  | {caret}"]


def test_a_place_of_several_lines_is_marked_to_the_end_of_its_first():
    found = Diagnostic("rule", Severity.ERROR, Span(1, 3, 2, 4), "wrong")
    assert finding(found, document("a: [1,", "2]"), Look()).splitlines()[2] == "  |   ^^^^"


def test_a_long_line_is_moved_until_the_place_is_in_view():
    place = "x" * 500 + "HERE" + "y" * 500
    lines = shown(place, 501, 505, Look(width=60))
    at = lines[2].index("^^^^")
    assert lines[1][at : at + 4] == "HERE"
    assert width(lines[1]) <= 60
    assert lines[1].count("…") == 2


@given(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\n\r"), max_size=300),
    st.integers(1, 310), st.integers(0, 50), st.integers(40, 100), st.booleans(),
)  # fmt: skip
@example("0" * 28 + "\u0cba\u0cba\u27b0\u27b0", 33, 0, 40, False)  # marked behind a line that just fits
def test_no_line_is_wider_than_the_terminal_nor_acts_on_it(line, column, length, cells, symbols):
    for one in shown(line, column, column + length, Look(width=cells, symbols=symbols))[1:]:
        assert width(one) <= cells
        assert not {unicodedata.category(character) for character in one} & {"Cc", "Cs", "Zl", "Zp"}


def test_a_second_place_on_the_same_line_is_under_the_same_excerpt():
    lines = shown("{a: 1, a: 2}", 8, 9, related=(Related(Span(1, 2, 1, 3), "first here"),))
    assert lines[1:] == ["1 | {a: 1, a: 2}", "  |        ^", "  |  - first here"]


def test_without_lines_there_is_no_excerpt():
    found = Diagnostic("not-utf8", Severity.ERROR, (), "the file is not UTF-8", "save it as UTF-8")
    assert finding(found, document(), Look()).splitlines() == [
        "policies/fast.yaml:1:1: error: the file is not UTF-8 [not-utf8]",
        "  = help: save it as UTF-8",
    ]


def test_warnings_leave_a_file_valid():
    report = FileReport(document("a"), (Diagnostic("rule", Severity.WARNING, (), "hm"),))
    assert json.loads(diagnostics_json([report]))["valid"] is True
    assert diagnostics_text([report], Look()).endswith("1 warning in 1 of 1 file\n")


def test_a_failure_is_one_object():
    error = json.loads(failure_json("invalid_file", "wrong", [broken_report()]))["error"]
    assert list(error) == ["kind", "message", "diagnostics"]
    assert error["diagnostics"][0]["related"][0]["line"] == 2
