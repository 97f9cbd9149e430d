"""Constants of a condition, worked out before it runs."""

from canary_runner.controllers.argo.expression.nodes import Binary, Literal, Node, Unary
from canary_runner.controllers.argo.expression.values import OPERATORS

ARITHMETIC = frozenset(("+", "-", "*", "/", "**"))


def folded(node: Unary | Binary) -> Node:
    """Return a literal for operands that are literals, and one side for a `&&` or `||` that the other leaves open.

    Raises ConditionError where a constant cannot be worked out. Facts: expr-lang/expr 1.17.8, `optimizer/fold.go`.
    """
    match node:
        case Unary("!", Literal(bool() as value)):
            return Literal(not value)
        case Unary("-" | "+" as sign, Literal(int() | float() as value)) if not isinstance(value, bool):
            return Literal(-value if sign == "-" else value)
        case Binary("&&" | "||", _, _):
            return _joined(node)
        case Binary(sign, Literal(), Literal()):
            return _computed(node)
    return node


def _joined(node: Binary) -> Node:
    """`true && x` and `false || x` are x, on either side; any other literal side decides."""
    for side, other in ((node.left, node.right), (node.right, node.left)):
        match side:
            case Literal(bool() as value) if value is (node.operator == "&&"):
                return other
    for side in (node.left, node.right):
        match side:
            case Literal(bool() as value):
                return Literal(value)
    return node


def _computed(node: Binary) -> Node:
    left, right = (side.value for side in (node.left, node.right) if isinstance(side, Literal))
    kinds = {type(left), type(right)}
    is_known = (
        (node.operator in ARITHMETIC and kinds <= {int, float})
        or (node.operator == "%" and kinds == {int})
        or (node.operator == "+" and kinds == {str})
        or (node.operator == "==" and kinds in ({int}, {str}, {bool}))
    )
    if not is_known:
        return node
    found = OPERATORS[node.operator](left, right)
    assert isinstance(found, bool | int | float | str)
    return Literal(found)
