"""An alarm on metric math: expressions over metrics, of which one is the number that is watched."""

import json
from collections.abc import Mapping
from typing import Any, Final

from canary_runner.loading.importers.asked import Asked, Meaning
from canary_runner.loading.importers.fields import Fields
from canary_runner.model.query import Query
from canary_runner.model.shown import shown

OF_ONE_METRIC: Final = (
    "Namespace", "MetricName", "Dimensions", "Period", "Statistic", "ExtendedStatistic", "Unit"
)  # fmt: skip
"""Keys that AWS refuses beside `Metrics`."""


def read_math(fields: Fields, name: str, meaning: Meaning) -> Query | None:
    """Return what the one metric or expression that returns data measures, None where that is told to be unclear."""
    for key in OF_ONE_METRIC:
        if fields.has(key):
            message = f"{key} beside Metrics: an alarm has one or the other"
            fields.error("refused-upstream", key, message, f"leave {key} out")
    read = [(one, _query(one)) for one in fields.mappings("Metrics")]
    queries = [query for _, query in read]
    if not queries:
        fields.error("missing-key", "Metrics", "there is no metric in Metrics", "write one with MetricStat")
        return None
    periods = {period_s for one in queries for period_s in _periods(one)}
    if len(periods) > 1:
        said = " and ".join(f"{period_s:g}" for period_s in sorted(periods))
        fields.error("refused-upstream", "Metrics", f"periods of {said} seconds in one alarm", "write one period")
        return None
    window_s = next(iter(periods), 0)
    found = meaning(Asked(name, json.dumps(queries), "cloudwatch", window_s))
    if isinstance(found, Query):
        return found
    watched = [one for one, query in read if query.get("ReturnData") is not False]
    at, key = (watched[0], "Expression") if len(watched) == 1 else (fields, "Metrics")
    at.error("unknown-query", key, found, f"bind the alarm's name: --bind {shown(name)}=error_ratio,arm=both")
    return None


def _query(fields: Fields) -> dict[str, Any]:
    """Return one of the metric data queries, as the reader of CloudWatch wants it."""
    fields.required("Id")
    found: dict[str, Any] = {"Id": fields.text("Id")}
    if fields.has("ReturnData"):
        found["ReturnData"] = fields.flag("ReturnData")
    if fields.has("Expression"):
        found["Expression"] = fields.text("Expression")
    stat = fields.mapping("MetricStat")
    if stat is not None:
        found["MetricStat"] = {"Period": stat.whole("Period", 60, least=1, most=86_400), "Stat": stat.text("Stat")}
        metric = stat.mapping("Metric")
        if metric is not None:
            found["MetricStat"]["Metric"] = _metric(metric)
        stat.skip(("Unit",))
        stat.close()
    if fields.has("Period"):
        found["Period"] = fields.whole("Period", 60, least=1, most=86_400)
    fields.skip(("Label",))
    fields.not_modelled(("AccountId",), "is another account's: its metrics are taken to be of the same requests")
    fields.close()
    return found


def _metric(fields: Fields) -> dict[str, Any]:
    dimensions = [{"Name": one.text("Name"), "Value": one.text("Value")} for one in fields.mappings("Dimensions")]
    found = {"Namespace": fields.text("Namespace"), "MetricName": fields.text("MetricName"), "Dimensions": dimensions}
    fields.close()
    return found


def _periods(query: Mapping[str, Any]) -> list[int]:
    stat = query.get("MetricStat")
    own = [query["Period"]] if "Period" in query and stat is None else []
    return own + ([stat["Period"]] if isinstance(stat, dict) else [])
