"""The table of exit statuses, a row a call."""

import json
import os

import pytest

from canary_runner import api
from tests.cli.conftest import POLICY, ROOT

CAREFUL, WARNED = str(ROOT / "docs" / "examples" / "careful.yaml"), "one-error-decides"
GOOD, SERVICE = (str(ROOT / "policies" / name) for name in ("aggressive.yaml", "checkout.service.yaml"))
BAD_DEPLOY = ("--scenario", "bad-deploy", "--seed", "1")


@pytest.fixture
def files(tmp_path, monkeypatch):
    """Return a folder with files of every kind."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "broken.yaml").write_text("schema: canary-runner/policy/v1\nname: [\n")
    (tmp_path / "empty.yaml").write_text("")
    (tmp_path / "binary.yaml").write_bytes(bytes(range(256)) * 10)
    (tmp_path / "folder.yaml").mkdir()
    (tmp_path / "run-me").write_text("")
    os.mkfifo(tmp_path / "fifo.yaml")
    return tmp_path


CALLS = [
    pytest.param(0, [POLICY], id="a rollout"),
    pytest.param(0, ["run", POLICY], id="the same in full"),
    pytest.param(0, [POLICY, *BAD_DEPLOY], id="a rollback is a result"),
    pytest.param(10, [POLICY, *BAD_DEPLOY, "--exit-code"], id="unless asked for"),
    pytest.param(0, [POLICY, "--exit-code"], id="completed"),
    pytest.param(0, ["validate", POLICY], id="a valid file"),
    pytest.param(0, ["-h"], id="help"),
    pytest.param(0, ["help", "validate"], id="help of a command"),
    pytest.param(0, ["--version"], id="version"),
    pytest.param(0, ["--debug", "--version"], id="version behind an option"),
    pytest.param(0, ["explain", "exit-codes"], id="a topic"),
    pytest.param(0, ["schema", "run-result"], id="a schema"),
    pytest.param(1, ["broken.yaml"], id="broken YAML"),
    pytest.param(1, ["empty.yaml"], id="an empty file"),
    pytest.param(1, ["binary.yaml"], id="a binary file"),
    pytest.param(1, ["validate", "broken.yaml", POLICY], id="one of two is broken"),
    pytest.param(1, [POLICY, "--service", POLICY], id="a file of the wrong kind"),
    pytest.param(2, [], id="nothing said"),
    pytest.param(2, ["valdate"], id="no such command"),
    pytest.param(2, ["run-me"], id="a file that does not look like one"),
    pytest.param(2, ["help", "valdate"], id="help of no command"),
    pytest.param(2, ["run"], id="no file"),
    pytest.param(2, ["missing.yaml"], id="a missing file"),
    pytest.param(2, ["folder.yaml"], id="a folder"),
    pytest.param(2, ["fifo.yaml"], id="a pipe that nobody writes"),
    pytest.param(2, ["validate", "missing.yaml"], id="validate a missing file"),
    pytest.param(2, [POLICY, "--service", "missing.yaml"], id="a missing service"),
    pytest.param(2, [POLICY, "--scenario", "bad-deply"], id="an unknown scenario"),
    pytest.param(2, [POLICY, "--set", "canary.error_rate"], id="a change without a value"),
    pytest.param(2, [POLICY, "--set", "canary.error_rat=+2pp"], id="a change of nothing known"),
    pytest.param(2, [POLICY, "--set", "canary.error_rate=2"], id="a change without a unit"),
    pytest.param(2, [POLICY, "--sed", "1"], id="an unknown option"),
    pytest.param(2, [POLICY, POLICY], id="two policies"),
    pytest.param(2, [POLICY, "--format", "yaml"], id="an unknown format"),
    pytest.param(2, [POLICY, "--format", "json", "--format", "text"], id="two results for one place"),
    pytest.param(2, [POLICY, "--approve", "--approval-after", "30m"], id="two ways to approve"),
    pytest.param(2, [POLICY, "--approval-after", "30"], id="a duration without a unit"),
    pytest.param(2, [POLICY, "--start-at", "9"], id="no time of day"),
    pytest.param(2, ["explain", "unit-mising"], id="an unknown page"),
    pytest.param(2, ["schema", "plan"], id="an unknown schema"),
    pytest.param(2, ["completion", "powershell"], id="an unknown shell"),
    pytest.param(4, [POLICY, "--output", "no/such/folder/x.json"], id="a file that cannot be written"),
    pytest.param(4, [POLICY, "--output", "folder.yaml"], id="a folder in place of the output"),
    pytest.param(5, ["validate", "folder.yaml"], id="no file matched"),
    pytest.param(0, ["lint", GOOD], id="lint without a finding"),
    pytest.param(1, ["lint", CAREFUL, "--select", WARNED], id="lint with a warning"),
    pytest.param(0, ["lint", CAREFUL, "--select", WARNED, "--fail-on", "error"], id="a warning is no error"),
    pytest.param(
        0, ["lint", CAREFUL, "--select", f"{WARNED},blind-stage", "--ignore", WARNED], id="a finding that is ignored"
    ),
    pytest.param(1, ["lint", "broken.yaml", GOOD], id="lint of a broken file"),
    pytest.param(1, ["lint", GOOD, "--service", "broken.yaml"], id="lint with a broken service"),
    pytest.param(2, ["lint", GOOD, "--select", "limits-losen"], id="no such rule"),
    pytest.param(2, ["lint", "missing.yaml"], id="lint of a missing file"),
    pytest.param(5, ["lint", "folder.yaml"], id="nothing to lint"),
    pytest.param(5, ["lint", SERVICE], id="no policy to lint"),
]


def is_checked(arguments):
    """Whether a call tells what is wrong with its files as its result."""
    return arguments[0] == "validate" or (arguments[0] == "lint" and "--service" not in arguments)


@pytest.mark.parametrize(("status", "arguments"), CALLS)
def test_status(files, call, status, arguments):
    called = call(*arguments)
    assert called.status == status, called.stderr
    is_said_on_stdout = (
        status in (0, 10) or (bool(arguments) and is_checked(arguments) and status == 1) or "json" in arguments
    )
    assert (called.stderr == "") == is_said_on_stdout
    assert "Traceback" not in called.stderr


def takes_json(status, arguments):
    """Whether a call fails, and could have said `--format json`."""
    other = {"explain", "schema", "completion", "text", "yaml", "--output"}
    return status in (1, 2, 4, 5) and bool(arguments) and not other & set(arguments)


@pytest.mark.parametrize(("status", "arguments"), [call for call in CALLS if takes_json(*call.values)])
def test_with_json_a_failure_is_one_object(files, call, status, arguments):
    called = call(*arguments, "--format", "json")
    assert called.status == status
    found = json.loads(called.stdout)
    if "error" in found:
        kinds = {1: "invalid_file", 2: "wrong_call", 4: "environment", 5: "nothing_to_do"}
        assert found["error"]["kind"] == kinds[status]
        assert found["error"]["message"]
        assert called.stderr == ""
    else:
        assert found["schema"] == "canary-runner/diagnostics/v1"
        assert found["valid"] is False or found["warning_count"]


@pytest.mark.parametrize("seed", ["-1", "1_000", "٣", "nan", "1.0", "0x1", str(2**64), "9" * 5000, " 1", ""])
def test_a_seed_is_a_whole_number_in_plain_digits(call, seed):
    called = call(POLICY, "--seed", seed)
    assert called.status == 2
    assert "whole number from 0 to 18446744073709551615" in called.stderr
    assert len(called.stderr) < 300


def test_the_largest_seed(call):
    called = call(POLICY, "--seed", 2**64 - 1)
    assert json.loads(called.stdout)["inputs"]["seed"] == 2**64 - 1


def broken(*_):
    raise KeyError("what\x1b[31m?")


def test_a_bug_is_one_line_and_how_to_report_it(call, monkeypatch):
    monkeypatch.setattr(api, "load_policies", broken)
    called = call(POLICY)
    assert called.status == 70
    assert called.stdout == ""
    first, second = called.stderr.splitlines()
    assert first.startswith("error: KeyError:")
    assert "report it" in second
    assert "\x1b" not in called.stderr


def test_debug_shows_the_traceback_of_a_bug(call, monkeypatch):
    monkeypatch.setattr(api, "load_policies", broken)
    assert "Traceback" in call(POLICY, "--debug").stderr


def test_a_bug_in_json(call, monkeypatch):
    monkeypatch.setattr(api, "load_policies", broken)
    called = call(POLICY, "--format", "json")
    assert json.loads(called.stdout)["error"]["kind"] == "bug"


def out_of_memory(*_):
    raise MemoryError


def test_out_of_memory_is_no_bug(call, monkeypatch):
    monkeypatch.setattr(api, "load_policies", out_of_memory)
    assert call(POLICY).status == 4
