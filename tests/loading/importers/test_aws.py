"""Templates of SAM and CloudFormation: what is read out of them, and every finding at its line."""

import json
from dataclasses import replace
from fractions import Fraction as F
from textwrap import dedent

import pytest

from canary_runner.controllers.aws import appconfig, codedeploy
from canary_runner.controllers.aws.alarms import Alarm, MissingData
from canary_runner.controllers.aws.appconfig import Growth
from canary_runner.controllers.aws.appconfig_machine import Spread
from canary_runner.controllers.aws.codedeploy import Event, TimeBasedCanary, TimeBasedLinear
from canary_runner.controllers.aws.codedeploy_machine import TrafficShift
from canary_runner.controllers.aws.hosts import MinimumHealthy, MinimumType
from canary_runner.controllers.aws.hosts_machine import HostUpdate
from canary_runner.controllers.aws.watching import Comparison, Watched
from canary_runner.controllers.machines import machine_of
from canary_runner.loading.importers import IMPORTERS
from canary_runner.loading.importers.aws.shifts import CodeDeployImporter
from canary_runner.model.diagnostics import Severity
from canary_runner.model.plan import Approval
from canary_runner.model.query import Measures, NoData, Query, Sees
from tests.loading.importers.manifests import document_of

PLAIN = """\
Resources:
  Api:
    Type: AWS::Serverless::Function
    Properties:
      AutoPublishAlias: live
      DeploymentPreference: {}
"""
ALARM = """\
  Errors:
    Type: AWS::CloudWatch::Alarm
    Properties:
      Namespace: AWS/Lambda
      MetricName: Errors
      Statistic: Sum
      Period: 60
      EvaluationPeriods: 2
      Threshold: 0
      ComparisonOperator: GreaterThanThreshold
"""
FUNCTION = """\
Resources:
  Api:
    Type: AWS::Serverless::Function
    Properties:
      AutoPublishAlias: live
      DeploymentPreference:
        Type: Canary10Percent5Minutes
        Alarms: [!Ref Errors]
"""
ERRORS = Query(Measures.ERRORS, 60, Sees.BOTH, idle=NoData.EMPTY, counts_idle=True)
WATCHED = Watched("Errors", Alarm(2, 2), ERRORS, Comparison.ABOVE, 0.0)
CANARY_5 = codedeploy.Spec(TimeBasedCanary(F(10), F(5)))


def read(system, text, meaning=None):
    document = document_of(text)
    importer = IMPORTERS[system]() if meaning is None else CodeDeployImporter(meaning)
    assert importer.claims(document.data[0])
    return document, importer.read(document, 0)


def spec_of(system, text, **more):
    _, imported = read(system, text, **more)
    assert imported.policy is not None, imported.findings
    assert imported.policy.system == system
    assert machine_of(imported.policy.spec, Approval(0)).segments
    return imported.policy.spec


def found(system, text, **more):
    document, imported = read(system, text, **more)
    assert (imported.policy is None) == any(f.severity is Severity.ERROR for f in imported.findings)
    rows = [(f.severity.value, f.rule, document.span(f.at).line) for f in imported.findings]
    return sorted((row for row in rows if row[0] != "note"), key=lambda row: (row[2], row[1]))


def alarm(**changed):
    """Return the alarm with some properties changed; None takes one out."""
    lines = []
    for line in ALARM.splitlines():
        key = line.strip().split(":")[0]
        value = changed.pop(key, line.split(": ", 1)[-1])
        if value is not None:
            lines.append(line if value == line.split(": ", 1)[-1] else f"      {key}: {value}")
    return "\n".join([*lines, *(f"      {key}: {value}" for key, value in changed.items())]) + "\n"


def test_a_sam_function_with_its_alarm():
    assert spec_of("codedeploy", FUNCTION + ALARM) == TrafficShift(CANARY_5, (WATCHED,))
    assert found("codedeploy", FUNCTION + ALARM) == []


def test_globals_parameters_and_quoted_numbers():
    text = dedent("""\
        Parameters:
          Speed: {Type: String, Default: Linear10PercentEvery1Minute}
          Bad: {Type: Number, Default: "3"}
        Globals:
          Function:
            AutoPublishAlias: live
            DeploymentPreference: {Type: !Ref Speed, Alarms: [!Sub "${Errors}"]}
        Resources:
          Api: {Type: AWS::Serverless::Function, Properties: {DeploymentPreference: {Role: x}}}
    """) + alarm(Threshold="!Ref Bad", Period='"60"')  # fmt: skip
    spec = spec_of("codedeploy", text)
    assert spec.spec.routing == TimeBasedLinear(F(10), F(1))
    assert spec.alarms[0].threshold == 3.0


CONFIG = """\
Resources:
  Slow:
    Type: AWS::CodeDeploy::DeploymentConfig
    Properties:
      ComputePlatform: ECS
      TrafficRoutingConfig:
        Type: TimeBasedLinear
        TimeBasedLinear: {LinearPercentage: 25, LinearInterval: 3}
"""
GROUP = """\
  Group:
    Type: AWS::CodeDeploy::DeploymentGroup
    Properties:
      ApplicationName: !Ref App
      DeploymentConfigName: !Ref Slow
      AlarmConfiguration: {Enabled: true, Alarms: [{Name: !Ref Errors}]}
      AutoRollbackConfiguration: {Enabled: true, Events: [DEPLOYMENT_STOP_ON_ALARM]}
"""


def test_a_deployment_group_with_a_configuration_of_its_own():
    spec = spec_of("codedeploy", CONFIG + GROUP + ALARM)
    events = frozenset({Event.STOP_ON_ALARM})
    assert spec == TrafficShift(codedeploy.Spec(TimeBasedLinear(F(25), F(3)), rolls_back_on=events), (WATCHED,))
    assert found("codedeploy", CONFIG + GROUP + ALARM) == []


@pytest.mark.parametrize("name", sorted(codedeploy.PREDEFINED))
def test_every_predefined_configuration(name):
    group = GROUP.replace("!Ref Slow", name)
    assert spec_of("codedeploy", f"Resources:\n{group}{ALARM}").spec.routing == codedeploy.PREDEFINED[name]
    short = name.removeprefix("CodeDeployDefault.Lambda")
    if short != name:
        function = FUNCTION.replace("Canary10Percent5Minutes", short)
        assert spec_of("codedeploy", function + ALARM).spec.routing == codedeploy.PREDEFINED[name]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(FUNCTION, [("warning", "assumed", 8), ("warning", "never-fails", 7)][::-1], id="alarm elsewhere"),
        pytest.param(FUNCTION.replace("        Alarms: [!Ref Errors]\n", ""), [("warning", "never-fails", 7)], id=""),
        pytest.param(FUNCTION.replace("      AutoPublishAlias: live\n", "") + ALARM, [("error", "missing-key", 6)],
                     id="no alias"),
        pytest.param(PLAIN.format("Canary10Percent5Minutes"), [("error", "wrong-type", 6)], id="a type in its place"),
        pytest.param(PLAIN.format("{Ref: {Ref: Api}}"), [("error", "wrong-type", 6)], id="a reference in its place"),
        pytest.param(FUNCTION.replace("10Percent5", "20Percent5") + ALARM, [("error", "unknown-word", 7)], id="type"),
        pytest.param(FUNCTION.replace("Type: Canary10", "Typ: Canary10") + ALARM,
                     [("error", "missing-key", 7), ("warning", "unknown-key", 7)], id="no type"),
        pytest.param(FUNCTION.replace("[!Ref Errors]", "!If [A, [!Ref Errors], []]") + ALARM,
                     [("error", "not-modelled", 8)], id="alarms under a condition"),
        pytest.param(FUNCTION.replace("Canary10Percent5Minutes", "!If [A, AllAtOnce, Linear]") + ALARM,
                     [("error", "not-modelled", 7)], id="a type under a condition"),
        pytest.param(FUNCTION.replace("Type: Canary10", "Enabled: false\n        Type: Canary10") + ALARM,
                     [("error", "nothing-to-run", 1)], id="not enabled"),
        pytest.param(FUNCTION + ALARM + FUNCTION.replace("Resources:\n", "").replace("Api:", "Web:"),
                     [("warning", "not-read", 24)], id="two functions"),
    ],
)  # fmt: skip
def test_findings_of_sam(text, expected):
    assert found("codedeploy", text) == expected


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("LinearInterval: 3", "LinearInterval: 0", [("error", "out-of-range", 8)]),
        ("LinearPercentage: 25, ", "", [("error", "missing-key", 8)]),
        ("TimeBasedLinear\n", "TimeBasedCanary\n", [("error", "unknown-word", 7)]),
        (
            "ComputePlatform: ECS",
            "ComputePlatform: Server",
            [("error", "missing-key", 5), ("warning", "unknown-key", 7)],
        ),
        ("      TrafficRoutingConfig:", "      Routing:", [("error", "missing-key", 5)]),
        ("Enabled: true, Alarms", "Enabled: false, Alarms", [("warning", "never-fails", 14)]),
        ("DEPLOYMENT_STOP_ON_ALARM", "DEPLOYMENT_FAILURE", [("warning", "no-rollback", 12)]),
        ("DEPLOYMENT_STOP_ON_ALARM", "ALARM", [("warning", "no-rollback", 12), ("error", "unknown-word", 15)]),
        ("      ApplicationName: !Ref App\n", "      Tempo: 3\n", [("warning", "unknown-key", 12)]),
        ("!Ref Slow", "Fast", [("error", "unknown-word", 13)]),
    ],
)
def test_findings_of_a_group(old, new, expected):
    assert found("codedeploy", (CONFIG + GROUP).replace(old, new) + ALARM) == expected


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"Statistic": "Average"}, Query(Measures.ERROR_RATIO, 60, Sees.BOTH, idle=NoData.EMPTY)),
        ({"MetricName": "Invocations"}, Query(Measures.REQUESTS, 60, Sees.BOTH, idle=NoData.EMPTY, counts_idle=True)),
        (
            {"Dimensions": "[{Name: FunctionName, Value: a}, {Name: ExecutedVersion, Value: !GetAtt Api.Version}]"},
            Query(Measures.ERRORS, 60, Sees.CANARY, idle=NoData.EMPTY, counts_idle=True),
        ),
        (
            {"MetricName": "Duration", "Statistic": None, "ExtendedStatistic": "p99", "Period": 300},
            Query(Measures.LATENCY_QUANTILE, 300, Sees.BOTH, F(1000), F(99, 100), NoData.EMPTY),
        ),
        (
            {"Namespace": "AWS/ApplicationELB", "MetricName": "TargetResponseTime", "ExtendedStatistic": "p99.9"},
            Query(Measures.LATENCY_QUANTILE, 60, Sees.BOTH, F(1), F(999, 1000), NoData.EMPTY),
        ),
        ({"Namespace": "AWS/ApiGateway", "MetricName": "5XXError"}, ERRORS),
        (
            {"Namespace": "AWS/ApplicationELB", "MetricName": "HTTPCode_Target_5XX_Count"},
            replace(ERRORS, zero_is_missing=True),
        ),
    ],
)
def test_what_an_alarm_measures(changed, expected):
    (watched,) = spec_of("codedeploy", FUNCTION + alarm(**changed)).alarms
    assert watched.query == expected


def test_how_an_alarm_decides():
    changed = {"EvaluationPeriods": 5, "DatapointsToAlarm": 3, "TreatMissingData": "notBreaching"}
    (watched,) = spec_of("codedeploy", FUNCTION + alarm(ComparisonOperator="LessThanThreshold", **changed)).alarms
    assert (watched.alarm, watched.comparison) == (Alarm(5, 3, MissingData.NOT_BREACHING), Comparison.BELOW)


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"Period": 45}, [("error", "out-of-range", 15)]),
        ({"Period": None}, [("error", "missing-key", 12)]),
        ({"EvaluationPeriods": 0}, [("error", "out-of-range", 16)]),
        ({"DatapointsToAlarm": 3}, [("error", "out-of-range", 19)]),
        ({"Threshold": "many"}, [("error", "wrong-type", 17)]),
        ({"ComparisonOperator": "Above"}, [("error", "unknown-word", 18)]),
        ({"TreatMissingData": "ignored"}, [("error", "unknown-word", 19)]),
        ({"Statistic": "Maximum"}, [("error", "unknown-query", 13)]),
        ({"MetricName": "Throttles"}, [("error", "unknown-query", 13)]),
        (
            {"Metrics": "[]"},
            [*(("error", "refused-upstream", line) for line in range(12, 16)), ("error", "missing-key", 19)],
        ),
        ({"ThresholdMetricId": "a"}, [("error", "not-modelled", 19)]),
        ({"EvaluateLowSampleCountPercentile": "ignore"}, [("warning", "not-modelled", 19)]),
        ({"Dimensions": "[{Name: TargetGroup, Value: x}]"}, [("warning", "assumed", 19)]),
        ({"Treshold": 5}, [("warning", "unknown-key", 19)]),
    ],
)
def test_findings_of_an_alarm(changed, expected):
    assert found("codedeploy", FUNCTION + alarm(**changed)) == expected


MATH = """\
  Errors:
    Type: AWS::CloudWatch::Alarm
    Properties:
      EvaluationPeriods: 1
      Threshold: 5
      ComparisonOperator: GreaterThanThreshold
      Metrics:
      - {Id: rate, Expression: %s}
      - Id: m1
        ReturnData: false
        MetricStat: {Period: 60, Stat: Sum, Metric: {Namespace: %s, MetricName: %s, Dimensions: [{Name: Ns, Value: b}]}}
      - Id: m2
        ReturnData: false
        MetricStat: {Period: %s, Stat: Sum, Metric: {Namespace: %s, MetricName: %s, Dimensions: [{Name: Ns, Value: b}]}}
"""
LAMBDA = ("AWS/Lambda", "Errors", "AWS/Lambda", "Invocations")
BALANCER = ("AWS/ApplicationELB", "HTTPCode_Target_5XX_Count", "AWS/ApplicationELB", "RequestCount")


def math(expression, of=LAMBDA, period_s=60):
    return FUNCTION + MATH % (json.dumps(expression), *of[:2], period_s, *of[2:])


RATIO = Query(Measures.ERROR_RATIO, 60, Sees.BOTH, F(100), idle=NoData.EMPTY)
FILLED = replace(RATIO, idle=0.0, unborn=0.0)


@pytest.mark.parametrize(
    ("expression", "of", "expected"),
    [
        ("m1/m2*100", LAMBDA, RATIO),
        ("100*(m1/m2)", LAMBDA, RATIO),
        ("100 * m1 / MAX([m1, m2])", LAMBDA, RATIO),
        ("100 - 100 * m1 / MAX([m1, m2])", LAMBDA, replace(RATIO, measures=Measures.SUCCESS_RATIO)),
        ("FILL(m1/m2*100, 0)", LAMBDA, FILLED),
        ("IF(FILL(m2, 0) > 0, 100 * m1 / m2, 0)", LAMBDA, FILLED),
        ("IF(FILL(m2, 0) == 0, 0, 100 * m1 / m2)", LAMBDA, FILLED),
        ("IF(FILL(m2, 0), 100 * m1 / m2, 0)", LAMBDA, FILLED),
        ("m1/m2*100", BALANCER, replace(RATIO, zero_is_missing=True)),
        ("FILL(m1, 0)/m2*100", BALANCER, replace(RATIO)),
        ("(m2 - FILL(m1, 0)) / m2 * 100", BALANCER, replace(RATIO, measures=Measures.SUCCESS_RATIO)),
    ],
)
def test_what_metric_math_measures(expression, of, expected):
    (watched,) = spec_of("codedeploy", math(expression, of)).alarms
    assert replace(watched.query, unborn=expected.unborn) == expected
    assert watched.threshold == 5


@pytest.mark.parametrize(
    ("text", "rule", "line", "said"),
    [
        (math("IF(m2 > 0, m1 / m2, 0)"), "unknown-query", 16, "where its requests have no datapoint is not known"),
        (math("IF(FILL(m2,0) > 20, m1/m2, 0)"), "unknown-query", 16, "IF(...) with requests > 20 answers otherwise"),
        (math("IF(m1 > 0, m1, 0)"), "unknown-query", 16, "on anything but a count of requests"),
        (math("IF(m2 > 0 && m1 > 5, m1, 0)"), "unknown-query", 16, "&& in an expression is not modelled"),
        (math("FILL(m1, REPEAT)"), "unknown-query", 16, "FILL(...) with another datapoint's value"),
        (math("ANOMALY_DETECTION_BAND(m1)"), "unknown-query", 16, "ANOMALY_DETECTION_BAND(...) is not modelled"),
        (math("MAX([m1, m1])"), "unknown-query", 16, "MAX(...) of anything but"),
        (math("1 - m1 / m2", BALANCER), "unknown-query", 16, "FILL(..., 0) around its metric"),
        (math("(m2 - m1) / m2", BALANCER), "unknown-query", 16, "FILL(..., 0) around its metric"),
        (math("m1 / m2", period_s=300), "refused-upstream", 16, "periods of 60 and 300 seconds in one alarm"),
        (math("m1 / m3"), "unknown-query", 16, '"m3" is no query of the list'),
        (math("m1 / m2").replace("ReturnData: false", "ReturnData: true"), "unknown-query", 16, "3 queries return"),
        (math("m1/m2").replace("      Metrics:", "      Period: 60\n      Metrics:"), "refused-upstream", 15, "beside"),
    ],
)  # fmt: skip
def test_metric_math_that_is_not_clear_is_refused_with_its_reason(text, rule, line, said):
    document, imported = read("codedeploy", text)
    (finding,) = imported.findings
    assert (finding.rule, document.span(finding.at).line) == (rule, line)
    assert said in finding.message


def test_a_metric_of_its_own_is_asked_for():
    asked = []
    text = FUNCTION + alarm(Namespace="Shop", MetricName="Orders")
    bound = spec_of("codedeploy", text, meaning=lambda one: asked.append(one) or ERRORS)
    assert bound.alarms[0].query == ERRORS
    assert [(one.metric, one.provider, one.window_s) for one in asked] == [("Errors", "cloudwatch", 60)]
    (query,) = json.loads(asked[0].text)
    metric = {"Namespace": "Shop", "MetricName": "Orders", "Dimensions": []}
    assert query["MetricStat"] == {"Metric": metric, "Period": 60, "Stat": "Sum"}


def test_a_composite_alarm_is_refused_and_one_that_nobody_names_is_told():
    text = FUNCTION.replace("!Ref Errors", "!Ref Both") + ALARM
    document, imported = read("codedeploy", f"{text}  Both: {{Type: AWS::CloudWatch::CompositeAlarm}}\n")
    assert [(f.severity.value, f.rule, document.span(f.at).line) for f in imported.findings] == [
        ("error", "not-modelled", 8), ("note", "no-effect", 12),
    ]  # fmt: skip


STRATEGY = """\
Resources:
  Fast:
    Type: AWS::AppConfig::DeploymentStrategy
    Properties:
      Name: fast
      DeploymentDurationInMinutes: 10
      GrowthFactor: 20
      GrowthType: EXPONENTIAL
      FinalBakeTimeInMinutes: 5
      ReplicateTo: NONE
"""
ENVIRONMENT = """\
  Prod:
    Type: AWS::AppConfig::Environment
    Properties:
      Name: prod
      ApplicationId: !Ref App
      Monitors: [{AlarmArn: !GetAtt Errors.Arn, AlarmRoleArn: x}]
"""
DEPLOYMENT = """\
  Deploy:
    Type: AWS::AppConfig::Deployment
    Properties:
      EnvironmentId: !Ref Prod
      DeploymentStrategyId: !Ref Fast
"""
FAST = appconfig.Spec(Growth.EXPONENTIAL, F(20), F(600), F(300))


@pytest.mark.parametrize(
    ("text", "spread"),
    [
        (STRATEGY + ENVIRONMENT + ALARM, Spread(FAST, (WATCHED,))),
        (STRATEGY + ENVIRONMENT + DEPLOYMENT + ALARM, Spread(FAST, (WATCHED,))),
        (STRATEGY + DEPLOYMENT + ALARM, Spread(FAST)),
        (STRATEGY + ENVIRONMENT + alarm(ActionsEnabled="false"), Spread(FAST)),
        *(
            (f"Resources:\n{ENVIRONMENT}{DEPLOYMENT.replace('!Ref Fast', name)}{ALARM}", Spread(spec, (WATCHED,)))
            for name, spec in appconfig.PREDEFINED.items()
        ),
    ],
)
def test_appconfig(text, spread):
    assert spec_of("appconfig", text) == spread


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (STRATEGY + ENVIRONMENT + ALARM, []),
        (STRATEGY, [("warning", "never-fails", 1)]),
        (STRATEGY.replace("EXPONENTIAL", "FAST") + ENVIRONMENT + ALARM, [("error", "unknown-word", 8)]),
        (STRATEGY.replace(": 20", ": 0") + ENVIRONMENT + ALARM, [("error", "out-of-range", 7)]),
        (STRATEGY.replace("Minutes: 10", "Minutes: 1441") + ENVIRONMENT + ALARM, [("error", "out-of-range", 6)]),
        (STRATEGY.replace("      GrowthFactor: 20\n", "") + ENVIRONMENT + ALARM, [("error", "missing-key", 5)]),
        (STRATEGY + ENVIRONMENT + alarm(ActionsEnabled="false"),
         [("warning", "never-fails", 14), ("warning", "no-effect", 16)]),
        (STRATEGY + ENVIRONMENT + DEPLOYMENT.replace("Fast", "Slow") + ALARM, [("error", "unknown-word", 21)]),
    ],
)  # fmt: skip
def test_findings_of_appconfig(text, expected):
    assert found("appconfig", text) == expected


@pytest.mark.parametrize("system", ["codedeploy", "appconfig"])
@pytest.mark.parametrize("data", [{}, {"Resources": 5}, {"Resources": {"A": 5}}, {"Resources": {"A": {"Type": "X"}}}])
def test_other_objects_are_not_claimed(system, data):
    assert not IMPORTERS[system]().claims(data)


@pytest.mark.parametrize(
    ("system", "resource"),
    [
        ("codedeploy", "{Type: AWS::CodeDeploy::DeploymentGroup}"),
        ("codedeploy", "{Type: AWS::CodeDeploy::DeploymentGroup, Properties: {DeploymentConfigName: [1]}}"),
        ("codedeploy", "{Type: AWS::CodeDeploy::DeploymentGroup, Properties: {AlarmConfiguration: 5}}"),
        ("codedeploy", "{Type: AWS::CodeDeploy::DeploymentConfig, Properties: [1]}"),
        ("codedeploy", "{Type: AWS::Serverless::Function, Properties: {DeploymentPreference: {Type: {Ref: []}}}}"),
        ("appconfig", "{Type: AWS::AppConfig::DeploymentStrategy}"),
        ("appconfig", "{Type: AWS::AppConfig::Deployment, Properties: {EnvironmentId: {A: 1}}}"),
    ],
)  # fmt: skip
def test_what_is_hollow_is_told_and_not_run(system, resource):
    _, imported = read(system, f"Resources:\n  A: {resource}\n")
    assert imported.policy is None
    assert imported.findings


FLEET = """\
Resources:
  Slow:
    Type: AWS::CodeDeploy::DeploymentConfig
    Properties: {MinimumHealthyHosts: {Type: FLEET_PERCENT, Value: 75}}
  Asg:
    Type: AWS::AutoScaling::AutoScalingGroup
    Properties: {MinSize: 2, MaxSize: 8, DesiredCapacity: "4"}
"""
ON_HOSTS = GROUP.replace("ApplicationName: !Ref App", "AutoScalingGroups: [!Ref Asg]")


def test_a_deployment_over_instances():
    events = frozenset({Event.STOP_ON_ALARM})
    spec = codedeploy.Spec(codedeploy.AllAtOnce(), rolls_back_on=events)
    minimum = MinimumHealthy(MinimumType.FLEET_PERCENT, 75)
    assert spec_of("codedeploy", FLEET + ON_HOSTS + ALARM) == HostUpdate(spec, minimum, 4, 60, (WATCHED,))
    _, imported = read("codedeploy", FLEET + ON_HOSTS + ALARM)
    assert imported.policy.rollback_takes_s == 240
    said = ON_HOSTS.replace(
        "    Properties:", "    Metadata: {canary-runner: {instances: 8, batch: 5m}}\n    Properties:"
    )
    made = spec_of("codedeploy", FLEET + said + ALARM)
    assert (made.instances, made.batch_s) == (8, 300)
    named = ON_HOSTS.replace("!Ref Slow", "CodeDeployDefault.HalfAtATime")
    assert spec_of("codedeploy", FLEET + named + ALARM).minimum == MinimumHealthy(MinimumType.FLEET_PERCENT, 50)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("!Ref Asg", "other", [("warning", "assumed", 11)]),
        ("Value: 75", "Value: 101", [("error", "out-of-range", 4)]),
        ("FLEET_PERCENT", "SOME", [("error", "unknown-word", 4)]),
        ("{MinimumHealthyHosts", "{ZonalConfig: {}, MinimumHealthyHosts", [("warning", "not-modelled", 4)]),
        ("!Ref Slow", "Fast", [("error", "unknown-word", 12)]),
        ("[!Ref Asg]", "[a]\n      DeploymentStyle: {DeploymentType: BLUE_GREEN}",
         [("warning", "assumed", 11), ("error", "not-modelled", 12)]),
        ('"4"', "1000", []),
    ],
)  # fmt: skip
def test_findings_of_instances(old, new, expected):
    assert found("codedeploy", (FLEET + ON_HOSTS).replace(old, new) + ALARM) == expected


def test_hundreds_of_batches_are_refused():
    text = (FLEET + ON_HOSTS).replace("!Ref Slow", "CodeDeployDefault.OneAtATime").replace('"4"', "201") + ALARM
    assert found("codedeploy", text) == [("error", "too-many-steps", 11)]
