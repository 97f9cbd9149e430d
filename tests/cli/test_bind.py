"""`--bind` and `--bindings`: a manifest whose query nobody understands runs once its owner says what it measures."""

import json

import pytest

ROLLOUT = """\
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: shop}
spec:
  strategy:
    canary:
      canaryService: shop-canary
      stableService: shop-stable
      trafficRouting: {nginx: {stableIngress: shop}}
      analysis: {templates: [{templateName: errors}], startingStep: 1}
      steps: [{setWeight: 20}, {pause: {duration: 5m}}, {setWeight: 50}, {pause: {duration: 5m}}]
---
apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata: {name: errors}
spec:
  metrics:
  - name: error-rate
    interval: 1m
    successCondition: result[0] <= 0.05
    failureLimit: 2
    provider: {prometheus: {address: http://x, query: my_error_ratio}}
"""
BINDING = "error-rate=error_ratio,window=1m,arm=canary"


@pytest.fixture
def rollout(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "r.yaml").write_text(ROLLOUT)
    data = {"schema": "canary-runner/bindings/v1", "bindings": {}}
    data["bindings"]["error-rate"] = {"measures": "error_ratio", "window": "1m", "arm": "canary"}
    (tmp_path / "b.yaml").write_text(json.dumps(data))
    data["bindings"]["error-rat"] = {"measures": "requests", "arm": "both"}
    (tmp_path / "more.yaml").write_text(json.dumps(data))
    return "r.yaml"


def test_a_query_that_is_not_understood_is_told_with_what_to_write(call, rollout):
    done = call("run", rollout)
    assert done.status == 1
    assert "my_error_ratio without rate(...) or increase(...): what it holds is not known" in done.stderr
    assert f"--bind {BINDING}" in done.stderr


@pytest.mark.parametrize("said", [["--bind", BINDING], ["--bindings", "b.yaml"]], ids=["option", "file"])
def test_a_bound_metric_is_measured(call, rollout, said):
    crash = call("run", rollout, *said, "--scenario", "crash")
    assert (crash.status, json.loads(crash.stdout)["final_state"]) == (0, "ROLLED_BACK")
    assert json.loads(call("run", rollout, *said).stdout)["final_state"] == "COMPLETED"


@pytest.mark.parametrize(
    ("said", "status", "message"),
    [
        (["--bind", "error-rat=error_ratio,arm=canary"], 2, 'did you mean "error-rate"?'),
        (["--bind", BINDING, "--bind", BINDING], 2, '--bind binds "error-rate" twice'),
        (["--bindings", "more.yaml"], 1, 'there is no metric "error-rat" to bind [unused-binding]'),
        (["--bindings", "r.yaml"], 1, "a second document begins here"),
    ],
)
def test_a_binding_of_nothing_is_an_error_that_names_the_metrics(call, rollout, said, status, message):
    done = call("run", rollout, *said)
    assert (done.status, done.stdout) == (status, "")
    assert message in done.stderr
