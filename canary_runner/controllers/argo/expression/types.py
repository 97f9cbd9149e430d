"""The types that a condition is checked against, as far as values can be told apart before they are known."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from canary_runner.controllers.argo.expression.values import Value, Vector


class Basic(Enum):
    """A type without parts; ANY is decided when the condition runs.

    VALUE is what a key of the result itself holds: as open, but a branch of a known type may stand for it.
    """

    ANY = "any"
    VALUE = "interface {}"
    NIL = "nil"
    BOOL = "bool"
    INT = "int"
    FLOAT = "float64"
    STRING = "string"
    MAP = "map[string]any"
    FUNCTION = "func"


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list whose elements have one type."""

    element: "Type"


Type = Basic | ListOf

ANY, VALUE, NIL, BOOL, INT = Basic.ANY, Basic.VALUE, Basic.NIL, Basic.BOOL, Basic.INT
FLOAT, STRING, MAP, FUNCTION = Basic.FLOAT, Basic.STRING, Basic.MAP, Basic.FUNCTION
NUMBERS = frozenset((INT, FLOAT))


def shown(kind: Type) -> str:
    """Return a type in the words that the language's own messages use."""
    return f"[]{shown(kind.element)}" if isinstance(kind, ListOf) else kind.value


def type_of(value: Value) -> Type:
    """Return the type that a value has before anything is known about its parts."""
    if isinstance(value, Vector):
        return ListOf(FLOAT)
    if isinstance(value, tuple):
        return ListOf(ANY)
    if isinstance(value, Mapping):
        return MAP
    return {type(None): NIL, bool: BOOL, int: INT, float: FLOAT, str: STRING}[type(value)]


def assignable(one: Type, other: Type) -> bool:
    """Tell whether a value of one type may stand where the other is wanted; nothing may where ANY is on a side."""
    if one is NIL:
        return other is MAP or isinstance(other, ListOf)
    return ANY not in (one, other) and (one == other or other is VALUE)


def plain(kind: Type) -> Type:
    """Return a type as operators see it: VALUE is as open as ANY."""
    return ANY if kind is VALUE else kind


def comparable(one: Type, other: Type) -> bool:
    """Tell whether == may stand between two types: numbers, lists, equal types, and anything with nil or unknown."""
    if ANY in (one, other) or NIL in (one, other):
        return True
    if one in NUMBERS and other in NUMBERS:
        return True
    return (isinstance(one, ListOf) and isinstance(other, ListOf)) or one == other


def agree(one: Type, other: Type, wanted: frozenset[Type]) -> bool:
    """Tell whether two types may both turn out to be one of those wanted, at least one of them unknown."""
    return (one is ANY and (other is ANY or other in wanted)) or (other is ANY and one in wanted)
