"""New Relic's NRQL: percentage(...), filter(...) and percentile(...) over events of requests. Nothing is null."""

import re
from fractions import Fraction
from typing import Final

from canary_runner.loading.queries.algebra import Value, operated, query_of
from canary_runner.loading.queries.answers import Names, UnclearError
from canary_runner.loading.queries.arms import Matcher, sees
from canary_runner.loading.queries.codes import Part, part_of
from canary_runner.loading.queries.promql.lexer import MAX_CHARACTERS
from canary_runner.loading.queries.promql.nodes import Call, Node, Number, Operation, Selector
from canary_runner.loading.queries.promql.parser import parse
from canary_runner.loading.queries.values import Flow, Measured, ratio
from canary_runner.model.query import Measures, NoData, Query, Sees
from canary_runner.model.shown import shown

DEFAULT_WINDOW_S: Final = 3600
"""New Relic reads the last hour if a query does not say `SINCE`."""

_CLAUSE: Final = re.compile(
    r"\b(SELECT|FROM|WHERE|SINCE|UNTIL|FACET|TIMESERIES|LIMIT|COMPARE\s+WITH|WITH)\b", re.IGNORECASE
)
_TEXT: Final = re.compile(r"'(?:[^'\\]|\\.)*'")
_SINCE: Final = re.compile(r"([0-9]{1,6})\s+(second|minute|hour|day)s?\s+ago", re.IGNORECASE)
_UNITS_S: Final = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400}
_NUMERIC: Final = re.compile(r"(?:numeric\(\s*)?([\w.`]+)\s*\)?\s*(>=|>|<|<=)\s*'?([0-9]{3})'?", re.IGNORECASE)
_LIKE: Final = re.compile(r"([\w.`]+)\s+(not\s+)?like\s+'([^']*)'", re.IGNORECASE)
_EQUAL: Final = re.compile(r"([\w.`]+)\s*(=|!=|<>)\s*'?([^'\s]*)'?")
_ERROR: Final = re.compile(r"error(?:\.expected)?\s+is\s+(not\s+)?(true|false|null)", re.IGNORECASE)
_CODES: Final = re.compile(
    r"(?:http\.?)?(?:response\.?)?(?:status)?\.?(?:status)?_?code|(?:response\.)?status", re.IGNORECASE
)
_ALIAS: Final = re.compile(r"\s+as\s+('[^']*'|[\w`]+)\s*$", re.IGNORECASE)
_CALL: Final = re.compile(
    r"\b(percentage|filter)\s*\(\s*count\s*\(\s*\*\s*\)\s*,\s*WHERE\s+((?:[^()]|\([^()]*\))*)\)", re.IGNORECASE
)
_COUNT: Final = re.compile(r"\bcount\s*\(\s*\*\s*\)", re.IGNORECASE)


def meaning(text: str, names: Names, _window_s: int | None = None) -> Query:
    """Return what a query measures; raises UnclearError."""
    if len(text) > MAX_CHARACTERS:
        raise UnclearError(f"a query of {len(text):,} characters, at most {MAX_CHARACTERS:,}")
    clauses = _clauses(text)
    for clause in ("facet", "timeseries", "compare with", "until", "with"):
        if clause in clauses:
            raise UnclearError(f"{clause.upper()} gives more than one number")
    if clauses.get("from", "").lower() != "transaction":
        raise UnclearError(f"what an event of {shown(clauses.get('from', 'nothing'))} is, is not known")
    window_s = _since(clauses["since"]) if "since" in clauses else DEFAULT_WINDOW_S
    part, others = _conditions(clauses.get("where", ""))
    if part is not Part.ALL:
        raise UnclearError(f"WHERE leaves {part.value} only")
    return query_of(_Reader(sees(others, names), window_s).whole(clauses.get("select", "")))


class _Reader:
    def __init__(self, arm: Sees, window_s: int) -> None:
        self.arm, self.window_s = arm, window_s
        self.known: list[Value] = []

    def whole(self, selected: str) -> Value:
        text = _COUNT.sub(self.count, _CALL.sub(self.filtered, _ALIAS.sub("", selected)))
        return self.value(parse(text))

    def flow(self, part: Part) -> Flow:
        return Flow("nrql_requests", part, frozenset(), self.arm, self.window_s, Fraction(1), frozenset())

    def keep(self, value: Value) -> str:
        self.known.append(value)
        return f"known_{len(self.known) - 1}"

    def count(self, _: re.Match[str]) -> str:
        return self.keep(self.flow(Part.ALL))

    def filtered(self, match: re.Match[str]) -> str:
        part, others = _conditions(match[2])
        if others:
            raise UnclearError(f"{next(iter(others))} stands on one side only")
        if match[1].lower() == "filter":
            return self.keep(self.flow(part))
        found = ratio(self.flow(part), self.flow(Part.ALL)).scaled(Fraction(100))
        return self.keep(Measured(found.measures, found.sees, found.window_s, found.factor, idle=NoData.EMPTY))

    def value(self, node: Node) -> Value:
        match node:
            case Number(number):
                return number
            case Operation(operator, left, right):
                return operated(operator, self.value(left), self.value(right))
            case Selector(name, ()) if name.startswith("known_"):
                return self.known[int(name.removeprefix("known_"))]
            case Call("percentile", (Selector("duration", ()), Number(at))) if 0 < at < 100:
                quantile, idle = at / 100, NoData.EMPTY
                return Measured(Measures.LATENCY_QUANTILE, self.arm, self.window_s, quantile=quantile, idle=idle)
        raise UnclearError(f'"{shown(str(getattr(node, "name", "it")))}" is not modelled')


def _clauses(text: str) -> dict[str, str]:
    """Return the clauses of a query by their first word, in small letters; a word inside brackets begins none."""
    found: dict[str, str] = {}
    starts = [match for match in _CLAUSE.finditer(text) if _is_outside(text, match.start())]
    ends = [match.start() for match in starts[1:]] + [len(text)][: len(starts)]
    for match, end in zip(starts, ends, strict=True):
        name = re.sub(r"\s+", " ", match[1].lower())
        if name in found:
            raise UnclearError(f"{name.upper()} stands twice")
        found[name] = text[match.end() : end].strip()
    return found


def _is_outside(text: str, place: int) -> bool:
    before = _TEXT.sub("", text[:place])
    return before.count("(") == before.count(")") and before.count("'") == 0


def _since(text: str) -> int:
    match = _SINCE.fullmatch(text)
    if match is None or not 0 < (found := int(match[1]) * _UNITS_S[match[2].lower()]) <= 86_400:
        raise UnclearError(f'SINCE "{shown(text)}" is no time of up to a day')
    return found


def _conditions(text: str) -> tuple[Part, frozenset[Matcher]]:
    """Return which requests pass the conditions, and those of them that are not about the answer."""
    part, others = Part.ALL, set()
    for one in re.split(r"\band\b", text, flags=re.IGNORECASE) if text else ():
        found = _part(one.strip())
        if found is not None and part is not Part.ALL:
            raise UnclearError(f'"{shown(text)}" has more than one condition on the answer')
        if found is not None:
            part = found
            continue
        match = _EQUAL.fullmatch(one.strip())
        if match is None:
            raise UnclearError(f'the condition "{shown(one.strip())}" is not understood')
        label = re.sub(r"(?<=[a-z])(?=[A-Z])|\.", "_", match[1].strip("`")).lower()
        others.add(Matcher(label, "=" if match[2] == "=" else "!=", match[3]))
    return part, frozenset(others)


def _part(condition: str) -> Part | None:
    """Return the part that a condition on the answer leaves, None if it is about something else."""
    if match := _ERROR.fullmatch(condition):
        is_error = (match[2].lower() == "true") is not bool(match[1])
        if match[2].lower() == "null" or "expected" in condition.lower():
            raise UnclearError(f'"{shown(condition)}" is not understood')
        return Part.ERRORS if is_error else Part.SUCCESSES
    if (match := _NUMERIC.fullmatch(condition)) and _CODES.fullmatch(match[1].strip("`")):
        known = {(">=", "500"): Part.ERRORS, (">", "499"): Part.ERRORS, ("<", "500"): Part.SUCCESSES}
        known[("<=", "499")] = Part.SUCCESSES
        if (match[2], match[3]) not in known:
            raise UnclearError(f'"{shown(condition)}" lets through more or less than the errors')
        return known[match[2], match[3]]
    if (match := _LIKE.fullmatch(condition)) and _CODES.fullmatch(match[1].strip("`")):
        value = ".*".join(re.escape(piece) for piece in match[3].split("%"))
        return part_of([Matcher("code", "!~" if match[2] else "=~", value)])
    if (match := _EQUAL.fullmatch(condition)) and _CODES.fullmatch(match[1].strip("`")):
        return part_of([Matcher("code", "=" if match[2] == "=" else "!=", match[3])])
    return None
