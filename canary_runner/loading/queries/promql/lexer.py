"""Text of a PromQL expression -> tokens."""

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from canary_runner.loading.queries.answers import UnclearError
from canary_runner.model.shown import shown

MAX_CHARACTERS = 5_000
MAX_TOKENS = 1_000

_TOKEN: Final = re.compile(
    r"""(?P<space>\s+|\#[^\n]*)
    |(?P<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`[^`]*`)
    |(?P<duration>(?:[0-9]+(?:ms|[smhdwy]))+(?!\w))
    |(?P<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]{1,2})?(?![\w:]))
    |(?P<name>[A-Za-z_:][\w:]*)
    |(?P<operator>=~|!~|==|!=|>=|<=|[-+*/%^=<>@(){}\[\],:])""",
    re.VERBOSE | re.ASCII,
)
_PIECE: Final = re.compile(r"([0-9]+)(ms|[smhdwy])", re.ASCII)
_UNITS_S: Final = {
    "ms": Fraction(1, 1000), "s": Fraction(1), "m": Fraction(60), "h": Fraction(3600),
    "d": Fraction(86_400), "w": Fraction(604_800), "y": Fraction(31_536_000),
}  # fmt: skip
_ESCAPE: Final = re.compile(r"\\(.)", re.DOTALL)
_CONTROL: Final = {"n": "\n", "t": "\t", "r": "\r"}


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the text; a string without its quotes and escapes."""

    kind: str  # a group of the pattern above, or "end"
    text: str


def tokens(text: str) -> list[Token]:
    """Cut an expression into tokens, an end last; raises UnclearError where no token begins."""
    if len(text) > MAX_CHARACTERS:
        raise UnclearError(f"a query of {len(text):,} characters, at most {MAX_CHARACTERS:,}")
    found: list[Token] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            raise UnclearError(f'"{shown(text[at : at + 20])}" is no PromQL')
        at = match.end()
        if match.lastgroup != "space":
            found.append(Token(match.lastgroup, _said(match.lastgroup, match[0])))
    if len(found) > MAX_TOKENS:
        raise UnclearError(f"a query of {len(found):,} words, at most {MAX_TOKENS:,}")
    return [*found, Token("end", "")]


def duration_s(text: str) -> Fraction:
    """Return the seconds of a duration like `1h30m`."""
    return sum((int(amount) * _UNITS_S[unit] for amount, unit in _PIECE.findall(text[:40])), Fraction(0))


def _said(kind: str, text: str) -> str:
    if kind != "string":
        return text
    if text[0] == "`":
        return text[1:-1]
    return _ESCAPE.sub(lambda match: _CONTROL.get(match[1], match[1]), text[1:-1])
