"""`canary-run lint` of manifests of other systems: the same options, ignores and formats as of policies."""

import json

import pytest

from tests.linting.manifest_cases import text_of

JUMP = {"base": "flagger", "change": {"maxWeight: 100": "maxWeight: 50"}}
RULES = ["overshoots-max-weight", "unguarded-jump"]


@pytest.fixture
def canary(tmp_path):
    path = tmp_path / "canary.yaml"
    path.write_text(text_of(JUMP))
    return path


def found(call, *arguments):
    """Return the rules of what lint tells that is no note, in its order."""
    said = json.loads(call("lint", *arguments, "--format", "json").stdout)
    return [one["rule"] for one in said["diagnostics"] if one["severity"] != "note"]


def test_rules_are_selected_and_left_out(call, canary):
    assert found(call, canary) == RULES
    assert found(call, canary, "--select", "unguarded-jump") == ["unguarded-jump"]
    assert found(call, canary, "--ignore", "unguarded-jump") == ["overshoots-max-weight"]


def test_the_finding_shows_the_line_of_the_manifest_and_the_second_place(call, canary):
    said = call("lint", canary, "--select", "overshoots-max-weight")
    assert said.status == 1
    assert ":11:16: warning: the weights are 20, 40, 60: 60% is 10 points above maxWeight 50" in said.stdout
    assert "11 |     maxWeight: 50\n   |                ^^\n12 |     stepWeight: 20\n" in said.stdout


def test_numbers_are_those_of_the_service(call, canary, tmp_path):
    service = tmp_path / "shop.service.yaml"
    service.write_text(
        "schema: canary-runner/service/v1\nname: shop\ntraffic: {rate: 10rps}\n"
        "baseline:\n  error_rate: 0.1%\n  latency: {p50: 80ms, p99: 400ms}\n"
    )
    assert "144,000 requests an hour" in call("lint", canary).stdout
    assert "14,400 requests an hour" in call("lint", canary, "--service", service).stdout


@pytest.mark.parametrize("format", ["github", "gitlab", "junit", "markdown", "sarif", "json", "text"])
def test_every_format_tells_of_it(call, canary, format):
    said = call("lint", canary, "--format", format).stdout
    for rule in RULES:
        assert rule in said


def test_comments_ignore_and_say_why(call, canary):
    text = text_of(JUMP)
    ignored = "maxWeight: 50  # canary-run: ignore[overshoots-max-weight, unguarded-jump] staff only"
    canary.write_text(text.replace("maxWeight: 50", ignored))
    assert call("lint", canary).status == 0
    canary.write_text(text.replace("maxWeight: 50", ignored.removesuffix(" staff only")))
    assert found(call, canary) == ["ignore-without-reason"]


def test_a_page_is_explained(call):
    said = call("explain", "overshoots-max-weight").stdout
    assert "before, `maxWeight: 50`" in said


def test_a_condition_that_is_none_is_told_and_runs_as_upstream(call, tmp_path):
    """`#` begins a comment in YAML: what is left is no condition, and every measurement an Error."""
    change = {"successCondition: result[0] <= 0.02": "failureCondition: any(result, # > 1)"}
    path = tmp_path / "rollout.yaml"
    path.write_text(text_of({"base": "argo", "change": change}))
    assert found(call, path) == ["never-passes"]
    assert json.loads(call("run", path, "--seed", 1, "--format", "json").stdout)["final_state"] == "ROLLED_BACK"


def test_a_finding_in_a_further_file_stands_and_is_ignored_there(call, tmp_path):
    """Templates may be in files of their own: what is found of them is found, and ignored, where they are."""
    rollout, _, template = text_of({"base": "argo", "change": {"<= 0.02": "<= 0.95"}}).partition("---\n")
    (tmp_path / "rollout.yaml").write_text(rollout)
    beside = tmp_path / "template.yaml"
    beside.write_text(template)
    arguments = (tmp_path / "rollout.yaml", "--with", beside)
    said = json.loads(call("lint", *arguments, "--format", "json").stdout)
    places = [(one["rule"], one["file"], one["line"]) for one in said["diagnostics"] if one["severity"] != "note"]
    line = template.splitlines().index("      successCondition: result[0] <= 0.95") + 1
    assert places == [("limit-passes-outages", str(beside), line)]
    beside.write_text(
        template.replace("<= 0.95", "<= 0.95  # canary-run: ignore[limit-passes-outages] a demonstration")
    )
    assert found(call, *arguments) == []
