"""One metric of a template: its rules as they stand, and what its query measures."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from canary_runner.controllers.argo.durations import seconds
from canary_runner.controllers.argo.expression.nodes import ConditionError, NotModelled
from canary_runner.controllers.argo.metric import Metric
from canary_runner.controllers.argo.phases import Phase
from canary_runner.controllers.argo.questions import LETTERS, MetricQuestion, cuts_of
from canary_runner.controllers.argo.spec import Measured, Shape
from canary_runner.loading.importers.asked import Asked, Meaning
from canary_runner.loading.importers.fields import Fields
from canary_runner.model.query import Measures, NoData, Query
from canary_runner.model.shown import shown

SHAPES: Final = {
    "prometheus": Shape.VECTOR, "graphite": Shape.VECTOR, "datadog": Shape.SCALAR, "wavefront": Shape.SCALAR,
    "web": Shape.SCALAR, "newRelic": Shape.SCALAR, "cloudWatch": Shape.SCALAR, "influxdb": Shape.VECTOR,
    "skywalking": Shape.SCALAR, "plugin": Shape.SCALAR,
}  # fmt: skip
"""What the answers of a provider are to a condition."""

OPINIONS: Final = ("job", "web", "kayenta", "plugin")
"""Providers that measure what no model of requests has; they are taken to be satisfied."""

DEFAULT_WINDOW_S: Final = {"datadog": 300, "cloudWatch": 300}
LONGEST_S: Final = 86_400
LIMITS: Final = {
    "count": "count", "failureLimit": "failure_limit", "inconclusiveLimit": "inconclusive_limit",
    "consecutiveErrorLimit": "consecutive_error_limit", "consecutiveSuccessLimit": "consecutive_success_limit",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Source:
    """What metrics are read with."""

    templates: Mapping[Any, Any]
    canary: str
    baseline: str
    canary_service: str
    baseline_service: str
    namespace: str
    meaning: Meaning


def read_metric(fields: Fields, source: Source) -> Measured | None:
    """Return a metric, None if something in it is wrong."""
    before = len(fields.told)
    fields.required("name")
    metric = _rules(fields)
    provider = _provider(fields)
    measured = None if provider is None else _measured(fields, metric, provider, source)
    fields.close()
    has_error = any(one.severity.value == "error" for one in fields.told[before:])
    return None if has_error else measured


def _rules(fields: Fields) -> Metric:
    numbers = {name: found for key, name in LIMITS.items() if (found := _number(fields, key)) is not None}
    return Metric(
        name=fields.text("name"),
        success_condition=fields.text("successCondition"),
        failure_condition=fields.text("failureCondition"),
        interval=_duration(fields, "interval"),
        initial_delay=_duration(fields, "initialDelay"),
        **numbers,
    )


def _number(fields: Fields, key: str) -> int | None:
    """Return a whole number, as one or as digits in a text; a text without a number is absent, as upstream has it."""
    value = fields.raw(key)
    if isinstance(value, str):
        return int(value) if re.fullmatch(r"-?[0-9]{1,9}", value, re.ASCII) else None
    return None if value is None else fields.whole(key, -1, least=-1, most=10**9)


def _duration(fields: Fields, key: str) -> str:
    text = fields.text(key)
    found = seconds(text) if text else None
    if text and (found is None or found < 0):
        fields.error("bad-duration", key, f'"{shown(text)}" is no duration', 'write it like "5m" or "30s"')
        return ""
    return text


def _provider(fields: Fields) -> Fields | None:
    providers = fields.mapping("provider")
    if providers is None:
        fields.required("provider")
        return None
    kinds = [key for key in providers.data if providers.raw(key) is not None]
    if len(kinds) != 1:
        fields.error("one-provider", "provider", f"{len(kinds)} providers are given", "give exactly one")
        return None
    found = providers.mapping(kinds[0])
    return found if found is not None else Fields({}, (*providers.route, kinds[0]), fields.told)


def _measured(fields: Fields, metric: Metric, provider: Fields, source: Source) -> Measured | None:
    kind = str(provider.route[-1])
    window_s = DEFAULT_WINDOW_S.get(kind, 60)
    written = provider.raw("interval") if kind in DEFAULT_WINDOW_S else None
    found_s = seconds(written) if isinstance(written, str) else None
    if found_s is not None and 0 < found_s <= LONGEST_S and found_s.denominator == 1:
        window_s = int(found_s)
    text = provider.raw("query")
    found = source.meaning(
        Asked(
            metric.name,
            text if isinstance(text, str) else "",
            kind.lower(),
            window_s,
            source.canary,
            source.baseline,
            source.canary_service,
            source.baseline_service,
            source.namespace,
        )
    )
    if isinstance(found, Query):
        return _asked(fields, metric, found, SHAPES.get(kind, Shape.SCALAR))
    if kind in OPINIONS:
        message = f'"{shown(metric.name)}" is taken to be satisfied: what a {kind} metric says is not modelled'
        fields.warn("assumed", "provider", message, f"say what it measures: --bind {shown(metric.name)}=...")
        return Measured(metric)
    fields.error("unknown-query", "provider", f'"{shown(metric.name)}": {found}', BIND.format(shown(metric.name)))
    return None


BIND: Final = "say what it measures: --bind {}=error_ratio,window=1m,arm=canary"


def _asked(fields: Fields, metric: Metric, query: Query, shape: Shape) -> Measured | None:
    """Return a metric whose conditions can be worked out for every answer."""
    question = MetricQuestion(metric.name, Measured(metric, query, shape))
    conditions = {"successCondition": metric.success_condition, "failureCondition": metric.failure_condition}
    for key, condition in conditions.items():
        try:
            cuts_of(condition)
        except NotModelled as why:
            fields.error("not-modelled", key, f"{why}, which is not modelled", "compare the result with plain numbers")
            return None
        except ConditionError as why:
            fields.warn("never-passes", key, f"no measurement can be judged: {why}", "mend the condition")
            return question.measured
    try:
        some = {LETTERS[question.letter(answer)] for answer in _possible(question)}
        every = some | {LETTERS[question.letter(answer)] for answer in NoData}
    except NotModelled as why:
        fields.error("not-modelled", "provider", f"{why}, which is not modelled", "write a simpler condition")
        return None
    _tell_constant(fields, metric, some, every)
    return question.measured


MOST: Final = {
    Measures.ERROR_RATIO: 1.0, Measures.SUCCESS_RATIO: 1.0, Measures.LATENCY_QUANTILE: 3600.0,
    Measures.REQUESTS: 1e9, Measures.ERRORS: 1e9,
}  # fmt: skip
"""The greatest number that a query of each kind gives, in its basic unit."""


def _possible(question: MetricQuestion) -> list[float]:
    """Return numbers that a query can give, on both sides of every number in the conditions."""
    most = MOST[question.query.measures] * float(question.query.factor)
    inside = [0.0, *(cut for cut in question.cuts if 0 < cut < most), most]
    return [*inside, *((a + b) / 2 for a, b in pairwise(inside))]


def _tell_constant(fields: Fields, metric: Metric, some: set[Phase], every: set[Phase]) -> None:
    """Warn of conditions that come to one phase, whatever is measured."""
    at = "failureCondition" if metric.failure_condition and not metric.success_condition else "successCondition"
    if every == {Phase.SUCCESSFUL} or not metric.can_fail:
        message = f'"{shown(metric.name)}" cannot fail, whatever is measured'
        fields.warn(
            "never-fails", at, message, "add a condition that some release does not meet, or lower failureLimit"
        )
    elif Phase.SUCCESSFUL not in some:
        phases = " or ".join(sorted(one.value for one in some))
        message = f'"{shown(metric.name)}" is {phases} for every number that its query can give'
        fields.warn("never-passes", at, message, "a ratio is 0 to 1, not percent; mend the condition")
