"""Values of the language and what its operators do with them at run time.

A number is an int or a float64, a list of a metric's samples a `Vector` of floats; what a JSON answer holds is a tuple,
a mapping, text, a truth value or None, and its numbers are floats.
"""

import math
import re
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass

from canary_runner.controllers.argo.expression.nodes import ConditionError, NotModelled


@dataclass(frozen=True, slots=True)
class Vector:
    """The samples of a query, one per series: what a Prometheus answer is to a condition."""

    values: tuple[float, ...] = ()


class Integers(tuple[int, ...]):
    """The integers of a range; no list of floats is equal to it."""

    __slots__ = ()


Value = bool | int | float | str | None | Vector | tuple["Value", ...] | Mapping[str, "Value"]

SMALLEST = -(2**63)
"""What a float that fits no integer becomes, on the machines that the real controller runs on."""


def is_number(value: Value) -> bool:
    """Whether this is a number; a truth value is none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def number(value: Value) -> int | float:
    """Return a number; anything else is refused."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ConditionError(f"{named(value)} is no number")
    return value


def truth(value: Value) -> bool:
    """Return a truth value; anything else is refused: nothing is true by being there."""
    if not isinstance(value, bool):
        raise ConditionError(f"{named(value)} is neither true nor false")
    return value


def elements(value: Value) -> tuple[Value, ...]:
    """Return the elements of a list; anything else is refused."""
    if isinstance(value, Vector):
        return value.values
    if isinstance(value, tuple):
        return value
    raise ConditionError(f"{named(value)} is no list")


def gone_through(value: Value) -> tuple[Value, ...]:
    """Return what a predicate is asked about: the elements of a list, the bytes of a text, of an empty map nothing."""
    if isinstance(value, str):
        return tuple(as_bytes(value))
    return () if value == {} else elements(value)


def named(value: Value) -> str:
    """Return a few words for a value of this type."""
    if value is None:
        return "nil"
    names: dict[type, str] = {
        bool: "a truth value", int: "an integer", float: "a float", str: "text", Vector: "a list", tuple: "a list"
    }  # fmt: skip
    return names.get(type(value), "a map")


def as_bytes(text: str) -> bytes:
    """Return a text as the bytes by which it is ordered, cut and searched."""
    return text.encode(errors="surrogatepass")


def integer(value: Value) -> int:
    """Return a number cut to an integer, as an index or a bound is."""
    wanted = number(value)
    if isinstance(wanted, float):
        if not math.isfinite(wanted) or abs(wanted) >= 2**63:
            return SMALLEST
        return int(wanted)
    return wanted


def equal(left: Value, right: Value) -> bool:
    """Tell whether two values are equal: numbers by value, lists and maps by content, never text and number."""
    if is_number(left) and is_number(right):
        return left == right if type(left) is type(right) else float(number(left)) == float(number(right))
    if isinstance(left, Vector | tuple) and isinstance(right, Vector | tuple):
        if {type(left), type(right)} == {Vector, Integers}:
            return False
        one, two = elements(left), elements(right)
        return len(one) == len(two) and all(map(equal, one, two))
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return _same(left, right)
    return type(left) is type(right) and left == right


def _same(left: Value, right: Value) -> bool:
    """Tell whether two values are the same down to the types of their numbers, as what maps hold must be."""
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return left.keys() == right.keys() and all(_same(left[k], right[k]) for k in left)
    if isinstance(left, tuple) and isinstance(right, tuple):
        return len(left) == len(right) and all(map(_same, left, right))
    return type(left) is type(right) and left == right


def equal_of_type(left: Value, right: Value) -> bool:
    """Tell whether two integers or two texts are equal; anything else is refused."""
    for kind in (int, str):
        if type(left) is type(right) is kind:
            return left == right
    raise ConditionError(f"{named(left)} and {named(right)} are not of the type that they were taken for")


def compare(sign: str, left: Value, right: Value) -> bool:
    """Order two numbers or two texts; NaN is neither below nor above anything."""
    if isinstance(left, str) and isinstance(right, str):
        one, two = as_bytes(left), as_bytes(right)
        return {"<": one < two, ">": one > two, "<=": one <= two, ">=": one >= two}[sign]
    a, b = number(left), number(right)
    if isinstance(a, float) or isinstance(b, float):
        a, b = float(a), float(b)
    return {"<": a < b, ">": a > b, "<=": a <= b, ">=": a >= b}[sign]


def _wrapped(value: int) -> int:
    """Return an integer as 64 bits hold it."""
    return (value + 2**63) % 2**64 - 2**63


def add(left: Value, right: Value) -> Value:
    """Add numbers or join texts."""
    if isinstance(left, str) and isinstance(right, str):
        return left + right
    a, b = number(left), number(right)
    return _wrapped(a + b) if isinstance(a, int) and isinstance(b, int) else float(a) + float(b)


def subtract(left: Value, right: Value) -> Value:
    """Subtract numbers."""
    a, b = number(left), number(right)
    return _wrapped(a - b) if isinstance(a, int) and isinstance(b, int) else float(a) - float(b)


def multiply(left: Value, right: Value) -> Value:
    """Multiply numbers."""
    a, b = number(left), number(right)
    return _wrapped(a * b) if isinstance(a, int) and isinstance(b, int) else float(a) * float(b)


def divide(left: Value, right: Value) -> Value:
    """Divide as floats: by zero gives an infinity, zero by zero NaN."""
    a, b = float(number(left)), float(number(right))
    if b != 0:
        return a / b
    return math.nan if a == 0 or math.isnan(a) else math.copysign(math.inf, a) * math.copysign(1.0, b)


def remainder(left: Value, right: Value) -> Value:
    """Return the remainder of integers, with the sign of the first; by zero it is refused."""
    a, b = number(left), number(right)
    if isinstance(a, float) or isinstance(b, float):
        raise ConditionError("% works on integers only")
    if b == 0:
        raise ConditionError("integer divide by zero")
    return a - b * (abs(a) // abs(b)) * (1 if (a < 0) == (b < 0) else -1)


def power(left: Value, right: Value) -> Value:
    """Return a power as a float."""
    a, b = float(number(left)), float(number(right))
    try:
        return math.pow(a, b)
    except OverflowError:
        return math.inf
    except ValueError:
        return math.nan if a < 0 else math.inf


def member_of(needle: Value, place: Value) -> Value:
    """Tell whether an element is in a list, or a key in a map; nothing is in nil."""
    if place is None:
        return False
    if isinstance(place, Mapping):
        return is_key(needle, place)
    return any(equal(one, needle) for one in elements(place))


def is_key(needle: Value, keys: Container[str]) -> bool:
    """Tell whether a text is among keys; nil reads as the empty text, anything else is refused."""
    if needle is None:
        return "" in keys
    if not isinstance(needle, str):
        raise ConditionError(f"{named(needle)} is looked for among texts")
    return needle in keys


def span(left: Value, right: Value) -> Value:
    """Return the integers from one to another, both included."""
    first, last = integer(left), integer(right)
    if last - first >= 1_000_000:
        raise ConditionError("a range of a million integers or more")
    return Integers(range(first, last + 1))


def textual(test: Callable[[str, str], bool]) -> Callable[[Value, Value], Value]:
    """Make an operator on two texts; where one is nil the answer is false."""

    def operate(left: Value, right: Value) -> Value:
        if left is None or right is None:
            return False
        if not isinstance(left, str) or not isinstance(right, str):
            raise ConditionError(f"{named(left)} and {named(right)} are not two texts")
        return test(left, right)

    return operate


def matches(text: str, pattern: str) -> bool:
    """Search a text for a regular expression."""
    try:
        return re.search(pattern, text) is not None
    except re.error as wrong:
        raise ConditionError(f"the regular expression {pattern!r} is wrong: {wrong}") from wrong
    except RecursionError as wrong:
        raise NotModelled("a regular expression nested this deep is not modelled") from wrong


OPERATORS: dict[str, Callable[[Value, Value], Value]] = {
    "==": equal,
    "!=": lambda a, b: not equal(a, b),
    "+": add,
    "-": subtract,
    "*": multiply,
    "/": divide,
    "%": remainder,
    "**": power,
    "in": member_of,
    "..": span,
    "matches": textual(matches),
    "contains": textual(lambda a, b: b in a),
    "startsWith": textual(str.startswith),
    "endsWith": textual(str.endswith),
    "<": lambda a, b: compare("<", a, b),
    ">": lambda a, b: compare(">", a, b),
    "<=": lambda a, b: compare("<=", a, b),
    ">=": lambda a, b: compare(">=", a, b),
}
"""Every operator whose operands are both evaluated."""


def fetch(base: Value, key: Value) -> Value:
    """Return an element by its index, from the end if negative, or a map's value; a missing key is nil."""
    if isinstance(base, Mapping):
        if key is None:
            return base.get("")
        if not isinstance(key, str):
            raise ConditionError(f"a map has no {named(key)} as key")
        return base.get(key)
    if isinstance(base, str):
        found: tuple[Value, ...] = tuple(as_bytes(base))
    else:
        found = elements(base)
    index = integer(key)
    if not -len(found) <= index < len(found):
        raise ConditionError(f"index {index} is out of range of {len(found)} elements")
    return found[index]


def part(base: Value, start: Value, end: Value) -> Value:
    """Return the elements from a start up to an end; both may count from the end and are cut to what there is."""
    if isinstance(base, str):
        cut = as_bytes(base)[integer(start) : None if end is None else integer(end)]
        return cut.decode(errors="surrogateescape")
    found = elements(base)[integer(start) : None if end is None else integer(end)]
    return Vector(found) if isinstance(base, Vector) else found  # type: ignore[arg-type]
