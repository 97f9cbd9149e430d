"""`canary-run study`."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from canary_runner.cli.commands.schema import bundled
from canary_runner.engines.counting import walk_histories
from canary_runner.studies import sampling
from tests.cli.conftest import COMMAND, PLAIN, ROOT

AGGRESSIVE = str(ROOT / "policies" / "aggressive.yaml")
CHECKOUT = str(ROOT / "policies" / "checkout.service.yaml")
SMALL = ("--service", "small.yaml", "--scenario", "healthy", "--scenario", "bad-deploy")
SERVICE = """schema: canary-runner/service/v1
name: small
traffic: {rate: 4rps}
baseline: {error_rate: 0.5%, latency: {p50: 80ms, p99: 320ms}}
"""
POLICY = """schema: canary-runner/policy/v1
name: small
stages:
  - name: half
    traffic_percent: 50
    duration: 10m
    check_every: 1m
    window: since_last_check
    checks: [{metric: error_rate, max: 2%}, {metric: latency_p99, max: 500ms}]
"""


@pytest.fixture
def small(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("small.yaml").write_text(SERVICE)
    Path("policy.yaml").write_text(POLICY)
    return tmp_path


def test_a_study_is_exact_where_it_can_be(call):
    called = call("study", AGGRESSIVE, "--service", CHECKOUT, "--scenario", "only-under-load", "--format", "json")
    assert (called.status, called.stderr) == (0, "")
    found = json.loads(called.stdout)
    Draft202012Validator(json.loads(bundled("study-result"))).validate(found)
    (one,) = found["results"]
    assert (one["method"], one["not_exact"]) == ("exact", None)
    assert one["rollback_probability"]["value"] == pytest.approx(0.69179, abs=1e-4)
    assert one["rollback_probability"]["value"] + one["completion_probability"]["value"] == pytest.approx(1, abs=1e-6)


def test_every_builtin_scenario_is_asked(call):
    found = json.loads(call("study", AGGRESSIVE, "--service", CHECKOUT, "--format", "json").stdout)
    assert [one["scenario"] for one in found["results"]][:2] == ["healthy", "bad-deploy"]
    assert len(found["results"]) == 9


def sampled(call, *more):
    called = call("study", "policy.yaml", *SMALL, "--method", "sample", "--runs", "6000", "--format", "json", *more)
    assert called.status == 0, called.stderr
    return called.stdout


def test_the_same_bytes_for_any_number_of_jobs(call, small):
    assert len({sampled(call, "--jobs", jobs) for jobs in ("1", "2", "7")}) == 1
    assert json.loads(sampled(call))["results"][0]["rollback_probability"]["runs"] == 6000


def test_a_checkpoint_is_gone_on_with(call, small, monkeypatch):
    walked = []
    monkeypatch.setattr(sampling, "walk_histories", lambda *a, **k: walked.append(a) or walk_histories(*a, **k))
    alone = sampled(call)
    assert sampled(call, "--checkpoint", "c.json") == alone
    parts = json.loads(Path("c.json").read_text())["parts"]
    assert {key: part["runs"] for key, part in parts.items()} == {"0": 4096, "1": 4096}  # the last one is saved too
    before = len(walked)
    assert sampled(call, "--checkpoint", "c.json") == alone
    assert (before, len(walked)) == (8, 10)  # two blocks of two scenarios, twice; then only the second, cut one of each


def _cut(kept):
    kept["parts"]["0"]["histories"].pop()


def _more(kept):
    kept["parts"]["0"]["histories"][3][0] -= 4096


def _runs(kept):
    kept["parts"]["0"]["runs"] *= 2


def _none(kept):
    kept["parts"] = []


@pytest.mark.parametrize("change", [_cut, _more, _runs, _none])
def test_a_changed_checkpoint_is_refused(call, small, change):
    sampled(call, "--checkpoint", "c.json")
    kept = json.loads(Path("c.json").read_text())
    change(kept)
    Path("c.json").write_text(json.dumps(kept))
    called = call("study", "policy.yaml", *SMALL, "--method", "sample", "--runs", "6000", "--checkpoint", "c.json")
    assert (called.status, called.stdout) == (2, "")
    assert "is not as it was written" in called.stderr


@pytest.mark.parametrize(
    ("content", "more", "words"),
    [
        ("no checkpoint", (), "is no checkpoint"),
        ("[]", (), "is no checkpoint"),
        (None, ("--seed", "1"), "is of another study"),
        (None, ("--scenario", "crash"), "is of another study"),
    ],
)
def test_another_checkpoint_is_refused(call, small, content, more, words):
    sampled(call, "--checkpoint", "c.json")
    if content is not None:
        Path("c.json").write_text(content)
    before = Path("c.json").read_text()
    called = call(
        "study", "policy.yaml", *SMALL, "--method", "sample", "--runs", "6000", "--checkpoint", "c.json", *more
    )
    assert (called.status, called.stdout) == (2, "")
    assert words in called.stderr
    assert Path("c.json").read_text() == before


def test_ctrl_c_keeps_what_is_finished(small):
    arguments = ("study", "policy.yaml", *SMALL, "--method", "sample", "--runs", "9000000", "--jobs", "2")
    running = subprocess.Popen(
        [*COMMAND, *arguments, "--format", "json", "--checkpoint", "c.json"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**PLAIN, "PYTHONPATH": str(ROOT)}, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # shells ignore it behind an &
    )  # fmt: skip
    until = time.monotonic() + 30
    while not Path("c.json").exists() and time.monotonic() < until:
        time.sleep(0.1)
    running.send_signal(signal.SIGINT)
    stdout, stderr = running.communicate(timeout=30)
    assert (running.returncode, stderr) == (130, "")
    found = json.loads(stdout)
    assert found["complete"] is False
    assert json.loads(Path("c.json").read_text())["parts"]["0"]["runs"] % 4096 == 0


def test_only_exact_will_do(call, small):
    Path("policy.yaml").write_text(POLICY.replace("since_last_check", "stage"))
    called = call("study", "policy.yaml", "--method", "exact", "--scenario", "healthy")
    assert (called.status, called.stdout) == (2, "")
    assert "no exact answer" in called.stderr
    assert "windows that overlap" in called.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--runs", "0"), "not a whole number from 1"),
        (("--runs", "10", "--precision", "1pp"), "both say when to stop"),
        (("--precision", "2"), "0.5pp"),
        (("--precision", "2x"), "0.5pp"),
        (("--precision", "99pp"), "0.01pp to 50pp"),
        (("--scenario", "helthy"), 'did you mean "healthy"?'),
        (("--sweep", "canary.error_rate"), "from where to where"),
        (("--sweep", "canary.errors=0pp..1pp"), 'did you mean "canary.error_rate"?'),
        (("--sweep", "foo.error_rate=0pp..1pp"), "canary.error_rate, baseline.error_rate or both.error_rate"),
        (("--sweep", "canary.starting_after=0m..10m/3"), "only the size of a change can be swept"),
        (("--sweep", "canary.error_rate=0pp..5pp/99999"), "cannot have 99999 sizes"),
        (("--sweep", "canary.error_rate=0pp..5pp/" + "9" * 5000), "write 2 to 1,000"),
        (("--sweep", "canary.error_rate=0pp..0.00001pp/5"), "are not all different"),
        (("--sweep", "canary.error_rate=0pp..5pp", "--set", "canary.error_rate=1pp"), "choose one"),
        (("--set", "canary.foo=1"), "after canary, baseline or both and a point write"),
        (("--set", "canray.latancy=2x"), 'did you mean "canary.latency"?'),
        (("--method", "exact", "--runs", "100"), "--method exact samples nothing"),
        (("--method", "exact", "--precision", "1pp"), "--method exact samples nothing"),
        (("--sweep", "canary.error_rate=1pp..0pp"), "not below"),
        (("--sweep", "canary.error_rate=1x..5pp"), "not below"),
        (("--sweep", "canary.error_rate=0..5"), "has no unit"),
        (("--sweep", "canary.error_rate=0pp..5pp/1"), "cannot have 1 sizes"),
        (("--sweep", "canary.error_rate=0pp..1pp", "--scenario", "crash", "--scenario", "healthy"), "name one"),
        (("--sweep", "canary.error_rate=0pp..1pp", "--scenarios", "own.yaml"), "with --scenario"),
        (("--jobs", "0"), "not a whole number from 1"),
        (("--set", "canary.error_rate=+100pp"), "outside 0% to 100%"),
    ],
)
def test_wrong_calls(call, arguments, words):
    called = call("study", AGGRESSIVE, *arguments)
    assert (called.status, called.stdout) == (2, "")
    assert words in called.stderr


def test_a_sweep_names_the_smallest_that_is_caught(call):
    called = call("study", AGGRESSIVE, "--sweep", "canary.error_rate=0pp..2pp/5", "--format", "json")
    (sweep,) = json.loads(called.stdout)["sweeps"]
    assert [point["size"] for point in sweep["points"]] == ["+0pp", "+0.5pp", "+1pp", "+1.5pp", "+2pp"]
    chances = [point["rollback_probability"]["value"] for point in sweep["points"]]
    assert chances == sorted(chances)
    assert (
        sweep["smallest_caught"]["99%"] == sweep["points"][next(i for i, c in enumerate(chances) if c >= 0.99)]["size"]
    )


def test_several_policies_stand_side_by_side(call):
    called = call("study", AGGRESSIVE, str(ROOT / "policies" / "standard.yaml"), "--scenario", "crash")
    assert called.stdout.count("on generic-web\n") == 2
    assert [line.split()[0] for line in called.stdout.splitlines() if line.startswith(" crash")] == ["crash", "crash"]


@pytest.mark.parametrize("command", ["study", "compare"])
def test_nothing_slow_is_imported_for_help(command):
    line = (
        f"import sys; from canary_runner.cli import entry; entry.run(['{command}', '--help']);"
        " print('numpy' in sys.modules)"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", line], capture_output=True, text=True, env=environment, timeout=30)
    assert done.stdout.splitlines()[-1] == "False"


def test_two_compared_percentiles_are_exact(call, small):
    checks = "{metric: error_rate, max_over_baseline: 2x}, {metric: latency_p95, max: 500ms, max_over_baseline: 1.2x}"
    checks += ", {metric: latency_p99, max_over_baseline: +50ms}"
    text = POLICY.replace("{metric: error_rate, max: 2%}, {metric: latency_p99, max: 500ms}", checks)
    assert checks in text
    Path("policy.yaml").write_text(text)
    found = json.loads(call("study", "policy.yaml", *SMALL, "--method", "exact", "--format", "json").stdout)
    assert [(one["method"], one["not_exact"]) for one in found["results"]] == [("exact", None)] * 2
    for one in found["results"]:
        bound = one["rollback_probability"]
        assert 0 < bound["low"] <= bound["value"] <= bound["high"] <= 1
        assert bound["high"] - bound["low"] < 1e-3


@pytest.fixture
def alike(small):
    """Two files that call their policy `small`, and a test of both."""
    Path("other").mkdir()
    Path("other/policy.yaml").write_text(POLICY.replace("max: 2%", "max: 0.1%"))
    Path("both.test.yaml").write_text(
        "schema: canary-runner/test/v1\npolicies: [policy.yaml, other/policy.yaml]\nservices: [small.yaml]\n"
        "tests: [{name: quiet, scenario: healthy, expect: {rollback_probability: {at_most: 60%}}}]\n"
    )
    return ["policy.yaml", "other/policy.yaml"]


@pytest.mark.parametrize("form", ["table", "markdown", "json", "ndjson", "csv"])
def test_policies_of_one_name_are_told_apart(call, alike, form):
    called = call("study", *alike, "--service", "small.yaml", "--scenario", "healthy", "--format", form)
    assert called.status == 0
    assert "small (1)" in called.stdout
    assert "small (2)" in called.stdout
    if form in ("table", "markdown"):
        assert "small (2) is other/policy.yaml" in called.stdout


def test_tests_of_policies_of_one_name_say_which_is_which(call, alike):
    called = call("test", "both.test.yaml", "both.test.yaml")
    assert called.status == 1
    assert "PASS small (1) on small: quiet" in called.stdout
    assert "FAIL small (2) on small: quiet" in called.stdout
    assert "small (2) is other/policy.yaml" in called.stdout
    found = json.loads(call("test", "both.test.yaml", "--format", "json").stdout)
    Draft202012Validator(json.loads(bundled("test-result"))).validate(found)
    assert [one["name"] for one in found["inputs"]["policies"]] == ["small (1)", "small (2)"]
    assert len({one["sha256"] for one in found["inputs"]["policies"]}) == 2


OWN = """schema: canary-runner/scenarios/v1
scenarios:
  slower: {canary: {latency: 2x}}
  crash: {canary: {error_rate: 50%}}
"""


def names(called):
    return [one["scenario"] for one in json.loads(called.stdout)["results"]]


def test_a_file_of_scenarios_is_asked_with_the_healthy_release(call, small):
    Path("own.yaml").write_text(OWN)
    asked = ("study", "policy.yaml", "--service", "small.yaml", "--scenarios", "own.yaml", "--format")
    assert names(call(*asked, "json")) == ["healthy", "slower", "crash"]
    assert names(call(*asked, "json", "--scenario", "crash")) == ["crash"]
    assert "\ncrash: as the file says, not as built in\n" in call(*asked, "table").stdout
    assert "not as built in" not in call(*asked, "table", "--scenario", "slower").stdout


def test_two_files_with_one_scenario_are_refused(call, small):
    Path("own.yaml").write_text(OWN)
    Path("more.yaml").write_text(OWN)
    called = call("study", "policy.yaml", "--scenarios", "own.yaml", "--scenarios", "./own.yaml", "--format", "json")
    assert names(called) == ["healthy", "slower", "crash"]  # one file, spelled twice
    called = call("study", "policy.yaml", "--scenarios", "own.yaml", "--scenarios", "more.yaml")
    assert (called.status, called.stdout) == (2, "")
    assert 'two files have a scenario "slower": "own.yaml" and "more.yaml"' in called.stderr


@pytest.mark.parametrize(
    "line",
    [
        "run policy.yaml --approve --approval-after 0s",
        "run policy.yaml --approve --approval-after 5m",
        "compare policy.yaml policy.yaml --redeploy 5m",
        "compare policy.yaml policy.yaml --method exact --runs 5",
        "study policy.yaml --runs 5 --precision 1pp",
        "study policy.yaml --set canary.error_rate=+1pp --set canary.error_rate=+2pp",
        "run policy.yaml --set canary.error_rate=+1pp --set canary.error_rate=+1pp",
        "test policy.test.yaml --method exact --max-runs 5",
    ],
)
def test_options_that_contradict_each_other_are_refused(call, small, line):
    called = call(*line.split())
    assert (called.status, called.stdout) == (2, "")
    assert all(word in called.stderr for word in line.split() if word.startswith("--"))
