"""`canary-run test`: verdicts, places, causes, statuses, formats."""

import json
import shutil
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from jsonschema import Draft202012Validator

from canary_runner.cli.commands.schema import bundled
from canary_runner.studies import testing

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


def told(call, *arguments):
    """Return the findings that `test` tells, which are those of `validate`, as file:line:column: rule and message."""
    tested, validated = (call(verb, *arguments, "--format", "json") for verb in ("test", "validate"))
    assert (tested.status, validated.status) == (1, 1)
    found = json.loads(validated.stdout)["diagnostics"]
    assert json.loads(tested.stdout)["error"]["diagnostics"] == found
    assert call("test", *arguments).stderr in call("validate", *arguments).stdout
    return [f"{one['file']}:{one['line']}:{one['column']}: {one['rule']}: {one['message']}" for one in found]


def test_everything_wrong_with_all_files_is_told_at_once(call, folder):
    Path("b.test.yaml").write_text(TESTS.replace("policy.yaml", "other.yaml").replace("MOST", "9%").replace("1m", "1"))
    folder(tests=TESTS.replace("at_most: MOST", "at_least: 9%, at_most: 8%").replace("[quiet", "[quiet.yaml, ./quiet"))
    Path("policy.yaml").write_text(POLICY.replace("WINDOW", "stag"))
    Path("quiet.yaml").write_text(SERVICE.replace("4rps", "4"))
    assert told(call, "a.test.yaml", "b.test.yaml") == [
        'a.test.yaml:3:24: duplicate-name: the file "./quiet.yaml" is named twice',
        "a.test.yaml:7:29: crossed-bounds: at_least 9% is above at_most 8%",
        'policy.yaml:8:13: bad-quantity: "stag" is not a window',
        "quiet.yaml:3:17: unit-missing: 4 has no unit",
        'b.test.yaml:2:12: unreadable-file: cannot read "other.yaml": there is no such file',
        "b.test.yaml:12:39: unit-missing: 1 has no unit",
    ]


def test_a_manifest_that_rolls_nothing_out_is_told_in_its_own_file(call, folder):
    Path("policy.yaml").write_text("apiVersion: v1\nkind: Service\nspec: {}\n")
    (said,) = told(call, "a.test.yaml")
    assert said.startswith("policy.yaml:1:1: no-rollout: no rollout is in this file, only Service")


def test_a_named_file_that_is_given_too_is_told_once(call, folder):
    Path("policy.yaml").write_text(POLICY.replace("WINDOW", "stag"))
    called = call("validate", ".")
    assert called.status == 1
    assert called.stdout.count("[bad-quantity]") == 1
    assert called.stdout.endswith("1 error in 1 of 3 files\n")


def test_a_file_that_is_only_named_is_counted_where_it_is_wrong(call, folder):
    assert call("validate", "a.test.yaml").stdout == "1 file valid\n"
    Path("policy.yaml").write_text(POLICY.replace("WINDOW", "stag"))
    assert call("validate", "a.test.yaml").stdout.endswith("1 error in 1 of 2 files\n")


STORM = """scenarios:
  storm: {both: {error_rate: 60%}, canary: {error_rate: +50pp}}
tests:"""
NO_SUCH_RATE = "gives the canary an error rate of"


@pytest.mark.parametrize(
    ("changes", "finding"),
    [
        pytest.param(
            {"tests:": STORM, "scenario: crash": "scenario: storm"},
            f"a.test.yaml:11:15: impossible-world: scenario storm {NO_SUCH_RATE} 110%, outside 0% to 100%",
            id="a scenario of the file",
        ),
        pytest.param(
            {"scenario: crash": "scenario: crash\n    set: {both.latency: 2x, canary.error_rate: 300x}"},
            f"a.test.yaml:10:48: impossible-world: scenario crash + set {NO_SUCH_RATE} 150%, outside 0% to 100%",
            id="a set",
        ),
    ],
)
def test_a_world_that_cannot_be_is_told_where_it_is_asked_for(call, folder, changes, finding):
    text = TESTS
    for old, new in changes.items():
        text = text.replace(old, new)
    folder(tests=text)
    assert told(call, "a.test.yaml") == [finding]


def test_endless_bursts_are_told_in_the_service_once(call, folder):
    loud = SERVICE.replace("4rps", "1000000rps").replace("baseline: {", "baseline: {burstiness: 0.2, ")
    Path("quiet.yaml").write_text(loud)
    (finding,) = told(call, "a.test.yaml")
    assert finding.startswith("quiet.yaml:4:24: impossible-world: with burstiness 0.2, errors among the 30,000,000 ")


def test_more_requests_than_can_be_counted_are_told_in_the_service(call, folder):
    Path("policy.yaml").write_text(POLICY.replace("WINDOW", "stage").replace("10m", "30d").replace("1m", "30d"))
    Path("quiet.yaml").write_text(SERVICE.replace("4rps", "10000000rps"))
    assert told(call, "a.test.yaml") == [
        "quiet.yaml:3:17: impossible-world: 12,960,000,000,000 requests of the canary in one check_every of stage "
        "half, at most 900,000,000,000"
    ]


def test_every_test_that_asks_for_a_world_that_cannot_be_is_told(call, folder):
    text = TESTS.replace("services: [quiet.yaml]\n", "").replace("tests:", STORM).replace("crash\n", "storm\n")
    folder(tests=text.replace("  - name: healthy\n", "  - name: healthy\n    scenario: storm\n"))
    assert [one.partition(" ")[0] for one in told(call, "a.test.yaml")] == ["a.test.yaml:7:15:", "a.test.yaml:11:15:"]


def test_a_file_without_tests_is_nothing_to_do(call, folder):
    folder(tests=TESTS[: TESTS.index("tests:")] + "tests: []\n")
    assert call("validate", "a.test.yaml").status == 0
    called = call("test", "a.test.yaml")
    assert (called.status, called.stdout) == (5, "")
    assert "the test files have no tests" in called.stderr


def test_a_test_file_that_is_not_there_is_a_wrong_call(call, folder):
    called = call("test", "b.test.yaml")
    assert (called.status, called.stdout) == (2, "")
    assert "there is no such file" in called.stderr


def test_a_file_of_another_kind_is_no_test(call, folder):
    called = call("test", "policy.yaml")
    assert (called.status, called.stdout) == (1, "")
    assert "policy.yaml:1:9: error: this is a policy file, and a test file is wanted" in called.stderr


CASES = Path(__file__).parents[1] / "loading" / "cases"


def test_the_three_files_of_the_language_hold_as_printed(call, tmp_path, monkeypatch):
    """The bases of the loader's cases are the text of the language: rolled back 1.4e-6; 40m; 1, 4m, 57.6 errors."""
    monkeypatch.chdir(tmp_path)
    for kind, name in (("policy", "standard.yaml"), ("service", "checkout.service.yaml"), ("test", "a.test.yaml")):
        shutil.copy(CASES / f"{kind}.base", name)
    called = call("test", ".", "--method", "exact", "--format", "json")
    assert (called.status, called.stderr) == (0, "")
    found = [(one["quantity"], one["estimate"]["value"]) for one in json.loads(called.stdout)["results"]]
    (_, healthy), *others = found
    assert healthy < 2e-6
    assert others == [
        ("rollout_duration_p95", 2400),
        ("rollback_probability", 1),
        ("time_to_rollback_p95", 240),
        ("extra_errors_p95", 57.6),
    ]


def test_shipped_policies_keep_their_promises(call):
    called = call("test", str(Path(__file__).parents[2] / "policies"))
    assert (called.status, called.stderr) == (0, "")
    assert called.stdout.count("PASS") == 7


@pytest.mark.parametrize("form", ["junit", "github"])
def test_what_is_wrong_with_files_is_told_where_ci_looks(call, tmp_path, monkeypatch, form):
    monkeypatch.chdir(tmp_path)
    Path("p.yaml").write_text(POLICY.replace("WINDOW", "stage").replace("check_every: 1m", "check_every: 3m"))
    Path("x.test.yaml").write_text(
        "schema: canary-runner/test/v1\npolicies: [p.yaml]\n"
        "tests: [{name: quiet, scenario: helthy, expect: {rollback_probability: {at_most: 1%}}}]\n"
    )
    called = call("test", "x.test.yaml", "--format", form)
    assert called.status == 1
    for file in ("p.yaml", "x.test.yaml"):
        assert f"{file}:" in called.stderr
        assert (f"error file={file},line=" if form == "github" else f'<testsuite name="{file}"') in called.stdout
    if form == "junit":
        suites = ET.fromstring(called.stdout)
        assert len(suites.findall(".//failure")) == called.stderr.count(": error: ") == 2
    assert call("test", "x.test.yaml", "--format", form, "--output", "ci.out").status == 1
    assert Path("ci.out").read_text() == called.stdout


def test_a_number_that_nobody_has_is_told_as_none_with_its_reason(call, folder):
    folder(tests=TESTS.replace("rollback_probability: {at_most: MOST}", "detection_probability: {at_least: 0%}"))
    called = call("test", "a.test.yaml", "-k", "healthy")
    assert called.status == 1
    _, told, *others = called.stdout.splitlines()
    assert told.strip().startswith("a.test.yaml:7: detection_probability is none (")
    assert not any("mostly by" in line for line in others)


def test_what_takes_others_back_explains_no_duration(call, folder):
    folder(tests=TESTS.replace("rollback_probability: {at_most: MOST}", "rollout_duration_p95: {at_most: 1m}"))
    called = call("test", "a.test.yaml", "-k", "healthy")
    assert called.status == 1
    assert "rollout_duration_p95 is 10m, not at_most 1m" in called.stdout
    assert "mostly by" not in called.stdout


def test_however_a_file_is_spelled_it_is_one(call, folder):
    Path("sub").mkdir()
    Path("sub/b.test.yaml").write_text(Path("a.test.yaml").read_text().replace("[", "[../"))
    called = call("test", "a.test.yaml", "sub/b.test.yaml", "--format", "json")
    found = json.loads(called.stdout)
    assert {one["policy"] for one in found["results"]} == {"small"}
    assert {one["service"] for one in found["results"]} == {"quiet"}
    assert len(found["results"]) == 6


def test_what_was_stopped_is_no_pass(call, folder, monkeypatch):
    """As Ctrl-C in the second test: no format may look like a pass."""
    real, calls = testing.hold, []

    def interrupted(*given, **more):
        calls.append(given)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(*given, **more)

    for form in ("json", "junit", "github", "text"):
        calls.clear()
        monkeypatch.setattr(testing, "hold", interrupted)
        called = call("test", "a.test.yaml", "--format", form)
        assert called.status == 130
        if form == "json":
            assert json.loads(called.stdout)["verdict"] == "INCONCLUSIVE"
        elif form == "junit":
            assert ET.fromstring(called.stdout).find("testsuite/testcase/error") is not None
        else:
            assert "stopped before the end" in called.stdout
