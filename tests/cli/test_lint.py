"""`canary-run lint`: which rules are asked, what is said of the service, formats."""

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from canary_runner import api
from canary_runner.cli.commands.schema import bundled
from canary_runner.linting.pages import rule_pages
from tests.cli.conftest import POLICY, ROOT
from tests.reporting.sarif_subset import SUBSET

BAD = (ROOT / "tests/linting/cases/policy.base").read_text().replace("max: 1%", "max: 0.1%").replace(" 100}", " 90}")


@pytest.fixture
def bad(tmp_path):
    """Return a policy with a limit at the normal value that alarms, and an unguarded jump."""
    path = tmp_path / "bad.yaml"
    path.write_text(BAD)
    return path


def found(call, *arguments):
    said = json.loads(call("lint", *arguments, "--format", "json").stdout)
    Draft202012Validator(json.loads(bundled("diagnostics"))).validate(said)
    return said


def rules(said):
    return [one["rule"] for one in said["diagnostics"]]


def test_the_assumed_service_is_named_once(call, bad):
    said = call("lint", bad).stdout
    assert said.count("assumed service generic-web (100rps, 0.1% errors, p50 80ms, p99 400ms)") == 1
    assert found(call, bad)["service"] == {"name": "generic-web", "assumed": True}


def test_a_service_changes_what_is_found(call, bad):
    named = ("--service", ROOT / "policies/back-office.service.yaml")
    assert "for the service back-office (60rps" in call("lint", bad, *named).stdout
    said = found(call, bad, *named)
    assert said["service"] == {"name": "back-office", "assumed": False}
    assert "limit-below-normal" in rules(said)
    assert "limit-below-normal" not in rules(found(call, bad))


def test_rules_are_selected_and_ignored(call, bad):
    every = rules(found(call, bad))
    assert {"limit-at-normal", "unguarded-jump"} <= set(every)
    assert rules(found(call, bad, "--select", "unguarded-jump,limits-loosen")) == ["unguarded-jump"]
    rest = rules(found(call, bad, "--ignore", "unguarded-jump", "--ignore", "limit-at-normal"))
    assert rest == [rule for rule in every if rule not in ("unguarded-jump", "limit-at-normal")]


def test_the_nearest_rule_is_named(call, bad):
    assert 'did you mean "unguarded-jump"?' in call("lint", bad, "--select", "unguarded-jmp").stderr


def test_statistics_count_the_findings_of_each_rule(call, bad):
    lines = call("lint", bad, "--statistics").stdout.splitlines()
    assert [line.split() for line in lines[:-1]] == [
        ["1", "error", "alarms-when-healthy"],
        ["1", "warning", "limit-at-normal"],
        ["1", "warning", "unguarded-jump"],
    ]
    assert lines[-1] == "1 error, 2 warnings in 1 of 1 file"


def test_an_invalid_file_is_told_as_validate_tells_it(call, tmp_path):
    (tmp_path / "x.yaml").write_text(BAD.replace("max: 0.1%", "max: 0.1"))
    told = json.loads(call("validate", tmp_path / "x.yaml", "--format", "json").stdout)
    assert found(call, tmp_path / "x.yaml")["diagnostics"] == told["diagnostics"] != []


def test_what_is_no_policy_is_only_validated(call, bad):
    (bad.parent / "s.service.yaml").write_text((ROOT / "policies/checkout.service.yaml").read_text())
    said = found(call, bad.parent)
    assert said["file_count"] == 2
    assert {one["file"].rpartition("/")[2] for one in said["diagnostics"]} == {"bad.yaml"}


def test_unread_files_are_told_after_what_is_known(call, bad):
    called = call("lint", bad, bad.parent / "missing.yaml")
    assert called.status == 2
    assert "unguarded-jump" in called.stdout
    assert "missing.yaml" in called.stderr


def test_every_rule_has_a_page(call):
    for rule in rule_pages():
        page = call("explain", rule).stdout
        assert page.startswith(f"{rule}\n")
        assert "Why." in page
        assert "**" not in page


def test_quiet_says_nothing_of_files_without_a_finding(call):
    good = POLICY.replace("standard", "aggressive")
    assert call("lint", good, "-q").stdout == ""
    assert call("lint", good).stdout.endswith("1 file without a finding\n")


def test_github_annotations_are_escaped_the_weightiest_first_and_counted_beyond_ten_of_a_kind(call, bad):
    for number in range(5):
        (bad.parent / f"a,{number}.yaml").write_text(BAD)
    lines = call("lint", bad.parent, "--format", "github").stdout.splitlines()
    kinds = [line.split()[0] for line in lines]
    assert kinds == ["::error"] * 6 + ["::warning"] * 10 + ["::notice::2"]
    assert lines[-1] == "::notice::2 more findings"
    assert all("%0Ahelp: " in line for line in lines[:-1])
    assert "a%2C0.yaml,line=11,endLine=11,col=12,endColumn=16,title=alarms-when-healthy::" in lines[0]
    assert "rolls back" in lines[0]
    assert "%25 of healthy releases" in lines[0]


READERS = {
    "text": lambda text: text.count(": error: "),
    "json": lambda text: json.loads(text)["error_count"],
    "github": lambda text: text.count("::error file=policies/bad.yaml,"),
    "gitlab": lambda text: [one["severity"] for one in json.loads(text)].count("critical"),
    "junit": lambda text: text.count("<failure") - 2,
    "markdown": lambda text: text.count("| error | policies/bad.yaml:"),
    "sarif": lambda text: [one["level"] for one in json.loads(text)["runs"][0]["results"]].count("error"),
}


def test_one_call_writes_every_format(call, bad, monkeypatch):
    monkeypatch.chdir(bad.parent)
    (bad.parent / "policies").mkdir()
    bad.rename("policies/bad.yaml")
    places = [word for name in READERS for word in ("--format", name, "--output", f"out.{name}")]
    called = call("lint", "policies", *places)
    assert (called.status, called.stdout, called.stderr) == (1, "", "")
    assert {name: read(Path(f"out.{name}").read_text()) for name, read in READERS.items()} == dict.fromkeys(READERS, 1)


def test_sarif_names_every_rule_with_its_page_and_level(call, bad):
    run = json.loads(call("lint", bad, "--format", "sarif").stdout)["runs"][0]
    Draft202012Validator(SUBSET).validate({"$schema": "x", "version": "2.1.0", "runs": [run]})
    known = {rule["id"]: rule for rule in run["tool"]["driver"]["rules"]}
    assert set(known) == set(api.rule_pages())
    for result in run["results"]:
        rule = run["tool"]["driver"]["rules"][result["ruleIndex"]]
        assert rule["id"] == result["ruleId"]
        assert rule["defaultConfiguration"]["level"] == result["level"]
        assert "**Why.**" in rule["help"]["markdown"]


@pytest.mark.parametrize(("fail_on", "failures"), [("error", 1), ("warning", 3)])
def test_junit_fails_what_fails_the_call(call, bad, fail_on, failures):
    suite = ET.fromstring(call("lint", bad, "--format", "junit", "--fail-on", fail_on).stdout)[0]
    assert (suite.get("tests"), suite.get("failures")) == ("3", str(failures))
