"""JSON's escaped surrogate pairs, which YAML does not know: joined for its parser; readers see no difference."""

import json
import re
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, replace

from canary_runner.loading.text import split_lines
from canary_runner.model.diagnostics import Diagnostic, Route, Span

_PAIR = re.compile(r"(?<!\\)((?:\\\\)*)\\u(d[89ab][0-9a-f]{2})\\u(d[c-f][0-9a-f]{2})", re.IGNORECASE)
_SHORTER = len(r"\ud83d\ude00") - len(r"\U0001f600")


@dataclass(frozen=True, slots=True)
class Joined:
    """A text as the parser gets it, and the way from places in it to those in the text that a person reads."""

    text: str
    ends: Mapping[int, list[int]]  # line -> columns, from 1 and in `text`, that follow a joined pair

    def moved(self, finding: Diagnostic) -> Diagnostic:
        """Return a finding of the parser with the places that a person sees."""
        related = tuple(replace(one, at=self._place(one.at)) for one in finding.related)
        return replace(finding, at=self._place(finding.at), related=related)

    def span(self, span: Span) -> Span:
        """Return a span as a person sees it."""
        column, end_column = self._column(span.line, span.column), self._column(span.end_line, span.end_column)
        return Span(span.line, column, span.end_line, end_column)

    def _place(self, at: Route | Span) -> Route | Span:
        return self.span(at) if isinstance(at, Span) else at

    def _column(self, line: int, column: int) -> int:
        return column + _SHORTER * bisect_right(self.ends.get(line, ()), column)


def join_pairs(text: str) -> Joined:
    r"""Write every pair like `\ud83d\ude00` as the one escape that YAML has for it; a lone half stays.

    That is done as far as the text is JSON: there a backslash stands in a string and nowhere else.
    """
    if "\\u" not in text or not _PAIR.search(text):
        return Joined(text, {})
    until = _end_of_json(text)
    ends = {}
    for number, line in enumerate(split_lines(text[:until]), 1):
        found = [match.end() - _SHORTER * count for count, match in enumerate(_PAIR.finditer(line), 1)]
        if found:
            ends[number] = [end + 1 for end in found]
    return Joined(_PAIR.sub(_joined, text[:until]) + text[until:], ends)


def _end_of_json(text: str) -> int:
    try:
        json.loads(text, strict=False, parse_int=str)
    except json.JSONDecodeError as error:
        return len(text) if error.msg.startswith("Unterminated string") else error.pos
    except RecursionError:
        return 0  # too deep for YAML too, which says so
    return len(text)


def _joined(match: re.Match[str]) -> str:
    high, low = int(match[2], 16), int(match[3], 16)
    return f"{match[1]}\\U{0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00):08X}"
