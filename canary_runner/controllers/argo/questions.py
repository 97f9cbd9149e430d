"""A metric as a question: the number that its query gives, and the phase that its conditions make of it."""

from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from functools import cached_property
from typing import Any, Final

from canary_runner.controllers.argo.expression.nodes import Binary, Call, Fold, Literal, Node, NotModelled, Unary
from canary_runner.controllers.argo.expression.parser import parse
from canary_runner.controllers.argo.expression.values import Value, Vector
from canary_runner.controllers.argo.measurement import Judged, judge
from canary_runner.controllers.argo.phases import Phase
from canary_runner.controllers.argo.spec import Measured, Shape
from canary_runner.model.outcomes import Outcome
from canary_runner.model.query import Answer, NoData, Query

LETTERS: Final = (Phase.SUCCESSFUL, Phase.FAILED, Phase.INCONCLUSIVE, Phase.ERROR)
OUTCOMES: Final = (Outcome.PASS, Outcome.FAIL, Outcome.INCONCLUSIVE, Outcome.INCONCLUSIVE)

SAME_ORDER: Final = frozenset(
    {"isNaN", "isInf", "isNil", "default", "len", "float", "asFloat", "first", "last", "max", "min", "mean", "median"}
)
"""Functions that leave a number as it is: what a condition compares it with are then the numbers it is written with."""

ARITHMETIC: Final = frozenset({"+", "-", "*", "/", "%", "**", "^"})

ENDLESS: Final = frozenset({"matches", ".."})
"""Operators whose work has no bound in the length of a condition."""


@dataclass(frozen=True)
class MetricQuestion:
    """One metric of one run."""

    name: str
    measured: Measured

    @property
    def query(self) -> Query:
        """Return what is measured."""
        assert self.measured.query is not None
        return self.measured.query

    @property
    def letters(self) -> tuple[str, ...]:
        """Return the phases of a measurement."""
        return tuple(phase.value for phase in LETTERS)

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """Return the phases in our words."""
        return OUTCOMES

    @cached_property
    def cuts(self) -> tuple[float, ...]:
        """Return the numbers in the conditions."""
        return cuts_of(self.measured.metric.success_condition, self.measured.metric.failure_condition)

    def letter(self, answer: Answer) -> int:
        """Return the phase of a measurement."""
        return LETTERS.index(self.judged(answer).phase)

    def judged(self, answer: Answer) -> Judged:
        """Return the phase of a measurement with upstream's message."""
        metric = self.measured.metric
        return judge(_value(self.measured.shape, answer), metric.success_condition, metric.failure_condition)


def _value(shape: Shape, answer: Answer) -> Value:
    """Return what a provider hands to the conditions."""
    if answer is NoData.EMPTY:
        return Vector() if shape is Shape.VECTOR else None
    number = float("nan") if isinstance(answer, NoData) else answer
    return Vector((number,)) if shape is Shape.VECTOR else number


def cuts_of(*conditions: str) -> tuple[float, ...]:
    """Return the numbers between which the conditions do not change their minds, growing.

    Raises NotModelled where a condition computes with the result, ConditionError where it is none.
    """
    found: set[float] = set()
    for condition in filter(None, conditions):
        found |= set(_numbers(parse(condition)))
    return tuple(sorted(found))


def _numbers(node: Any) -> Iterator[float]:
    """Yield the numbers that a condition is written with; arithmetic among them is worked out by nobody here."""
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
    if isinstance(node, Binary) and node.operator in ARITHMETIC:
        raise NotModelled(f"the condition computes with {node.operator}")
    if isinstance(node, Call) and node.name not in SAME_ORDER:
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
