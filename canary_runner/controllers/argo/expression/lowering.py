"""What the compiler makes of a checked condition: constants worked out, work left undone, equality bound to a type.

It matters where a value does not fit: what is never run refuses nothing. Facts: expr-lang/expr 1.17.8, `optimizer`
(in_array, fold, filter_len, filter_first, filter_last, predicate_combination, count_any, count_threshold) and
`compiler.equalBinaryNode`.
"""

from collections.abc import Callable

from canary_runner.controllers.argo.expression.checker import Scope, check, scope_of
from canary_runner.controllers.argo.expression.folding import folded
from canary_runner.controllers.argo.expression.nodes import (
    Among,
    Binary,
    Call,
    Chain,
    Conditional,
    Elements,
    Fold,
    Literal,
    Member,
    Node,
    Pairs,
    Part,
    SameType,
    Unary,
)
from canary_runner.controllers.argo.expression.types import INT, STRING, Type

WANT_FLOAT = frozenset(("isNaN", "isInf"))
"""Functions for which integers that are written out become floats; a computed one is refused."""

COMBINED = {("all", "&&"): "&&", ("any", "||"): "||", ("none", "&&"): "||"}
"""Two questions about one list that become one, and how their predicates are joined."""

ENOUGH = {">": 1, ">=": 0, "<": 0, "<=": 1}
"""By comparison, how many hits more than the number compared with decide it."""


def lowered(node: Node, result: Type, scope: Scope | None = None) -> Node:
    """Return a checked tree as it is run; raises ConditionError where a constant cannot be worked out.

    Args:
        node: the tree, of which `check` refuses nothing.
        result: the type of the measured `result`.
        scope: what a predicate looks at, None outside.
    """

    def of(one: Node) -> Node:
        return lowered(one, result, scope)

    def kind(one: Node) -> Type:
        return check(one, result, scope)

    match node:
        case Binary("in", left, Elements(nodes)) if texts := _texts(nodes):
            return Among(of(left), texts)
        case Binary(sign, left, right):
            return _binary(sign, of(left), of(right), _is_bound(sign, kind(left), kind(right)))
        case Call(name, (first,)) if name in WANT_FLOAT and kind(first) is INT:
            return Call(name, (of(_with_floats(first)),))
        case Call(name, arguments):
            return _call(name, tuple(map(of, arguments)))
        case Fold(name, collection, predicate):
            inside = scope_of(name, kind(collection))
            return Fold(name, of(collection), predicate and lowered(predicate, result, inside))
        case Member(base, key, optional):
            return _member(of(base), of(key), optional)
        case Unary(sign, inner):
            return folded(Unary(sign, of(inner)))
    return _with_parts(node, of)


def _with_parts(node: Node, of: Callable[[Node], Node]) -> Node:
    """Return a node that stays what it is, its parts lowered."""
    match node:
        case Chain(inner):
            return Chain(of(inner))
        case Conditional(test, then, otherwise):
            return Conditional(of(test), of(then), of(otherwise))
        case Part(base, start, end):
            return Part(of(base), start and of(start), end and of(end))
        case Elements(nodes):
            return Elements(tuple(map(of, nodes)))
        case Pairs(pairs):
            return Pairs(tuple((of(key), of(value)) for key, value in pairs))
    return node


def _is_bound(sign: str, left: Type, right: Type) -> bool:
    return sign in ("==", "!=") and left is right and left in (INT, STRING)


def _texts(nodes: tuple[Node, ...]) -> frozenset[str]:
    """Return the texts of a list of texts, none if it holds anything else."""
    found = [node.value for node in nodes if isinstance(node, Literal) and isinstance(node.value, str)]
    return frozenset(found) if len(found) == len(nodes) else frozenset()


def _with_floats(node: Node) -> Node:
    """Return a tree whose integers under signs and `+ - *` are floats."""
    match node:
        case Literal(int() as value) if not isinstance(value, bool):
            return Literal(float(value))
        case Unary(sign, inner):
            return Unary(sign, _with_floats(inner))
        case Binary("+" | "-" | "*" as sign, left, right):
            return Binary(sign, _with_floats(left), _with_floats(right))
    return node


def _binary(sign: str, left: Node, right: Node, is_bound: bool) -> Node:
    match (left, right):
        case (Fold(name, one, p), Fold(other, same, q)) if name == other and one == same and p is not None:
            if q is not None and (joined := COMBINED.get((name, sign))):
                return Fold(name, one, Binary(joined, p, q))
        case (Fold("count", collection, p), Literal(int() as bound)) if p is not None and sign in ENOUGH:
            enough = bound + ENOUGH[sign]
            if enough == 1 and sign in (">", ">="):
                return Fold("any", collection, p)
            return Binary(sign, Fold("count", collection, p, enough if enough > 1 else None), right)
    found = folded(Binary(sign, left, right))
    return SameType(found) if is_bound and isinstance(found, Binary) else found


def _call(name: str, arguments: tuple[Node, ...]) -> Node:
    match (name, arguments):
        case ("len", (Fold("filter", collection, predicate),)):
            return Fold("count", collection, predicate)
        case ("first", (Fold("filter", collection, predicate),)):
            return Fold("find", collection, predicate)
        case ("last", (Fold("filter", collection, predicate),)):
            return Fold("findLast", collection, predicate)
    return Call(name, arguments)


def _member(base: Node, key: Node, optional: bool) -> Node:
    """Return a look-up; of what a filter leaves, the first or last one is looked for, and must be there."""
    match (base, key):
        case (Fold("filter", collection, predicate), Literal(0 | -1 as place)) if not optional:
            return Fold("find" if place == 0 else "findLast", collection, predicate, is_needed=True)
    return Member(base, key, optional)
