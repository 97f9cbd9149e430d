"""What only JSON does to YAML's parser."""

import json

import pytest

from canary_runner.loading.files import check_bytes

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


@pytest.mark.parametrize(
    ("data", "rule", "message"),
    [
        (json.dumps({**POLICY, "description": "\ud83d alone"}).encode(), "yaml-syntax", "an escape that names no"),
        (json.dumps({**POLICY, "k" * 1_025: 1}).encode(), "yaml-syntax", "a key is longer than 1,024 characters"),
        (b"k" * 1_100 + b": 1\n", "yaml-syntax", "a key is longer than 1,024 characters"),
        (b"%FOO bar\n---\na: 1\n", "yaml-syntax", "a line that begins with % says nothing here"),
        (json.dumps(POLICY).encode("utf-32"), "text-encoding", "the file is UTF-32, not UTF-8"),
        (json.dumps(POLICY).encode("utf-16"), "text-encoding", "the file is UTF-16, not UTF-8"),
        (b"schema: canary-runner/run-result/v1\n", "unknown-schema", "this is a result (canary-runner/run-result/v1)"),
    ],
)
def test_what_is_wrong_is_said_as_it_is(data, rule, message):
    (finding,) = check_bytes("f.json", data).diagnostics
    assert finding.rule == rule
    assert finding.message.startswith(message)
    assert finding.help
