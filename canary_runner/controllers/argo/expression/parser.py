"""Tokens -> nodes: precedence climbing over the operators of the language."""

from dataclasses import replace

from canary_runner.controllers.argo.expression.lexer import Kind, Token, number_of, tokens
from canary_runner.controllers.argo.expression.nodes import (
    METHOD,
    Binary,
    Call,
    Chain,
    Conditional,
    ConditionError,
    Elements,
    Fold,
    Item,
    Literal,
    Member,
    Name,
    Node,
    NotModelled,
    Pairs,
    Part,
    Unary,
)

UNARY = {"not": 50, "!": 50, "-": 90, "+": 90}
"""How strongly each prefix binds; `not` binds more strongly than a comparison."""

BINARY = {
    "||": 10, "&&": 15, "==": 20, "!=": 20, "<": 20, ">": 20, ">=": 20, "<=": 20, "in": 20, "matches": 20,
    "contains": 20, "startsWith": 20, "endsWith": 20, "..": 25, "+": 30, "-": 30, "*": 60, "/": 60, "%": 60,
    "**": 100, "??": 500,
}  # fmt: skip
"""How strongly each sign between two operands binds."""

SAME = {"and": "&&", "or": "||", "^": "**"}
NEGATABLE = frozenset(("contains", "matches", "startsWith", "endsWith", "in"))
ORDER = frozenset(("<", ">", "<=", ">="))
CONSTANTS = {"true": True, "false": False, "nil": None}
PREDICATE_NEEDED = frozenset(
    ("all", "none", "any", "one", "filter", "map", "find", "findIndex", "findLast", "findLastIndex")
)
PREDICATE_OPTIONAL = frozenset(("count", "sum"))
PREDICATE_LEFT_OUT = frozenset(("groupBy", "sortBy", "reduce"))
DEEPEST, MOST_TOKENS = 100, 300
"""Levels of nesting and tokens that are read; the language itself bounds the number of nodes only, at 10,000."""


def parse(text: str) -> Node:
    """Return the condition's tree; raises ConditionError on wrong syntax, NotModelled outside the subset."""
    found = tokens(text)
    if len(found) > MOST_TOKENS:
        raise NotModelled(f"conditions of more than {MOST_TOKENS} tokens are not modelled")
    parser = _Parser(found)
    node = parser.expression(0)
    parser.refuse_sequence()
    if parser.now.kind is not Kind.END:
        raise parser.unexpected()
    return node


class _Parser:
    """Reads a list of tokens from the left."""

    def __init__(self, found: list[Token]) -> None:
        self.found = found
        self.at = 0
        self.predicates = 0  # how many predicates the place is inside of
        self.depth = 0

    @property
    def now(self) -> Token:
        return self.found[self.at]

    @property
    def sign(self) -> str:
        """The operator or bracket at this place, words replaced by signs; empty for anything else."""
        token = self.now
        if token.kind not in (Kind.OPERATOR, Kind.BRACKET):
            return ""
        return SAME.get(token.text, token.text)

    def unexpected(self) -> ConditionError:
        what = repr(self.now.text) if self.now.kind is not Kind.END else "end"
        return ConditionError(f"unexpected {what} as token {self.at + 1}")

    def accept(self, sign: str) -> bool:
        if self.sign != sign:
            return False
        self.at += 1
        return True

    def expect(self, sign: str) -> None:
        if not self.accept(sign):
            raise self.unexpected()

    def refuse_sequence(self) -> None:
        if self.sign in (";", "|", "::"):
            raise NotModelled(f"'{self.sign}' is not modelled")

    def expression(self, least: int) -> Node:
        """Read operands joined by operators that bind at least this strongly."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise NotModelled(f"conditions nested more than {DEEPEST} deep are not modelled")
        if least == 0 and self.sign in ("let", "if"):
            raise NotModelled(f"'{self.sign}' is not modelled")
        left, previous = self.primary(), ""
        while (operator := self.operator(least)) is not None:
            if previous == "??" and operator[1] != "??":
                raise ConditionError(f"?? and {operator[1]} cannot be mixed without parentheses")
            left, previous = self.operation(left, *operator), operator[1]
        self.refuse_sequence()
        if least == 0:
            left = self.conditional(left)
        self.depth -= 1
        return left

    def operator(self, least: int) -> tuple[bool, str] | None:
        """Take the operator at this place if it binds strongly enough: whether negated, and its sign."""
        start, negated = self.at, self.accept("not")
        sign = self.sign
        if negated and sign not in NEGATABLE:
            raise self.unexpected()
        if BINARY.get(sign, -1) < least:
            self.at = start
            return None
        self.at += 1
        return negated, sign

    def operation(self, left: Node, negated: bool, sign: str) -> Node:
        if sign in ORDER:
            return self.ordered(left, sign)
        right = self.expression(BINARY[sign] + (sign != "**"))
        joined = Binary(sign, left, right)
        return Unary("!", joined) if negated else joined

    def ordered(self, left: Node, sign: str) -> Node:
        """Read `a < b <= c` as `a < b && b <= c`."""
        found: Node | None = None
        while True:
            right = self.expression(BINARY[sign] + 1)
            compared = Binary(sign, left, right)
            found = compared if found is None else Binary("&&", found, compared)
            if self.sign not in ORDER:
                return found
            left, sign = right, self.sign
            self.at += 1

    def conditional(self, test: Node) -> Node:
        while self.accept("?"):
            if self.accept(":"):
                test = Conditional(test, test, self.expression(0))
                continue
            then = self.expression(0)
            self.expect(":")
            test = Conditional(test, then, self.expression(0))
        return test

    def primary(self) -> Node:
        token = self.now
        if token.kind is Kind.OPERATOR and token.text in UNARY:
            self.at += 1
            sign = "!" if token.text == "not" else token.text
            return self.postfix(Unary(sign, self.expression(UNARY[token.text])))
        if self.accept("("):
            inner = self.expression(0)
            self.refuse_sequence()
            self.expect(")")
            return self.postfix(inner)
        if self.predicates and self.sign in ("#", "."):
            return self.postfix(self.item())
        return self.secondary()

    def item(self) -> Item:
        if self.sign == ".":  # `.name` is `#.name`
            return Item()
        self.at += 1
        if self.now.kind is not Kind.NAME:
            return Item()
        self.at += 1
        return Item(self.found[self.at - 1].text)

    def secondary(self) -> Node:
        token = self.now
        self.at += 1
        if token.kind is Kind.NUMBER:
            return Literal(number_of(token.text))
        if token.kind is Kind.STRING:
            return self.postfix(Literal(token.text))
        if token.kind is Kind.NAME and token.text in CONSTANTS:
            return Literal(CONSTANTS[token.text])
        if token.kind is Kind.NAME:
            return self.postfix(self.call(token.text) if self.sign == "(" else Name(token.text))
        if token.text == "[" and token.kind is Kind.BRACKET:
            return self.postfix(Elements(self.listed("]")))
        if token.text == "{" and token.kind is Kind.BRACKET:
            return self.postfix(self.pairs())
        self.at -= 1
        self.refuse_sequence()
        raise self.unexpected()

    def listed(self, end: str) -> tuple[Node, ...]:
        found: list[Node] = []
        while not self.accept(end):
            if found:
                self.expect(",")
                if self.accept(end):
                    break
            found.append(self.expression(0))
        return tuple(found)

    def pairs(self) -> Pairs:
        found: list[tuple[Node, Node]] = []
        while not self.accept("}"):
            if found:
                self.expect(",")
                if self.accept("}"):
                    break
            key: Node
            if self.now.kind in (Kind.NUMBER, Kind.STRING, Kind.NAME):
                key = Literal(self.now.text)
                self.at += 1
            elif self.sign == "(":
                key = self.expression(0)
            else:
                raise self.unexpected()
            self.expect(":")
            found.append((key, self.expression(0)))
        return Pairs(tuple(found))

    def call(self, name: str) -> Node:
        if name in PREDICATE_LEFT_OUT:
            raise NotModelled(f"{name}() is not modelled")
        self.expect("(")
        if name not in PREDICATE_NEEDED | PREDICATE_OPTIONAL:
            return Call(name, self.listed(")"))
        collection, predicate = self.expression(0), None
        if name in PREDICATE_NEEDED or self.sign != ")":
            self.expect(",")
            predicate = self.predicate()
        self.accept(",")
        self.expect(")")
        return Fold(name, collection, predicate)

    def predicate(self) -> Node:
        braced = self.accept("{")
        self.predicates += 1
        node = self.expression(0)
        self.predicates -= 1
        if braced:
            self.refuse_sequence()
            self.expect("}")
        return node

    def postfix(self, node: Node) -> Node:
        while self.sign in (".", "?.", "["):
            optional = self.accept("?.")
            if self.accept("["):
                node = self.subscript(node, optional)
                continue
            if not optional:
                self.expect(".")
            node = self.field(node, optional)
        return node

    def field(self, node: Node, optional: bool) -> Node:
        if self.now.kind is not Kind.NAME and not (self.now.kind is Kind.OPERATOR and self.now.text.isalpha()):
            raise ConditionError("a name must follow the dot")
        key = Literal(self.now.text)
        self.at += 1
        if self.accept("("):
            return Call(METHOD, (node, *self.listed(")")))
        chained = isinstance(node, Chain)
        member = Member(node.node if isinstance(node, Chain) else node, key, optional)
        return Chain(member) if chained or optional else member

    def subscript(self, node: Node, optional: bool) -> Node:
        start = None if self.sign == ":" else self.expression(0)
        if self.accept(":"):
            end = None if self.sign == "]" else self.expression(0)
            self.expect("]")
            return Part(node, start, end)
        self.expect("]")
        assert start is not None
        member = Member(node, start)
        return Chain(replace(member, optional=True)) if optional else member
