"""The hooks, the action and the snippets of docs/ci.md: done as pre-commit, a runner and a job do them."""

import json
import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET

import pytest
import yaml

from canary_runner.cli.app import COMMANDS
from tests.cli.conftest import PLAIN, ROOT

HOOKS = {hook["id"]: hook for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())}
ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
STEPS = {step["id"]: step for step in ACTION["runs"]["steps"]}
SNIPPETS = re.findall(r"^```yaml\n(.*?)^```", (ROOT / "docs/ci.md").read_text(), re.MULTILINE | re.DOTALL)
BAD = (ROOT / "docs/examples/careful.yaml").read_text()
GOOD = "unguarded-jump"  # which careful.yaml has no finding of
PRE_COMMIT = shutil.which("pre-commit")


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Return a repository with policies, in which `canary-run` is a command."""
    folder, scripts = tmp_path / "project", tmp_path / "bin"
    shutil.copytree(ROOT / "policies", folder / "policies")
    (folder / "other.yaml").write_text("kind: Deployment\n")
    scripts.mkdir()
    command(scripts / "canary-run")
    monkeypatch.setenv("PATH", f"{scripts}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.chdir(folder)
    return folder


def command(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m canary_runner "$@"\n')
    path.chmod(0o755)


def run(*words, **environment):
    environment = {**PLAIN, "PATH": os.environ["PATH"], **environment}
    return subprocess.run(words, capture_output=True, text=True, env=environment, timeout=120)


# pre-commit


def as_pre_commit(name, *more):
    """Run a hook on all files, as pre-commit does: those that its pattern finds, if it is passed names at all."""
    hook = HOOKS[name]
    files = [path for path in run("git", "ls-files", "-co").stdout.split() if re.search(hook["files"], path)]
    assert files
    names = files if hook.get("pass_filenames", True) else []
    return run(*hook["entry"].split(), *hook.get("args", []), *more, *names)


@pytest.mark.parametrize("name", list(HOOKS))
def test_a_hook_calls_a_command_in_an_environment_of_its_own(name):
    program, verb = HOOKS[name]["entry"].split()
    assert (program, verb in COMMANDS, HOOKS[name]["language"]) == ("canary-run", True, "python")


@pytest.mark.parametrize("name", list(HOOKS))
@pytest.mark.parametrize(
    ("path", "is_ours"),
    [
        ("policies/a.yaml", True),
        ("deploy/policies/team/a.test.yml", True),
        ("policies/a.json", True),
        ("service/checkout.canary.yaml", True),
        ("policies/README.md", False),
        ("policies.yaml", False),
        ("my-policies/a.yaml", False),
        ("docker-compose.yaml", False),
        ("a.canary.yaml.bak", False),
    ],
)
def test_hooks_wake_for_our_files(name, path, is_ours):
    assert bool(re.search(HOOKS[name]["files"], path)) == is_ours


def test_hooks_pass_and_fail_as_their_commands_do(project):
    run("git", "init", "-q")
    assert [as_pre_commit(f"canary-run-{verb}").returncode for verb in ("validate", "test")] == [0, 0]
    assert as_pre_commit("canary-run-lint", "--select", GOOD).returncode == 0
    (project / "policies/careful.yaml").write_text(BAD)
    found = as_pre_commit("canary-run-lint")
    assert (found.returncode, "policies/careful.yaml:10:33: error:" in found.stdout) == (1, True)
    (project / "policies/careful.yaml").write_text(BAD.replace("max: 1%", "max: 0.01"))
    assert "0.01 has no unit" in as_pre_commit("canary-run-validate").stdout


@pytest.mark.slow
@pytest.mark.skipif(PRE_COMMIT is None, reason="pre-commit is not installed")
def test_pre_commit_itself_runs_the_hooks_of_a_clone(project, tmp_path):
    """Of the last commit: what pre-commit would clone."""
    hooks = [
        {"id": "canary-run-validate"},
        {"id": "canary-run-test"},
        {"id": "canary-run-lint", "args": ["policies", "--select", GOOD]},
    ]
    config = {
        "repos": [
            {"repo": str(ROOT), "rev": run("git", "-C", str(ROOT), "rev-parse", "HEAD").stdout.strip(), "hooks": hooks}
        ]
    }
    (project / ".pre-commit-config.yaml").write_text(json.dumps(config))
    run("git", "init", "-q")
    run("git", "add", ".")
    home = {"PRE_COMMIT_HOME": str(tmp_path / "home"), "PYTHONPATH": ""}
    clean = run(PRE_COMMIT, "run", "--all-files", **home)
    assert (clean.returncode, clean.stdout.count("Passed")) == (0, 3), clean.stdout + clean.stderr
    (project / "policies/standard.yaml").write_text(BAD.replace("max: 1%", "max: 0.01"))
    run("git", "add", ".")
    broken = run(PRE_COMMIT, "run", "--all-files", **home)
    assert broken.returncode == 1
    assert "policies/standard.yaml:10:33: error: 0.01 has no unit" in broken.stdout


# The action

NASTY = 'policies; touch pwned #\n$(touch pwned)\n`touch pwned`\n"; touch pwned; "\n--help\n${{ secrets.X }}'


def as_runner(step, folder, **inputs):
    """Run a step of the action as a runner does: its script by bash, what inputs say in its variables only."""
    given = {name: said.get("default", "") for name, said in ACTION["inputs"].items()} | inputs
    known = {f"inputs.{name}": value for name, value in given.items()} | {"github.action_path": str(ROOT)}
    variables = {
        name: re.sub(r"\$\{\{ ([^}]+) \}\}", lambda found: known[found[1]], text)
        for name, text in STEPS[step]["env"].items()
    }
    runner = {
        "RUNNER_TEMP": str(folder / "temp"), "GITHUB_WORKSPACE": str(folder / "project"),
        "GITHUB_OUTPUT": str(folder / "output"), "GITHUB_STEP_SUMMARY": str(folder / "summary"),
    }  # fmt: skip
    (folder / "temp").mkdir(exist_ok=True)
    (folder / "output").write_text("")
    (folder / "summary").write_text("")
    script = folder / "script.sh"
    script.write_text(STEPS[step]["run"])
    assert STEPS[step]["shell"] == "bash"
    return run("bash", "--noprofile", "--norc", "-eo", "pipefail", str(script), **runner, **variables)


@pytest.fixture
def installed(project, tmp_path):
    """Return a project, where the action's first step is done."""
    command(tmp_path / "temp/canary-run/bin/canary-run")
    return project


def test_scripts_get_inputs_as_variables_only():
    assert all("${{" not in step["run"] for step in STEPS.values())
    used = {found for step in STEPS.values() for found in re.findall(r"inputs\.([a-z-]+)", str(step["env"]))}
    assert used == set(ACTION["inputs"])
    assert all(said["description"] and "default" in said for said in ACTION["inputs"].values())


def test_the_action_annotates_summarises_and_leaves_sarif(installed, tmp_path):
    (installed / "policies/careful.yaml").write_text(BAD)
    done = as_runner("lint", tmp_path, service="policies/checkout.service.yaml")
    assert done.returncode == 1
    assert "::error file=policies/careful.yaml,line=10," in done.stdout
    assert all(line.startswith("::") for line in done.stdout.splitlines())
    assert (tmp_path / "summary").read_text().startswith("### canary-run lint: ")
    assert "service checkout" in (tmp_path / "summary").read_text()
    (said,) = (tmp_path / "output").read_text().splitlines()
    assert ACTION["outputs"]["sarif"]["value"] == "${{ steps.lint.outputs.sarif }}"
    results = json.loads((tmp_path / said.removeprefix("sarif=")).read_text())["runs"][0]["results"]
    assert "alarms-when-healthy" in {one["ruleId"] for one in results}


@pytest.mark.parametrize(
    ("inputs", "status"),
    [
        ({"paths": "policies/aggressive.yaml", "fail-on": "error"}, 0),
        ({"paths": "policies/aggressive.yaml\n\npolicies/checkout.service.yaml\n"}, 0),
        ({"paths": "other.yaml", "fail-on": "note"}, 1),
        ({"fail-on": "never"}, 2),
        ({"paths": "nowhere"}, 2),
        ({"paths": NASTY}, 2),
        ({"service": NASTY}, 2),
        ({"fail-on": NASTY}, 2),
    ],
)
def test_what_inputs_say_is_never_run(installed, tmp_path, inputs, status):
    done = as_runner("lint", tmp_path, **inputs)
    assert done.returncode == status, done.stdout + done.stderr
    assert not list(tmp_path.rglob("pwned"))


def test_names_of_files_are_no_commands_of_the_runner(installed, tmp_path):
    """Those in annotations are escaped; those on stderr are of files that cannot be read."""
    for name in ("##[set-output name=sarif;]x.yaml", "::set-output name=sarif::x.yaml"):
        (installed / "policies" / name).symlink_to("nowhere")
        (installed / f"bad{name}").write_text(BAD)
    paths = "policies\n" + "\n".join(sorted(str(path) for path in installed.glob("bad*"))) + "\n::error::x.yaml"
    done = as_runner("lint", tmp_path, paths=paths.replace(f"{installed}/", ""))
    assert done.returncode == 2
    assert all(line.startswith(("::error file=", "::warning file=", "::notice")) for line in done.stdout.splitlines())
    assert "## [set-output name=sarif;]x.yaml" in done.stderr
    assert not re.search(r"##\[|^\s*::", done.stderr, re.MULTILINE)


@pytest.mark.slow
def test_the_action_installs_itself(project, tmp_path):
    done = as_runner("install", tmp_path, python=sys.executable)
    if done.returncode != 0 and not os.environ.get("CI"):
        pytest.skip(f"it cannot be installed here: {done.stderr.strip().splitlines()[-1]}")
    assert done.returncode == 0, done.stderr
    linted = as_runner("lint", tmp_path, paths="policies/aggressive.yaml", **{"fail-on": "error"})
    assert (linted.returncode, linted.stderr) == (0, "")


# docs/ci.md


def test_the_documented_job_of_gitlab_reports(project):
    (job,) = next(one for text in SNIPPETS if "canary-run" in (one := yaml.safe_load(text) or {})).values()
    (project / "policies/careful.yaml").write_text(BAD)
    statuses = [run("bash", "-c", line).returncode for line in job["script"]]
    assert statuses == [1]
    reports = job["artifacts"]["reports"]
    assert {"check_name", "fingerprint", "location"} <= set(
        json.loads((project / reports["codequality"]).read_text())[0]
    )
    assert ET.parse(project / reports["junit"]).getroot().find("testsuite/testcase/failure") is not None


def test_the_documented_job_of_github_uses_what_the_action_has():
    workflow = next(one for text in SNIPPETS if "jobs" in (one := yaml.safe_load(text) or {}))
    (job,) = workflow["jobs"].values()
    ours = next(step for step in job["steps"] if "canary-runner" in step.get("uses", ""))
    assert set(ours["with"]) <= set(ACTION["inputs"])
    text = (ROOT / "docs/ci.md").read_text()
    rows = dict(re.findall(r"^\| `([a-z-]+)` \| (?:`([^`]*)`)? ?\|", text, re.MULTILINE))
    assert rows == {name: said["default"] for name, said in ACTION["inputs"].items()}


def test_the_documented_hooks_are_there():
    (repo,) = next(one for text in SNIPPETS if "repos" in (one := yaml.safe_load(text) or {}))["repos"]
    assert [hook["id"] for hook in repo["hooks"]] == list(HOOKS)


def test_the_modeline_leads_to_the_schema_that_init_writes(call, project):
    assert call("init", ".init").status == 0
    (line,) = (text for text in SNIPPETS if text.startswith("# yaml-language-server: "))
    path = line.strip().removeprefix("# yaml-language-server: $schema=")
    first = (project / ".init/policies/standard.yaml").read_text().splitlines()[0]
    assert line.strip() == first
    assert json.loads((project / ".init/policies" / path).read_text())["$id"].endswith("/policy/v1")


def test_the_workflow_of_init_runs(call, project, tmp_path):
    """What the runner would run, but for the installation; lint with a rule that finds nothing, whatever others do."""
    assert call("init", "new").status == 0
    (job,) = yaml.safe_load((project / "new/.github/workflows/canary-run.yml").read_text())["jobs"].values()
    lines = [step["run"] for step in job["steps"] if step.get("run", "").startswith("canary-run ")]
    assert [line.split()[1] for line in lines] == ["validate", "lint", "test"]
    summary = tmp_path / "summary"
    for line in lines:
        asked = f"{line} --select {GOOD}" if " lint " in line else line
        done = run("bash", "-c", f"cd new && {asked}", GITHUB_STEP_SUMMARY=str(summary))
        assert done.returncode == 0, done.stdout + done.stderr
    assert summary.read_text().startswith("### canary-run lint: ")
