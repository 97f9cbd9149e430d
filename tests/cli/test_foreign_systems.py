"""Manifests of Flagger, AWS and Kubernetes through the command line: the numbers of their own arithmetic.

The tables were calculated without this program: what a rolling update exposes, and how blind the documented Flagger
example is at low traffic (floor(rate x weight / 100) requests a check, binomial errors).
"""

import json

import pytest
from scipy.stats import binom

CANARY = """\
apiVersion: flagger.app/v1beta1
kind: Canary
metadata: {{name: podinfo}}
spec:
  provider: istio
  targetRef: {{apiVersion: apps/v1, kind: Deployment, name: podinfo}}
  analysis:
    interval: 1m
    threshold: {threshold}
    stepWeight: 10
    maxWeight: {weight}
    metrics: [{{name: request-success-rate, thresholdRange: {{min: 99}}}}]
"""
SERVICE = """\
schema: canary-runner/service/v1
name: quiet
traffic: {{rate: {rate}/min, arrivals: constant}}
baseline: {{error_rate: {errors}, latency: {{p50: 80ms, p99: 320ms}}}}
"""
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: web}}
spec:
  replicas: {replicas}
  strategy: {{rollingUpdate: {{maxSurge: {surge}, maxUnavailable: {unavailable}}}}}
  template: {{}}
"""
RUNS = 12_288


@pytest.fixture
def file(tmp_path):
    def file(name, text):
        path = tmp_path / name
        path.write_text(text)
        return path

    return file


@pytest.mark.parametrize(
    ("replicas", "surge", "unavailable", "percents"),
    [
        (1, "25%", "25%", [50, 100]),
        (2, "25%", "25%", [33, 50, 67, 100]),
        (3, "25%", "25%", [25, 33, 50, 67, 75, 100]),
        (4, "25%", "25%", [40, 67, 80, 100]),
        (10, "25%", "25%", [38, 62, 77, 100]),
        (100, "25%", "25%", [40, 67, 80, 100]),
        (10, "100%", 0, [50, 100]),
    ],
)
def test_what_a_rolling_update_exposes(call, file, replicas, surge, unavailable, percents):
    text = DEPLOYMENT.format(replicas=replicas, surge=surge, unavailable=unavailable)
    called = call("run", file("web.yaml", text))
    assert called.status == 0
    told = json.loads(called.stdout)
    shown = [round(one["traffic_percent"]) for one in told["transitions"]]
    assert list(dict.fromkeys(shown)) == [0, *percents]
    assert told["final_state"] == "COMPLETED"


def test_one_pod_at_a_time_takes_steps_of_its_own(call, file):
    called = call("run", file("web.yaml", DEPLOYMENT.format(replicas=10, surge=1, unavailable=0)))
    shown = [round(one["traffic_percent"]) for one in json.loads(called.stdout)["transitions"]]
    assert shown[:5] == [0, 9, 10, 18, 20]
    assert shown[-1] == 100


@pytest.mark.parametrize("weights", [1, 5])
def test_a_healthy_canary_takes_three_intervals_more_than_it_has_weights(call, file, weights):
    canary = file("canary.yaml", CANARY.format(threshold=5, weight=10 * weights))
    service = file("quiet.service.yaml", SERVICE.format(rate=1000, errors="0%"))
    told = json.loads(call("run", canary, "--service", service).stdout)
    assert (told["final_state"], told["simulated_duration_s"]) == ("COMPLETED", 60 * (weights + 3))


RATES = (10, 30, 100, 300, 1000, 3000, 10000)
BLIND = {
    (1, "0.2%"): (0.0296, 0.0862, 0.2594, 0.3446, 0.0302, 0.0036, 0.0000),
    (1, "0.5%"): (0.0724, 0.2019, 0.5285, 0.7054, 0.2888, 0.1230, 0.0152),
    (1, "5%"): (0.5367, 0.9006, 0.9995, 1, 1, 1, 1),
    (5, "0.5%"): (0.0000, 0.0000, 0.0053, 0.0349, 0.0001, 0, 0),
    (5, "2%"): (0.0001, 0.0113, 0.4296, 0.9349, 0.9942, 1, 1),
    (5, "5%"): (0.0058, 0.2372, 0.9786, 1, 1, 1, 1),
}
"""Chance of a rollback by requests a minute, to four digits, for a threshold and a true error rate."""

SURPRISE = 3.4e-6
"""The chance of one tail beyond 4.5 standard errors."""


@pytest.mark.parametrize(("threshold", "errors"), BLIND)
def test_how_blind_the_documented_example_is(call, file, threshold, errors):
    """Seed 0, 12,288 rollouts a cell: the tails of what was counted at the ends of what the table's digit leaves."""
    canary = file("canary.yaml", CANARY.format(threshold=threshold, weight=50))
    for rate, chance in zip(RATES, BLIND[threshold, errors], strict=True):
        service = file("quiet.service.yaml", SERVICE.format(rate=rate, errors=errors))
        called = call(
            "study", canary, "--service", service, "--runs", RUNS, "--scenario", "healthy", "--format", "json",
            "--method", "sample",
        )  # fmt: skip
        assert called.status == 0, called.stderr
        (result,) = json.loads(called.stdout)["results"]
        assert result["rollback_probability"]["runs"] == RUNS
        rolled = round(result["rollback_probability"]["value"] * RUNS)
        low, high = max(chance - 5e-5, 0.0), min(chance + 5e-5, 1.0)
        assert binom.sf(rolled - 1, RUNS, high) > SURPRISE, (rate, rolled)
        assert binom.cdf(rolled, RUNS, low) > SURPRISE, (rate, rolled)


WEIGHTS = (1, 5, 10, 20, 25, 50)
SHARES = {
    1: (50, 50, 50, 50, 50, 50),
    2: (33.3, 33.3, 33.3, 33.3, 33.3, 50),
    3: (25, 25, 25, 25, 25, 50),
    4: (20, 20, 20, 20, 25, 50),
    5: (16.7, 16.7, 16.7, 20, 20, 50),
    6: (14.3, 14.3, 14.3, 16.7, 28.6, 50),
    8: (11.1, 11.1, 11.1, 22.2, 25, 50),
    10: (9.1, 9.1, 10, 20, 27.3, 50),
    15: (6.2, 6.2, 12.5, 20, 25, 50),
    20: (4.8, 5, 10, 20, 25, 50),
}
"""Percent of the traffic that a Rollout's weights come to without a router, by its replicas: measured upstream."""

ROLLOUT = """\
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {{name: r}}
spec:
  replicas: {replicas}
  strategy:
    canary:
      steps: [{{setWeight: {weight}}}, {{pause: {{duration: 60}}}}]
"""


@pytest.mark.parametrize(("replicas", "shares"), SHARES.items())
def test_argo_weights_are_what_pods_give(call, tmp_path, replicas, shares):
    found = []
    for weight in WEIGHTS:
        (tmp_path / "r.yaml").write_text(ROLLOUT.format(replicas=replicas, weight=weight))
        called = call("run", str(tmp_path / "r.yaml"))
        assert called.status == 0, called.stderr
        found.append(round(json.loads(called.stdout)["stages"][0]["traffic_percent"], 1))
    assert found == [pytest.approx(share, abs=0.051) for share in shares]
