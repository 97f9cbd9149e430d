"""What a condition is made of, and the two ways in which it can be refused."""

from dataclasses import dataclass

Constant = bool | int | float | str | None


class ConditionError(ValueError):
    """The language refuses the condition: syntax, an unknown name, a wrong type, or a value it cannot work with."""


class NotModelled(NotImplementedError):  # noqa: N818 - not an error of the condition, a limit of the subset
    """The condition may be right, but it uses something outside the modelled subset."""


@dataclass(frozen=True, slots=True)
class Literal:
    """A number, text, true, false or nil."""

    value: Constant


@dataclass(frozen=True, slots=True)
class Name:
    """A variable or function of the environment."""

    name: str


@dataclass(frozen=True, slots=True)
class Item:
    """`#` in a predicate: the element looked at, or with a name, its index."""

    name: str = ""


@dataclass(frozen=True, slots=True)
class Member:
    """`base.key`, `base[key]`, or with `?.` nil where the base is nil."""

    base: "Node"
    key: "Node"
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Chain:
    """Where the nil of an optional member ends up."""

    node: "Node"


@dataclass(frozen=True, slots=True)
class Part:
    """`base[start:end]`."""

    base: "Node"
    start: "Node | None"
    end: "Node | None"


@dataclass(frozen=True, slots=True)
class Call:
    """A function of the environment or of the language, on plain arguments."""

    name: str
    arguments: tuple["Node", ...]


METHOD = "."
"""The name of a call of a method; its first argument is the value whose method it would be."""


@dataclass(frozen=True, slots=True)
class Fold:
    """A function that asks a predicate about every element; without one it looks at the elements themselves."""

    name: str
    collection: "Node"
    predicate: "Node | None"
    enough: int | None = None  # hits after which a count goes no further
    is_needed: bool = False  # whether finding nothing is refused


@dataclass(frozen=True, slots=True)
class Unary:
    """`not`, `!`, `+` or `-`."""

    operator: str
    node: "Node"


@dataclass(frozen=True, slots=True)
class Binary:
    """Two operands; words stand for their signs (`and` is `&&`)."""

    operator: str
    left: "Node"
    right: "Node"


@dataclass(frozen=True, slots=True)
class Conditional:
    """`test ? then : otherwise`."""

    test: "Node"
    then: "Node"
    otherwise: "Node"


@dataclass(frozen=True, slots=True)
class Elements:
    """A list written out."""

    nodes: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Pairs:
    """A map written out."""

    pairs: tuple[tuple["Node", "Node"], ...]


@dataclass(frozen=True, slots=True)
class Among:
    """`node in [...]` of a list of nothing but texts. No syntax of its own: what such a list becomes."""

    node: "Node"
    texts: frozenset[str]


@dataclass(frozen=True, slots=True)
class SameType:
    """`==` or `!=` between two integers or two texts, as far as types tell: any other value breaks it."""

    node: Binary


Node = (
    Literal | Name | Item | Member | Chain | Part | Call | Fold | Unary | Binary | Conditional | Elements | Pairs
    | Among | SameType
)  # fmt: skip
