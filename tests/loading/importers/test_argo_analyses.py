"""Templates and arguments of Argo's analyses: merged, nested, contradicting, given by fields; experiments; places."""

from copy import deepcopy
from dataclasses import replace
from itertools import pairwise
from textwrap import dedent

import pytest

from canary_runner.controllers.argo.metric import Metric
from canary_runner.controllers.argo.spec import Analysis, Experiment, Measured
from canary_runner.loading.importers.argo.arguments import field_of
from canary_runner.loading.importers.argo.rollout import RolloutImporter
from tests.loading.importers.manifests import document_of
from tests.loading.importers.test_argo import FOUND, NAMED, TEMPLATE, read, told


def template(name, body, kind="AnalysisTemplate"):
    return f"apiVersion: argoproj.io/v1alpha1\nkind: {kind}\nmetadata: {{name: {name}}}\nspec: {body}\n"


def metric(name, more=""):
    return f"{{name: {name}, successCondition: 'result[0] > 0.5', provider: {{prometheus: {{query: q}}}}{more}}}"


def metrics(*names):
    return f"{{metrics: [{', '.join(map(metric, names))}]}}"


def stream(*templates):
    return "---\n".join(templates)


def step(*names, more=""):
    listed = ", ".join(f"{{templateName: {name}}}" for name in names)
    return f"canary: {{steps: [{{analysis: {{templates: [{listed}]{more}}}}}]}}"


def names_of(strategy, also):
    _, found = read(strategy, also=also)
    assert found.policy is not None, found.findings
    return [one.metric.name for one in found.policy.spec.steps[0].analysis.metrics]


@pytest.mark.parametrize(
    ("strategy", "also", "names"),
    [
        (step("a", "b"), stream(template("a", metrics("x")), template("b", metrics("y"))), ["x", "y"]),
        (step("a", "a"), template("a", metrics("x")), ["x"]),
        (step("a"), stream(template("a", "{templates: [{templateName: b}]}"), template("b", metrics("y"))), ["y"]),
        (
            step("a", "b"),
            stream(template("a", "{templates: [{templateName: b}]}"), template("b", metrics("y"))),
            ["y"],
        ),
        (
            "canary: {steps: [{analysis: {templates: [{templateName: a, clusterScope: true}]}}]}",
            stream(template("a", metrics("near")), template("a", metrics("wide"), "ClusterAnalysisTemplate")),
            ["wide"],
        ),
    ],
)
def test_templates_are_merged_and_each_counts_once(strategy, also, names):
    assert names_of(strategy, also) == names


A, B = "{args: [{name: v, value: one}], " + metrics("x")[1:], "{args: [{name: v, value: two}], " + metrics("y")[1:]


@pytest.mark.parametrize(
    ("strategy", "also", "said"),
    [
        (
            step("a", "b"),
            stream(template("a", metrics("x")), template("b", metrics("x"))),
            "16 error refused-upstream | metrics[1]: a second metric is named 'x'",
        ),
        (
            step("a", "b"),
            stream(template("a", A), template("b", B)),
            '16 error refused-upstream | the argument "v" is "one" in one template and "two" in another',
        ),
        (
            step("a", more=", dryRun: [{metricName: x}]"),
            template("a", "{dryRun: [{metricName: x}], " + metrics("x")[1:]),
            "6 error refused-upstream | two rules of dryRun have the same metricName 'x'",
        ),
        (
            step("a", more=", dryRun: [{metricName: other}]"),
            template("a", metrics("x")),
            "6 error refused-upstream | dryRun[0]: 'other' matches no metric's name",
        ),
        (
            step("a", more=", measurementRetention: [{metricName: other, limit: 5}]"),
            template("a", metrics("x")),
            "6 error refused-upstream | measurementRetention[0]: 'other' matches no metric's name",
        ),
        (
            "canary: {analysis: {templates: [{templateName: rate}], args: [{name: service, value: x}]}}",
            TEMPLATE.replace("interval: 1m\n      count: 3", "interval: 0s"),
            "15 error not-modelled | 0s without a count measures as often as the controller can",
        ),
        (
            step("rate", more=", args: [{name: service, value: x}]"),
            TEMPLATE.replace("count: 3", "count: 3\n      inconclusiveLimit: 9"),
            "14 error refused-upstream | metrics[0]: count is 3, inconclusiveLimit 9",
        ),
    ],
)
def test_what_upstream_refuses_is_told_where_it_stands(strategy, also, said):
    found = told(strategy, also=also)
    assert any(line.startswith(said) for line in found), found


@pytest.mark.parametrize(
    ("strategy", "said"),
    [
        ("canary:\n  steps:\n    - setWeight: 10\n    - setWeight: 120", "9 error refused-upstream | steps[1]: "),
        ("canary:\n  canaryService: a\n  stableService: a", "7 error refused-upstream | stable and canary service"),
        ("canary:\n  maxUnavailable: 0\n  maxSurge: 0", "8 error refused-upstream | maxSurge 0 and maxUnavailable 0"),
        ("canary:\n  maxSurge: 1\n  scaleDownDelaySeconds: 9", "8 error refused-upstream | scaleDownDelay"),
        (
            "canary:\n  maxSurge: 1\n  steps:\n    - setCanaryScale: {weight: 1}",
            "9 error refused-upstream | steps[0]: setCanaryScale needs trafficRouting",
        ),
        ("blueGreen:\n  activeService: a\n  previewService: a", "8 error refused-upstream | active and preview"),
        (
            "canary:\n  trafficRouting: {plugins: {}, managedRoutes: [{name: h}]}\n  steps:\n"
            "    - setHeaderRoute: {name: h, match: [{headerName: a, headerValue: {exact: b}}]}",
            "9 error refused-upstream | steps[0]: setHeaderRoute needs one of",
        ),
        ("canary:\n  trafficRouting:\n    istoi: {}", '8 warning unknown-key | unknown key "istoi" is not read'),
    ],
)  # fmt: skip
def test_a_refused_strategy_is_told_at_its_key(strategy, said):
    found = told(dedent(strategy))
    assert any(line.startswith(said) for line in found), found


def experiment(body):
    return f"canary: {{steps: [{{experiment: {{templates: [{{name: new, specRef: canary}}], {body}}}}}]}}"


def test_the_analyses_of_an_experiment_are_one_run_with_names_of_their_own():
    _, found = read(
        experiment(
            "duration: 5m, dryRun: [{metricName: x}], analyses: ["
            "{name: one, templateName: a, requiredForCompletion: true},"
            " {name: two, templateName: b, requiredForCompletion: true}]"
        ),
        also=stream(template("a", metrics("x")), template("b", metrics("x", "y"))),
    )
    assert found.policy is not None, found.findings
    measured = [Measured(Metric(name, "result[0] > 0.5"), FOUND) for name in ("x", "two x", "y")]
    rules = ("^x$", "^two\\ x$")
    assert found.policy.spec.steps == (Experiment(Analysis(tuple(measured), rules), 300, is_required=True),)


def test_an_experiment_may_have_an_analysis_without_an_end():
    also = template("a", f"{{metrics: [{metric('x', ', interval: 1m')}]}}")
    _, found = read(experiment("analyses: [{name: one, templateName: a}]"), also=also)
    assert found.policy is not None, found.findings


def test_required_and_other_analyses_are_told():
    also = template("a", metrics("x"))
    body = "analyses: [{name: one, templateName: a, requiredForCompletion: true}, {name: two, templateName: a}]"
    found = told(experiment(body), also=also)
    assert any("warning assumed | some analyses are required for completion" in line for line in found), found


ROLLOUT = {"metadata": {"name": "shop", "labels": {"a.b/c": "eu"}}, "spec": {"replicas": 3, "paused": True}}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("metadata.name", "shop"),
        ("metadata.labels['a.b/c']", "eu"),
        ("metadata.labels['none']", None),
        ("spec.replicas", "3"),
        ("spec.paused", "true"),
        ("metadata.labels", None),
        ("metadata.name.more", None),
        ("", None),
    ],
)
def test_fields_of_the_rollout_are_looked_up(path, value):
    assert field_of(ROLLOUT, path) == value


def test_an_argument_of_a_field_reaches_the_query():
    asked = []
    given = NAMED.replace("value: x", "valueFrom: {fieldRef: {fieldPath: metadata.name}}")
    read(f"canary: {{steps: [{{analysis: {given}}}]}}", meaning=lambda one: asked.append(one.text) or FOUND)
    assert asked == ["of checkout"]


def test_names_of_arguments_may_have_dots():
    also = TEMPLATE.replace("name: service}", "name: a.b}").replace("args.service", "args.a.b")
    asked = []
    given = NAMED.replace("name: service", "name: a.b")
    read(f"canary: {{steps: [{{analysis: {given}}}]}}", also, lambda one: asked.append(one.text) or FOUND)
    assert asked == ["of x"]


WHOLE = """\
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: whole}
spec:
  replicas: 4
  strategy:
    STRATEGY
---
apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata: {name: t}
spec:
  args: [{name: a, value: '1'}, {name: b, valueFrom: {secretKeyRef: {name: s, key: k}}}]
  dryRun: [{metricName: looks-on}]
  metrics:
    - {name: p, successCondition: "result[0] < 1", provider: {prometheus: {query: q, rangeQuery: {step: 1m}}}}
    - {name: d, successCondition: "result < 1", provider: {datadog: {queries: {x: q}}}}
    - {name: looks-on, successCondition: "result < 1", provider: {newRelic: {query: q}}}
  templates: [{templateName: u}]
---
apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata: {name: u}
spec: {metrics: [{name: nested, successCondition: "result < 1", provider: {wavefront: {query: q}}}]}
"""
ONE = "{templates: [{templateName: t}], args: [{name: b, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]}"
STRATEGIES = [
    "canary: {stableService: s, canaryService: c, trafficRouting: {nginx: {stableIngress: i}}, analysis: "
    + ONE
    + ", steps: [{setWeight: 5}, {pause: {duration: 1m}}, {analysis: "
    + ONE
    + "}, {experiment: {duration: 1m, templates: [{name: n, specRef: canary}], analyses: "
    "[{name: one, templateName: u}]}}]}",
    f"blueGreen: {{activeService: a, previewService: b, prePromotionAnalysis: {ONE}, postPromotionAnalysis: {ONE}}}",
]
OURS_TO_SKIP = {
    "metadata", "nginx", "rangeQuery", "secretKeyRef", "experiment.templates", "queries",
}  # fmt: skip
"""Whose keys are names, or say what is not looked at at all."""


def mappings(data, at=()):
    if isinstance(data, dict):
        yield at
        for key, value in data.items():
            yield from mappings(value, (*at, key))
    elif isinstance(data, list):
        for index, value in enumerate(data):
            yield from mappings(value, (*at, index))


def is_skipped(at):
    keys = [key for key in at if isinstance(key, str)]
    return bool(OURS_TO_SKIP & set(keys)) or ("experiment", "templates") in pairwise(keys)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_no_key_anywhere_goes_in_silence(strategy):
    document = document_of(WHOLE.replace("STRATEGY", strategy))
    importer = RolloutImporter(lambda _: FOUND)
    whole = importer.read(document, 0)
    assert whole.policy is not None, whole.findings
    places = [at for at in mappings(document.data) if at and not is_skipped(at)]
    silent = []
    for at in places:
        data = deepcopy(document.data)
        inner = data
        for key in at:
            inner = inner[key]
        inner["zebra"] = 1
        found = importer.read(replace(document, data=data), 0)
        if not set(found.findings) - set(whole.findings):
            silent.append(at)
    assert len(places) > 20
    assert silent == []


@pytest.mark.parametrize(
    ("strategy", "said"),
    [
        ("canary: {trafficRouting: {istio: true}}", "6 error wrong-type | istio is true, not a mapping"),
        ("canary: {pingPong: {pingService: [a]}}", "6 error wrong-type | pingService is a list of 1, not a text"),
        ("canary: {antiAffinity: 3}", "6 error wrong-type | antiAffinity is the number 3, not a mapping"),
        ("canary: {steps: 7, analysis: {startingStep: 1}}", "6 error wrong-type | steps is the number 7, not a list"),
        (
            "canary: {steps: [{setHeaderRoute: {match: [{headerValue: x}]}}]}",
            '6 error wrong-type | headerValue is the text "x", not a mapping',
        ),
        ("blueGreen: {autoPromotionSeconds: 1000000000000}", "6 error "),
    ],
)
def test_wrong_shapes_of_what_only_upstream_looks_at_are_told(strategy, said):
    found = told(strategy)
    assert any(line.startswith(said) for line in found), found
