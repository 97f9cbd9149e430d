"""Arithmetic on what parts of a query are; the same in every query language."""

from dataclasses import replace
from fractions import Fraction

from canary_runner.loading.queries.answers import UnclearError
from canary_runner.loading.queries.codes import Part
from canary_runner.loading.queries.values import Flow, Measured, combined, ratio
from canary_runner.model.query import NoData, Query

Value = Fraction | Flow | Measured


def query_of(value: Value) -> Query:
    """Return what a whole query measures; raises UnclearError."""
    if isinstance(value, Fraction):
        raise UnclearError("it is a number, and measures nothing")
    return _measured(value).query()


def operated(operator: str, left: Value, right: Value) -> Value:
    """Return `left operator right`; raises UnclearError where that depends on more than is known."""
    if operator not in ("+", "-", "*", "/"):
        raise UnclearError(f"{operator} compares, and what that leaves is not modelled")
    if isinstance(left, Fraction) and isinstance(right, Fraction):
        return _numbers(operator, left, right)
    if isinstance(left, Flow) and isinstance(right, Flow):
        return ratio(left, right) if operator == "/" else combined(left, right, operator)
    if isinstance(right, Fraction) and not isinstance(left, Fraction):
        return _with_number(operator, left, right)
    if isinstance(left, Fraction) and not isinstance(right, Fraction):
        return _number_with(operator, left, right)
    raise UnclearError(f"two measurements with {operator} between them")


def where_not_zero(flow: Flow) -> Flow:
    """Return a flow that is nothing where it is 0."""
    return replace(flow, idle=NoData.EMPTY, zero_is_missing=flow.part is not Part.ALL)


def with_default(value: Value, number: Fraction) -> Value:
    """Return a value that is `number` where nothing would be."""
    if isinstance(value, Fraction):
        return value
    idle = float(number) if value.idle is NoData.EMPTY else value.idle
    if value.zero_is_missing and number != 0:
        raise UnclearError(f"FILL with {float(number):g} where there is no datapoint of a 0")
    return replace(value, idle=idle, unborn=float(number), zero_is_missing=False)


def clamped(value: Flow | Measured, least: Fraction | None, most: Fraction | None) -> Value:
    """Return a value that is never below `least` nor above `most`, where that changes it only without requests."""
    if isinstance(value, Flow):
        if most is not None or least is None or not 0 < least <= value.factor:
            raise UnclearError("clamp_min(...) above one request in the window changes more than what is idle")
        unborn = value.unborn if isinstance(value.unborn, NoData) else max(value.unborn, float(least))
        return replace(value, idle=float(least), unborn=unborn)
    low, high = value.bounds()
    if (least is not None and least > low) or (most is not None and (high is None or most < high)):
        raise UnclearError("a clamp that changes what is measured")
    return value


def _numbers(operator: str, left: Fraction, right: Fraction) -> Fraction:
    match operator:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
    if right == 0:
        raise UnclearError("a division by 0")
    return left / right


def _with_number(operator: str, left: Flow | Measured, number: Fraction) -> Flow | Measured:
    factor = _numbers("/", Fraction(1), number) if operator == "/" else number
    if operator in ("*", "/"):
        return left.scaled(factor)
    return _measured(left).scaled(Fraction(1), number if operator == "+" else -number)


def _number_with(operator: str, number: Fraction, right: Flow | Measured) -> Flow | Measured:
    if operator == "/":
        raise UnclearError("a number divided by a measurement")
    if operator == "*":
        return _with_number("*", right, number)
    return _measured(right).scaled(Fraction(1 if operator == "+" else -1), number)


def _measured(value: Flow | Measured) -> Measured:
    return value.measured() if isinstance(value, Flow) else value
