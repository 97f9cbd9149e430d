"""CloudWatch: a metric with its statistic, or an expression over such metrics. A period without data has no point."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from canary_runner.loading.queries.algebra import Value, operated, query_of, with_default
from canary_runner.loading.queries.answers import A_MEAN, Names, UnclearError
from canary_runner.loading.queries.arms import Matcher, sees
from canary_runner.loading.queries.codes import Part
from canary_runner.loading.queries.conditions import COMPARISONS, Asked, greater, where_any
from canary_runner.loading.queries.labels import plain
from canary_runner.loading.queries.promql.nodes import Call, Node, Number, Operation, Selector
from canary_runner.loading.queries.promql.parser import parse
from canary_runner.loading.queries.values import Flow, Measured
from canary_runner.model.query import Measures, NoData, Query, Sees
from canary_runner.model.shown import shown


@dataclass(frozen=True, slots=True)
class Known:
    """What a metric of AWS holds."""

    of: str  # metrics of the same requests have it in common
    part: Part | None = None  # None: a latency
    units_in_s: int = 1  # of a latency
    zero_is_missing: bool = False  # it is reported only when it is not 0


METRICS: Final[Mapping[tuple[str, str], Known]] = {
    ("AWS/Lambda", "Errors"): Known("lambda_requests", Part.ERRORS),
    ("AWS/Lambda", "Invocations"): Known("lambda_requests", Part.ALL),
    ("AWS/Lambda", "Duration"): Known("lambda_requests", units_in_s=1000),
    ("AWS/ApiGateway", "5XXError"): Known("api_requests", Part.ERRORS),
    ("AWS/ApiGateway", "5xx"): Known("api_requests", Part.ERRORS),
    ("AWS/ApiGateway", "Count"): Known("api_requests", Part.ALL),
    ("AWS/ApiGateway", "Latency"): Known("api_requests", units_in_s=1000),
    ("AWS/ApiGateway", "IntegrationLatency"): Known("api_requests", units_in_s=1000),
    ("AWS/ApplicationELB", "HTTPCode_Target_5XX_Count"): Known("alb_requests", Part.ERRORS, zero_is_missing=True),
    ("AWS/ApplicationELB", "RequestCount"): Known("alb_requests", Part.ALL, zero_is_missing=True),
    ("AWS/ApplicationELB", "TargetResponseTime"): Known("alb_requests"),
}
"""What is safe to say of a metric by its name."""

_PERCENTILE: Final = re.compile(r"p([0-9]{1,2}(?:\.[0-9]{1,3})?)", re.ASCII)


def meaning(text: str, names: Names, window_s: int | None = None) -> Query:
    """Return what `NAMESPACE METRIC STATISTIC` or a JSON list of metric data queries measures; raises UnclearError."""
    if text.lstrip().startswith(("[", "{")):
        return query_of(_Math(_queries(text), names).whole())
    words = text.split()
    if len(words) != 3 or window_s is None:
        raise UnclearError("a metric wants a namespace, a name, a statistic and a period")
    return query_of(_metric(words[0], words[1], words[2], {}, window_s, names))


def _metric(
    namespace: str, name: str, statistic: str, dimensions: Mapping[str, str], period_s: int, names: Names
) -> Flow | Measured:
    known = METRICS.get((namespace, name))
    percentile = _PERCENTILE.fullmatch(statistic)
    if known is None:
        raise UnclearError(f"what {shown(namespace)} {shown(name)} counts is not known")
    others = frozenset(Matcher(plain(key), "=", value) for key, value in dimensions.items())
    arm = _arm(namespace, dimensions, others, names)
    if known.part is None and statistic == "Average":
        raise UnclearError(f"Average of {name} is {A_MEAN}")
    if known.part is None:
        if not percentile or not 0 < Fraction(percentile[1]) < 100:
            raise UnclearError(f"{shown(statistic)} of {name} is no percentile")
        at, factor = Fraction(percentile[1]) / 100, Fraction(known.units_in_s)
        return Measured(Measures.LATENCY_QUANTILE, arm, period_s, factor, quantile=at, idle=NoData.EMPTY)
    if statistic == "Average" and known.part is Part.ERRORS and not known.zero_is_missing:
        return Measured(Measures.ERROR_RATIO, arm, period_s, idle=NoData.EMPTY)
    if statistic != "Sum":
        raise UnclearError(f"{shown(statistic)} of {name} is not modelled")
    zero_is_missing = known.zero_is_missing and known.part is Part.ERRORS  # of all requests it is idle
    return Flow(
        known.of,
        known.part,
        others,
        arm,
        period_s,
        Fraction(1),
        frozenset(),
        NoData.EMPTY,
        zero_is_missing=zero_is_missing,
    )


def _arm(namespace: str, dimensions: Mapping[str, str], others: frozenset[Matcher], names: Names) -> Sees:
    """Return whose requests are counted: Lambda tells versions apart, everything else by its names."""
    if namespace == "AWS/Lambda" and "ExecutedVersion" in dimensions:
        return Sees.CANARY
    if namespace == "AWS/Lambda":  # its Resource is a function with its alias, which has all requests
        others = frozenset(one for one in others if one.label != "resource")
    return sees(others, names)


class _Math:
    """An expression over queries, by their ids."""

    def __init__(self, queries: list[Mapping[str, Any]], names: Names) -> None:
        self.queries = {str(_key(one, "Id")): one for one in queries}
        self.names = names
        self.depth = 0

    def whole(self) -> Value:
        """Return what the one query that returns data is."""
        returned = [name for name, one in self.queries.items() if _key(one, "ReturnData") is not False]
        if len(returned) != 1:
            raise UnclearError(f"{len(returned)} queries return data, and one is wanted")
        return self.named(returned[0])

    def named(self, name: str) -> Value:
        one = self.queries.get(name)
        self.depth += 1
        if one is None or self.depth > 50:
            raise UnclearError(f'"{shown(name)}" is no query of the list')
        expression, stat = _key(one, "Expression"), _key(one, "MetricStat")
        if isinstance(expression, str):
            return self.value(parsed(expression))
        if not isinstance(stat, dict) or not isinstance(metric := _key(stat, "Metric"), dict):
            raise UnclearError(f'query "{shown(name)}" has neither an expression nor a metric')
        period = _key(stat, "Period")
        if not isinstance(period, int) or not 0 < period <= 86_400:
            raise UnclearError("a period that is no number of seconds")
        namespace, metric_name, statistic = (
            str(one) for one in (_key(metric, "Namespace"), _key(metric, "MetricName"), _key(stat, "Stat"))
        )
        return _metric(namespace, metric_name, statistic, _dimensions(metric), period, self.names)

    def asked(self, condition: Node) -> Asked:
        """Return a condition on requests."""
        match condition:
            case Operation(operator, left, Number(number)) if operator in COMPARISONS:
                return Asked(self.value(left), operator, number)
        return Asked(self.value(condition), "!=", Fraction(0))

    def value(self, node: Node) -> Value:
        match node:
            case Number(number):
                return number
            case Operation(operator, left, right):
                return operated(operator, self.value(left), self.value(right))
            case Call("FILL", (inside, Number(number))):
                return with_default(self.value(inside), number)
            case Call("FILL"):
                raise UnclearError("FILL(...) with another datapoint's value is not modelled")
            case Call("MAX", (Call("ARRAY", (left, right)),)):
                return greater(self.value(left), self.value(right))
            case Call("IF", (condition, then, Number(number))):
                return where_any(self.asked(condition), self.value(then), number, is_otherwise=False)
            case Call("IF", (condition, Number(number), then)):
                return where_any(self.asked(condition), self.value(then), number, is_otherwise=True)
            case Call("IF"):
                raise UnclearError("IF(...) without a number on one side is not modelled")
            case Selector(name, ()):
                return self.named(name)
        raise UnclearError(f"{getattr(node, 'name', 'a selector')}(...) is not modelled")


def parsed(expression: str) -> Node:
    """Return an expression; its lists become calls of ARRAY. Raises UnclearError."""
    if found := re.search(r"&&|\|\||![^=]|'|\"", expression):
        raise UnclearError(f"{shown(found[0])} in an expression is not modelled")
    return parse(expression.replace("[", "ARRAY(").replace("]", ")"))


def _queries(text: str) -> list[Mapping[str, Any]]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise UnclearError("the list of metric data queries is no JSON") from None
    found = found if isinstance(found, list) else [found]
    if not found or len(found) > 500 or not all(isinstance(one, dict) for one in found):
        raise UnclearError("metric data queries are a list of mappings")
    return found


def _key(data: Mapping[str, Any], name: str) -> Any:
    """Return a value by its name as the API writes it, or as Argo does: `MetricStat`, `metricStat`."""
    return data.get(name, data.get(name[0].lower() + name[1:]))


def _dimensions(metric: Mapping[str, Any]) -> dict[str, str]:
    given = _key(metric, "Dimensions")
    return {
        str(_key(one, "Name")): str(_key(one, "Value"))
        for one in (given if isinstance(given, list) else [])
        if isinstance(one, dict)
    }
