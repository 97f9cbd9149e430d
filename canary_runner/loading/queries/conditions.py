"""What depends on whether there are requests at all: `IF(FILL(requests, 0) > 0, ..., 0)`, `MAX([errors, requests])`."""

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Final

from canary_runner.loading.queries.algebra import Value
from canary_runner.loading.queries.answers import UnclearError
from canary_runner.loading.queries.codes import Part
from canary_runner.loading.queries.values import Flow
from canary_runner.model.query import NoData

COMPARISONS: Final = ("==", "!=", ">", "<", ">=", "<=")
ANY: Final = {(">", 0), ("!=", 0), (">=", 1)}
"""Conditions on a count that hold where there is one request, and not where there is none."""

NONE: Final = {("==", 0), ("<=", 0), ("<", 1)}
"""The other way round."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A condition: a value against a number."""

    value: Value
    operator: str
    number: Fraction


def where_any(asked: Asked, value: Value, number: Fraction, *, is_otherwise: bool) -> Value:
    """Return `value` that is `number` where nobody sent a request; `is_otherwise`: the condition says there is none.

    Raises UnclearError for every other condition: what is answered then depends on more than whether there are data.
    """
    requests, least = asked.value, (asked.operator, int(asked.number)) if asked.number.denominator == 1 else None
    if not isinstance(requests, Flow) or requests.part is not Part.ALL or requests.factor != 1:
        raise UnclearError("IF(...) on anything but a count of requests is not modelled")
    if least not in (NONE if is_otherwise else ANY):
        limit = f"{asked.operator} {float(asked.number):g}"
        raise UnclearError(f"IF(...) with requests {limit} answers otherwise at low traffic, which is not modelled")
    if isinstance(requests.idle, NoData):
        raise UnclearError("what IF(...) answers where its requests have no datapoint is not known: write FILL(..., 0)")
    if isinstance(value, Fraction) or (value.sees, value.window_s) != (requests.sees, requests.window_s):
        raise UnclearError("IF(...) asks about other requests than it answers about")
    if value.zero_is_missing:
        raise UnclearError("IF(...) with datapoints that are missing where there is no error: write FILL(..., 0)")
    return replace(value, idle=float(number), unborn=float(number))


def greater(left: Value, right: Value) -> Value:
    """Return the greater of a part of the requests and all of them, which is all; raises UnclearError of others."""
    flows = [one for one in (left, right) if isinstance(one, Flow)]
    whole = next((one for one in flows if one.part is Part.ALL), None)
    part = next((one for one in flows if one.part is not Part.ALL), None)
    if whole is None or part is None or _requests(whole) != _requests(part):
        raise UnclearError("MAX(...) of anything but a part of some requests and all of them is not modelled")
    return whole


def _requests(flow: Flow) -> tuple[object, ...]:
    return flow.name, flow.sees, flow.window_s, flow.others, flow.factor, flow.by
