"""Text of a condition -> tokens."""

import math
import re
from dataclasses import dataclass
from enum import Enum

from canary_runner.controllers.argo.expression.nodes import ConditionError, NotModelled


class Kind(Enum):
    """What a token is."""

    NUMBER = "number"
    STRING = "string"
    NAME = "name"
    OPERATOR = "operator"
    BRACKET = "bracket"
    END = "end"


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the text; a string without its quotes and escapes."""

    kind: Kind
    text: str


WORDS = frozenset(("in", "or", "and", "not", "matches", "contains", "startsWith", "endsWith", "let", "if", "else"))
"""Names that are operators."""

TOKEN = re.compile(
    r"""(?P<space>\s+|//[^\n]*|/\*.*?\*/)
    |(?P<bytes>[bB](?=['"]))
    |(?P<string>'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`[^`]*`)
    |(?P<number>0[xX][0-9a-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+
        |[0-9][0-9_]*(?:\.(?!\.)[0-9_]*)?(?:[eE][+-]?[0-9_]+)?|\.[0-9][0-9_]*(?:[eE][+-]?[0-9_]+)?)
    |(?P<operator>\?[.?]?|\|\|?|::?|[&!=*<>][&=*]?|\.\.?|\#\#?|[,;%+\-^/])
    |(?P<bracket>[\[\](){}])
    |(?P<name>[\w$]+)""",
    re.VERBOSE | re.DOTALL,
)

LAST_CHARACTER = 0x10FFFF
LONGEST_NUMBER = 400
"""Characters of a number that are read; what fits in 64 bits or a float needs fewer."""

ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-7]{3}|.)", re.DOTALL)
CONTROL = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


def tokens(text: str) -> list[Token]:
    """Cut a condition into tokens, an END last; raises ConditionError where no token begins."""
    found: list[Token] = []
    at = 0
    while at < len(text):
        match = TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            raise ConditionError(f"unrecognised character {text[at]!r} at {at + 1}")
        at = match.end()
        token = _token(match.lastgroup, match[0])
        if token is not None:
            found.append(token)
        if match.lastgroup == "number" and re.match(r"[\w$]", text[at:]):
            raise ConditionError(f"a number runs into {text[at]!r} at {at + 1}")
    return [*found, Token(Kind.END, "")]


def _token(group: str, text: str) -> Token | None:
    if group == "space":
        return None
    if group == "bytes":
        raise NotModelled("literals of bytes are not modelled")
    if group == "string":
        raw = text[0] == "`"
        return Token(Kind.STRING, text[1:-1] if raw else ESCAPE.sub(_escaped, text[1:-1]))
    if group == "name" and text in WORDS:
        return Token(Kind.OPERATOR, text)
    return Token(Kind(group), text)


def _escaped(match: re.Match[str]) -> str:
    code = match[1]
    if code[0] in "xuU" and len(code) > 1:
        if int(code[1:], 16) > LAST_CHARACTER:
            raise ConditionError(f"\\{code} in a string is no character")
        return chr(int(code[1:], 16))
    if len(code) == 3:
        return chr(int(code, 8))
    if code in CONTROL:
        return CONTROL[code]
    if code in "\\'\"`?":
        return code
    raise ConditionError(f"unknown escape \\{code} in a string")


def number_of(text: str) -> int | float:
    """Return the number that a token writes out; one that 64 bits cannot hold is refused."""
    text = text.replace("_", "").lower()
    if len(text) > LONGEST_NUMBER:
        raise ConditionError(f"a number of {len(text)} characters is too long")
    for prefix, base in (("0x", 16), ("0o", 8), ("0b", 2)):
        if text.startswith(prefix):
            return _integer(int(text[2:] or "0", base))
    if not set(text) & set(".e"):
        return _integer(int(text))
    value = float(text)
    if math.isinf(value):
        raise ConditionError(f"{text} is too large")
    return value


def _integer(value: int) -> int:
    if value >= 2**63:
        raise ConditionError(f"{value} is too large")
    return value
