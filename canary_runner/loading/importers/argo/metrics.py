"""One metric of a template: its rules as they stand, and what its query measures."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from canary_runner.controllers.argo.cuts import columns_of, cuts_of, keys_of
from canary_runner.controllers.argo.durations import seconds
from canary_runner.controllers.argo.expression.nodes import ConditionError, NotModelled
from canary_runner.controllers.argo.metric import Metric
from canary_runner.controllers.argo.phases import Phase
from canary_runner.controllers.argo.questions import MetricQuestion
from canary_runner.controllers.argo.spec import Measured, Shape
from canary_runner.loading.importers.argo.providers import OPINIONS, Read, read_provider
from canary_runner.loading.importers.asked import Asked, Meaning
from canary_runner.loading.importers.constant import possible_numbers, tell_constant
from canary_runner.loading.importers.fields import Fields
from canary_runner.model.query import NoData, Query
from canary_runner.model.shown import shown
from canary_runner.model.words import counted

LIMITS: Final = {
    "count": "count", "failureLimit": "failure_limit", "inconclusiveLimit": "inconclusive_limit",
    "consecutiveErrorLimit": "consecutive_error_limit", "consecutiveSuccessLimit": "consecutive_success_limit",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Source:
    """What metrics are read with."""

    templates: Mapping[tuple[str, bool], Sequence[Any]]
    canary: str
    baseline: str
    canary_service: str
    baseline_service: str
    namespace: str
    meaning: Meaning
    own: Mapping[str, Any]  # the rollout itself


def read_metric(fields: Fields, source: Source) -> Measured | None:
    """Return a metric, None if something in it is wrong."""
    before = len(fields.told)
    fields.required("name")
    metric = _rules(fields)
    provider = read_provider(fields)
    measured = None if provider is None else _measured(fields, metric, provider, source)
    fields.close()
    has_error = any(one.severity.value == "error" for one in fields.told[before:])
    return None if has_error else measured


def _rules(fields: Fields) -> Metric:
    numbers = {name: found for key, name in LIMITS.items() if (found := _number(fields, key)) is not None}
    metric = Metric(
        name=fields.text("name"),
        success_condition=fields.text("successCondition"),
        failure_condition=fields.text("failureCondition"),
        interval=_duration(fields, "interval"),
        initial_delay=_duration(fields, "initialDelay"),
        **numbers,
    )
    if metric.interval and metric.interval_s == 0 and metric.effective_count is None:
        message = f"{metric.interval} without a count measures as often as the controller can: that is not modelled"
        fields.error("not-modelled", "interval", message, "write how often, like 10s, or a count")
    return metric


def _number(fields: Fields, key: str) -> int | None:
    """Return a whole number, as one or as digits in a text; any other text is 0, as upstream has it."""
    value = fields.raw(key)
    if isinstance(value, str):
        return int(value) if re.fullmatch(r"-?[0-9]{1,9}", value, re.ASCII) else 0
    return None if value is None else fields.whole(key, -1, least=-1, most=10**9)


def _duration(fields: Fields, key: str) -> str:
    text = fields.text(key)
    found = seconds(text) if text else None
    if text and (found is None or found < 0):
        fields.error("bad-duration", key, f'"{shown(text)}" is no duration', 'write it like "5m" or "30s"')
        return ""
    return text


def _measured(fields: Fields, metric: Metric, read: Read, source: Source) -> Measured | None:
    asked = Asked(
        metric.name,
        read.text,
        read.kind.lower(),
        read.window_s,
        source.canary,
        source.baseline,
        source.canary_service,
        source.baseline_service,
        source.namespace,
    )
    found = source.meaning(replace(asked, text="") if read.unclear else asked)
    name = shown(metric.name)
    if isinstance(found, Query):
        if read.loss:
            fields.warn("not-modelled", "provider", f'"{name}": {read.loss}')
        return _asked(fields, Measured(metric, found, read.shape, _columns(fields, metric, read), fields.route))
    if read.kind in OPINIONS:
        message = f'"{name}" is taken to be satisfied: what a {read.kind} metric says is not modelled'
        fields.warn("assumed", "provider", message, f"say what it measures: --bind {name}=...")
        return Measured(metric, route=fields.route)
    fields.error("unknown-query", "provider", f'"{name}": {read.unclear or found}', BIND.format(name))
    return None


def _columns(fields: Fields, metric: Metric, read: Read) -> tuple[str, ...]:
    """Return the columns of a row: the query's own name, else those that the conditions read."""
    if read.shape is not Shape.ROW or read.column:
        return (read.column,) if read.column else ()
    columns = columns_of(metric.success_condition, metric.failure_condition)
    if columns:
        message = f"the query names no column: the conditions' {' and '.join(map(shown, columns))} is taken to be it"
        fields.note("assumed", "provider", message, f"name it in the query: AS '{shown(columns[0])}'")
    return columns


BIND: Final = "say what it measures: --bind {}=error_ratio,window=1m,arm=canary"


def _asked(fields: Fields, measured: Measured) -> Measured | None:
    """Return a metric whose conditions can be worked out for every answer."""
    metric = measured.metric
    question = MetricQuestion(metric.name, measured)
    conditions = {"successCondition": metric.success_condition, "failureCondition": metric.failure_condition}
    for key, condition in conditions.items():
        others = [name for name in keys_of(condition) if name != "Values"] if measured.shape is Shape.SERIES else []
        if others:
            message = f"{shown(others[0])} of a CloudWatch result is not modelled"
            fields.error("not-modelled", key, message, "compare result[0].Values[0]")
            return None
        try:
            cuts_of(condition)
        except NotModelled as why:
            fields.error("not-modelled", key, f"{why}, which is not modelled", "compare the result with plain numbers")
            return None
        except ConditionError as why:
            fields.warn("never-passes", key, f"no measurement can be judged: {why}", "mend the condition")
            return question.measured
    try:
        for answer in (*possible_numbers(question), *NoData):
            question.letter(answer)
    except NotModelled as why:
        fields.error("not-modelled", "provider", f"{why}, which is not modelled", "write a simpler condition")
        return None
    _tell_constant(fields, metric, question)
    return question.measured


def _tell_constant(fields: Fields, metric: Metric, question: MetricQuestion) -> None:
    """Warn of rules under which every release passes, or none."""
    if metric.can_fail:
        at = "failureCondition" if metric.failure_condition and not metric.success_condition else "successCondition"
        measured = [question.judged(number) for number in possible_numbers(question)]
        if all(one.phase is Phase.ERROR for one in measured):
            message = f'"{shown(metric.name)}" is Error for every number that its query can give: {measured[0].message}'
            fields.warn("never-passes", at, message, "mend the condition")
        else:
            tell_constant(fields, at, question, "is ")
        return
    at = next((key for key in ("failureLimit", "count") if fields.has(key)), "name")
    enough = metric.effective_count or 0
    message = (
        f'"{shown(metric.name)}" cannot fail: it is complete after {counted(enough, "measurement")}, and failureLimit '
        f"{metric.failure_limit} allows as many failures"
    )
    fields.warn("never-fails", at, message, f"write failureLimit: {max(enough - 1, 0)} or less")
