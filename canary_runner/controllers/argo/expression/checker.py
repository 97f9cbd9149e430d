"""The types of a condition's parts, before it runs: what is refused here is refused whatever the other parts say."""

from collections.abc import Mapping
from dataclasses import dataclass

from canary_runner.controllers.argo.expression.functions import (
    BUILTINS,
    ENVIRONMENT,
    NOT_MODELLED,
)
from canary_runner.controllers.argo.expression.nodes import (
    METHOD,
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
    Unary,
)
from canary_runner.controllers.argo.expression.types import (
    ANY,
    BOOL,
    FLOAT,
    FUNCTION,
    INT,
    MAP,
    NIL,
    NUMBERS,
    STRING,
    VALUE,
    ListOf,
    Type,
    agree,
    assignable,
    comparable,
    plain,
    shown,
    type_of,
)
from canary_runner.controllers.argo.expression.values import matches

ORDERED = frozenset((INT, FLOAT, STRING))
LOGIC = frozenset(("&&", "||"))
ORDER = frozenset(("<", ">", "<=", ">="))
TEXTUAL = frozenset(("matches", "contains", "startsWith", "endsWith"))
ARITHMETIC: Mapping[str, tuple[frozenset[Type], Type | None]] = {
    "+": (ORDERED, None), "-": (NUMBERS, None), "*": (NUMBERS, None), "/": (NUMBERS, FLOAT), "**": (NUMBERS, FLOAT),
    "%": (frozenset((INT,)), INT), "..": (frozenset((INT,)), ListOf(INT)),
}  # fmt: skip
"""What each operator works on, and what it gives; None: what its operands are."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What a predicate looks at: the type of `#`, and whether there is a `#index`."""

    element: Type
    has_index: bool


def scope_of(fold: str, collection: Type) -> Scope:
    """Return what the predicate of a fold over a list looks at; its place is told to `map` alone."""
    return Scope(collection.element if isinstance(collection, ListOf) else ANY, fold == "map")


def check(node: Node, result: Type, scope: Scope | None = None) -> Type:
    """Return the type of a tree; raises ConditionError where the language refuses it.

    Args:
        node: the tree.
        result: the type of the measured `result`.
        scope: what a predicate looks at, None outside.
    """

    def of(part: Node) -> Type:
        return plain(check(part, result, scope))

    match node:
        case Literal(value):
            return type_of(value)
        case Name(name):
            return _name(name, result)
        case Item(name):
            return _item(name, scope)
        case Member(base, key, _):
            return _member(of(base), of(key), key)
        case Part(base, start, end):
            return _part(of(base), [of(one) for one in (start, end) if one is not None])
        case Elements(nodes):
            return _listed([of(one) for one in nodes])
        case Call(name, arguments):
            return _call(name, [of(one) for one in arguments])
        case Fold():
            return _fold(node, of(node.collection), result)
        case _:
            return _operator(node, result, scope)


def _operator(node: Node, result: Type, scope: Scope | None) -> Type:
    def of(part: Node) -> Type:
        return plain(check(part, result, scope))

    match node:
        case Chain(inner):
            return check(inner, result, scope)
        case Unary(sign, inner):
            return _unary(sign, of(inner))
        case Binary(sign, left, right):
            if sign == "matches" and isinstance(right, Literal) and isinstance(right.value, str):
                matches("", right.value)  # a wrong pattern is refused before it is used
            return _binary(sign, of(left), of(right))
        case Conditional(test, then, otherwise):
            return _conditional(of(test), check(then, result, scope), check(otherwise, result, scope))
        case Pairs(pairs):
            for key, value in pairs:
                of(key), of(value)
            return MAP
        case _:
            raise NotModelled(f"{type(node).__name__} is not modelled")


def _name(name: str, result: Type) -> Type:
    if name == "result":
        return result
    if name == "$env":
        raise NotModelled("$env is not modelled")
    if name in ENVIRONMENT or name in BUILTINS or name in NOT_MODELLED:
        return FUNCTION
    raise ConditionError(f"unknown name {name}")


def _item(name: str, scope: Scope | None) -> Type:
    if scope is None:
        raise ConditionError("# stands outside a predicate")
    if name == "":
        return scope.element
    if name == "index" and scope.has_index:
        return INT
    raise ConditionError(f"unknown pointer #{name}")


def _member(base: Type, key: Type, node: Node) -> Type:
    if base is ANY:
        return ANY
    if base is MAP:
        if key not in (STRING, ANY):
            raise ConditionError(f"cannot use {shown(key)} to get an element from {shown(base)}")
        return VALUE
    if isinstance(base, ListOf):
        if key not in (INT, ANY):
            raise ConditionError(f"an element is chosen by an integer, not by {shown(key)}")
        return base.element
    field = node.value if isinstance(node, Literal) else shown(key)
    raise ConditionError(f"{shown(base)} has no field {field}")


def _part(base: Type, bounds: list[Type]) -> Type:
    if base is ANY:
        return ANY
    if base is not STRING and not isinstance(base, ListOf):
        raise ConditionError(f"cannot slice {shown(base)}")
    for bound in bounds:
        if bound not in (INT, ANY):
            raise ConditionError(f"a bound of a slice is an integer, not {shown(bound)}")
    return base


def _listed(kinds: list[Type]) -> Type:
    same = kinds and all(isinstance(k, ListOf) == isinstance(kinds[0], ListOf) for k in kinds)
    if same and (isinstance(kinds[0], ListOf) or all(k is kinds[0] for k in kinds)):
        return ListOf(kinds[-1])
    return ListOf(ANY)


def _call(name: str, arguments: list[Type]) -> Type:
    if name == "result":
        raise ConditionError("result is not callable")
    if name == METHOD:
        if arguments[0] not in (ANY, MAP):
            raise ConditionError(f"{shown(arguments[0])} has no methods")
        return ANY
    rule = ENVIRONMENT.get(name) or BUILTINS.get(name)
    if rule is None:
        if name in NOT_MODELLED:
            raise NotModelled(f"{name}() is not modelled")
        raise ConditionError(f"unknown name {name}")
    return rule.check(name, arguments)


def _fold(node: Fold, collection: Type, result: Type) -> Type:
    if collection is not ANY and not isinstance(collection, ListOf):
        raise ConditionError(f"{node.name}() takes a list, not {shown(collection)}")
    scope = scope_of(node.name, collection)
    element = scope.element
    inner = element if node.predicate is None else check(node.predicate, result, scope)
    if node.name == "sum":
        return inner
    if node.name == "map":
        return ListOf(inner)
    if node.predicate is not None and inner not in (BOOL, ANY):
        raise ConditionError(f"the predicate of {node.name}() gives {shown(inner)}, not a truth value")
    if node.name in ("all", "any", "none", "one"):
        return BOOL
    if node.name == "filter":
        return ListOf(element)
    return element if node.name in ("find", "findLast") else INT


def _unary(sign: str, kind: Type) -> Type:
    if sign == "!" and kind in (BOOL, ANY):
        return BOOL
    if sign != "!" and (kind in NUMBERS or kind is ANY):
        return kind
    raise ConditionError(f"invalid operation: {sign} on {shown(kind)}")


def _binary(sign: str, left: Type, right: Type) -> Type:
    found: Type | None
    if sign in ("==", "!="):
        found = BOOL if comparable(left, right) else None
    elif sign in LOGIC:
        found = BOOL if left is right is BOOL or agree(left, right, frozenset((BOOL,))) else None
    elif sign in ORDER:
        found = BOOL if _alike(left, right) or agree(left, right, ORDERED) else None
    elif sign in TEXTUAL:
        found = BOOL if left is right is STRING or agree(left, right, frozenset((STRING,))) else None
    elif sign == "in":
        found = BOOL if _may_be_in(left, right) else None
    elif sign == "??":
        return _coalesced(left, right)
    else:
        found = _arithmetic(sign, left, right)
    if found is None:
        raise ConditionError(f"invalid operation: {sign} between {shown(left)} and {shown(right)}")
    return found


def _alike(left: Type, right: Type) -> bool:
    return (left in NUMBERS and right in NUMBERS) or left is right is STRING


def _arithmetic(sign: str, left: Type, right: Type) -> Type | None:
    wanted, given = ARITHMETIC[sign]
    if left in wanted and right in wanted and _alike(left, right):
        return given or (left if left is right else FLOAT)
    return (given or ANY) if agree(left, right, wanted) else None


def _may_be_in(left: Type, right: Type) -> bool:
    if right is MAP:
        return left in (STRING, ANY)
    if isinstance(right, ListOf):
        return comparable(left, right.element)
    return right is ANY or (left is ANY and right is STRING)


def _coalesced(left: Type, right: Type) -> Type:
    if left is NIL:
        return right
    return left if right is NIL or left == right else ANY


def _conditional(test: Type, then: Type, otherwise: Type) -> Type:
    if test not in (BOOL, ANY):
        raise ConditionError(f"{shown(test)} is used as a condition")
    if then is NIL:
        return otherwise
    if otherwise is NIL:
        return then
    if isinstance(then, ListOf) and isinstance(otherwise, ListOf) and then != otherwise:
        return ListOf(ANY)
    return then if assignable(then, otherwise) else ANY
