"""Between which results a condition does not change its mind."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from fractions import Fraction
from math import isfinite
from typing import Any, Final

from canary_runner.controllers.argo.expression.nodes import (
    Binary,
    Call,
    ConditionError,
    Fold,
    Item,
    Literal,
    Member,
    Name,
    Node,
    NotModelled,
    Unary,
)
from canary_runner.controllers.argo.expression.parser import parse

SAME_ORDER: Final = frozenset(
    {"isNaN", "isInf", "isNil", "default", "len", "float", "asFloat", "first", "last", "max", "min", "mean", "median"}
)
"""Functions that leave a number as it is: what a condition compares it with are then the numbers it is written with."""

ARITHMETIC: Final = frozenset({"+", "-", "*", "/", "%", "**", "^"})

ENDLESS: Final = frozenset({"matches", ".."})
"""Operators whose work has no bound in the length of a condition."""

MEANS: Final = frozenset({"mean", "median"})
"""Of those the ones that leave it as it is only where nothing else is in the list."""

COMPARISONS: Final = frozenset({"<", "<=", ">", ">=", "==", "!="})


def cuts_of(*conditions: str) -> tuple[float, ...]:
    """Return the numbers between which the conditions do not change their minds, growing.

    Where a condition compares terms that grow evenly with the result (`result * 100 >= 95`), the result at which they
    are equal is worked out, exactly and then rounded once; upstream rounds at each step, so within the last bit of a
    float the two may differ. Raises NotModelled where a condition computes otherwise, ConditionError where it is none.
    """
    found: set[float] = set()
    for condition in filter(None, conditions):
        found |= set(_numbers(parse(condition)))
    return tuple(sorted(found))


def _numbers(node: Any) -> Iterator[float]:
    """Yield the results at which a condition may change its mind."""
    if isinstance(node, Binary) and node.operator in COMPARISONS:
        sides = node.left, node.right
        if any(map(_computes, sides)):
            yield from _met(node)
            return
        if any(map(_counts, sides)):  # a number of elements, which is the same for every result
            for side in sides:
                yield from () if isinstance(side, Literal) else _numbers(side)
            return
    if isinstance(node, Literal):
        if isinstance(node.value, int | float) and not isinstance(node.value, bool):
            yield float(node.value)
        return
    if isinstance(node, Unary) and node.operator == "-" and isinstance(node.node, Literal):
        yield from (-number for number in _numbers(node.node))
        return
    _refuse_computing(node)
    for child in _children(node):
        yield from _numbers(child)


def _refuse_computing(node: Node) -> None:
    if _sign(node):
        raise NotModelled(f"the condition computes with {_sign(node)}")
    is_mean = isinstance(node, Call) and node.name in MEANS and not _is_measured(node.arguments)
    if isinstance(node, Call) and (node.name not in SAME_ORDER or is_mean):
        raise NotModelled(f"the condition computes with {node.name}()")
    if isinstance(node, Fold) and node.name in ("sum", "reduce", "map"):
        raise NotModelled(f"the condition computes with {node.name}()")
    if isinstance(node, Binary) and node.operator in ENDLESS:
        raise NotModelled(f"the condition has the operator {node.operator}, whose work has no bound")
    if isinstance(node, Fold) and any(isinstance(inner, Fold) for inner in _inside(node)):
        raise NotModelled(f"the condition has {node.name}() around another one, and their work multiplies")


def _inside(node: Any) -> Iterator[Any]:
    for child in _children(node):
        yield child
        yield from _inside(child)


def _children(node: Any) -> Iterator[Any]:
    if isinstance(node, tuple):
        yield from node
    elif is_dataclass(node):
        yield from (getattr(node, field.name) for field in fields(node))


def _is_measured(arguments: tuple[Node, ...]) -> bool:
    """Tell whether a function is given the result, or a part of it, alone."""
    return len(arguments) == 1 and isinstance(arguments[0], Name | Member)


def _counts(node: Node) -> bool:
    return isinstance(node, Call) and node.name == "len"


def _computes(node: Node) -> bool:
    return any(_sign(one) for one in (node, *_inside(node)))


def _sign(node: Any) -> str:
    """Return the operator with which a term computes, empty if it does not."""
    if isinstance(node, Binary) and node.operator in ARITHMETIC:
        return node.operator
    is_negated = isinstance(node, Unary) and node.operator == "-" and not isinstance(node.node, Literal)
    return "-" if is_negated else ""


def _met(comparison: Binary) -> Iterator[float]:
    """Yield the result at which both sides are equal, if there is one."""
    left, right = _line(comparison.left), _line(comparison.right)
    if left is None or right is None:
        raise NotModelled(f"the condition computes with {next(filter(None, map(_sign, _inside(comparison))))}")
    slope = left[0] - right[0]
    if slope == 0:
        return
    met = (right[1] - left[1]) / slope
    if abs(met) <= MOST:  # no result is beyond it
        yield float(met)


MOST: Final = 2**1000

Line = tuple[Fraction, Fraction]
"""What a term is: so many times the result, and a number."""


def _line(node: Node) -> Line | None:
    """Return what a term is; None if it does not grow evenly with the result."""
    match node:
        case Literal(value) if isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value):
            return Fraction(0), Fraction(str(value))
        case Name("result") | Item(""):
            return Fraction(1), Fraction(0)
        case Member(base, Literal()):
            return _line(base)
        case Call("default" | "asFloat" | "float", (of, *_)):
            return _line(of)
        case Unary("-", of):
            return _times(_line(of), Fraction(-1))
        case Binary("+" | "-" as sign, left, right):
            one, two = _line(left), _times(_line(right), Fraction(1 if sign == "+" else -1))
            return None if one is None or two is None else (one[0] + two[0], one[1] + two[1])
        case Binary("*" | "/" as sign, left, right):
            return _product(sign, _line(left), _line(right))
    return None


def _product(sign: str, left: Line | None, right: Line | None) -> Line | None:
    """Return a term times or by a number."""
    if left is None or right is None:
        return None
    if sign == "/":
        return None if right[0] != 0 or right[1] == 0 else _times(left, 1 / right[1])
    if left[0] == 0:
        return _times(right, left[1])
    return _times(left, right[1]) if right[0] == 0 else None


def _times(line: Line | None, factor: Fraction) -> Line | None:
    return None if line is None else (line[0] * factor, line[1] * factor)


def columns_of(*conditions: str) -> tuple[str, ...]:
    """Return the columns of a row that conditions read, in their order; none of a condition that is none."""
    found: dict[str, None] = {}
    for condition in filter(None, conditions):
        try:
            nodes = [parse(condition)]
        except (ConditionError, NotModelled):
            continue
        for node in (*nodes, *_inside(nodes[0])):
            match node:
                case Member(Name("result"), Literal(str() as column)):
                    found[column] = None
    return tuple(found)


def keys_of(*conditions: str) -> tuple[str, ...]:
    """Return the keys by name that conditions read of anything, in their order; none of a condition that is none."""
    found: dict[str, None] = {}
    for condition in filter(None, conditions):
        try:
            parsed = parse(condition)
        except (ConditionError, NotModelled):
            continue
        for node in (parsed, *_inside(parsed)):
            match node:
                case Member(_, Literal(str() as key)):
                    found[key] = None
    return tuple(found)


def guards_late(condition: str) -> bool:
    """Tell whether a condition uses the result to the left of where it asks whether there is one."""
    try:
        nodes = (parsed := parse(condition), *_inside(parsed))
    except ConditionError:
        return False
    return any(
        isinstance(node, Binary) and node.operator in ("||", "&&") and _reads(node.left) and _is_guarded(node.right)
        for node in nodes
    )


def guarded_first(condition: str) -> str:
    """Return a condition of two parts with its guard in front, empty for any other."""
    found = [mark for mark in ("||", "&&") if mark in condition]
    parts = condition.split(found[0]) if len(found) == 1 else []
    swapped = f" {found[0]} ".join(part.strip() for part in reversed(parts)) if len(parts) == 2 else ""
    try:
        return swapped if swapped and parse(swapped) and not guards_late(swapped) else ""
    except (ConditionError, NotModelled):
        return ""


def _reads(node: Node) -> bool:
    """Tell whether the result is used, and nothing asked of whether there is one before."""
    return any(map(_uses, (node, *_inside(node)))) and not _is_guarded(node)


def _uses(node: Any) -> bool:
    """Tell whether a part takes an element of the result, or holds the result against a number."""
    if isinstance(node, Member):
        return node.base == Name("result")
    return isinstance(node, Binary) and node.operator in ("<", "<=", ">", ">=") and _result in (node.left, node.right)


_result: Final = Name("result")
_NOTHING: Final = Literal(None)


def _is_guarded(node: Node) -> bool:
    """Tell whether a part asks for the length of the result, or whether it is nil."""
    return any(
        one in (Call("len", (_result,)), Call("isNil", (_result,)))
        or (isinstance(one, Binary) and one.operator in ("==", "!=") and {one.left, one.right} == {_result, _NOTHING})
        for one in (node, *_inside(node))
    )
