"""Rollouts of Argo: what is read out of them, and every finding at its line."""

from fractions import Fraction as F
from textwrap import dedent, indent

import pytest

from canary_runner.controllers.argo.metric import Metric
from canary_runner.controllers.argo.spec import (
    Analyse,
    Analysis,
    BlueGreenSpec,
    CanarySpec,
    Experiment,
    Measured,
    Other,
    Pause,
    SetWeight,
    Shape,
)
from canary_runner.loading.importers.argo.rollout import RolloutImporter
from canary_runner.model.query import Measures, Query, Sees
from tests.loading.importers.manifests import document_of

HEAD = """\
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: checkout}
spec:
  strategy:
"""
TEMPLATE = """\
apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata: {name: rate}
spec:
  args: [{name: service}, {name: least, value: "0.95"}]
  metrics:
    - name: success
      interval: 1m
      count: 3
      failureLimit: "1"
      successCondition: result[0] >= {{args.least}}
      provider: {prometheus: {query: "of {{ args.service }}"}}
"""
FOUND = Query(Measures.SUCCESS_RATIO, 60, Sees.CANARY, F(1))


def read(strategy, also=TEMPLATE, meaning=lambda _: FOUND):
    """Read a Rollout with these lines as its strategy, from line 6 on."""
    text = HEAD + indent(dedent(strategy).strip("\n"), "    ") + "\n" + (f"---\n{also}" if also else "")
    document = document_of(text)
    importer = RolloutImporter(meaning)
    assert importer.claims(document.data[0])
    return document, importer.read(document, 0)


def told(strategy, **more):
    """Return findings as a person reads them."""
    return lines(*read(strategy, **more))


def lines(document, found):
    """Return findings, each with its line."""
    return [f"{document.span(one.at).line} {one.severity.value} {one.rule} | {one.message}" for one in found.findings]


METRIC = Metric("success", "result[0] >= 0.95", interval="1m", count=3, failure_limit=1)
ANALYSIS = Analysis((Measured(METRIC, FOUND, Shape.VECTOR),))
NAMED = "{templates: [{templateName: rate}], args: [{name: service, value: x}]}"
ANALYSED = f"canary: {{steps: [{{analysis: {NAMED}}}]}}"


@pytest.mark.parametrize(
    ("strategy", "spec"),
    [
        ("canary: {}", CanarySpec(())),
        (
            "canary: {maxSurge: 1, maxUnavailable: 10%,"
            " steps: [{setWeight: 5}, {pause: {duration: 10m}}, {pause: {}}]}",
            CanarySpec((SetWeight(5), Pause(600), Pause(None)), max_surge=1, max_unavailable="10%"),
        ),
        (
            "canary: {canaryService: a, stableService: b,"
            " trafficRouting: {nginx: {stableIngress: i}, maxTrafficWeight: 1000},"
            " steps: [{setWeight: 500}, {pause: {duration: 90}}]}",
            CanarySpec((SetWeight(500), Pause(90)), is_routed=True, max_weight=1000),
        ),
        (
            f"canary: {{analysis: {{startingStep: 2, {NAMED[1:]}, steps: [{{setWeight: 10}}]}}",
            CanarySpec((SetWeight(10),), ANALYSIS, 2),
        ),
        (
            "canary: {trafficRouting: {nginx: {}}, canaryService: a, stableService: b,"
            f" analysis: {{startingStep: 2, {NAMED[1:]},"
            " steps: [{setWeight: 5, setCanaryScale: {weight: 1}}, {pause: {}}, {setWeight: 9}]}",
            CanarySpec((SetWeight(5), Other("setCanaryScale"), Pause(None), SetWeight(9)), ANALYSIS, 3, is_routed=True),
        ),
        ("canary: {maxSurge: null, maxUnavailable: null}", CanarySpec(())),
        (ANALYSED, CanarySpec((Analyse(ANALYSIS),))),
        (
            "canary: {steps: [{experiment: {duration: 5m, templates: [{name: new, specRef: canary}]}}]}",
            CanarySpec((Experiment(None, 300),)),
        ),
        ("canary: {steps: [{plugin: {name: gate}}]}", CanarySpec((Other("plugin"),))),
        (
            f"blueGreen: {{activeService: a, previewService: b, autoPromotionEnabled: false, autoPromotionSeconds: 30,"
            f" prePromotionAnalysis: {NAMED}}}",
            BlueGreenSpec(ANALYSIS, None, True, 30),
        ),
    ],
)  # fmt: skip
def test_what_is_read(strategy, spec):
    _, found = read(strategy)
    assert found.policy is not None, found.findings
    assert found.policy.spec == spec


@pytest.mark.parametrize(
    ("strategy", "more", "said"),
    [
        ("canary: {steps: [{setWeight: 120}]}", {}, "6 error refused-upstream | steps[0]: setWeight 120"),
        ("canary: {steps: [{setWieght: 20}]}", {}, '6 warning unknown-key | unknown key "setWieght" is not read'),
        ("canary: {steps: [{pause: {duration: soon}}]}", {}, '6 error bad-duration | "soon" is no duration'),
        (ANALYSED, {"also": ""}, "6 error missing-template | "),
        (
            "canary: {steps: [{analysis: {templates: [{templateName: rate}]}}]}",
            {},
            '6 error missing-argument | the argument "service" has no value',
        ),
        (
            ANALYSED,
            {"meaning": lambda _: "it cannot be told"},
            '19 error unknown-query | "success": it cannot be told',
        ),
        (
            ANALYSED,
            {"also": TEMPLATE.replace("result[0] >=", "result[0] * result[0] >=")},
            "18 error not-modelled | the condition computes with *",
        ),
        (
            ANALYSED,
            {"also": TEMPLATE.replace("result[0] >=", "results[0] >=")},
            '18 warning never-passes | "success" is Error for every number that its query can give: could not evaluate',
        ),
        (
            ANALYSED,
            {"also": TEMPLATE.replace("      count: 3\n", "")},
            "6 error refused-upstream | metric 'success' has an interval and no count: it never ends",
        ),
        (
            ANALYSED,
            {"also": TEMPLATE.replace("prometheus: {query:", "job: {spec:"), "meaning": lambda _: "no"},
            '19 warning assumed | "success" is taken to be satisfied',
        ),
        (
            ANALYSED,
            {"also": TEMPLATE.replace("0.95", "95")},
            '18 warning never-passes | "success" is Failed for every number',
        ),
        (
            ANALYSED,
            {"also": TEMPLATE.replace('failureLimit: "1"', "failureLimit: 3")},
            '17 warning never-fails | "success" cannot fail',
        ),
        (
            ANALYSED,
            {"also": TEMPLATE.replace("      successCondition: result[0] >= {{args.least}}\n", "")},
            '14 warning never-fails | "success" cannot fail',
        ),
        (
            ANALYSED,
            {
                "also": TEMPLATE.replace("result[0] >= {{args.least}}", 'result[0].StatusCode == "Complete"').replace(
                    '{prometheus: {query: "of {{ args.service }}"}}',
                    "{cloudWatch: {interval: 1m, metricDataQueries: [{id: r, expression: e}]}}",
                )
            },
            "18 error not-modelled | StatusCode of a CloudWatch result is not modelled",
        ),
        ("canary: {steps: [{analysis: {templates: []}}]}", {}, "6 error never-passes | analysis names no template"),
        (
            "blueGreen: {activeService: a, previewService: b, prePromotionAnalysis: {}}",
            {},
            "6 error never-passes | prePromotionAnalysis names no template",
        ),
        (
            "canary: {canaryService: a, stableService: b, trafficRouting: {nginx: {}},"
            f" steps: [{{setCanaryScale: {{weight: 9}}, analysis: {NAMED}}}]}}",
            {},
            "6 warning never-fails | analysis beside setCanaryScale is cut short",
        ),
        ("canary: {dynamicStableScale: true, trafficRouting: {smi: {}}, canaryService: a, stableService: b}", {},
         "6 warning not-modelled | "),
        (
            f"blueGreen: {{activeService: a, scaleDownDelaySeconds: 119, postPromotionAnalysis: {NAMED}}}", {},
            "6 warning not-modelled | the old pods go 119 s after the switch, and the analysis after it takes 120 s",
        ),
        (
            f"blueGreen: {{activeService: a, scaleDownDelaySeconds: 120, postPromotionAnalysis: {NAMED}}}", {},
            "6 note no-effect | scaleDownDelaySeconds",
        ),
        ("canary: {steps: [{setHeaderRoute: {name: r}}]}", {}, "6 warning not-modelled | setHeaderRoute"),
        ("canary: {antiAffinity: {preferredDuringSchedulingIgnoredDuringExecution: {weight: 1}}}", {},
         "6 note no-effect | antiAffinity has no effect"),
    ],
)  # fmt: skip
def test_what_is_told(strategy, more, said):
    found = told(strategy, **more)
    assert any(line.startswith(said) for line in found), found


def test_an_error_is_no_policy_and_a_loss_is_one():
    assert read("canary: {steps: [{pause: {duration: soon}}]}")[1].policy is None
    assert read("canary: {steps: [{setWieght: 20}, {setWeight: 20}]}")[1].policy is None  # upstream: an empty step
    assert read("canary: {steps: [{plugin: {name: gate}}]}")[1].policy is not None


def test_arguments_reach_the_query_and_hashes_name_the_arms():
    asked = []

    def meaning(one):
        asked.append(one)
        return FOUND

    hashes = "{templates: [{templateName: rate}], args: [{name: service, valueFrom: {podTemplateHashValue: Latest}}]}"
    _, found = read(
        f"canary: {{canaryService: new, stableService: old, steps: [{{analysis: {hashes}}}]}}", meaning=meaning
    )
    assert found.policy is not None
    (one,) = asked
    assert one.text == f"of {one.canary}"
    assert (one.canary_service, one.baseline_service, one.provider) == ("new", "old", "prometheus")


PODS = """\
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: checkout, annotations: {canary-runner/pod-start: 40s}}
spec:
  replicas: REPLICAS
  minReadySeconds: 20
  strategy:
    canary: {maxSurge: 1, maxUnavailable: 0, steps: [{setWeight: 50}, {pause: {}}]}
"""


def test_pods_take_their_start_and_the_seconds_that_they_must_be_ready():
    importer, document = RolloutImporter(lambda _: FOUND), document_of(PODS.replace("REPLICAS", "4"))
    found = importer.read(document, 0)
    assert found.policy is not None, found.findings
    assert found.policy.spec.ready_s == 60
    assert found.findings == ()


def test_pods_that_come_one_by_one_for_ever_are_refused():
    document = document_of(PODS.replace("REPLICAS", "1000"))
    found = RolloutImporter(lambda _: FOUND).read(document, 0)
    assert found.policy is None
    assert [(one.rule, document.span(one.at).line) for one in found.findings] == [("too-many-steps", 8)]


def test_without_a_time_of_pods_a_drain_is_told():
    routed = "canary: {dynamicStableScale: true, trafficRouting: {smi: {}}, canaryService: a, stableService: b}"
    assert any("warning not-modelled" in line for line in told(routed))
    assert read(routed)[1].policy.spec.is_dynamic
