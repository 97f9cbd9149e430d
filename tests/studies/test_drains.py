"""What a canary serves after an abort, until the pods of the stable version can take the traffic: by hand."""

from fractions import Fraction

import pytest

from canary_runner import api
from canary_runner.model.study import StudyOptions

ROLLOUT = """\
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: r, annotations: {canary-runner/pod-start: 60s}}
spec:
  replicas: 10
  strategy:
    canary:
      dynamicStableScale: DYNAMIC
      trafficRouting: {smi: {}}
      canaryService: a
      stableService: b
      steps:
        - setWeight: 20
        - pause: {duration: 2m}
        - analysis: {templates: [{templateName: errors}]}
        - setWeight: 60
        - pause: {duration: 2m}
---
apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata: {name: errors}
spec:
  metrics:
    - name: errors
      successCondition: result[0] <= 0.05
      provider:
        prometheus:
          address: http://p
          query: sum(rate(r{service="a",status=~"5.."}[1m])) / sum(rate(r{service="a"}[1m]))
"""
SERVICE = """\
schema: canary-runner/service/v1
name: even
traffic: {rate: 100rps, arrivals: constant}
baseline: {error_rate: 1%, latency: {p50: 80ms, p99: 320ms}}
"""
STARTS_S, PAUSE_S, RATE = 60, 120, 100
"""The pods of 20 % start, then the pause; the abort comes with the analysis that follows it."""


@pytest.fixture
def asked(tmp_path):
    def asked(is_dynamic, **sets):
        (tmp_path / "r.yaml").write_text(ROLLOUT.replace("DYNAMIC", str(is_dynamic).lower()))
        (tmp_path / "s.yaml").write_text(SERVICE)
        scenario = api.find_scenario("crash", sets={f"canary.{key}": value for key, value in sets.items()})
        policy, service = api.load_policy(str(tmp_path / "r.yaml")), api.load_service(str(tmp_path / "s.yaml"))
        (studied,) = api.study([policy], service, [scenario], StudyOptions(runs=64)).results
        return studied, api.simulate(policy, service, scenario)

    return asked


@pytest.mark.parametrize(("is_dynamic", "drain_s"), [(False, 0), (True, STARTS_S)])
def test_users_are_exposed_until_the_stable_pods_are_there(asked, is_dynamic, drain_s):
    """20 % of 100 a second, for the pause and then for as long as a pod takes; all fail, of which 1 % would anyhow."""
    studied, told = asked(is_dynamic)
    served = Fraction(RATE, 5) * (PAUSE_S + drain_s)
    assert studied.rollback_probability.value == 1.0
    assert studied.canary_requests.mean.value == pytest.approx(float(served))
    assert studied.extra_errors.mean.value == pytest.approx(float(served) * 0.99)
    assert studied.time_to_rollback_s.p50.value == STARTS_S + PAUSE_S + drain_s
    assert (told.exposure.canary_requests, told.exposure.extra_errors_expected) == (served, served * Fraction(99, 100))
    assert told.simulated_duration_s == STARTS_S + PAUSE_S  # the controller has decided
    assert told.stages_completed == 1  # the wait for the pods of 20 %, which is a stage of 0 %
