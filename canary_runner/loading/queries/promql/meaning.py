"""A PromQL expression -> what it measures, or why that is not safe to say.

Each rule below is one that PromQL keeps for every data: what depends on labels that are not in the query is refused.
"""

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Final

from canary_runner.loading.queries.algebra import Value, clamped, operated, query_of, where_not_zero, with_default
from canary_runner.loading.queries.answers import Names, UnclearError
from canary_runner.loading.queries.arms import Matcher, sees
from canary_runner.loading.queries.codes import Part, part_of, universes
from canary_runner.loading.queries.metrics import latency_factor
from canary_runner.loading.queries.promql.nodes import Call, Node, Number, Operation, Selector
from canary_runner.loading.queries.promql.parser import parse
from canary_runner.loading.queries.values import Flow, Measured
from canary_runner.model.query import Measures, NoData, Query

LONGEST_S: Final = 86_400
SCRAPE_S: Final = 60
"""Prometheus's default scrape interval: `irate` reads the last two samples, whatever its range."""

FINEST_ROUND: Final = Fraction(1, 1000)
"""Rounding to this share of the unit, or less, is taken for none."""

_ANYTHING: Final = frozenset({(".*", "=~")})


def meaning(text: str, names: Names, _window_s: int | None = None) -> Query:
    """Return what an expression measures; raises UnclearError."""
    return query_of(_Reader(names).value(parse(text)))


class _Reader:
    def __init__(self, names: Names) -> None:
        self.names = names

    def value(self, node: Node) -> Value:
        match node:
            case Number(number):
                return number
            case Selector(name):
                raise UnclearError(
                    f"{name or 'a metric'} without rate(...) or increase(...): what it holds is not known"
                )
            case Operation():
                return self.operation(node)
            case Call():
                return self.call(node)

    def call(self, node: Call) -> Value:
        if node.name in ("rate", "increase", "irate"):
            return self.flow(node)
        if node.name == "histogram_quantile":
            return self.quantile(node)
        known = _FUNCTIONS.get(node.name)
        if known is None or not node.arguments:
            raise UnclearError(f"{node.name}(...) is not modelled")
        return known(node, [self.value(one) for one in node.arguments])

    def flow(self, node: Call) -> Flow:
        (selector,) = node.arguments if len(node.arguments) == 1 else (None,)
        if not isinstance(selector, Selector) or selector.range_s is None:
            raise UnclearError(f"{node.name}(...) wants a metric with a range")
        name, matchers = _named(selector)
        window_s = _whole(min(selector.range_s, Fraction(SCRAPE_S)) if node.name == "irate" else selector.range_s)
        others = frozenset(one for one in matchers if not universes(one.label) and not _is_anything(one))
        factor = Fraction(1) if node.name == "increase" else Fraction(1, window_s)
        return Flow(name, part_of(matchers), others, sees(others, self.names), window_s, factor)

    def quantile(self, node: Call) -> Measured:
        if len(node.arguments) != 2:
            raise UnclearError("histogram_quantile wants a number and buckets")
        at, buckets = (self.value(one) for one in node.arguments)
        if not isinstance(at, Fraction) or not 0 < at < 1:
            raise UnclearError("histogram_quantile wants a number between 0 and 1")
        if not isinstance(buckets, Flow):
            raise UnclearError("histogram_quantile of what are no buckets")
        if buckets.by is None:
            raise UnclearError("histogram_quantile without sum(...) by (le) gives a number for each series")
        if buckets.by != {"le"}:
            rest = sorted(buckets.by - {"le"})
            raise UnclearError(f"by ({rest[0]}) gives a number for each {rest[0]}" if rest else "le is summed away")
        if buckets.part is Part.ERRORS:
            raise UnclearError("it is the latency of errors only")
        factor, labels = latency_factor(buckets.name), buckets.labels - {"le"}
        return Measured(Measures.LATENCY_QUANTILE, buckets.sees, buckets.window_s, factor, quantile=at, labels=labels)

    def operation(self, node: Operation) -> Value:
        one = self.value(node.left)
        if node.operator == "or":
            number = _vector(node.right)
            _refuse_unpaired(node, _labels(one), frozenset())
            return with_default(one, number)
        other = self.value(node.right)
        if node.operator in (">", "!=") and isinstance(one, Flow) and other == 0:
            return where_not_zero(one)
        found = operated(node.operator, one, other)
        if isinstance(one, Fraction) or isinstance(other, Fraction):
            return found
        paired = _refuse_unpaired(node, one.labels, other.labels)
        return found if isinstance(found, Fraction) else replace(found, labels=paired)


def _labels(value: Value) -> frozenset[str]:
    return frozenset() if isinstance(value, Fraction) else value.labels


def _refuse_unpaired(node: Operation, left: frozenset[str], right: frozenset[str]) -> frozenset[str]:
    """Return the labels by which one series pairs with another; raises UnclearError where they have not the same."""
    sides = [one - node.ignoring if node.on is None else one & node.on for one in (left, right)]
    if sides[0] != sides[1]:
        label = sorted(sides[0] ^ sides[1])[0]
        raise UnclearError(f"one side of {node.operator} has the label {label}, the other has not: they do not pair")
    return sides[0]


def _vector(node: Node) -> Fraction:
    match node:
        case Call("vector", (Number(number),)):
            return number
    raise UnclearError("or with anything but vector(NUMBER)")


def _named(selector: Selector) -> tuple[str, tuple[Matcher, ...]]:
    """Return the name of a metric and its other matchers; what counts requests in buckets must count each once."""
    names = [one.value for one in selector.matchers if one.label == "__name__" and one.operator == "="]
    matchers = tuple(one for one in selector.matchers if one.label not in ("__name__", "le"))
    name = selector.name or (names[0] if names else "")
    if not name:
        raise UnclearError("a selector without the name of a metric")
    limits = [one for one in selector.matchers if one.label == "le"]
    if any((one.operator, one.value) != ("=", "+Inf") for one in limits):
        raise UnclearError(f"{limits[0]} counts fast requests: their share is not modelled")
    return (f"{name.removesuffix('_bucket')}_count" if limits else name), matchers


def _is_anything(matcher: Matcher) -> bool:
    return (matcher.value, matcher.operator) in _ANYTHING


def _whole(range_s: Fraction) -> int:
    if range_s.denominator != 1 or range_s < 1:
        raise UnclearError(f"a range of {float(range_s):g}s is no whole number of seconds")
    if range_s > LONGEST_S:
        raise UnclearError(f"a range of {int(range_s):,}s is longer than a day")
    return int(range_s)


def _sum(node: Call, values: list[Value]) -> Value:
    value = values[0]
    if not isinstance(value, Flow):
        return _single(node, values)
    pinned = {one.label for one in value.others if one.operator == "="}
    kept = node.by - pinned
    if value.by is not None and not kept <= value.by:
        raise UnclearError(f"{sorted(kept - value.by)[0]} is summed away before it is asked for")
    had = node.by & pinned if value.by is None else node.by & value.labels
    return replace(value, by=kept, labels=had)


def _single(node: Call, values: list[Value]) -> Value:
    """Return the one value of an aggregation of one value."""
    value = values[-1]
    if node.by or isinstance(value, Fraction) or (isinstance(value, Flow) and value.by != frozenset()):
        raise UnclearError(f"{node.name}(...) of several series is not modelled")
    return replace(value, labels=frozenset())


def _scalar(_: Call, values: list[Value]) -> Value:
    value = values[0]
    if isinstance(value, Fraction):
        return value
    idle, unborn = (NoData.NAN if one is NoData.EMPTY else one for one in (value.idle, value.unborn))
    return replace(value, idle=idle, unborn=unborn, labels=frozenset())


def _round(_: Call, values: list[Value]) -> Value:
    value, to = values[0], values[1] if len(values) > 1 else Fraction(1)
    if not isinstance(value, Measured) or not isinstance(to, Fraction) or to > FINEST_ROUND * abs(value.factor):
        raise UnclearError("round(...) is coarser than a thousandth")
    return value


def _clamp(node: Call, values: list[Value]) -> Value:
    value, *limits = values
    numbers = [one for one in limits if isinstance(one, Fraction)]
    wanted = 2 if node.name == "clamp" else 1
    if len(numbers) != wanted or len(limits) != wanted or isinstance(value, Fraction):
        raise UnclearError(f"{node.name}(...) wants {wanted} number{'s' * (wanted > 1)}")
    least = numbers[0] if node.name != "clamp_max" else None
    most = numbers[-1] if node.name != "clamp_min" else None
    return clamped(value, least, most)


_FUNCTIONS: Final[dict[str, Callable[[Call, list[Value]], Value]]] = {
    "sum": _sum,
    "avg": _single,
    "max": _single,
    "min": _single,
    "abs": _single,
    "scalar": _scalar,
    "round": _round,
    "clamp": _clamp,
    "clamp_min": _clamp,
    "clamp_max": _clamp,
}
