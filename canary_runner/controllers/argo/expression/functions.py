"""Functions that a condition may call: those of the environment and those of the language."""

import math
import re
import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from canary_runner.controllers.argo.expression.nodes import ConditionError
from canary_runner.controllers.argo.expression.types import (
    ANY,
    BOOL,
    FLOAT,
    INT,
    MAP,
    NUMBERS,
    STRING,
    ListOf,
    Type,
    shown,
)
from canary_runner.controllers.argo.expression.values import (
    SMALLEST,
    Value,
    Vector,
    as_bytes,
    compare,
    elements,
    integer,
    is_number,
    named,
    number,
)

FLOAT_TEXT = re.compile(
    r"[+-]?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?|inf(?:inity)?|nan)", re.IGNORECASE | re.ASCII
)
LIST = ListOf(ANY)


@dataclass(frozen=True, slots=True)
class Function:
    """A function: the types that it takes, one set per argument, the type that it gives, and what it does."""

    takes: tuple[frozenset[Type] | None, ...]  # None: anything
    gives: Callable[[list[Type]], Type]
    run: Callable[..., Value]
    is_open: bool = False  # whether the last argument may be repeated
    may_take: tuple[frozenset[Type], ...] = ()  # and may be left out

    def check(self, name: str, arguments: list[Type]) -> Type:
        """Return the type of a call; raises ConditionError for a wrong number or type of arguments."""
        most = len(self.takes) + len(self.may_take)
        if len(arguments) < len(self.takes) or (len(arguments) > most and not self.is_open):
            raise ConditionError(f"{name}() takes {len(self.takes)} arguments, not {len(arguments)}")
        wanted = (*self.takes, *self.may_take, *self.takes[-1:] * (len(arguments) - most))
        for one, accepted in zip(arguments, wanted, strict=False):
            if one is ANY or accepted is None:
                continue
            if (LIST if isinstance(one, ListOf) else one) not in accepted:
                raise ConditionError(f"{name}() does not take {shown(one)}")
        return self.gives(arguments)


def _is(kind: Type) -> Callable[[list[Type]], Type]:
    return lambda _: kind


def as_int(value: Value) -> Value:
    """Return a number cut to an integer, or the integer that a text is; `1.1` as text is refused."""
    if isinstance(value, str):
        if not re.fullmatch(r"[+-]?[0-9]{1,400}", value, re.ASCII) or not SMALLEST <= int(value) < -SMALLEST:
            raise ConditionError(f"{value!r} is no integer")
        return int(value)
    return integer(value)


def as_float(value: Value) -> Value:
    """Return a number, or the number that a text is, as a float."""
    if isinstance(value, str):
        if not FLOAT_TEXT.fullmatch(value):
            raise ConditionError(f"{value!r} is no number")
        found = float(value)
        if math.isinf(found) and "inf" not in value.lower():
            raise ConditionError(f"{value!r} is too large")
        return found
    return float(number(value))


def _exact_float(value: Value) -> float:
    if not isinstance(value, float):
        raise ConditionError(f"{named(value)} stands where a float is wanted")
    return value


def _length(value: Value) -> Value:
    if isinstance(value, str | Mapping):
        return len(value)
    return len(elements(value))


def _rounded(rule: Callable[[float], float]) -> Callable[[Value], Value]:
    def apply(value: Value) -> Value:
        found = float(number(value))
        return rule(found) if math.isfinite(found) else found

    return apply


def _half_away(value: float) -> float:
    """Round as the language does: halves away from zero."""
    whole = math.floor(abs(value))
    return math.copysign(whole + (abs(value) - whole >= 0.5), value)


def _numbers(name: str, arguments: tuple[Value, ...]) -> list[int | float]:
    found: list[int | float] = []
    for one in arguments:
        if isinstance(one, Vector | tuple):
            found += _numbers(name, elements(one))
        elif is_number(one):
            found.append(number(one))
        else:
            raise ConditionError(f"{name}() does not take {named(one)}")
    return found


def _extreme(name: str, sign: str) -> Callable[..., Value]:
    """Make max or min: the first is kept until another is beyond it, so NaN at the front stays.

    Samples are compared among themselves first, as are lists in lists; of one argument anything is the most.
    """

    def find(*arguments: Value) -> Value:
        if len(arguments) == 1 and not isinstance(arguments[0], Vector | tuple):
            return arguments[0]
        best: Value = None
        for argument in arguments:
            for one in argument if isinstance(argument, tuple) else (argument,):
                if isinstance(one, Vector | tuple):
                    one = find(*one.values) if isinstance(one, Vector) else find(one)
                elif not is_number(one):
                    raise ConditionError(f"{name}() does not take {named(one)}")
                if one is not None and (best is None or compare(sign, best, one)):
                    best = one
        return best

    return find


def _mean(*arguments: Value) -> Value:
    found = _numbers("mean", arguments)
    return sum(map(float, found)) / len(found) if found else 0.0


def _median(*arguments: Value) -> Value:
    found = sorted((float(one) for one in _numbers("median", arguments)), key=lambda x: (not math.isnan(x), x))
    return statistics.median(found) if found else 0.0


def _aggregate(arguments: list[Type]) -> Type:
    return ANY if any(one not in NUMBERS for one in arguments) else arguments[0]


def _edge(index: int) -> Callable[[Value], Value]:
    def take(value: Value) -> Value:
        found = elements(value) if isinstance(value, Vector | tuple) else ()
        return found[index] if found else None

    return take


def _element(arguments: list[Type]) -> Type:
    """Samples are floats; what a list made in the condition holds is told by nobody."""
    return FLOAT if arguments[0] == ListOf(FLOAT) else ANY


def _text(test: Callable[..., Value]) -> Callable[..., Value]:
    def apply(*values: Value) -> Value:
        for one in values:
            if not isinstance(one, str):
                raise ConditionError(f"{named(one)} stands where text is wanted")
        return test(*values)

    return apply


def _split(text: Value, separator: Value, most: Value = -1) -> Value:
    """Split a text, into at most so many parts unless that is negative."""
    if not isinstance(text, str) or not isinstance(separator, str):
        raise ConditionError(f"{named(text)} and {named(separator)} are not two texts")
    wanted = integer(most)
    if wanted == 0:
        return ()
    if separator:
        return tuple(text.split(separator, wanted - 1 if wanted > 0 else -1))
    return tuple(text) if wanted < 0 or wanted >= len(text) else (*text[: wanted - 1], text[wanted - 1 :])


_NUMBER: frozenset[Type] = frozenset(NUMBERS)
_TEXT: frozenset[Type] = frozenset((STRING,))
_SIZED: frozenset[Type] = frozenset((LIST, MAP, STRING))
_LISTED: frozenset[Type] = frozenset((LIST,))
_SIMPLE: frozenset[Type] = frozenset((*NUMBERS, STRING))

BUILTINS: Mapping[str, Function] = {
    "len": Function((_SIZED,), _is(INT), _length),
    "abs": Function((_NUMBER,), lambda a: a[0], lambda v: abs(number(v))),
    "ceil": Function((_NUMBER,), _is(FLOAT), _rounded(lambda v: float(math.ceil(v)))),
    "floor": Function((_NUMBER,), _is(FLOAT), _rounded(lambda v: float(math.floor(v)))),
    "round": Function((_NUMBER,), _is(FLOAT), _rounded(_half_away)),
    "int": Function((_SIMPLE,), _is(INT), as_int),
    "float": Function((_SIMPLE,), _is(FLOAT), as_float),
    "max": Function((_NUMBER | _LISTED,), _aggregate, _extreme("max", "<"), is_open=True),
    "min": Function((_NUMBER | _LISTED,), _aggregate, _extreme("min", ">"), is_open=True),
    "mean": Function((_NUMBER | _LISTED,), _aggregate, _mean, is_open=True),
    "median": Function((_NUMBER | _LISTED,), _aggregate, _median, is_open=True),
    "first": Function((_LISTED,), _element, _edge(0)),
    "last": Function((_LISTED,), _element, _edge(-1)),
    "trim": Function((_TEXT,), _is(STRING), _text(str.strip), may_take=(_TEXT,)),
    "upper": Function((_TEXT,), _is(STRING), _text(str.upper)),
    "lower": Function((_TEXT,), _is(STRING), _text(str.lower)),
    "hasPrefix": Function((_TEXT, _TEXT), _is(BOOL), _text(str.startswith)),
    "hasSuffix": Function((_TEXT, _TEXT), _is(BOOL), _text(str.endswith)),
    "indexOf": Function((_TEXT, _TEXT), _is(INT), _text(lambda a, b: as_bytes(a).find(as_bytes(b)))),
    "split": Function((_TEXT, _TEXT), _is(ListOf(STRING)), _split, may_take=(frozenset((INT,)),)),
}
"""Functions of the language that the subset has; those with predicates are nodes of their own."""

NOT_MODELLED = frozenset(
    (
        "type", "string", "trimPrefix", "trimSuffix", "splitAfter", "replace", "repeat",
        "join", "lastIndexOf", "toJSON", "fromJSON", "toBase64", "fromBase64", "now", "duration", "date", "timezone",
        "get", "take", "keys", "values", "toPairs", "fromPairs", "reverse", "uniq", "concat", "flatten", "sort",
        "bitand", "bitor", "bitxor", "bitnand", "bitshl", "bitshr", "bitushr", "bitnot",
    )
)  # fmt: skip
"""Functions of the language that the subset leaves out."""

ENVIRONMENT: Mapping[str, Function] = {
    "asInt": Function((None,), _is(INT), as_int),
    "asFloat": Function((None,), _is(FLOAT), as_float),
    "isNaN": Function((_NUMBER,), _is(BOOL), lambda v: math.isnan(_exact_float(v))),
    "isInf": Function((_NUMBER,), _is(BOOL), lambda v: math.isinf(_exact_float(v))),
    "isNil": Function((None,), _is(BOOL), lambda v: v is None),
    "default": Function((None, None), _is(ANY), lambda v, other: other if v is None else v),
}
"""Functions that the controller adds. isNil and default look at the whole result, whatever their first argument is."""
