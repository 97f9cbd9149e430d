"""CloudWatch alarms of a template: when they fire, and what their metric measures."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, TypeVar

from canary_runner.controllers.aws.alarms import Alarm, MissingData
from canary_runner.controllers.aws.watching import Comparison, Watched
from canary_runner.loading.importers.asked import Asked, Meaning
from canary_runner.loading.importers.aws.template import Template, meant
from canary_runner.loading.importers.fields import Fields
from canary_runner.loading.words import described, listed
from canary_runner.model.diagnostics import Diagnostic, Route, Severity, error_at
from canary_runner.model.query import Measures, NoData, Query, Sees
from canary_runner.model.shown import shown

W = TypeVar("W")

ALARM: Final = "AWS::CloudWatch::Alarm"
COMPOSITE: Final = "AWS::CloudWatch::CompositeAlarm"
SHORT_PERIODS_S: Final = (10, 20, 30)
MOST_PERIODS: Final = 100
LONGEST_S: Final = 86_400
PERCENTILE: Final = re.compile(r"p([0-9]{1,2}(?:\.[0-9]{1,3})?)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Known:
    """What a metric of AWS counts."""

    errors: bool = False
    requests: bool = False
    latency_factor: Fraction | None = None  # of seconds
    zero_is_missing: bool = False  # it is reported only when it is not 0


ERRORS, REQUESTS = Known(errors=True), Known(requests=True)
MILLISECONDS, SECONDS = Known(latency_factor=Fraction(1000)), Known(latency_factor=Fraction(1))

METRICS: Final = {
    ("AWS/Lambda", "Errors"): ERRORS,
    ("AWS/Lambda", "Invocations"): REQUESTS,
    ("AWS/Lambda", "Duration"): MILLISECONDS,
    ("AWS/ApiGateway", "5XXError"): ERRORS,
    ("AWS/ApiGateway", "5xx"): ERRORS,
    ("AWS/ApiGateway", "Count"): REQUESTS,
    ("AWS/ApiGateway", "Latency"): MILLISECONDS,
    ("AWS/ApiGateway", "IntegrationLatency"): MILLISECONDS,
    ("AWS/ApplicationELB", "HTTPCode_Target_5XX_Count"): Known(errors=True, zero_is_missing=True),
    ("AWS/ApplicationELB", "RequestCount"): Known(requests=True, zero_is_missing=True),
    ("AWS/ApplicationELB", "TargetResponseTime"): SECONDS,
}
"""What is safe to say of a metric by its name."""


def read_alarms(template: Template, named: Iterable[tuple[Route, object]], meaning: Meaning) -> tuple[Watched, ...]:
    """Return the alarms that a deployment names; one that is not in the file is told and taken to stay OK."""
    alarms = dict(template.of_type(ALARM))
    by_name = {properties.text("AlarmName"): name for name, properties in alarms.items()}
    found = []
    for route, value in named:
        if not isinstance(value, str):
            template.told.append(
                error_at("wrong-type", route, f"an alarm is {described(value)}, not a text", "name it")
            )
            continue
        name = meant(value)
        logical = name if name in alarms else by_name.get(name, by_name.get(value))
        if logical is None:
            template.told.append(_absent(template, route, name))
            continue
        watched = _read(alarms.pop(logical), logical, meaning)
        if watched is not None:
            found.append(watched)
    for name, properties in alarms.items():
        message = f'alarm "{shown(name)}" is not one of the deployment: it stops nothing'
        template.told.append(Diagnostic("no-effect", Severity.NOTE, properties.route, message))
    return tuple(found)


def _absent(template: Template, route: Route, name: str) -> Diagnostic:
    if template.type_of(name) == COMPOSITE:
        message, help = f'composite alarm "{shown(name)}" is not modelled', "name the alarms that it is made of"
        return Diagnostic("not-modelled", Severity.ERROR, route, message, help)
    message = f'alarm "{shown(name)}" is not in this file: it is taken to stay OK'
    return Diagnostic("assumed", Severity.WARNING, route, message, "add its AWS::CloudWatch::Alarm to the template")


def _read(fields: Fields, name: str, meaning: Meaning) -> Watched | None:
    for key in ("Metrics", "ThresholdMetricId"):
        if fields.has(key):
            what = "metric math" if key == "Metrics" else "anomaly detection"
            fields.error("not-modelled", key, f"an alarm on {what} is not modelled", "write an alarm on one metric")
            return None
    period_s, periods = _period_s(fields), fields.whole("EvaluationPeriods", 1, least=1, most=MOST_PERIODS)
    fields.required("EvaluationPeriods")
    alarm = Alarm(periods, fields.whole("DatapointsToAlarm", periods, least=1, most=periods), _missing(fields))
    comparison, threshold = _comparison(fields), fields.number("Threshold")
    fields.required("Threshold")
    known, query = _query(fields, name, period_s, meaning)
    if fields.text("EvaluateLowSampleCountPercentile") == "ignore":
        message = "percentiles of few samples are evaluated here"
        fields.warn("not-modelled", "EvaluateLowSampleCountPercentile", message, "expect fewer alarms at low traffic")
    fields.no_effect(
        ("AlarmActions", "OKActions", "InsufficientDataActions"), "has no effect: the deployment asks itself"
    )
    fields.skip(("AlarmName", "AlarmDescription", "ActionsEnabled", "Unit", "Tags"))
    fields.close()
    if query is None or threshold is None or comparison is None:
        return None
    zero_is_missing = known is not None and known.zero_is_missing and query.measures is not Measures.LATENCY_QUANTILE
    return Watched(name, alarm, query, comparison, float(threshold), zero_is_missing)


def _period_s(fields: Fields) -> int:
    period_s = fields.whole("Period", 60, least=10, most=LONGEST_S)
    fields.required("Period")
    if period_s not in SHORT_PERIODS_S and period_s % 60:
        fields.error(
            "out-of-range", "Period", f"a period of {period_s} seconds", "write 10, 20, 30 or a multiple of 60"
        )
    return period_s


def _missing(fields: Fields) -> MissingData:
    text = fields.text("TreatMissingData") or MissingData.MISSING.value
    return _word(fields, "TreatMissingData", text, {one.value: one for one in MissingData}) or MissingData.MISSING


def _comparison(fields: Fields) -> Comparison | None:
    if not fields.required("ComparisonOperator"):
        return None
    text = fields.text("ComparisonOperator")
    return _word(fields, "ComparisonOperator", text, {one.value: one for one in Comparison})


def _word(fields: Fields, key: str, text: str, known: dict[str, W]) -> W | None:
    if text not in known:
        fields.error("unknown-word", key, f'unknown {key} "{shown(text)}"', f"known: {listed(list(known))}")
    return known.get(text)


def _query(fields: Fields, name: str, period_s: int, meaning: Meaning) -> tuple[Known | None, Query | None]:
    """Return what the metric is, if it is one that is known, and what it measures."""
    namespace, metric = fields.text("Namespace"), fields.text("MetricName")
    statistic = fields.text("ExtendedStatistic") or fields.text("Statistic")
    sees = _sees(fields, namespace)
    known = METRICS.get((namespace, metric))
    query = None if known is None else _measured(known, statistic, period_s, sees)
    if query is not None:
        return known, query
    found = meaning(Asked(name, f"{namespace} {metric} {statistic}", "cloudwatch", period_s))
    if isinstance(found, Query):
        return None, found
    message = f"what {shown(statistic) or 'no statistic'} of {shown(namespace)} {shown(metric)} measures is not known"
    fields.error("unknown-query", "MetricName", message, f"bind the alarm's name, {shown(name)}, to what it measures")
    return None, None


def _measured(known: Known, statistic: str, period_s: int, sees: Sees) -> Query | None:
    percentile = PERCENTILE.fullmatch(statistic)
    if known.latency_factor is not None and percentile and 0 < Fraction(percentile[1]) < 100:
        quantile = Fraction(percentile[1]) / 100
        return Query(Measures.LATENCY_QUANTILE, period_s, sees, known.latency_factor, quantile, NoData.EMPTY)
    if known.errors and statistic == "Average":
        return Query(Measures.ERROR_RATIO, period_s, sees, idle=NoData.EMPTY)
    if (known.errors or known.requests) and statistic == "Sum":
        measures = Measures.ERRORS if known.errors else Measures.REQUESTS
        return Query(measures, period_s, sees, idle=NoData.EMPTY, counts_idle=True)
    if statistic == "SampleCount" and not known.zero_is_missing:
        return Query(Measures.REQUESTS, period_s, sees, idle=NoData.EMPTY, counts_idle=True)
    return None


def _sees(fields: Fields, namespace: str) -> Sees:
    """Return whose requests a metric counts: Lambda tells versions apart, everything else sees both."""
    names = set()
    for dimension in fields.mappings("Dimensions"):
        names.add(dimension.text("Name"))
        dimension.skip(("Value",))
        dimension.close()
    if namespace == "AWS/Lambda" and "ExecutedVersion" in names:
        fields.note("assumed", "Dimensions", "ExecutedVersion is taken to be the new version")
        return Sees.CANARY
    if "TargetGroup" in names:
        fields.warn("assumed", "Dimensions", "the target group is taken to serve both versions")
    return Sees.BOTH
