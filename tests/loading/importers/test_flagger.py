"""Canaries: what is read out of them, and every finding at its line."""

from fractions import Fraction as F
from textwrap import dedent, indent

import pytest

from canary_runner.controllers.flagger.metrics import Metric, Range
from canary_runner.controllers.flagger.questions import Canary
from canary_runner.controllers.flagger.spec import Hook, HookType, Spec
from canary_runner.controllers.machines import machine_of
from canary_runner.loading.importers import IMPORTERS
from canary_runner.loading.importers.flagger.canary import CanaryImporter
from canary_runner.loading.importers.flagger.hooks import hey_rps
from canary_runner.model.diagnostics import Severity
from canary_runner.model.plan import Approval
from canary_runner.model.query import Measures, Query, Sees
from tests.loading.importers.manifests import document_of

HEAD = """\
apiVersion: flagger.app/v1beta1
kind: Canary
metadata: {name: podinfo, namespace: test}
spec:
  provider: istio
  targetRef: {apiVersion: apps/v1, kind: Deployment, name: podinfo}
"""
STEPS = "analysis: {interval: 30s, threshold: 5, stepWeight: 10, maxWeight: 50"
TEMPLATE = """\
apiVersion: flagger.app/v1beta1
kind: MetricTemplate
metadata: {name: errors, namespace: flagger}
spec:
  provider: {type: prometheus}
  query: errors{ns="{{ namespace }}",of="{{ target }}",on="{{ variables.zone }}"}[{{ interval }}]
"""
ERRORS = Query(Measures.ERROR_RATIO, 60, Sees.CANARY, F(100))
SUCCESS = Query(Measures.SUCCESS_RATIO, 60, Sees.CANARY, F(100))
P99 = Query(Measures.LATENCY_QUANTILE, 60, Sees.CANARY, F(1000), F(99, 100))


def read(spec, meaning=lambda _: ERRORS, also=""):
    """Read a Canary with these lines in its spec, from line 7 on."""
    text = HEAD + indent(dedent(spec).strip("\n"), "  ") + "\n" + (f"---\n{also}" if also else "")
    document = document_of(text)
    importer = CanaryImporter(meaning)
    assert importer.claims(document.data[0])
    return document, importer.read(document, 0)


def canary(spec, **more):
    _, imported = read(spec, **more)
    assert imported.policy is not None, imported.findings
    return imported.policy.spec


def found(spec, **more):
    """Return (severity, rule, line) of all findings but those of notes, sorted by line."""
    document, imported = read(spec, **more)
    assert (imported.policy is None) == any(f.severity is Severity.ERROR for f in imported.findings)
    rows = [(f.severity.value, f.rule, document.span(f.at).line) for f in imported.findings]
    return sorted((row for row in rows if row[0] != "note"), key=lambda row: row[2])


def notes(spec, **more):
    document, imported = read(spec, **more)
    return [(f.rule, document.span(f.at).line) for f in imported.findings if f.severity is Severity.NOTE]


def test_a_canary_with_all_that_is_read():
    made = canary(
        """
        analysis:
          interval: 30s
          threshold: 5
          maxWeight: 50
          stepWeight: 10
          stepWeightPromotion: 20
          mirror: true
          mirrorWeight: 40
          metrics:
            - {name: request-success-rate, thresholdRange: {min: 99.5}, interval: 1m}
            - {name: request-duration, thresholdRange: {max: 500}, interval: 2m}
            - name: errors
              templateRef: {name: errors, namespace: flagger}
              thresholdRange: {max: 1}
              templateVariables: {zone: a}
          webhooks:
            - {name: ok, type: confirm-rollout, url: http://x}
            - {name: load, url: http://x, metadata: {cmd: "hey -z 1m -q 10 -c 2 http://podinfo-canary.test:9898/"}}
        """,
        also=TEMPLATE,
    )  # fmt: skip
    metrics = (
        Metric("request-success-rate", Range(99.5)),
        Metric("request-duration", Range(max=500.0)),
        Metric("errors", Range(max=1.0), has_template=True),
    )
    hooks = (Hook("ok", HookType.CONFIRM_ROLLOUT), Hook("load", HookType.ROLLOUT))
    spec = Spec(5, 50, 10, (), 20, 0, False, True, metrics, hooks, "istio", False, F(30))
    queries = (SUCCESS, Query(Measures.LATENCY_QUANTILE, 120, Sees.CANARY, F(1000), F(99, 100)), ERRORS)
    assert made == Canary(spec, queries, copied=F(2, 5), load_rps=F(20))
    assert machine_of(made, Approval(0)).tick_s == 30


def test_a_query_is_asked_for_with_its_placeholders_put_in():
    asked = []
    canary(
        """
        service: {port: 80}
        analysis:
          interval: 1m
          threshold: 2
          iterations: 3
          metrics:
            - {name: own, interval: 30s, templateRef: {name: errors, namespace: flagger}, templateVariables: {zone: a}}
            - {name: in-line, query: 'sum(x{s="{{service}}"}) > {{ ingress }}', threshold: 3}
        """,
        meaning=lambda one: asked.append(one) or ERRORS,
        also=TEMPLATE,
    )
    assert [(one.metric, one.text.strip(), one.provider, one.window_s, one.canary, one.baseline) for one in asked] == [
        ("own", 'errors{ns="test",of="podinfo",on="a"}[30s]', "prometheus", 30, "podinfo", "podinfo-primary"),
        ("in-line", 'sum(x{s="podinfo"}) > podinfo', "prometheus", 60, "podinfo", "podinfo-primary"),
    ]


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        pytest.param(f"{STEPS}}}", [], id="nothing to tell"),
        pytest.param("", [("warning", "no-analysis", 5)], id="no analysis"),
        pytest.param(f"skipAnalysis: true\n{STEPS}}}", [("warning", "no-analysis", 7)], id="skipped"),
        pytest.param(f"suspend: true\n{STEPS}}}", [("warning", "not-modelled", 7)], id="suspended"),
        pytest.param(f"{STEPS}}}\nwhat: 1", [("warning", "unknown-key", 8)], id="unknown key of the spec"),
        pytest.param(f"{STEPS}, stepWeigth: 5}}", [("warning", "unknown-key", 7)], id="unknown key of the analysis"),
        pytest.param(f"{STEPS}}}\ncanaryAnalysis: {{}}", [("warning", "no-effect", 8)], id="both spellings"),
        pytest.param("canaryAnalysis: {interval: 1m, threshold: 1, stepWeight: 5}", [], id="the spelling of v1alpha3"),
        pytest.param(
            "analysis:\n  interval: 1h\n  threshold: 1\n  stepWeight: 5\n  iterations: 3",
            [("warning", "not-one-strategy", 10)],
            id="two strategies",
        ),
        pytest.param(
            "analysis:\n  interval: 1m\n  threshold: 1", [("warning", "not-one-strategy", 9)], id="no strategy"
        ),
        pytest.param("analysis: {interval: 1m, stepWeight: 1}", [("error", "missing-key", 7)], id="no threshold"),
        pytest.param(
            'analysis:\n  interval: 1m\n  threshold: "5"\n  stepWeight: 1.5',
            [("error", "wrong-type", 9), ("error", "wrong-type", 10)],
            id="numbers",
        ),
        pytest.param(
            "analysis:\n  interval: 1m\n  threshold: 1\n  stepWeights: [1, 2,\n    x, 4]",
            [("error", "wrong-type", 10)],
            id="weights",
        ),
        pytest.param(
            "analysis:\n  interval: soon\n  threshold: 1\n  stepWeight: 1",
            [("warning", "assumed", 8)],
            id="no duration",
        ),
        pytest.param(
            "analysis:\n  threshold: 1\n  interval: 1s\n  stepWeight: 1", [("warning", "assumed", 9)], id="too short"
        ),
        pytest.param(
            "analysis:\n  threshold: 1\n  interval: 10500ms\n  stepWeight: 1",
            [("error", "out-of-range", 9)],
            id="half a second",
        ),
        pytest.param(
            "analysis:\n  threshold: 1\n  interval: 1m\n  iterations: 2000000",
            [("error", "out-of-range", 10)],
            id="a million iterations",
        ),
        pytest.param(
            "analysis:\n  threshold: 1\n  interval: 1m\n  iterations: 2\n  match: [{headers: {}}]",
            [("warning", "assumed", 11)],
            id="nobody says who matches",
        ),
        pytest.param(f"{STEPS},\n  match: [{{}}]}}", [("warning", "no-effect", 8)], id="match without iterations"),
        pytest.param(f"{STEPS},\n  sessionAffinity: {{}}}}", [("warning", "not-modelled", 8)], id="affinity"),
        pytest.param(f"{STEPS}, metrics: [5]}}", [("error", "wrong-type", 7)], id="a metric that is a number"),
        pytest.param("analysis: [1]", [("error", "wrong-type", 7)], id="a list"),
    ],
)
def test_findings(spec, expected):
    assert found(spec) == expected


METRICS = "analysis:\n  interval: 1m\n  threshold: 1\n  stepWeight: 10\n  metrics:\n"


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        pytest.param("{name: request-success-rate}", [("warning", "never-fails", 12)], id="cannot fail"),
        pytest.param("{name: request-success-rate, threshold: 99}", [], id="the old bound"),
        pytest.param(
            "{name: request-success-rate, threshold: 99, thresholdRange: {min: 98}}",
            [("warning", "no-effect", 12)],
            id="two bounds",
        ),
        pytest.param("{name: errors, thresholdRange: {max: 1}}", [("warning", "never-passes", 12)], id="no query"),
        pytest.param(
            "{name: errors, templateRef: {name: gone}, threshold: 1}", [("error", "missing-template", 12)], id="none"
        ),
        pytest.param("{name: errors, query: up, threshold: 1}", [("error", "unknown-query", 12)], id="unknown query"),
        pytest.param(
            "{name: errors, query: '{{ zone }}'}",
            [("error", "unknown-word", 12), ("error", "unknown-query", 12)],
            id="unknown placeholder",
        ),
        pytest.param("{name: request-duration, interval: 1d, threshold: 5}", [("error", "bad-duration", 12)], id="1d"),
        pytest.param("{name: request-duration, interval: 25h, threshold: 1}", [("error", "out-of-range", 12)], id=""),
        pytest.param("{thresholdRange: {min: a}}", [("error", "missing-key", 12), ("error", "wrong-type", 12),
                     ("warning", "never-passes", 12)], id="no name, no number"),
        pytest.param("{name: request-duration, threshold: 1, bound: 2}", [("warning", "unknown-key", 12)], id="key"),
    ],
)  # fmt: skip
def test_findings_of_metrics(metric, expected):
    spec = f"{METRICS}    - {metric}"
    assert found(spec, meaning=lambda _: "nobody knows") == expected


def test_a_mean_duration_is_refused_where_nobody_says_what_it_is():
    spec = HEAD.replace("istio", "nginx") + indent(f"{METRICS}    - {{name: request-duration, threshold: 500}}", "  ")
    document = document_of(spec)
    refused = CanaryImporter(lambda _: "nobody knows").read(document, 0)
    assert [(f.rule, document.span(f.at).line) for f in refused.findings] == [("unknown-query", 12)]
    bound = CanaryImporter(lambda _: P99).read(document, 0)
    assert bound.policy.spec.queries == (P99,)


def test_a_built_in_name_with_a_query_of_its_own_is_two_checks():
    made = canary(f"{METRICS}    - {{name: request-success-rate, threshold: 99, query: up}}")
    assert [metric.name for metric in made.spec.metrics] == ["request-success-rate", "request-success-rate (query)"]
    assert made.queries == (SUCCESS, ERRORS)


HOOKS = "analysis:\n  interval: 1m\n  threshold: 1\n  stepWeight: 10\n  webhooks:\n"


@pytest.mark.parametrize(
    ("hook", "expected"),
    [
        ("{name: a, type: rollback, url: x}", [("warning", "assumed", 12)]),
        ("{name: a, type: pre-rollout, url: x, retries: 3}", []),
        ("{name: a, type: before, url: x}", [("error", "unknown-word", 12)]),
        ("{url: x}", [("error", "missing-key", 12)]),
        ("{name: a, url: x, metadata: {cmd: 'hey -z 1m http://podinfo-canary/'}}", [("warning", "not-modelled", 12)]),
        ("{name: a, url: x, metadata: {cmd: 'hey -z 1m -q 1 http://podinfo/'}}", [("warning", "not-modelled", 12)]),
        ("{name: a, url: x, metadata: {cmd: 'ghz --rps 10 x'}}", [("warning", "not-modelled", 12)]),
        ("{name: a, url: x, metadata: {cmd: 'hey -z 1m -q 1 -c 1 http://podinfo-canary/'}}", []),
    ],
)
def test_findings_of_webhooks(hook, expected):
    assert found(f"{HOOKS}    - {hook}") == expected


@pytest.mark.parametrize(
    ("command", "rps"),
    [
        ("hey -z 1m -q 10 -c 2 http://x", 20),
        ("hey -z 30s -q 10 -c 2 http://x", 10),  # half of each interval
        ("hey -q 2 -z 10m http://x", 100),  # fifty workers
        ("hey -z 1m -c 2 http://x", None),
        ("hey -n 100 -q 10 http://x", None),
        ("wrk -t2 http://x", None),
        ("hey 'http", None),
    ],
)
def test_the_rate_of_a_load_test(command, rps):
    assert hey_rps(command, F(60)) == rps


def test_annotations_say_what_no_field_says():
    text = (HEAD + "  analysis: {interval: 1m, threshold: 1, iterations: 2, match: [{}]}\n").replace(
        "namespace: test}", 'annotations: {canary-runner/matching: "5%", canary-runner/load: "2.5rps"}}'
    )
    imported = CanaryImporter().read(document_of(text), 0)
    assert (imported.policy.spec.matching, imported.policy.spec.load_rps) == (F(1, 20), F(5, 2))


def test_notes_are_told_at_their_lines():
    spec = """
    service: {port: 80}
    progressDeadlineSeconds: 60
    analysis:
      interval: 1m
      threshold: 1
      iterations: 2
      alerts: []
      webhooks:
        - {name: a, type: event, url: x}
    """
    assert sorted(notes(spec), key=lambda row: row[1]) == [
        ("no-effect", 7), ("no-effect", 8), ("no-effect", 13), ("assumed", 15)
    ]  # fmt: skip


@pytest.mark.parametrize("provider", ["", "mesh"])
def test_a_router_that_is_not_known_is_told(provider):
    text = HEAD.replace("  provider: istio\n", f"  provider: {provider}\n" if provider else "")
    imported = CanaryImporter().read(document_of(f"{text}  {STEPS}}}\n"), 0)
    severity = Severity.WARNING if provider else Severity.NOTE
    assert [(f.rule, f.severity) for f in imported.findings] == [("assumed", severity)]


def test_without_a_router_weights_become_iterations():
    text = HEAD.replace("istio", "kubernetes")
    imported = CanaryImporter().read(document_of(f"{text}  {STEPS}}}\n"), 0)
    assert [(f.rule, f.severity) for f in imported.findings] == [("not-as-written", Severity.WARNING)]


@pytest.mark.parametrize(
    "hollow", ["{}", "{metadata: 5}", "{metadata: {}, spec: 3}", "{metadata: {name: 7}, spec: {}}"]
)
def test_what_is_no_canary_inside_is_told(hollow):
    data = f"apiVersion: flagger.app/v1beta1\nkind: Canary\n{hollow[1:-1].replace(', spec', chr(10) + 'spec')}\n"
    imported = CanaryImporter().read(document_of(data), 0)
    assert imported.policy is None
    assert {f.rule for f in imported.findings} <= {"missing-key", "wrong-type", "assumed", "no-analysis"}


def test_it_is_registered_and_claims_canaries_only():
    importer = IMPORTERS["flagger"]()
    assert importer.claims({"apiVersion": "flagger.app/v1alpha3", "kind": "Canary"})
    assert not importer.claims({"apiVersion": "flagger.app/v1beta1", "kind": "MetricTemplate"})
    assert not importer.claims({"kind": "Canary"})
