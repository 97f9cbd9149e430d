"""The line that says how far a study is: only where a person waits at a terminal that can redraw it."""

import pytest

from canary_runner.cli import progress
from tests.cli.conftest import ROOT
from tests.cli.test_study import POLICY

AGGRESSIVE = str(ROOT / "policies" / "aggressive.yaml")
WIPED = "\r\x1b[K"


@pytest.fixture
def terminal(monkeypatch):
    """Stand for a terminal on which nothing is too quick to be told."""
    monkeypatch.setattr(progress, "is_terminal", lambda _: True)
    monkeypatch.setattr(progress, "AFTER_S", -1)
    monkeypatch.setattr(progress, "EVERY_S", -1)
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv("TERM", "xterm")


ASKED = ("--scenario", "healthy", "--scenario", "crash")


@pytest.mark.parametrize(
    "command", [("study", AGGRESSIVE, *ASKED), ("compare", AGGRESSIVE, AGGRESSIVE, *ASKED)], ids=lambda c: c[0]
)
def test_a_person_sees_how_far_it_is_and_then_an_empty_line(call, terminal, command):
    called = call(*command)
    assert called.status == 0
    assert "0 of 2  " in called.stderr
    assert "1 of 2  " in called.stderr
    assert called.stderr.endswith(WIPED)


def test_tests_say_how_far_they_are(call, terminal):
    called = call("test", ROOT / "policies" / "aggressive.test.yaml")
    assert called.status == 0
    assert "aggressive / " in called.stderr
    assert called.stderr.endswith(WIPED)


def test_an_error_stands_on_an_empty_line(call, terminal, tmp_path):
    policy = tmp_path / "p.yaml"
    policy.write_text(POLICY.replace("since_last_check", "stage"))
    called = call("study", policy, "--method", "exact", *ASKED)
    assert called.status == 2
    before, _, after = called.stderr.partition("error: ")
    assert "0 of 2" in before
    assert before.endswith(WIPED)
    assert "no exact answer" in after


@pytest.mark.parametrize("environment", [{"CI": "1"}, {"CI": "true"}, {"TERM": "dumb"}])
def test_nobody_waits_or_the_line_cannot_be_redrawn(call, terminal, monkeypatch, environment):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert call("study", AGGRESSIVE, *ASKED).stderr == ""


def test_quiet_is_quiet(call, terminal):
    assert call("study", AGGRESSIVE, *ASKED, "-q").stderr == ""


def test_a_pipe_sees_nothing(call, terminal, monkeypatch):
    monkeypatch.setattr(progress, "is_terminal", lambda _: False)
    assert call("study", AGGRESSIVE, *ASKED).stderr == ""
