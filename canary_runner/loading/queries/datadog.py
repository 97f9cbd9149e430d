"""Datadog's metric queries: ratios of counts, and percentiles of traces.

Its answer is the last point of a series, so the window is the width of a point, and `.rollup(sum, 60)` says it; what a
manifest calls the interval is only how far back Datadog looks for points. A point without data is missing: there is no
0 but that of `default_zero(...)`.
"""

import re
from dataclasses import replace
from fractions import Fraction
from typing import Final

from canary_runner.loading.queries.algebra import Value, operated, query_of, with_default
from canary_runner.loading.queries.answers import Names, UnclearError
from canary_runner.loading.queries.arms import Matcher, sees
from canary_runner.loading.queries.codes import Part, part_of, universes
from canary_runner.loading.queries.metrics import is_served
from canary_runner.loading.queries.promql.lexer import MAX_CHARACTERS
from canary_runner.loading.queries.promql.nodes import Call, Node, Number, Operation, Selector
from canary_runner.loading.queries.promql.parser import parse
from canary_runner.loading.queries.values import Flow, Measured
from canary_runner.model.query import Measures, NoData, Query
from canary_runner.model.shown import shown

_SERIES: Final = re.compile(
    r"(?P<how>[a-z]+[0-9.]*):(?P<metric>[A-Za-z][\w.]*)\s*\{(?P<tags>[^{}]*)\}(?:\s*by\s*\{(?P<by>[^{}]*)\})?"
    r"(?P<rest>(?:\.[a-z_]+\([^()]*\))*)(?:\s+by\s+\{(?P<by_late>[^{}]*)\})?"
)
_MODIFIER: Final = re.compile(r"\.([a-z_]+)\(([^()]*)\)")
_PERCENTILE: Final = re.compile(r"p([0-9]{2}(?:\.[0-9])?)")
_TRACE: Final = re.compile(r"(trace\..+)\.(hits|errors)")


def meaning(text: str, names: Names, _window_s: int | None = None) -> Query:
    """Return what a query measures; raises UnclearError."""
    if len(text) > MAX_CHARACTERS:
        raise UnclearError(f"a query of {len(text):,} characters, at most {MAX_CHARACTERS:,}")
    reader = _Reader(names)
    return query_of(reader.value(parse(_SERIES.sub(reader.keep, text))))


class _Reader:
    def __init__(self, names: Names) -> None:
        self.names = names
        self.series: list[re.Match[str]] = []

    def keep(self, match: re.Match[str]) -> str:
        """Put a name in the place of a series, so that what is left is arithmetic."""
        self.series.append(match)
        return f"series_{len(self.series) - 1}"

    def value(self, node: Node) -> Value:
        match node:
            case Number(number):
                return number
            case Operation(operator, left, right):
                return operated(operator, self.value(left), self.value(right))
            case Call("default_zero", (inside,)):
                return with_default(self.value(inside), Fraction(0))
            case Selector(name, ()) if name.startswith("series_"):
                return self.one(self.series[int(name.removeprefix("series_"))])
            case Call(name):
                raise UnclearError(f"{name}(...) is not modelled")
            case Selector(name):
                raise UnclearError(f'"{shown(name)}" is no series')

    def one(self, match: re.Match[str]) -> Value:
        if match["by"] or match["by_late"]:
            raise UnclearError(f"by {{{shown(match['by'] or match['by_late'])}}} gives several series")
        modifiers = dict(_MODIFIER.findall(match["rest"]))
        window_s = _width(modifiers)
        matchers = _matchers(match["tags"])
        part = part_of(matchers)
        others = frozenset(one for one in matchers if not universes(one.label))
        arm = sees(others, self.names)
        percentile = _PERCENTILE.fullmatch(match["how"])
        if percentile and part is Part.ERRORS:
            raise UnclearError("it is the latency of errors only")
        if percentile:
            return _latency(match["metric"], percentile[1], Measured(Measures.LATENCY_QUANTILE, arm, window_s))
        if match["how"] != "sum":
            raise UnclearError(f"{match['how']}:{shown(match['metric'])} is no sum of requests")
        name, part = _counted(match["metric"], part)
        factor = Fraction(1, window_s) if "as_rate" in modifiers else Fraction(1)
        if not {"as_rate", "as_count"} & modifiers.keys():
            raise UnclearError(f"{shown(match[0])} without .as_count() is an average over its points")
        return Flow(name, part, others, arm, window_s, factor, frozenset(), NoData.EMPTY)


def _width(modifiers: dict[str, str]) -> int:
    """Return the seconds of a point; raises UnclearError."""
    unknown = modifiers.keys() - {"as_count", "as_rate", "rollup", "fill"}
    if unknown:
        raise UnclearError(f".{sorted(unknown)[0]}(...) is not modelled")
    if modifiers.get("fill", "null") != "null":
        raise UnclearError(f".fill({shown(modifiers['fill'])}) makes up data")
    rollup = re.fullmatch(r"\s*(?:sum\s*,\s*)?([0-9]{1,5})\s*", modifiers.get("rollup", ""))
    if rollup and int(rollup[1]) > 0:
        return int(rollup[1])
    raise UnclearError("the width of a point is not in the query: .rollup(sum, 60) says it")


def _matchers(tags: str) -> tuple[Matcher, ...]:
    found = []
    for tag in re.split(r",|\sAND\s", tags):
        text = tag.strip()
        if text in ("", "*"):
            continue
        match = re.fullmatch(r"(!?)([A-Za-z][\w.\-/]*):([^\s()]+)", text)
        if match is None:
            raise UnclearError(f'the tags "{shown(text)}" are not understood')
        label, value = re.sub(r"[.\-/]", "_", match[2]), match[3]
        operator = "!" if match[1] else "="
        if "*" in value:
            value = ".*".join(re.escape(piece) for piece in value.split("*"))
            found.append(Matcher(label, f"{operator}~", value))
        else:
            found.append(Matcher(label, "!=" if match[1] else "=", value))
    return tuple(found)


def _counted(metric: str, part: Part) -> tuple[str, Part]:
    """Return the name of what is counted and which part; a trace has its errors in a metric of their own."""
    trace = _TRACE.fullmatch(metric)
    if trace and part is Part.ALL:
        return f"{trace[1]}.requests".replace(".", "_"), Part.ERRORS if trace[2] == "errors" else Part.ALL
    return metric.replace(".", "_"), part


def _latency(metric: str, percentile: str, found: Measured) -> Measured:
    is_of_requests = metric.startswith("trace.") and not metric.endswith((".hits", ".errors"))
    if not is_of_requests or not is_served(metric.replace(".", "_")):
        raise UnclearError(f"whether {shown(metric)} is the latency of requests, and in what unit, is not known")
    return replace(found, quantile=Fraction(percentile) / 100, idle=NoData.EMPTY)
