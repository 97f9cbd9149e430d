"""Anything at any place of a manifest: never a traceback, never a policy with an error, and what is read can run."""

from copy import deepcopy
from fractions import Fraction as F

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from canary_runner.controllers.machines import machine_of
from canary_runner.loading.importers import IMPORTERS
from canary_runner.model.diagnostics import Document, Severity
from canary_runner.model.plan import Approval
from tests.loading.importers.manifests import document_of
from tests.loading.importers.test_argo import HEAD as ARGO_HEAD
from tests.loading.importers.test_argo import NAMED, TEMPLATE
from tests.loading.importers.test_aws import (
    ALARM,
    CONFIG,
    DEPLOYMENT,
    ENVIRONMENT,
    FLEET,
    FUNCTION,
    GROUP,
    ON_HOSTS,
    STRATEGY,
)  # fmt: skip
from tests.loading.importers.test_flagger import HEAD
from tests.loading.importers.test_kubernetes import DEPLOYMENT as WEB
from tests.loading.importers.test_kubernetes import WORKLOAD, rollout

CANARY = (
    HEAD.replace("metadata: {", "metadata: {annotations: {canary-runner/matching: 5%, canary-runner/load: 2rps}, ")
    + """\
  service: {port: 80}
  analysis:
    interval: 30s
    threshold: 2
    iterations: 3
    stepWeights: [1, 5]
    match: [{headers: {}}]
    mirror: true
    mirrorWeight: 30
    metrics:
      - {name: request-success-rate, thresholdRange: {min: 99, max: 100}, interval: 1m}
      - {name: request-duration, threshold: 500}
    webhooks:
      - {name: a, type: confirm-promotion, url: x}
      - {name: b, url: x, metadata: {cmd: hey -z 1m -q 1 http://a-canary}}
"""
)
ROLLING = WEB + "  replicas: 3\n  strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 1, maxUnavailable: 25%}}\n"
STEPS = "canary:\n  trafficRoutings: [{service: a}]\n  steps:\n    - {traffic: 5%, replicas: 1, pause: {duration: 6}}\n"
STEP_BY_STEP = f"[{{setWeight: 5}}, {{pause: {{duration: 1m}}}}, {{analysis: {NAMED}}}]"
ARGO = f"{ARGO_HEAD}    canary: {{steps: {STEP_BY_STEP}}}\n---\n{TEMPLATE}"
SERVICES = "activeService: a, previewService: b"
GREEN = f"{ARGO_HEAD}    blueGreen: {{{SERVICES}, postPromotionAnalysis: {NAMED}}}\n---\n{TEMPLATE}"
MANIFESTS = [
    ("argo-rollouts", ARGO),
    ("argo-rollouts", GREEN),
    ("flagger", CANARY),
    ("kubernetes", ROLLING),
    ("openkruise", rollout(STEPS + "    - {replicas: 100%, matches: [{}]}", WORKLOAD)),
    ("codedeploy", FUNCTION + ALARM),
    ("codedeploy", CONFIG + GROUP + ALARM),
    ("codedeploy", FLEET + ON_HOSTS + ALARM),
    ("appconfig", STRATEGY + ENVIRONMENT + DEPLOYMENT + ALARM),
]
JUNK = st.sampled_from(
    [None, True, 0, -1, 5, 10**30, F(1, 3), "", "x", "1m", "-5", "99%", "${x}", "{{ x }}", [], [5], [[]], {}, {"x": 5},
     {"Ref": "Errors"}, {"Fn::If": [1]}, {"Fn::Sub": [1, 2]}, {"Fn::GetAtt": 5}]
)  # fmt: skip


def places(data, route=()):
    """Yield the way to every node below the top."""
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in items:
        yield (*route, key)
        yield from places(value, (*route, key))


def changed(data, route, value):
    found = deepcopy(data)
    inside = found
    for step in route[:-1]:
        inside = inside[step]
    if value is KeyError:
        del inside[route[-1]]
    else:
        inside[route[-1]] = value
    return found


@pytest.mark.parametrize(("system", "text"), MANIFESTS, ids=[system for system, _ in MANIFESTS])
@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_anything_anywhere(system, text, data):
    objects = document_of(text).data
    for _ in range(data.draw(st.integers(1, 2))):
        routes = [one for one in places(objects) if len(one) > 1]
        if not routes:
            return
        route = data.draw(st.sampled_from(routes))
        objects = changed(objects, route, data.draw(JUNK | st.just(KeyError)))
    importer = IMPORTERS[system]()
    if not importer.claims(objects[0]):
        return
    imported = importer.read(Document("x", data=objects), 0)
    assert (imported.policy is None) == any(f.severity is Severity.ERROR for f in imported.findings)
    assert all("\n" not in f.message and f.message for f in imported.findings)
    if imported.policy is not None:
        machine = machine_of(imported.policy.spec, Approval(60))
        state, segment = machine.start(), 0
        for _ in range(30):
            assert machine.standing(state).segment >= segment
            segment = machine.standing(state).segment
            assert 0 <= machine.segments[segment].traffic <= 1
            look = machine.look(state)
            if look is None:
                break
            assert look.after_s % machine.tick_s == 0
            state = machine.advance(state, tuple(0 for _ in look.asks))
