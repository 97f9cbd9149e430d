"""The published schemas of results: every result fits, and every key of a result is described."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator, ValidationError

from canary_runner.cli.commands.schema import KINDS, bundled
from canary_runner.reporting.diagnostics_json import diagnostics_json, failure_json, failure_ndjson
from canary_runner.reporting.json_text import dumps
from canary_runner.reporting.run_json import run_json
from canary_runner.reporting.run_ndjson import run_ndjson
from tests.reporting import examples

SCHEMAS = Path(__file__).parents[2] / "schema"


def schema(name):
    return json.loads(bundled(name))


def validate(name, found):
    Draft202012Validator(schema(name)).validate(found)


def canary_run(*arguments, folder=SCHEMAS.parent):
    """Return the bytes that a call prints."""
    environment = {**os.environ, "PYTHONPATH": str(SCHEMAS.parent)}
    command = [sys.executable, "-m", "canary_runner", *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, timeout=60).stdout


def closed(node):
    """Refuse every key that the schema does not describe: readers may meet new keys, our tests may not."""
    if isinstance(node, list):
        return [closed(one) for one in node]
    if not isinstance(node, dict):
        return node
    shut = {key: closed(value) for key, value in node.items()}
    return {"additionalProperties": False, **shut} if isinstance(node.get("properties"), dict) else shut


@pytest.mark.parametrize("name", KINDS)
def test_schema_is_one(name):
    Draft202012Validator.check_schema(schema(name))
    assert schema(name)["$id"] == f"https://canary-runner.dev/schema/{name}/v1"


def test_every_schema_can_be_printed():
    assert {path.name for path in SCHEMAS.iterdir()} == {f"{kind}.schema.json" for kind in KINDS}


@pytest.mark.parametrize("name", KINDS)
def test_what_is_printed_needs_no_other_file(name):
    """References to other published schemas lead into the printed one, unchanged; the rest is printed as it stands."""
    printed = json.loads(canary_run("schema", name))
    own = json.loads((SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8"))
    inside = {key: value for key, value in printed.get("$defs", {}).items() if key not in own.get("$defs", {})}
    assert {**printed, "$defs": {k: v for k, v in printed.get("$defs", {}).items() if k not in inside}} == {
        "$defs": {}, **own,
    }  # fmt: skip
    others = {
        "run-event": ["error", "run-result"],
        "study-event": ["error", "study-result"],
        "error": ["diagnostics"],
        "compare-result": ["study-result"],
        "test-result": ["study-result"],
    }.get(name, [])
    assert list(inside.values()) == [schema(other) for other in others]


@pytest.mark.parametrize("trace", [True, False])
@pytest.mark.parametrize("name", list(examples.RESULTS))
def test_run_results_fit(name, trace):
    found = json.loads(run_json(examples.RESULTS[name](), trace))
    Draft202012Validator(schema("run-result")).validate(found)
    Draft202012Validator(closed(schema("run-result"))).validate(found)


@pytest.mark.parametrize("name", list(examples.RESULTS))
def test_run_events_fit(name):
    lines = [json.loads(line) for line in run_ndjson(examples.RESULTS[name]()).splitlines()]
    for line in lines:
        validate("run-event", line)
        alone = {key: value for key, value in line.items() if key != "event"}
        described = closed(schema("run-result"))
        if line["event"] != "result":
            described = {"$ref": f"#/$defs/{line['event']}", "$defs": described["$defs"]}
        Draft202012Validator(described).validate(alone)
    assert [line["event"] for line in lines].count("result") == 1


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(lambda lines: {k: v for k, v in lines[-1].items() if k != "event"}, id="no event"),
        pytest.param(lambda lines: {**lines[0], "event": "analysis"}, id="a wrong event"),
        pytest.param(lambda lines: {**lines[-1], "final_state": "DONE"}, id="a wrong result"),
        pytest.param(lambda lines: {"event": "error", "error": {"kind": "bug"}}, id="half an error"),
    ],
)
def test_what_is_no_event_does_not_fit(line):
    lines = [json.loads(one) for one in run_ndjson(examples.rolled_back()).splitlines()]
    with pytest.raises(ValidationError):
        validate("run-event", line(lines))


@pytest.mark.parametrize("help", ["", "write 1%"])
@pytest.mark.parametrize("reports", [(), (examples.broken_report(), examples.valid_report())])
def test_failures_fit(reports, help):
    found = json.loads(failure_json("invalid_file", "wrong", reports, help))
    Draft202012Validator(closed(schema("error"))).validate(found)
    (line,) = failure_ndjson("invalid_file", "wrong", reports, help).splitlines()
    assert json.loads(line) == {"event": "error", **found}
    validate("run-event", json.loads(line))


POLICY, BROKEN = "policies/standard.yaml", "docs/examples/fast.yaml"
QUICK = ("--scenario", "healthy")
COMPOSED = ("study-result", "compare-result")
"""Kinds that put keys of several parts into one object: no part can be closed alone."""


@pytest.mark.parametrize(
    ("kind", "arguments"),
    [
        pytest.param("run-result", [POLICY], id="run"),
        pytest.param("run-result", [POLICY, "--scenario", "bad-deploy", "--trace"], id="run --trace"),
        pytest.param("study-result", ["study", POLICY, *QUICK, "--format", "json"], id="study"),
        pytest.param(
            "study-result", ["study", POLICY, "--sweep", "canary.error_rate=0pp..1pp/3", "--format", "json"], id="sweep"
        ),
        pytest.param("compare-result", ["compare", POLICY, POLICY, *QUICK, "--format", "json"], id="compare"),
        pytest.param("test-result", ["test", "policies/aggressive.test.yaml", "--format", "json"], id="test"),
        pytest.param("diagnostics", ["lint", POLICY, "--format", "json"], id="lint"),
        pytest.param("diagnostics", ["validate", "policies", "--format", "json"], id="validate, all valid"),
        pytest.param("diagnostics", ["validate", BROKEN, "--format", "json"], id="validate, a broken file"),
        pytest.param("error", [BROKEN, "--format", "json"], id="invalid_file"),
        pytest.param("error", ["missing.yaml", "--format", "json"], id="wrong_call: a missing file"),
        pytest.param("error", [POLICY, "--sed", "1", "--format", "json"], id="wrong_call: an option"),
        pytest.param("error", [POLICY, "--format", "json", "--scenario", "nil"], id="wrong_call: a scenario"),
        pytest.param("error", ["validate", "canary_runner/stats", "--format", "json"], id="nothing_to_do"),
        pytest.param(
            "error", [POLICY, "--format", "text", "--output", "/dev/full", "--format", "json"], id="environment"
        ),
    ],
)
def test_real_output_fits(kind, arguments):
    found = json.loads(canary_run(*arguments))
    validate(kind, found)
    if kind not in COMPOSED:
        Draft202012Validator(closed(schema(kind))).validate(found)


@pytest.mark.parametrize(
    ("events", "asked"),
    [
        (["result", "result", "end"], ["--scenario", "healthy", "--scenario", "crash"]),
        (["sweep", "end"], ["--sweep", "canary.error_rate=0pp..1pp/3"]),
        (["error"], ["--scenario", "nil"]),
    ],
)
def test_real_events_of_a_study_fit(events, asked):
    found = [json.loads(line) for line in canary_run("study", POLICY, *asked, "--format", "ndjson").splitlines()]
    assert [event["event"] for event in found] == events
    for event in found:
        validate("study-event", event)


@pytest.mark.parametrize("scenario", ["healthy", "bad-deploy", "no-metrics", "slow-leak"])
def test_real_events_fit(scenario):
    lines = canary_run(POLICY, "--scenario", scenario, "--format", "ndjson").splitlines()
    events = [json.loads(line) for line in lines]
    assert {event["event"] for event in events} == {"analysis", "transition", "result"}
    for event in events:
        validate("run-event", event)


def test_a_file_name_that_is_not_utf8_is_shown_in_every_json(tmp_path):
    name = os.fsdecode(b"a\xff\xed\xa0\x80.yaml")
    (tmp_path / name).write_text((SCHEMAS.parent / BROKEN).read_text())
    (tmp_path / f"b{name}").write_text((SCHEMAS.parent / POLICY).read_text())
    for arguments in (["validate", "--format", "json", name], [name, "--format", "json"], [f"b{name}"],
                      [f"b{name}", "--format", "ndjson"], [f"no{name}", "--format", "json"]):  # fmt: skip
        text = canary_run(*arguments, folder=tmp_path).decode("ascii")
        assert r"a\\udcff\\udced\\udca0\\udc80.yaml" in text, arguments
        for line in text.splitlines() if "ndjson" in arguments else [text]:
            json.dumps(json.loads(line), ensure_ascii=False).encode()


@pytest.mark.parametrize(
    ("text", "read"),
    [
        pytest.param("a\udcff", r"a\udcff", id="the second half of a pair"),
        pytest.param("\ud83da", r"\ud83da", id="the first half"),
        pytest.param("\ud83d\ud83d\ude00", "\\ud83d\U0001f600", id="a half before a pair"),
        pytest.param("\U0001f600", "\U0001f600", id="a whole character"),
        pytest.param(r"\udcff", r"\udcff", id="a backslash that somebody wrote"),
        pytest.param('\\\udcff"\n\\', '\\\\udcff"\n\\', id="beside other escapes"),
    ],
)
def test_halves_of_characters(text, read):
    written = dumps({text: [text]})
    assert written.isascii()
    assert json.loads(written) == {read: [read]}


def test_diagnostics_fit():
    found = json.loads(diagnostics_json([examples.broken_report(), examples.valid_report()]))
    Draft202012Validator(closed(schema("diagnostics"))).validate(found)
