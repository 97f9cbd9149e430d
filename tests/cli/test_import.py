"""`canary-run import`: a policy of ours where it does the same as the manifest, else which rule differs."""

import json

import pytest
import yaml

ROLLOUT = """\
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: shop}
spec:
  replicas: %(replicas)s
  strategy:
    canary:
      <<: %(routing)s
      steps: [%(steps)s]
"""
MINUTE = "{pause: {duration: 1m}}"
ROUTED = "{stableService: s, canaryService: c, trafficRouting: {nginx: {stableIngress: shop}}}"
LAMBDA = """\
Transform: AWS::Serverless-2016-10-31
Resources:
  shop:
    Type: AWS::Serverless::Function
    Properties:
      Handler: index.handler
      AutoPublishAlias: live
      DeploymentPreference: {Type: %s}
"""


def argo(steps, replicas=4, routing=ROUTED):
    return ROLLOUT % {"steps": steps, "replicas": replicas, "routing": routing}


def shares(policy):
    return [(stage["traffic_percent"], stage["duration"]) for stage in policy["stages"]]


@pytest.mark.parametrize(
    ("manifest", "stages"),
    [
        pytest.param(
            argo("{setWeight: 20}, {pause: {duration: 5m}}, {setWeight: 50}, {pause: {duration: 90s}}"),
            [(20, "5m"), (50, "1m30s")],
            id="timed pauses",
        ),
        pytest.param(
            argo(f"{{setWeight: 10}}, {MINUTE}, {MINUTE}, {{setWeight: 100}}, {{pause: {{duration: 1h}}}}"),
            [(10, "2m"), (100, "1h")],
            id="two pauses at one share, and one at all",
        ),
        pytest.param(LAMBDA % "Canary10Percent5Minutes", [(10, "5m")], id="a Lambda's canary without alarms"),
        pytest.param(
            LAMBDA % "Linear10PercentEvery1Minute",
            [(share, "1m") for share in range(10, 100, 10)],
            id="a Lambda's steps",
        ),
    ],
)  # fmt: skip
def test_what_the_clock_alone_moves_has_an_equivalent_that_does_the_same(call, tmp_path, manifest, stages):
    (tmp_path / "m.yaml").write_text(manifest)
    done = call("import", tmp_path / "m.yaml")
    assert done.status == 0
    assert shares(yaml.safe_load(done.stdout)) == stages
    (tmp_path / "ours.yaml").write_text(done.stdout)
    for scenario in ("healthy", "bad-deploy"):
        ours, theirs = (
            json.loads(call("run", tmp_path / name, "--scenario", scenario).stdout) for name in ("ours.yaml", "m.yaml")
        )
        assert ours["final_state"] == theirs["final_state"] == "COMPLETED"
        assert ours["simulated_duration_s"] == theirs["simulated_duration_s"]
        exposed = [one["metrics"]["canary"]["requests_total"] for one in (ours, theirs)]
        assert exposed[0] == pytest.approx(exposed[1], abs=5 * (exposed[0] + exposed[1]) ** 0.5)  # Poisson, 5 sigma


@pytest.mark.parametrize(
    ("manifest", "reason"),
    [
        pytest.param(argo("{setWeight: 20}, {pause: {}}"), "it waits for a person", id="a gate"),
        pytest.param(
            argo("{setWeight: 50}, {pause: {duration: 1m}}, {setWeight: 20}, {pause: {duration: 1m}}"),
            "traffic falls from 50% to 20%",
            id="falling traffic",
        ),
        pytest.param(argo("{setWeight: 0}, {pause: {duration: 1m}}"), "gets no traffic", id="a wait without traffic"),
        pytest.param(
            argo("{setWeight: 33}, {pause: {duration: 1m}}", 2, "{maxSurge: 1}"),
            "is no decimal",
            id="a third of the pods",
        ),
        pytest.param(LAMBDA % "AllAtOnce", "it sends all traffic at once", id="all at once"),
        pytest.param("schema: canary-runner/policy/v1\n", "already", id="a policy"),
    ],
)
def test_what_has_no_equivalent_is_told_at_its_line(call, tmp_path, manifest, reason):
    if reason == "already":
        manifest = call("import", _written(tmp_path, LAMBDA % "Canary10Percent5Minutes")).stdout
    done = call("import", _written(tmp_path, manifest))
    assert (done.status, done.stdout) == (1, "")
    assert reason in done.stderr
    assert "[no-equivalent]" in done.stderr


def _written(folder, text):
    (folder / "m.yaml").write_text(text)
    return folder / "m.yaml"
