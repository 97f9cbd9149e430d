"""What a shell is told while somebody types, and what happens if it is no shell that asks."""

import pytest
from click.shell_completion import ShellComplete

from canary_runner import api
from canary_runner.cli.app import app

SCENARIOS = [scenario.name for scenario in api.builtin_scenarios()]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(call, process, shell):
    called = call("completion", shell)
    assert "_CANARY_RUN_COMPLETE" in called.stdout
    assert called.stderr == ""
    asked = process(environment={"_CANARY_RUN_COMPLETE": f"{shell}_source"})
    assert (asked.status, asked.stdout, asked.stderr) == (0, called.stdout, "")


def completions(words, incomplete):
    found = ShellComplete(app, {}, "canary-run", "_CANARY_RUN_COMPLETE").get_completions(words, incomplete)
    return [item.value for item in found]


@pytest.mark.parametrize(
    ("words", "incomplete", "wanted"),
    [
        ([], "val", ["validate"]),
        ([], "policies/st", ["policies/st"]),
        (["help"], "val", ["validate"]),
        (["run"], "--scenario", ["--scenario", "--scenarios"]),
        (["policies/x.yaml"], "--se", ["--seed", "--service", "--set"][:1]),
        (["validate", "--format"], "j", ["json"]),
        (["x.yaml", "--scenario"], "", SCENARIOS),
        (["run", "x.yaml", "--scenario"], "slow-", ["slow-leak", "slow-path"]),
        (["explain"], "exit", ["exit-codes"]),
        (["explain"], "unit-", ["unit-missing"]),
        (["explain"], "alarms-", ["alarms-when-healthy"]),
        (["lint", "--select"], "unguarded-jump,limits-", ["unguarded-jump,limits-loosen"]),
        (["lint", "--fail-on"], "n", ["note"]),
        (["explain"], "zzz", []),
    ],
)
def test_what_is_completed(words, incomplete, wanted):
    found = completions(words, incomplete)
    assert found == wanted if len(wanted) != 1 else wanted[0] in found


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        (
            {"COMP_WORDS": "canary-run x.yaml --scenario no", "COMP_CWORD": "3"},
            "plain,noisy-neighbour\nplain,no-metrics\n",
        ),
        (
            {"COMP_WORDS": "canary-run help ", "COMP_CWORD": "2"},
            "plain,run\nplain,study\nplain,compare\nplain,test\nplain,validate\nplain,lint\n",
        ),
    ],
)
def test_a_shell_gets_its_answer(process, typed, answer):
    called = process(environment={"_CANARY_RUN_COMPLETE": "bash_complete", **typed})
    assert (called.status, called.stderr) == (0, "")
    assert called.stdout.startswith(answer)


@pytest.mark.parametrize(
    ("environment", "says"),
    [
        ({"_CANARY_RUN_COMPLETE": "nope"}, 'no shell asks "nope" for completion'),
        ({"_CANARY_RUN_COMPLETE": "bash"}, 'no shell asks "bash" for completion'),
        ({"_CANARY_RUN_COMPLETE": "bash_complete"}, "COMP_WORDS and COMP_CWORD do not say"),
        ({"_CANARY_RUN_COMPLETE": "zsh_complete", "COMP_WORDS": "canary-run"}, "COMP_WORDS and COMP_CWORD do not say"),
        (
            {"_CANARY_RUN_COMPLETE": "bash_complete", "COMP_WORDS": "x", "COMP_CWORD": "x"},
            "COMP_WORDS and COMP_CWORD do",
        ),
    ],
)
def test_a_request_of_no_shell_is_a_wrong_call(process, environment, says):
    called = process(environment=environment)
    assert (called.status, called.stdout) == (2, "")
    assert called.stderr.startswith(f"error: {says}")
    assert "unset it" in called.stderr
