"""A checked condition on a measured result -> its value."""

from collections.abc import Callable
from itertools import islice

from canary_runner.controllers.argo.expression.functions import BUILTINS, ENVIRONMENT
from canary_runner.controllers.argo.expression.nodes import (
    METHOD,
    Among,
    Binary,
    Call,
    Chain,
    Conditional,
    ConditionError,
    Elements,
    Fold,
    Item,
    Literal,
    Member,
    Name,
    Node,
    NotModelled,
    Pairs,
    Part,
    SameType,
    Unary,
)
from canary_runner.controllers.argo.expression.values import (
    OPERATORS,
    Value,
    add,
    equal_of_type,
    fetch,
    gone_through,
    is_key,
    number,
    part,
    truth,
)

Evaluate = Callable[[Node], Value]

ABOUT_RESULT = frozenset(("isNil", "default"))
"""Functions that look at the whole result and ignore the value of their first argument."""


class _Absent(Exception):  # noqa: N818 - a jump, not an error
    """An optional member has no base: the chain is nil."""


def run(node: Node, result: Value, element: Value = None, index: int = 0) -> Value:
    """Return the value of a tree for a measured result; raises ConditionError where a value does not fit.

    Inside a predicate `element` is the one looked at and `index` its place, from 0.
    """

    def of(one: Node) -> Value:
        return run(one, result, element, index)

    match node:
        case Literal(value):
            return value
        case Name("result"):
            return result
        case Item(name):
            return index if name else element
        case Member(base, key, optional):
            return _member(of(base), key, optional, of)
        case Call(name, arguments):
            return _call(name, arguments, result, of)
        case Fold():
            return _fold(node, gone_through(of(node.collection)), result)
        case Conditional(test, then, otherwise):
            return of(then) if truth(of(test)) else of(otherwise)
        case Binary(sign, left, right):
            return _binary(sign, left, right, of)
        case _:
            return _rest(node, of)


def _rest(node: Node, of: Evaluate) -> Value:
    match node:
        case Name(name):
            raise ConditionError(f"{name} is a function, no value")
        case Chain(inner):
            return _chain(inner, of)
        case Among(inner, texts):
            return is_key(of(inner), texts)
        case SameType(Binary(sign, left, right)):
            return equal_of_type(of(left), of(right)) is (sign == "==")
        case Unary("!", inner):
            return not truth(of(inner))
        case Unary(sign, inner):
            value = number(of(inner))
            return -value if sign == "-" else value
        case Part(base, start, end):
            return part(of(base), 0 if start is None else of(start), None if end is None else of(end))
        case Elements(nodes):
            return tuple(of(one) for one in nodes)
        case Pairs(pairs):
            return {_key(of(key)): of(value) for key, value in pairs}
        case _:
            raise NotModelled(f"{type(node).__name__} is not modelled as a value")


def _key(value: Value) -> str:
    if not isinstance(value, str):
        raise ConditionError("a map's key is no text")
    return value


def _member(base: Value, key: Node, optional: bool, of: Evaluate) -> Value:
    if optional and base is None:
        raise _Absent
    return fetch(base, of(key))


def _chain(inner: Node, of: Evaluate) -> Value:
    try:
        return of(inner)
    except _Absent:
        return None


def _binary(sign: str, left: Node, right: Node, of: Evaluate) -> Value:
    """Evaluate two operands; the second of `&&`, `||` and `??` only where the first does not decide."""
    first = of(left)
    if sign == "??":
        return of(right) if first is None else first
    if sign in ("&&", "||"):
        return of(right) if truth(first) is (sign == "&&") else first
    return OPERATORS[sign](first, of(right))


def _call(name: str, arguments: tuple[Node, ...], result: Value, of: Evaluate) -> Value:
    if name == METHOD:
        raise ConditionError("no result of a query has methods")
    values = [of(one) for one in arguments]
    if name in ABOUT_RESULT:
        values[0] = result
    return (ENVIRONMENT.get(name) or BUILTINS[name]).run(*values)


def _fold(node: Fold, found: tuple[Value, ...], result: Value) -> Value:
    """Ask the predicate about the elements in turn, and no further than the answer needs."""

    def of(index: int) -> Value:
        one = found[index]
        return one if node.predicate is None else run(node.predicate, result, one, index)

    places = range(len(found))
    hits = (i for i in places if truth(of(i)))
    match node.name:
        case "all":
            return all(truth(of(i)) for i in places)
        case "any" | "none":
            return (next(hits, None) is not None) is (node.name == "any")
        case "one":
            return len(list(hits)) == 1
        case "count":
            return len(list(islice(hits, node.enough)))
        case "filter":
            return tuple(found[i] for i in hits)
        case "map":
            return tuple(of(i) for i in places)
        case "sum":
            return _sum([of(i) for i in places])
        case _:
            turned = (i for i in reversed(places) if truth(of(i)))
            return _found(node, found, next(turned if "Last" in node.name else hits, None))


def _found(node: Fold, found: tuple[Value, ...], place: int | None) -> Value:
    if place is None:
        if node.is_needed:
            raise ConditionError("reflect: slice index out of range")
        return None
    return place if node.name.endswith("Index") else found[place]


def _sum(values: list[Value]) -> Value:
    total: Value = 0
    for one in values:
        total = add(total, one)
    return total
