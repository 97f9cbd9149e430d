"""One measurement: what a query answered, judged by the metric's conditions.

| success given | failure given | phase                                                               |
|---------------|---------------|---------------------------------------------------------------------|
| no            | no            | Successful                                                          |
| yes           | no            | true: Successful, false: Failed                                     |
| no            | yes           | true: Failed, false: Successful                                     |
| yes           | yes           | failure true: Failed; both false: Inconclusive; else Successful     |

What either condition cannot evaluate is an Error. An empty condition is an absent one.
"""

from dataclasses import dataclass
from enum import Enum
from functools import cache

from canary_runner.controllers.argo.expression.checker import check
from canary_runner.controllers.argo.expression.lowering import lowered
from canary_runner.controllers.argo.expression.nodes import ConditionError, Node
from canary_runner.controllers.argo.expression.parser import parse
from canary_runner.controllers.argo.expression.runner import run
from canary_runner.controllers.argo.expression.types import Type, type_of
from canary_runner.controllers.argo.expression.values import Value, Vector, named
from canary_runner.controllers.argo.phases import Phase


class Cause(Enum):
    """Why a measurement is an Error."""

    NO_DATA = "no data"
    EXPRESSION = "expression"


@dataclass(frozen=True, slots=True)
class Judged:
    """The phase of one measurement; with an Error its cause and upstream's message."""

    phase: Phase
    cause: Cause | None = None
    message: str = ""


@cache
def _compiled(condition: str, kind: Type) -> Node:
    node = parse(condition)
    check(node, kind)
    return lowered(node, kind)


def holds(condition: str, result: Value) -> bool:
    """Tell whether a condition holds for a result.

    Raises ConditionError where the language refuses it or its value is no truth value, NotModelled outside the subset.
    """
    value = run(_compiled(condition, type_of(result)), result)
    if not isinstance(value, bool):
        raise ConditionError(f"expected bool, but got {named(value)}")
    return value


def judge(result: Value, success: str = "", failure: str = "") -> Judged:
    """Judge a query's answer by a success and a failure condition; NotModelled passes through."""
    found = {}
    for name, condition in (("successCondition", success), ("failureCondition", failure)):
        if not condition:
            continue
        try:
            found[name] = holds(condition, result)
        except ConditionError as wrong:
            return _error(name, condition, result, wrong)
    return Judged(_phase(found.get("successCondition"), found.get("failureCondition")))


def _phase(success: bool | None, failure: bool | None) -> Phase:
    if success is None and failure is None:
        return Phase.SUCCESSFUL
    if failure or (failure is None and not success):
        return Phase.FAILED
    return Phase.INCONCLUSIVE if success is False else Phase.SUCCESSFUL


def _error(name: str, condition: str, result: Value, wrong: ConditionError) -> Judged:
    empty = result is None or result == () or result == Vector()
    cause = Cause.NO_DATA if empty else Cause.EXPRESSION
    why = "metric result is nil or empty: no data returned from the metric provider" if empty else wrong
    return Judged(Phase.ERROR, cause, f'could not evaluate {name} "{condition}": {why}')
