"""What only JSON does to YAML's parser."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary_runner.loading.document import read_document
from canary_runner.loading.files import check_bytes
from canary_runner.loading.long_keys import LONGEST_KEY

POLICY = {
    "schema": "canary-runner/policy/v1",
    "name": "a",
    "stages": [
        {
            "name": "s",
            "traffic_percent": 50,
            "duration": "10m",
            "checks": [{"metric": "error_rate", "max": "1%"}, {"metric": "latency_p99", "max": "500ms"}],
        }
    ],
}


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ('"\\ud83d\\ude00"', "\U0001f600"),  # as json.dumps writes it
        ('"\\\\\\uD83D\\uDE00"', "\\\U0001f600"),  # after an escaped backslash
        ('"\\\\ud83d\\\\ude00"', "\\ud83d\\ude00"),  # no escapes at all: backslashes
        ('"\\u00e9"', "\xe9"),
    ],
)
def test_escaped_pairs_are_one_character(written, read):
    text = json.dumps({**POLICY, "description": "HERE"}).replace('"HERE"', written)
    report = check_bytes("f.json", text.encode())
    assert report.diagnostics == ()
    assert report.document.data["description"] == read == json.loads(written)


def test_pairs_move_no_place_and_change_no_line():
    text = '{"a": "\\ud83d\\ude00\\ud83d\\ude00", "b": 1,\n "\\uD83D\\ude00": [true, "\\ud83d\\ude00", 2]}'
    document = read_document("f.json", text.encode())
    assert "\n".join(document.lines) == text
    assert under(document, ("b",), on_key=True) == '"b"'
    assert under(document, ("b",)) == "1"
    assert under(document, ("\U0001f600",), on_key=True) == '"\\uD83D\\ude00"'
    assert under(document, ("\U0001f600", 1)) == '"\\ud83d\\ude00"'
    assert under(document, ("\U0001f600", 2)) == "2"


TEXTS = st.text(st.characters(exclude_categories=("Cc", "Cs", "Cn", "Zl", "Zp", "Cf", "Co")), max_size=8)


@given(st.dictionaries(TEXTS, TEXTS | st.lists(TEXTS, max_size=3), min_size=1, max_size=4), st.sampled_from([None, 1]))
def test_what_json_writes_is_read_as_it_was(data, indent):
    document = read_document("f.json", json.dumps(data, indent=indent).encode())
    assert document.data == data
    for route in document.keys:
        assert (json.loads(under(document, route, on_key=True)),) == route


def under(document, route, on_key=False):
    """Return the text that a span marks in the lines that a person sees."""
    span = document.span(route, on_key)
    assert span.line == span.end_line
    return document.lines[span.line - 1][span.column - 1 : span.end_column - 1]


KEY = "k" * 1_100


@pytest.mark.parametrize(
    ("text", "place", "marked", "message"),
    [
        pytest.param(
            '{"a": "\\ud83d alone"}',
            (1, 8),
            "\\ud83d",
            "\\ud83d is half of a surrogate pair, which is no character",
            id="half",
        ),
        pytest.param(
            '{"a": "\\ude00\\ud83d"}',
            (1, 8),
            "\\ude00",
            "\\ude00 is half of a surrogate pair, which is no character",
            id="turned",
        ),
        pytest.param(
            '{"\\ud83d\\ude00": "\\uDE00"}',
            (1, 19),
            "\\uDE00",
            "\\uDE00 is half of a surrogate pair, which is no character",
            id="behind",
        ),
        pytest.param(
            'a: "\\ud83d\\ude00"',
            (1, 5),
            "\\ud83d\\ude00",
            "\\ud83d\\ude00 is a surrogate pair, which only JSON knows",
            id="YAML",
        ),
        pytest.param('a: "\\U00110000"', (1, 5), "\\U00110000", "\\U00110000 names no character", id="beyond"),
        pytest.param(
            '{"a": "\\ud83d\\ude00" "b": 1}',
            (1, 22),
            '"',
            "a comma is missing before this",
            id="comma",
        ),
        pytest.param('{"a": "\\ud83d\\ude00 b', (1, 7), '"', "a quoted text is not closed", id="unclosed"),
        pytest.param(
            '{"' + KEY[:1_023] + '": 1}', (1, 2), '"', "a key of 1,025 characters, at most 1,024", id="JSON key"
        ),
        pytest.param(
            '{\n "a": {\n  "' + KEY + '": 1}}', (3, 3), '"', "a key of 1,102 characters, at most 1,024", id="inner"
        ),
        pytest.param(
            '{"a": "' + KEY + '" "b": 1}',
            (1, 1110),
            '"',
            "a comma is missing before this",
            id="value",
        ),
        pytest.param(
            '{"' + '\\"' * 600 + '": 1}', (1, 2), '"', "a key of 1,202 characters, at most 1,024", id="escapes"
        ),
        pytest.param(
            "# \"a'\n{a: 'x\"y', " + KEY + ": 1}", (2, 12), "k", "a key of 1,100 characters, at most 1,024", id="flow"
        ),
        pytest.param("{a: 1,\n 'b\n c': 1}", (2, 2), "'", "a key goes on over the end of its line", id="two lines"),
        pytest.param(KEY + ": 1\n", (1, 1), "k", "a key of 1,100 characters, at most 1,024", id="block key"),
        pytest.param("a: 1\n'" + KEY + "': 1\n", (2, 1), "'", "a key of 1,102 characters, at most 1,024", id="second"),
        pytest.param("a:\n  " + KEY + ": 1\n", (2, 3), "k", "a key of 1,100 characters, at most 1,024", id="nested"),
        pytest.param("a: " + KEY + " b: 1\n", (1, 1_106), ":", "a key cannot begin here", id="not a key"),
        pytest.param(
            "# a\n%FOO bar\n---\na: 1\n", (2, 1), "%", "a line that begins with % says nothing here", id="directive"
        ),
    ],
)
def test_broken_texts_are_told_as_they_are_where_they_are(text, place, marked, message):
    report = check_bytes("f.json", text.encode())
    (finding,) = report.diagnostics
    span = report.document.span(finding.at)
    assert (finding.rule, finding.message) == ("yaml-syntax", message)
    assert (span.line, span.column) == place
    assert report.document.lines[span.line - 1][span.column - 1 : span.end_column - 1] == marked
    assert finding.help


@pytest.mark.parametrize("length", [1_022, 1_023])
def test_the_longest_key(length):
    rules = [finding.rule for finding in check_bytes("f.json", json.dumps({"k" * length: 1}).encode()).diagnostics]
    assert ("yaml-syntax" in rules) == (length + len('""') > LONGEST_KEY)
