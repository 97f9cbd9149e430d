"""`canary-run test`: verdicts, places, causes, statuses, formats."""

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from jsonschema import Draft202012Validator

from canary_runner.cli.commands.schema import bundled

POLICY = """schema: canary-runner/policy/v1
name: small
stages:
  - name: half
    traffic_percent: 50
    duration: 10m
    check_every: 1m
    window: WINDOW
    checks: [{metric: error_rate, max: 2%}, {metric: latency_p99, max: 500ms}]
"""
SERVICE = """schema: canary-runner/service/v1
name: quiet
traffic: {rate: 4rps}
baseline: {error_rate: 0.5%, latency: {p50: 80ms, p99: 320ms}}
"""
TESTS = """schema: canary-runner/test/v1
policies: [policy.yaml]
services: [quiet.yaml]
tests:
  - name: healthy
    expect:
      rollback_probability: {at_most: MOST}
  - name: a crash is caught
    scenario: crash
    expect:
      rollback_probability: {at_least: 99%}
      time_to_rollback_p95: {at_most: 1m}
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def write(most="99%", window="since_last_check", tests=TESTS):
        Path("policy.yaml").write_text(POLICY.replace("WINDOW", window))
        Path("quiet.yaml").write_text(SERVICE)
        Path("a.test.yaml").write_text(tests.replace("MOST", most))

    write()
    return write


def test_all_hold(call, folder):
    called = call("test", ".")
    assert (called.status, called.stderr) == (0, "")
    assert called.stdout.endswith("\n2 tests: 2 passed\n")


def test_a_failure_names_line_number_and_cause(call, folder):
    folder(most="1%")
    called = call("test", "a.test.yaml")
    assert called.status == 1
    place, cause = called.stdout.splitlines()[1:3]
    assert place.strip().startswith("a.test.yaml:7: rollback_probability is ")
    assert place.endswith(", not at_most 1%")
    assert cause.strip().startswith("mostly by error_rate in stage half (")


def test_the_estimate_is_that_of_study(call, folder):
    found = json.loads(call("test", "a.test.yaml", "-k", "healthy", "--format", "json").stdout)
    Draft202012Validator(json.loads(bundled("test-result"))).validate(found)
    studied = json.loads(
        call("study", "policy.yaml", "--service", "quiet.yaml", "--scenario", "healthy", "--format", "json").stdout
    )
    (one,) = found["results"]
    assert one["estimate"] == studied["results"][0]["rollback_probability"]
    assert (one["verdict"], one["line"], one["bound"]) == ("PASS", 7, {"at_most": 0.99, "written": "99%"})


def test_a_sampled_verdict_waits_for_the_evidence(call, folder):
    """Far from the bound one block of 4,096 decides; at the bound nothing does, and that is status 3."""
    folder(most="90%", window="stage")
    found = json.loads(call("test", ".", "-k", "healthy", "--format", "json").stdout)
    (one,) = found["results"]
    assert (one["estimate"]["method"], one["estimate"]["runs"]) == ("sampled", 4096)
    chance = one["estimate"]["value"]
    folder(most=f"{100 * chance:.4f}%", window="stage")
    called = call("test", ".", "-k", "healthy", "--max-runs", "4096")
    assert called.status == 3
    assert "is not decided after 4,096 rollouts" in called.stdout
    assert "wrong with a chance of at most 0.1%" in called.stdout


def test_fail_fast_stops(call, folder):
    folder(most="1%")
    called = call("test", ".", "--fail-fast")
    assert called.status == 1
    assert called.stdout.endswith("1 test: 1 failed; stopped before the end\n")


def test_junit_and_github(call, folder):
    folder(most="1%")
    suite = ET.fromstring(call("test", ".", "--format", "junit").stdout)[0]
    assert (suite.get("tests"), suite.get("failures")) == ("2", "1")
    assert "not at_most 1%" in suite[0][0].get("message")
    (line,) = call("test", ".", "--format", "github").stdout.splitlines()
    assert line.startswith("::error file=")
    assert ",line=7,title=small on quiet%3A healthy::rollback_probability is " in line
    assert "1%25" in line


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (("-k", "nothing"), 5, 'no test has "nothing" in its name'),
        (("--seed", "x"), 2, "not a whole number"),
        (("--method", "exact"), 2, "no exact answer"),
    ],
)
def test_what_cannot_be_run(call, folder, arguments, status, words):
    folder(window="stage")
    called = call("test", ".", *arguments)
    assert (called.status, called.stdout) == (status, "")
    assert words in called.stderr


def test_a_folder_without_tests_is_nothing_to_do(call, folder):
    Path("a.test.yaml").unlink()
    called = call("test", ".")
    assert (called.status, called.stdout) == (5, "")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("rollback_probability: {at_least", "rollback_probabilty: {at_least"), 'did you mean "rollback_probability"'),
        (("scenario: crash", "scenario: crahs"), 'did you mean "crash"'),
        (("{at_least: 99%}", "{at_least: 99%, at_most: 9%}"), "is above at_most"),
        (("{at_least: 99%}", "{at_least: 0.99}"), "a.test.yaml:11"),
    ],
)
def test_what_is_wrong_in_the_file_is_located(call, folder, change, words):
    folder(tests=TESTS.replace(*change))
    called = call("test", "a.test.yaml")
    assert (called.status, called.stdout) == (1, "")
    assert words in called.stderr


def test_a_policy_that_is_not_there_is_told(call, folder):
    folder(tests=TESTS.replace("policy.yaml", "other.yaml"))
    called = call("test", "a.test.yaml")
    assert (called.status, called.stdout) == (2, "")
    assert "other.yaml" in called.stderr


def test_shipped_policies_keep_their_promises(call):
    called = call("test", str(Path(__file__).parents[2] / "policies"))
    assert (called.status, called.stderr) == (0, "")
    assert called.stdout.count("PASS") == 7
