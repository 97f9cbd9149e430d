"""Metrics of a Canary: their bounds, and what their queries measure."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, Final

from canary_runner.controllers.argo.durations import seconds
from canary_runner.controllers.flagger.metrics import DURATION, SUCCESS_RATE, Metric, Range
from canary_runner.controllers.flagger.questions import MetricQuestion
from canary_runner.loading.importers.asked import Asked, Meaning
from canary_runner.loading.importers.constant import tell_constant
from canary_runner.loading.importers.fields import Fields
from canary_runner.loading.importers.referred import in_namespace, tell_missing, tell_repeated
from canary_runner.loading.queries.answers import A_MEAN
from canary_runner.model.diagnostics import Document, Related, Route, error_at
from canary_runner.model.query import Measures, Query, Sees
from canary_runner.model.shown import shown

DEFAULT_WINDOW: Final = "1m"
LONGEST_S: Final = 86_400
MEAN_DURATION: Final = ("nginx", "skipper")
"""Providers whose built-in duration is a mean; of all others it is the 99th percentile."""

PLACEHOLDER: Final = re.compile(r"\{\{-?\s*([A-Za-z_.]+)\s*-?\}\}")
ELSEWHERE: Final = "has no effect: queries are read, not run"
OLD_POINT: Final = "of Datadog the oldest point of ten intervals is taken, and data that old are not modelled"
BIND: Final = "say what it measures with --bind or in a binding file"


@dataclass(frozen=True, slots=True)
class Source:
    """Where the metrics of a Canary come from."""

    document: Document
    words: Mapping[str, str]  # what the placeholders of queries stand for
    provider: str  # of the Canary
    canary: str  # name of the workload with the new version
    meaning: Meaning


Read = list[tuple[Metric, Query | None]]


def read_metrics(analysis: Fields, source: Source) -> Read:
    """Return the metrics of an analysis with what they measure; None is one that never has a value."""
    return [pair for fields in analysis.mappings("metrics") for pair in _read(fields, source)]


def _read(fields: Fields, source: Source) -> Read:
    fields.required("name")
    name = fields.text("name")
    window_s = _window_s(fields)
    bounds, threshold = _bounds(fields), fields.number("threshold") or Fraction(0)
    if bounds is not None and fields.has("threshold"):
        fields.warn("no-effect", "threshold", "threshold is not read where there is a thresholdRange")
    found: Read = []
    metric = Metric(name, bounds, float(threshold), route=fields.route)
    if metric.is_built_in:
        found.append((metric, _built_in(fields, name, window_s, source)))
    if fields.has("query"):
        text = _rendered(fields, _words(fields, window_s, source))
        found.append((_own(metric, has_query=True), _meant(fields, "query", text, "prometheus", window_s, source)))
    if fields.has("templateRef"):
        found.append((_own(metric, has_query=False), _template(fields, window_s, source)))
    if not found:
        message = f'metric "{shown(name)}" has no query and no template: every check of it fails'
        fields.warn(
            "never-passes", "name", message, f"add a templateRef; known by themselves: {SUCCESS_RATE}, {DURATION}"
        )
        found.append((metric, None))
    for each, query in found:
        if query is not None:
            tell_constant(fields, "thresholdRange" if bounds is not None else "name", MetricQuestion(each, query))
    fields.skip(("templateVariables",))
    fields.close()
    return found


def _own(metric: Metric, *, has_query: bool) -> Metric:
    """Return the metric as its own query is checked; beside a built-in check of the same name it has another name."""
    name = f"{metric.name} (query)" if metric.is_built_in else metric.name
    return replace(metric, name=name, has_query=has_query, has_template=not has_query)


def _window_s(fields: Fields) -> int:
    text = fields.text("interval") or DEFAULT_WINDOW
    found = seconds(text)
    if found is None or found <= 0 or found.denominator != 1:
        fields.error("bad-duration", "interval", f'"{shown(text)}" is no window in whole seconds', "write 1m or 30s")
        return 60
    if found > LONGEST_S:
        fields.error("out-of-range", "interval", f'"{shown(text)}" is above a day', "at most 24h")
    return min(int(found), LONGEST_S)


def _bounds(fields: Fields) -> Range | None:
    range_ = fields.mapping("thresholdRange")
    if range_ is None:
        return None
    bounds = [None if bound is None else float(bound) for bound in (range_.number("min"), range_.number("max"))]
    range_.close()
    return Range(*bounds)


def _built_in(fields: Fields, name: str, window_s: int, source: Source) -> Query | None:
    if name == SUCCESS_RATE:
        return Query(Measures.SUCCESS_RATIO, window_s, Sees.CANARY, Fraction(100))
    if source.provider in MEAN_DURATION:
        found = source.meaning(_asked(name, "", "prometheus", window_s, source))
        if isinstance(found, str):
            message = f"{DURATION} of {source.provider} is {A_MEAN}"
            fields.error("unknown-query", "name", message, f"--bind {DURATION}=latency_p65,unit=ms,arm=canary")
            return None
        return found
    return Query(Measures.LATENCY_QUANTILE, window_s, Sees.CANARY, Fraction(1000), Fraction(99, 100))


def _template(fields: Fields, window_s: int, source: Source) -> Query | None:
    reference, name = fields.mapping("templateRef"), ""
    if reference is None:
        return None
    reference.required("name")
    name, namespace = reference.text("name"), reference.text("namespace") or source.words["namespace"]
    reference.skip(("apiVersion", "kind"))
    reference.close()
    found, what = list(find_templates(source.document, name, namespace)), f'the MetricTemplate "{shown(name)}"'
    if not found:
        missing = source.meaning(_asked(fields.text("name"), "", "", window_s, source))
        if isinstance(missing, str):
            what = f'{what} of namespace "{shown(namespace)}"'
            tell_missing(fields, "templateRef", what, f"; or {BIND}")
            return None
        return missing
    if len(found) > 1:
        tell_repeated(fields, "templateRef", what, (route for route, _ in found))
        return None
    route, data = found[0]
    spec = Fields(data, route, fields.told).mapping("spec")
    if spec is None:
        fields.error("unknown-query", "templateRef", f'the MetricTemplate "{shown(name)}" has no spec', "add its query")
        return None
    provider = spec.mapping("provider")
    kind = "" if provider is None else provider.text("type")
    if provider is not None:
        provider.no_effect(("address", "secretRef", "region", "insecureSkipVerify", "headers"), ELSEWHERE)
        provider.close()
    text = _rendered(spec, _words(fields, window_s, source))
    spec.close()
    return _meant(fields, "templateRef", text, kind, window_s, source, (Related(spec.at("query"), "its query"),))


def find_templates(document: Document, name: str, namespace: str) -> Iterator[tuple[Route, Mapping[str, Any]]]:
    """Yield the MetricTemplates of a name that may be in a namespace; one that says none fits any."""
    objects = document.data if isinstance(document.data, list) else []
    for index, data in enumerate(objects):
        if isinstance(data, dict) and data.get("kind") == "MetricTemplate":
            metadata = data.get("metadata")
            if isinstance(metadata, dict) and metadata.get("name") == name and in_namespace(data, namespace):
                yield (index,), data


def _rendered(fields: Fields, words: Mapping[str, str]) -> str:
    """Return the query of some fields with its placeholders put in; one that nobody knows is an error, as upstream."""

    def put_in(match: re.Match[str]) -> str:
        if match[1] not in words:
            message = f'placeholder "{shown(match[1])}" is not known'
            fields.error("unknown-word", "query", message, f"known: {', '.join(sorted(words))}")
        return words.get(match[1], "")

    return PLACEHOLDER.sub(put_in, fields.text("query"))


def _words(fields: Fields, window_s: int, source: Source) -> Mapping[str, str]:
    """Return what placeholders of a metric's query stand for."""
    variables = fields.mapping("templateVariables")
    own = {} if variables is None else {f"variables.{name}": str(value) for name, value in variables.data.items()}
    return {**source.words, "interval": f"{window_s}s", **own}


def _meant(
    fields: Fields,
    key: str,
    text: str,
    provider: str,
    window_s: int,
    source: Source,
    related: tuple[Related, ...] = (),
) -> Query | None:
    since = f" SINCE {window_s} seconds ago" if provider == "newrelic" else ""  # as it is sent
    is_old = provider == "datadog"
    asked = _asked(fields.text("name"), "" if is_old else text + since, provider, window_s, source)
    found = source.meaning(asked)
    if isinstance(found, str):
        reason = OLD_POINT if is_old else found
        message = f'metric "{shown(fields.text("name"))}": {reason}'
        fields.told.append(replace(error_at("unknown-query", fields.at(key), message, BIND), related=related))
        return None
    return found


def _asked(metric: str, text: str, provider: str, window_s: int, source: Source) -> Asked:
    """Return a question about a query: the target has the new version, its `-primary` the old one."""
    service, target = source.words["service"], source.canary
    names = (target, f"{target}-primary", f"{service}-canary", f"{service}-primary", source.words["namespace"])
    return Asked(metric, text, provider, window_s, *names)
