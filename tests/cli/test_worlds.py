"""`--set`, scenarios and services that make no world: what is said, and what to write instead."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import POLICY


@pytest.mark.parametrize(
    ("said", "message", "help"),
    [
        ("canary=1", 'not say what becomes what', "write an arm, a key and a value: canary.error_rate=+2pp"),
        ("canary.error_rate", 'not say what becomes what', "canary.error_rate=+2pp"),
        ("=1", 'not say what becomes what', "canary.error_rate=+2pp"),
        ("canary.error_rate=-2pp", "--set canary.error_rate: -2pp is below zero", "multiply: 0.5x halves"),
        ("both.latency=-50ms", '--set both.latency: -50ms is below zero', "multiply: 0.5x halves"),
        ("canary.error_rat=1%", '--set does not know "canary.error_rat"', 'did you mean "canary.error_rate"?'),
    ],
)  # fmt: skip
def test_a_change_that_cannot_be_read_says_what_to_write(call, said, message, help):
    called = call(POLICY, "--set", said)
    error, advice = called.stderr.splitlines()
    assert called.status == 2
    assert message in error
    assert help in advice


IMPOSSIBLE = """
schema: canary-runner/scenarios/v1
scenarios:
  storm: {both: {error_rate: 60%}, canary: {error_rate: +50pp}}
"""
BURSTY = """
schema: canary-runner/service/v1
name: bursty
traffic: {rate: 1000000rps}
baseline: {error_rate: 0.1%, latency: {p50: 80ms, p99: 400ms}, burstiness: 0.01}
"""


SMALLER = "write a smaller change of error_rate, or choose a service with another error rate"


@pytest.mark.parametrize(
    ("arguments", "message", "help"),
    [
        (["--set", "canary.error_rate=+100pp"], "healthy + set gives the canary an error rate of 100.1%", SMALLER),
        (["--set", "both.error_rate=2000x"], "healthy + set gives the canary an error rate of 200%", SMALLER),
        (["--set", "baseline.error_rate=2000x"], "healthy + set gives the baseline an error rate of 200%", SMALLER),
        (["--scenarios", "storm.yaml", "--scenario", "storm"], "storm gives the canary an error rate of 110%", SMALLER),
        (
            ["--service", "bursty.yaml"],
            "of the baseline in one check_every of stage canary have more than 10,000,000 likely counts",
            "write burstiness: 0.002 or less, or a shorter check_every",
        ),
    ],
)
def test_a_world_that_cannot_be_is_a_wrong_call(call, tmp_path, monkeypatch, arguments, message, help):
    monkeypatch.chdir(tmp_path)
    Path("storm.yaml").write_text(IMPOSSIBLE)
    Path("bursty.yaml").write_text(BURSTY)
    called = call(POLICY, *arguments)
    error, advice = called.stderr.splitlines()
    assert (called.status, called.stdout) == (2, "")
    assert message in error
    assert advice == f" help: {help}"
    failure = json.loads(call(POLICY, *arguments, "--format", "json").stdout)["error"]
    assert (failure["kind"], failure["message"]) == ("wrong_call", error.removeprefix("error: "))
