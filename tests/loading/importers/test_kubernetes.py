"""Deployments and OpenKruise Rollouts: what is read out of them, and every finding at its line."""

from fractions import Fraction as F
from textwrap import indent

import pytest

from canary_runner.controllers.deployment import Percent, Recreate, RollingUpdate
from canary_runner.controllers.deployment_machine import Update
from canary_runner.controllers.machines import machine_of
from canary_runner.controllers.openkruise import Release, Step, Style
from canary_runner.loading.importers import IMPORTERS
from canary_runner.model.diagnostics import Severity
from canary_runner.model.plan import Approval
from tests.loading.importers.manifests import document_of

DEPLOYMENT = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template: {}\n"
ROLLOUT = (
    "apiVersion: rollouts.kruise.io/v1beta1\nkind: Rollout\nmetadata: {name: web}\nspec:\n"
    "  workloadRef: {apiVersion: apps/v1, kind: Deployment, name: web}\n"
)


def read(system, text):
    document = document_of(text)
    importer = IMPORTERS[system]()
    assert importer.claims(document.data[0])
    return document, importer.read(document, 0)


def spec_of(system, text):
    _, imported = read(system, text)
    assert imported.policy is not None, imported.findings
    assert imported.policy.name == "web"
    assert machine_of(imported.policy.spec, Approval(0)).segments
    return imported.policy.spec


def found(system, text):
    document, imported = read(system, text)
    rows = [(f.severity.value, f.rule, document.span(f.at).line) for f in imported.findings]
    return sorted(
        (row for row in rows if row[1:2] != ("assumed",) or row[0] != "note"), key=lambda row: (row[2], row[1])
    )


def deployment(spec):
    return DEPLOYMENT + indent(spec, "  ") + "\n"


@pytest.mark.parametrize(
    ("spec", "update"),
    [
        ("", Update(RollingUpdate(), 1)),
        ("replicas: 4\nminReadySeconds: 10", Update(RollingUpdate(), 4, min_ready_s=10)),
        (
            'strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 1, maxUnavailable: "0%"}}\nreplicas: 3',
            Update(RollingUpdate(1, Percent(0)), 3),
        ),
        ("strategy: {type: Recreate}\nreplicas: 2\npaused: true", Update(Recreate(), 2, is_paused=True)),
    ],
)
def test_a_deployment(spec, update):
    assert spec_of("kubernetes", deployment(spec)) == update


def test_the_start_of_pods_is_said_by_an_annotation():
    text = DEPLOYMENT.replace("{name: web}", "{name: web, annotations: {canary-runner/pod-start: 1m30s}}")
    assert spec_of("kubernetes", text).pod_start_s == 90
    assert found("kubernetes", text) == []
    document, imported = read("kubernetes", DEPLOYMENT)
    told = [(f.severity, f.rule, document.span(f.at).line) for f in imported.findings]
    assert told == [(Severity.NOTE, "assumed", 5)]


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("replicas: 0", [("error", "out-of-range", 6)]),
        ("replicas: many", [("error", "wrong-type", 6)]),
        ("revisionHistoryLimit: 3\nstrategie: {}", [("note", "no-effect", 6), ("warning", "unknown-key", 7)]),
        ("strategy: {type: Recreate}", [("warning", "not-modelled", 6)]),
        ("strategy:\n  type: Rolling", [("error", "unknown-word", 7)]),
        (
            "strategy:\n  type: Recreate\n  rollingUpdate: {}",
            [("warning", "not-modelled", 7), ("error", "no-effect", 8)],
        ),
        ("strategy: {rollingUpdate: {maxSurge: 0,\n  maxUnavailable: 0%}}", [("error", "out-of-range", 7)]),
        ("strategy: {rollingUpdate: {maxSurge: -1,\n  maxUnavailable: 101%}}", [("error", "bad-amount", 6),
                                                                              ("error", "bad-amount", 7)]),
        ("strategy: {rollingUpdate: {maxSurge: 25}}", []),
        ("replicas: 10000", []),
        ("replicas: 101\nstrategy: {rollingUpdate: {maxSurge: 1,maxUnavailable: 0}}", [("error", "too-many-steps", 5)]),
        ("minReadySeconds: 600", [("error", "out-of-range", 6)]),
        ("progressDeadlineSeconds: 5", [("note", "no-effect", 6)]),
        ("minReadySeconds: 5\nprogressDeadlineSeconds: 5", [("note", "no-effect", 7), ("error", "out-of-range", 7)]),
    ],
)  # fmt: skip
def test_findings_of_a_deployment(spec, expected):
    assert found("kubernetes", deployment(spec)) == expected


def rollout(strategy, also=""):
    return ROLLOUT + indent(f"strategy:\n{indent(strategy, '  ')}", "  ") + "\n" + also


WORKLOAD = "---\n" + DEPLOYMENT.replace("template: {}", "replicas: 5")
ROUTED = "  trafficRoutings: [{service: web, ingress: {name: web}}]\n"


def test_a_canary_of_openkruise():
    spec = spec_of(
        "openkruise",
        rollout(
            "canary:\n  enableExtraWorkloadForCanary: true\n" + ROUTED + "  steps:\n"
            "    - {traffic: 20%, replicas: 20%, pause: {duration: 60}}\n"
            "    - {traffic: 50%, replicas: 3, pause: {}}\n"
            "    - {replicas: 100%}",
            WORKLOAD,
        ),
    )
    steps = (Step(Percent(20), F(1, 5), pause_s=60), Step(3, F(1, 2)), Step(Percent(100)))
    assert spec == Release(Style.CANARY, steps, True, 5)


def test_v1alpha1_has_weights_and_another_way_to_its_workload():
    text = rollout(
        "canary:\n  steps:\n    - {weight: 5, pause: {duration: 1}}\n    - {weight: 50, replicas: 2}", WORKLOAD
    )
    text = text.replace("v1beta1", "v1alpha1").replace("workloadRef: {", "objectRef: {workloadRef: {").replace(
        "name: web}\n  strategy", "name: web}}\n  strategy"
    )  # fmt: skip
    steps = (Step(Percent(5), F(1, 20), pause_s=1), Step(2, F(1, 2)))
    assert spec_of("openkruise", text) == Release(Style.CANARY, steps, False, 5)
    text = text.replace(
        "metadata: {name: web}", "metadata: {name: web, annotations: {rollouts.kruise.io/rolling-style: partition}}"
    )
    assert spec_of("openkruise", text).style is Style.PARTITION


def test_annotations_say_replicas_and_matches():
    text = rollout("canary:\n" + ROUTED + "  steps:\n    - {replicas: 1, matches: [{}]}").replace(
        "{name: web}\nspec",
        '{name: web, annotations: {canary-runner/replicas: "7", canary-runner/matching: "3%"}}\nspec',
    )
    spec = spec_of("openkruise", text)
    assert (spec.replicas, spec.matching, spec.style) == (7, F(3, 100), Style.PARTITION)


@pytest.mark.parametrize(
    ("strategy", "expected"),
    [
        ("canary:\n  steps:\n    - {replicas: 1}", []),
        ("paused: true", [("error", "missing-key", 7)]),
        ("canary: {steps: [{replicas: 1}]}\nblueGreen: {steps: [{replicas: 1}]}", [("error", "missing-key", 7)]),
        ("canary:\n  steps: []", [("error", "out-of-range", 8)]),
        ("canary:\n  steps:\n    - {traffic: 5%}", [("error", "missing-key", 9)]),
        ("canary:\n  steps:\n    - {replicas: 0}", [("error", "out-of-range", 9)]),
        ("canary:\n  steps:\n    - {replicas: 101%}", [("error", "bad-amount", 9)]),
        ("canary:\n  steps:\n    - {replicas: 1, traffic: 5}", [("error", "bad-amount", 9)]),
        ("canary:\n  steps:\n    - {replicas: 3}\n    - {replicas: 2}", [("error", "out-of-range", 10)]),
        ("canary:\n  steps:\n    - {replicas: 1, pause: {duration: soon}}", [("error", "wrong-type", 9)]),
        ("canary:\n  steps:\n    - {replicas: 1, weight: 5}", [("warning", "unknown-key", 9)]),
        ("canary:\n  steps:\n    - {replicas: 1, requestHeaderModifier: {}}", [("note", "no-effect", 9)]),
        ("canary:\n  failureThreshold: 1\n  steps: [{replicas: 1}]", [("note", "no-effect", 8)]),
        ("canary:\n  trafficRoutingRef: a\n  steps: [{replicas: 1}]", [("warning", "assumed", 8)]),
        (
            "canary:\n  steps:\n    - {replicas: 1, traffic: 5%, matches: [{}]}",
            [("warning", "assumed", 9), ("warning", "no-effect", 9)],
        ),
    ],
)
def test_findings_of_openkruise(strategy, expected):
    assert found("openkruise", rollout(strategy, WORKLOAD)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (rollout("canary: {steps: [{replicas: 1}]}"), [("warning", "assumed", 5)]),
        (rollout("canary: {steps: [{replicas: 1}]}", "  disabled: true\n" + WORKLOAD), [("error", "not-modelled", 8)]),
        (ROLLOUT, [("error", "missing-key", 5)]),
        ("apiVersion: rollouts.kruise.io/v1beta1\nkind: Rollout\n", [("error", "missing-key", 1)] * 2),
    ],
    ids=["no workload", "disabled", "no strategy", "empty"],
)
def test_findings_of_a_whole_rollout(text, expected):
    assert found("openkruise", text) == expected
