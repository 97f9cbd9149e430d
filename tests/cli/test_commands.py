"""Commands, called inside this process: what they print for a person and for a program."""

import importlib
import json
import re
import shutil
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from canary_runner.cli.app import COMMANDS
from canary_runner.engines import streams
from canary_runner.reporting import run_json
from tests.cli.conftest import POLICY, ROOT

SERVICE = str(ROOT / "policies" / "checkout.service.yaml")


@pytest.mark.parametrize("name", [path.stem for path in (ROOT / "canary_runner/cli/commands").glob("[!_]*.py")])
def test_every_command_is_in_the_table(name):
    assert name.rstrip("_") in COMMANDS
    assert importlib.import_module(f"canary_runner.cli.commands.{name}").command.help


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_a_command_works_in_three_ways(call, name):
    said = call(name, "--help")
    assert said.status == 0
    assert said.stdout.startswith(f"Usage: canary-run {name}")
    assert call("help", name).stdout == call(name, "-h").stdout == said.stdout


@pytest.mark.parametrize("name", ["", *COMMANDS])
def test_help_is_there_without_docstrings(process, name):
    arguments = [name, "--help"] if name else ["--help"]
    assert process(*arguments, environment={"PYTHONOPTIMIZE": "2"}) == process(*arguments)


def test_all_goes_on_without_docstrings_and_assertions(process):
    arguments = (POLICY, "--scenario", "slow-leak", "--format", "text")
    called = process(*arguments, environment={"PYTHONOPTIMIZE": "2"})
    assert (called.status, called) == (0, process(*arguments))


def test_help_lists_every_command(call):
    listed = call("--help").stdout.partition("Commands:\n")[2]
    assert [line.split()[0] for line in listed.splitlines() if line[2] != " "] == list(COMMANDS)


@pytest.mark.parametrize(
    ("word", "says"),
    [
        ("valdate", 'no such command "valdate"; did you mean "validate"?'),
        ("RUN", 'did you mean "run"?'),
        ("rnu", 'did you mean "run"?'),
        ("lnit", 'no such command "lnit"; did you mean "lint"?'),
        ("zzz", "there are run, study, compare, test, validate, lint"),
        ("a\x1b[31m", "a\\x1b[31m"),
    ],
)
def test_an_unknown_command_names_the_nearest(call, word, says):
    assert says in call(word).stderr


def test_a_file_of_that_name_is_named(call, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("canary").write_text("")
    assert 'write "canary-run ./canary"' in call("canary").stderr


def test_options_before_the_file_are_explained(call):
    assert "options stand after the command" in call("--seed", "1", POLICY).stderr


RUNS = [
    (),
    ("--seed", "7", "--run", "5000"),
    ("--scenario", "bad-deploy", "--service", SERVICE),
    ("--scenario", "slow-leak", "--set", "canary.ramp_over=5m"),
    ("--scenario", "no-metrics"),
    ("--scenario", "only-under-load", "--start-at", "20:00", "--service", SERVICE),
    ("--scenario", "noisy-neighbour", "--approve"),
    ("--scenario", "cold-start", "--approval-after", "30m"),
    ("--scenario", "crash"),
]


@pytest.mark.parametrize("policy", ["standard", "aggressive", "conservative"])
@pytest.mark.parametrize("arguments", RUNS, ids=" ".join)
def test_every_result_fits_the_published_schema(call, policy, arguments):
    called = call(ROOT / "policies" / f"{policy}.yaml", *arguments, "--trace")
    found = json.loads(called.stdout)
    schema = json.loads((ROOT / "schema/run-result.schema.json").read_text())
    Draft202012Validator(schema).validate(found)
    assert called.stdout.isascii()
    assert found["rollback_triggered"] == (found["final_state"] == "ROLLED_BACK")


def test_results_name_the_stream_that_the_engine_draws_from():
    assert run_json.STREAM == streams.STREAM


def test_the_same_call_gives_the_same_bytes(call):
    assert call(POLICY, "--seed", "3", "--trace").stdout == call("run", "--trace", POLICY, "--seed=3").stdout


def test_results_go_where_they_are_sent(call, tmp_path):
    files = {name: tmp_path / f"r.{name}" for name in ("json", "ndjson")}
    options = [word for name, file in files.items() for word in ("--format", name, "--output", file)]
    called = call(POLICY, *options, "--format", "text", "--color", "always")
    assert "COMPLETED" in called.stdout
    assert json.loads(files["json"].read_text())["final_state"] == "COMPLETED"
    assert json.loads(files["ndjson"].read_text().splitlines()[-1])["final_state"] == "COMPLETED"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["r.json", "r.ndjson"]


def test_an_old_result_outlives_a_failure(call, tmp_path):
    (tmp_path / "r.json").write_text("old")
    assert call(tmp_path / "missing.yaml", "--output", tmp_path / "r.json").status == 2
    assert (tmp_path / "r.json").read_text() == "old"


def test_output_into_a_device_and_through_a_link(call, tmp_path):
    (tmp_path / "real.json").write_text("old")
    (tmp_path / "link.json").symlink_to("real.json")
    places = ("--format", "json", "--output", tmp_path / "link.json", "--format", "text", "--output", "/dev/null")
    assert call(POLICY, *places).status == 0
    assert (tmp_path / "link.json").is_symlink()
    assert json.loads((tmp_path / "real.json").read_text())["final_state"] == "COMPLETED"
    assert Path("/dev/null").is_char_device()


def test_verbose_shows_the_timeline_on_stderr(call):
    called = call(POLICY, "-v")
    assert json.loads(called.stdout)["final_state"] == "COMPLETED"
    assert "COMPLETED all 4 stages" in called.stderr


@pytest.mark.parametrize("place", [0, 1, 2])
def test_global_options_stand_anywhere(call, place):
    words = ["run", POLICY]
    words.insert(place, "--verbose")
    assert "COMPLETED" in call(*words).stderr


def test_validate_says_how_many(call, tmp_path):
    for number in range(5):
        (tmp_path / f"{number}.yaml").write_text(Path(POLICY).read_text())
    assert call("validate", tmp_path).stdout == "5 files valid\n"
    assert call("validate", tmp_path, "-q").stdout == ""
    assert json.loads(call("validate", tmp_path, "--format", "json").stdout) == {
        "schema": "canary-runner/diagnostics/v1", "valid": True, "skipped_count": 0, "file_count": 5, "error_count": 0,
        "warning_count": 0, "note_count": 0, "diagnostics": [],
    }  # fmt: skip


def test_findings_fit_the_published_schema(call, tmp_path):
    (tmp_path / "x.yaml").write_text(Path(POLICY).read_text().replace("10m", "10").replace("defaults:", "defualts:"))
    found = json.loads(call("validate", tmp_path / "x.yaml", "--format", "json").stdout)
    schema = json.loads((ROOT / "schema/diagnostics.schema.json").read_text())
    Draft202012Validator(schema).validate(found)
    assert found["error_count"] == len(found["diagnostics"]) > 0


def test_init_gives_files_that_are_valid(call, tmp_path):
    called = call("init", tmp_path / "new" / "project")
    assert called.status == 0
    assert call("validate", tmp_path / "new").stdout == "3 files valid\n"
    written = [Path(line) for line in called.stdout.splitlines()]
    assert all(path.is_file() for path in written)
    modeline = (tmp_path / "new/project/policies/standard.yaml").read_text().splitlines()[0]
    assert (tmp_path / "new/project/policies" / modeline.partition("$schema=")[2]).is_file()


@pytest.mark.parametrize(("folder", "told"), [(".", ""), ("sub/deep", "sub/deep")])
def test_init_says_where_github_looks(call, tmp_path, monkeypatch, folder, told):
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    called = call("init", folder)
    assert called.status == 0
    assert bool(called.stderr) == bool(told)
    if told:
        assert called.stderr.startswith(
            f"note: GitHub reads workflows only at the top of a repository, and this is {told}"
        )
        assert f"write {told}/policies in it" in called.stderr
    shutil.rmtree(tmp_path / ".git")
    assert call("init", "other/one").stderr == ""


def test_init_overwrites_nothing_and_then_writes_nothing(call, tmp_path):
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies/standard.test.yaml").write_text("mine")
    called = call("init", tmp_path)
    assert called.status == 2
    assert "nothing is written" in called.stderr
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["standard.test.yaml"]


def test_init_takes_back_what_it_wrote_when_it_cannot_go_on(call, tmp_path):
    (tmp_path / ".github").write_text("in the way")
    called = call("init", tmp_path)
    assert called.status == 4
    assert [path.name for path in tmp_path.iterdir()] == [".github"]


def test_a_folder_is_no_command_and_is_named_a_call_that_works(call, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "p.yaml").write_bytes(Path(POLICY).read_bytes())
    called = call("policies")
    assert called.status == 2
    advised = re.search(r'write "canary-run ([^"]+)"', called.stderr)[1].split()
    assert call(*advised).status == 0


def test_help_of_help_is_help(call):
    assert call("help", "help").stdout == call("help").stdout


OTHERS = {
    "docker-compose.yaml": "services: {web: {image: nginx}}\n",
    "package.json": '{"name": "x", "version": "1.0.0"}',
    "svc.yaml": "apiVersion: v1\nkind: Service\nmetadata: {name: a}\n",
    "hpa.yaml": "kind: HorizontalPodAutoscaler\nspec:\n  scaleTargetRef:\n    kind: Deployment\n",
    "templates.yaml": "apiVersion: argoproj.io/v1alpha1\nkind: AnalysisTemplate\nmetadata: {name: a}\n",
    "broken.yaml": "a: [1, 2\n",
    "database.yaml": "schema: canary_service\n",
    "empty.yaml": "",
    "chart/web.yaml": "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: {{ .Values.name }}}\n",
}
OURS = {
    "lost.yaml": "name: lost\nstages: [{traffic_percent: 5}]\n",
    "misspelt.yaml": "shema: canary-runner/policy/v1\n",
    "family.yaml": "schema: canary-runer/service/v1\n",
    "dashes.json": '{"schema": "Canary_Runner:scenarios/v1"}',
    "broken.yml": "schema: canary-runner/policy/v1\nstages: [\n",
}


def write_all(folder, files):
    for name, text in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)


@pytest.mark.parametrize("command", ["validate", "lint"])
def test_a_repository_has_other_files_which_are_skipped_and_counted(call, tmp_path, command):
    write_all(tmp_path, OTHERS)
    alone = call(command, tmp_path)
    assert (alone.status, alone.stdout) == (5, "")
    assert "among 9 files" in alone.stderr
    shutil.copy(ROOT / "docs/examples/rollout.yaml", tmp_path / "rollout.yaml")
    shutil.copy(POLICY, tmp_path / "policy.yaml")
    tolerant = ["--fail-on", "error"] if command == "lint" else []  # the Rollout has its warnings
    called = call(command, tmp_path, *tolerant)
    assert called.status == 0, called.stdout
    assert called.stdout.endswith("\n9 other files skipped\n")
    found = json.loads(call(command, tmp_path, "--format", "json").stdout)
    assert (found["file_count"], found["skipped_count"]) == (2, 9)
    named = call(command, tmp_path / "svc.yaml", tmp_path / "package.json")
    assert named.status == 1
    assert named.stdout.count("error") >= 2


def test_what_is_ours_and_broken_is_not_skipped(call, tmp_path):
    write_all(tmp_path, OURS)
    found = json.loads(call("validate", tmp_path, "--format", "json").stdout)
    assert {Path(one["file"]).name for one in found["diagnostics"] if one["severity"] == "error"} == set(OURS)
    assert found["skipped_count"] == 0
