"""`canary-run compare`."""

import csv
import io
import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from canary_runner.cli.commands.compare import STRATEGIES
from canary_runner.cli.commands.schema import bundled
from canary_runner.model.comparison import Strategy
from canary_runner.model.study import NUMBERS
from canary_runner.studies.strategies import REDEPLOY_S
from tests.cli.conftest import POLICY, ROOT
from tests.cli.test_study import POLICY as SMALL_POLICY
from tests.cli.test_study import SERVICE

AGGRESSIVE = str(ROOT / "policies" / "aggressive.yaml")
CHECKOUT = str(ROOT / "policies" / "checkout.service.yaml")


@pytest.fixture
def small(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("small.yaml").write_text(SERVICE)
    Path("policy.yaml").write_text(SMALL_POLICY)
    Path("strict.yaml").write_text(SMALL_POLICY.replace("max: 2%", "max: 1.5%").replace("name: small", "name: strict"))


def found(call, *arguments):
    called = call("compare", *arguments, "--format", "json")
    assert (called.status, called.stderr) == (0, "")
    result = json.loads(called.stdout)
    Draft202012Validator(json.loads(bundled("compare-result"))).validate(result)
    return result


def test_differences_are_between_the_numbers_of_a_study(call):
    scenarios = ("--service", CHECKOUT, "--scenario", "healthy", "--scenario", "only-under-load")
    result = found(call, POLICY, AGGRESSIVE, *scenarios)
    study = json.loads(call("study", POLICY, AGGRESSIVE, *scenarios, "--format", "json").stdout)
    assert result["results"] == study["results"]
    assert result["inputs"] == study["inputs"]
    for i, one in enumerate(result["comparisons"]):
        assert (one["policy"], one["reference"]) == ("aggressive", "standard")
        reference, policy = study["results"][i], study["results"][2 + i]
        assert one["scenario"] == reference["scenario"] == policy["scenario"]
        difference = one["differences"]["rollback_probability"]
        apart = policy["rollback_probability"]["value"] - reference["rollback_probability"]["value"]
        assert difference["value"] == pytest.approx(apart, abs=2e-7)  # of numbers with seven digits
        assert (difference["method"], difference["interval"]) == ("exact", "bounds")


def test_every_strategy_can_be_built(call):
    asked = [word for name in STRATEGIES for word in ("--against", name)]
    result = found(call, POLICY, *asked, "--scenario", "bad-deploy", "--redeploy", "10m")
    assert [one["strategy"] for one in result["built"]] == list(STRATEGIES)
    assert all(one["made_of"] == "standard" and one["assumptions"] for one in result["built"])
    assert [one["policy"] for one in result["results"]] == ["standard", *STRATEGIES]
    times = {one["policy"]: one["time_to_rollback_s"]["p50"]["value"] for one in result["results"]}
    assert times["all-at-once"] - times["blue-green"] == 600
    assert times["rolling"] is None


def test_the_names_and_the_default_in_the_help_are_the_programs(call):
    assert list(STRATEGIES) == [one.value for one in Strategy]
    assert f"[default: {REDEPLOY_S // 60}m]" in call("compare", "--help").stdout
    page = call("explain", "strategies").stdout
    assert all(f"\n{name}\n" in page for name in STRATEGIES)
    assert page.count(f"--redeploy ({REDEPLOY_S // 60}m)") == 2


SAMPLED = ("--service", "small.yaml", "--scenario", "bad-deploy", "--method", "sample", "--runs", "6000")


def test_the_same_bytes_for_any_number_of_jobs(call, small):
    outputs = {call("compare", "policy.yaml", "strict.yaml", *SAMPLED, "--format", "json", "--jobs", jobs).stdout
               for jobs in ("1", "2", "5")}  # fmt: skip
    (one,) = outputs
    difference = json.loads(one)["comparisons"][0]["differences"]["rollback_probability"]
    assert (difference["interval"], difference["runs"]) == ("paired", 6000)


@pytest.mark.parametrize("seed", ["0", "18446744073709551615"])
def test_sampled_numbers_are_those_of_a_study(call, small, seed):
    said = ("policy.yaml", "strict.yaml", *SAMPLED, "--seed", seed, "--format", "json")
    assert json.loads(call("compare", *said).stdout)["results"] == json.loads(call("study", *said).stdout)["results"]


def test_results_go_where_they_are_sent(call, small, tmp_path):
    called = call("compare", "policy.yaml", "strict.yaml", *SAMPLED, "--format", "csv", "--output", "c.csv", "--format",
                  "markdown", "--output", "c.md")  # fmt: skip
    assert (called.status, called.stdout, called.stderr) == (0, "", "")
    assert len(list(csv.DictReader(io.StringIO(Path("c.csv").read_text())))) == len(NUMBERS)
    assert Path("c.md").read_text().startswith("**strict against small on small**\n")


def test_a_policy_file_against_its_older_self(call, small):
    Path("old").mkdir()
    Path("old/policy.yaml").write_text(SMALL_POLICY)
    called = call("compare", "old/policy.yaml", "policy.yaml", *SAMPLED)
    assert called.stdout.startswith("small (2) against small (1) on small\n")
    assert "yes" not in called.stdout


@pytest.mark.parametrize(
    ("arguments", "words", "help"),
    [
        ((POLICY,), "one policy, and nothing to compare it with", "--against all-at-once, blue-green or rolling"),
        (
            (POLICY, "--against", "canary"),
            '"canary" is unknown; there are all-at-once, blue-green, rolling',
            "compare --help",
        ),
        ((POLICY, "--against", "rolling", "--redeploy", "3s"), "3s is too short", "--redeploy 5m"),
        ((POLICY, "--against", "rolling", "--redeploy", "5"), "has no unit", "5m"),
        ((POLICY, AGGRESSIVE, "--runs", "9", "--precision", "1pp"), "both say when to stop", ""),
        ((POLICY, AGGRESSIVE, "--precision", "10%"), "a share of a chance", "--precision 0.5pp"),
        ((POLICY, AGGRESSIVE, "--scenario", "helthy"), "helthy", 'did you mean "healthy"?'),
        ((POLICY, "nowhere.yaml"), "nowhere.yaml", ""),
        ((POLICY, "-", "-"), "standard input can be read once", ""),
    ],
)
def test_wrong_calls(call, arguments, words, help):
    called = call("compare", *arguments)
    assert (called.status, called.stdout) == (2, "")
    assert words in called.stderr
    assert help in called.stderr


def test_only_exact_will_do(call, small):
    Path("policy.yaml").write_text(SMALL_POLICY.replace("since_last_check", "stage"))
    called = call("compare", "strict.yaml", "policy.yaml", "--method", "exact", "--scenario", "healthy")
    assert (called.status, called.stdout) == (2, "")
    assert "no exact answer" in called.stderr
