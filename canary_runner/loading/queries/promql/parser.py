"""Tokens of a PromQL expression -> nodes, by its precedences; what is not modelled is named."""

from fractions import Fraction
from typing import Final

from canary_runner.loading.queries.answers import UnclearError
from canary_runner.loading.queries.arms import Matcher
from canary_runner.loading.queries.promql.lexer import Token, duration_s, tokens
from canary_runner.loading.queries.promql.nodes import Call, Node, Number, Operation, Selector
from canary_runner.model.shown import shown

MAX_DEPTH = 40
MAX_OPERATIONS = 60
AGGREGATIONS: Final = frozenset({
    "sum", "avg", "min", "max", "count", "stddev", "stdvar", "topk", "bottomk", "quantile", "group", "count_values",
})  # fmt: skip
_LEVELS: Final = (
    frozenset({"or"}),
    frozenset({"and", "unless"}),
    frozenset({"==", "!=", ">", "<", ">=", "<="}),
    frozenset("+-"),
    frozenset("*/%"),
)
_NOT_MODELLED: Final = {
    "offset": "offset reads another time",
    "@": "@ reads another time",
    "bool": "bool makes a truth of a number",
    "group_left": "group_left joins series",
    "group_right": "group_right joins series",
    "without": "what without(...) keeps is not known",
}


def parse(text: str) -> Node:
    """Return the expression that a text says; raises UnclearError."""
    return _Parser(tokens(text)).whole()


class _Parser:
    def __init__(self, found: list[Token]) -> None:
        self.tokens, self.at, self.depth, self.operations = found, 0, 0, 0

    @property
    def now(self) -> Token:
        return self.tokens[self.at]

    def whole(self) -> Node:
        node = self.level(0)
        self.expect("end", "")
        return node

    def level(self, index: int) -> Node:
        if index == len(_LEVELS):
            return self.signed()
        left = self.level(index + 1)
        while self.now.kind in ("operator", "name") and self.now.text in _LEVELS[index]:
            operator = self.take().text
            on, ignoring = self.matching()
            self.operations += 1
            if self.operations > MAX_OPERATIONS:
                raise UnclearError(f"more than {MAX_OPERATIONS} operations")
            left = Operation(operator, left, self.level(index + 1), on, ignoring)
        return left

    def matching(self) -> tuple[frozenset[str] | None, frozenset[str]]:
        """Return the labels by which series pair, None if nothing says so, and those that do not count."""
        on, ignoring = None, frozenset[str]()
        if self.now.text == "on":
            self.take()
            on = self.labels()
        elif self.now.text == "ignoring":
            self.take()
            ignoring = self.labels()
        if self.now.text in _NOT_MODELLED:
            raise UnclearError(_NOT_MODELLED[self.now.text])
        return on, ignoring

    def signed(self) -> Node:
        if self.now.text in ("-", "+") and self.now.kind == "operator":
            sign = Number(Fraction(-1 if self.take().text == "-" else 1))
            return Operation("*", sign, self.signed_power())
        return self.signed_power()

    def signed_power(self) -> Node:
        node = self.atom()
        if self.now.text == "^":
            raise UnclearError("^ raises to a power")
        return node

    def atom(self) -> Node:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise UnclearError(f"nested more than {MAX_DEPTH} levels deep")
        token = self.take()
        if token.kind == "number":
            node: Node = Number(Fraction(token.text))
        elif token.kind == "operator" and token.text == "(":
            node = self.level(0)
            self.expect("operator", ")")
        elif token.kind == "operator" and token.text == "{":
            self.at -= 1
            node = self.selector("")
        elif token.kind == "name":
            node = self.named(token.text)
        else:
            raise UnclearError(f'"{shown(token.text) or "the end"}" stands where a value is wanted')
        self.refuse_modifiers()
        self.depth -= 1
        return node

    def named(self, name: str) -> Node:
        if name in _NOT_MODELLED:
            raise UnclearError(_NOT_MODELLED[name])
        if name in AGGREGATIONS:
            return self.aggregation(name)
        if self.now == Token("operator", "("):
            return Call(name, self.arguments())
        return self.selector(name)

    def aggregation(self, name: str) -> Node:
        by = self.grouping()
        arguments = self.arguments()
        return Call(name, arguments, by or self.grouping())

    def grouping(self) -> frozenset[str]:
        if self.now.text in _NOT_MODELLED:
            raise UnclearError(_NOT_MODELLED[self.now.text])
        if self.now != Token("name", "by"):
            return frozenset()
        self.take()
        return self.labels()

    def labels(self) -> frozenset[str]:
        self.expect("operator", "(")
        found = set()
        while self.now.text != ")":
            found.add(self.expect("name"))
            if self.now.text != ")":
                self.expect("operator", ",")
        self.take()
        return frozenset(found)

    def arguments(self) -> tuple[Node, ...]:
        self.expect("operator", "(")
        found: list[Node] = []
        while self.now.text != ")" or self.now.kind != "operator":
            found.append(self.level(0))
            if self.now.text != ")":
                self.expect("operator", ",")
        self.take()
        return tuple(found)

    def selector(self, name: str) -> Selector:
        matchers = self.matchers() if self.now == Token("operator", "{") else ()
        if self.now != Token("operator", "["):
            return Selector(name, matchers)
        self.take()
        if self.now.kind != "duration":
            raise UnclearError(f'"[{shown(self.now.text)}" is no range in seconds, minutes, hours or days')
        range_s = duration_s(self.take().text)
        if self.now.text == ":":
            raise UnclearError("a subquery reads other times")
        self.expect("operator", "]")
        return Selector(name, matchers, range_s)

    def matchers(self) -> tuple[Matcher, ...]:
        self.take()
        found: list[Matcher] = []
        while self.now != Token("operator", "}"):
            label, operator = self.expect("name"), self.take()
            if operator.text not in ("=", "!=", "=~", "!~"):
                raise UnclearError(f'"{label}{shown(operator.text)}" is no condition on a label')
            found.append(Matcher(label, operator.text, self.expect("string")))
            if self.now != Token("operator", "}"):
                self.expect("operator", ",")
        self.take()
        return tuple(found)

    def refuse_modifiers(self) -> None:
        if self.now.text in ("offset", "@") and self.now.kind != "string":
            raise UnclearError(_NOT_MODELLED[self.now.text])
        if self.now == Token("operator", "["):
            raise UnclearError("a subquery reads other times")

    def take(self) -> Token:
        token = self.now
        self.at = min(self.at + 1, len(self.tokens) - 1)
        return token

    def expect(self, kind: str, text: str | None = None) -> str:
        token = self.take()
        if token.kind != kind or (text is not None and token.text != text):
            said = "ends too early" if token.kind == "end" else f'has "{shown(token.text)}" where it is not expected'
            raise UnclearError(f"the query {said}")
        return token.text
