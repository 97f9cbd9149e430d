"""Templates and arguments of Argo's analyses: merged, nested, contradicting, given by fields; experiments; places."""

from textwrap import dedent

import pytest

from canary_runner.controllers.argo.metric import Metric
from canary_runner.controllers.argo.spec import Analysis, Experiment, Measured
from canary_runner.loading.importers.argo.arguments import field_of
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
