"""CloudWatch alarms of a template: when they fire, and what their metric measures."""

import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Final, TypeVar

from canary_runner.controllers.aws.alarms import Alarm, MissingData
from canary_runner.controllers.aws.watching import Comparison, Watched
from canary_runner.loading.importers.asked import Asked, Meaning
from canary_runner.loading.importers.aws.elsewhere import Elsewhere, is_import, said
from canary_runner.loading.importers.aws.math import read_math
from canary_runner.loading.importers.aws.template import Template, meant
from canary_runner.loading.importers.fields import Fields
from canary_runner.loading.importers.referred import MISSING
from canary_runner.loading.queries.cloudwatch import METRICS
from canary_runner.loading.words import described, listed
from canary_runner.model.diagnostics import Diagnostic, Related, Route, Severity, error_at
from canary_runner.model.query import Measures, Query
from canary_runner.model.shown import shown

W = TypeVar("W")

ALARM: Final = "AWS::CloudWatch::Alarm"
COMPOSITE: Final = "AWS::CloudWatch::CompositeAlarm"
SHORT_PERIODS_S: Final = (10, 20, 30)
MOST_PERIODS: Final = 100
LONGEST_S: Final = 86_400


def read_alarms(template: Template, named: Iterable[tuple[Route, object]], meaning: Meaning) -> tuple[Watched, ...]:
    """Return the alarms that a deployment names; one that is not in the file is told and taken to stay OK."""
    alarms = dict(template.of_type(ALARM))
    by_name = {properties.text("AlarmName"): name for name, properties in alarms.items()}
    found, others = [], Elsewhere(template, ALARM, "AlarmName")
    for route, value in named:
        if not isinstance(value, str) and not is_import(value):
            template.told.append(
                error_at("wrong-type", route, f"an alarm is {described(value)}, not a text", "name it")
            )
            continue
        name = meant(value)
        logical = name if name in alarms else by_name.get(name, by_name.get(str(value)))
        read = _elsewhere(template, others, route, value) if logical is None else (logical, alarms.pop(logical))
        watched = _read(read[1], read[0], meaning) if read is not None else None
        if watched is not None:
            found.append(watched)
    for name, properties in alarms.items():
        message = f'alarm "{shown(name)}" is not one of the deployment: it stops nothing'
        template.told.append(Diagnostic("no-effect", Severity.NOTE, properties.route, message))
    return tuple(found)


def _elsewhere(template: Template, others: Elsewhere, route: Route, value: object) -> tuple[str, Fields] | None:
    """Return logical id and properties of an alarm of another template; that there is none, or several, is told."""
    found = others.of(value)
    if len(found) == 1:
        return found[0]
    if not found:
        template.told.append(_absent(template, route, said(value)))
        return None
    message = f'alarm "{shown(said(value))}" stands in {len(found)} templates'
    related = tuple(Related(properties.route, "here") for _, properties in found)
    help = "leave all but one of them out"
    template.told.append(Diagnostic("duplicate-template", Severity.ERROR, route, message, help, related=related))
    return None


def _absent(template: Template, route: Route, name: str) -> Diagnostic:
    if template.type_of(name) == COMPOSITE:
        message, help = f'composite alarm "{shown(name)}" is not modelled', "name the alarms that it is made of"
        return Diagnostic("not-modelled", Severity.ERROR, route, message, help)
    message = f'alarm "{shown(name)}" is in no file that was read: it is taken to stay OK'
    return Diagnostic("assumed", Severity.WARNING, route, message, MISSING)


def _read(fields: Fields, name: str, meaning: Meaning) -> Watched | None:
    if fields.has("ThresholdMetricId"):
        message = "an alarm on anomaly detection is not modelled"
        fields.error("not-modelled", "ThresholdMetricId", message, "write an alarm on one metric with a threshold")
        return None
    has_math = fields.has("Metrics")
    period_s = 0 if has_math else _period_s(fields)
    periods = fields.whole("EvaluationPeriods", 1, least=1, most=MOST_PERIODS)
    fields.required("EvaluationPeriods")
    alarm = Alarm(periods, fields.whole("DatapointsToAlarm", periods, least=1, most=periods), _missing(fields))
    comparison, threshold = _comparison(fields), fields.number("Threshold")
    fields.required("Threshold")
    query = read_math(fields, name, meaning) if has_math else _query(fields, name, period_s, meaning)
    known = METRICS.get((fields.text("Namespace"), fields.text("MetricName")))
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
    if known is not None and known.zero_is_missing and query.measures is not Measures.LATENCY_QUANTILE:
        query = replace(query, zero_is_missing=True)
    return Watched(name, alarm, query, comparison, float(threshold), fields.route)


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


def _query(fields: Fields, name: str, period_s: int, meaning: Meaning) -> Query | None:
    """Return what the metric measures."""
    statistic = fields.text("ExtendedStatistic") or fields.text("Statistic")
    metric = {key: fields.text(key) for key in ("Namespace", "MetricName")} | {"Dimensions": _dimensions(fields)}
    stat = {"Metric": metric, "Period": period_s, "Stat": statistic}
    text = json.dumps([{"Id": "m", "MetricStat": stat}])
    found = meaning(Asked(name, text, "cloudwatch", period_s))
    if isinstance(found, Query):
        return found
    fields.error("unknown-query", "MetricName", found, f"bind the alarm's name, {shown(name)}, to what it measures")
    return None


def _dimensions(fields: Fields) -> list[dict[str, str]]:
    """Return the dimensions; what is taken of them is told."""
    found = []
    for dimension in fields.mappings("Dimensions"):
        found.append({"Name": dimension.text("Name"), "Value": dimension.text("Value")})
        dimension.close()
    names = {one["Name"] for one in found}
    if fields.text("Namespace") == "AWS/Lambda" and "ExecutedVersion" in names:
        fields.note("assumed", "Dimensions", "ExecutedVersion is taken to be the new version")
    if "TargetGroup" in names:
        fields.warn("assumed", "Dimensions", "the target group is taken to serve both versions")
    return found
