"""Parts of a PromQL expression."""

from dataclasses import dataclass
from fractions import Fraction

from canary_runner.loading.queries.arms import Matcher


@dataclass(frozen=True, slots=True)
class Number:
    """A number that is written."""

    value: Fraction


@dataclass(frozen=True, slots=True)
class Selector:
    """A metric with its matchers, and the range behind it, in seconds."""

    name: str
    matchers: tuple[Matcher, ...]
    range_s: Fraction | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """A function or an aggregation of arguments; `by` are the labels that an aggregation keeps."""

    name: str
    arguments: tuple["Node", ...]
    by: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Operation:
    """Two expressions and what is between them; `on` are the labels by which they pair, None: all but `ignoring`."""

    operator: str
    left: "Node"
    right: "Node"
    on: frozenset[str] | None = None
    ignoring: frozenset[str] = frozenset()


Node = Number | Selector | Call | Operation
