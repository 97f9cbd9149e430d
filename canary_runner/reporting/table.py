"""A plain table that keeps to the line: what does not fit is a whole column less, never half a number."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from canary_runner.reporting.cells import cut, padded, width, wrapped
from canary_runner.reporting.look import Look

GAP = "  "
KEPT = 2
"""Columns that stay whatever the width: which row it is, and the first thing about it."""


class Table(NamedTuple):
    """The lines of a table, and the sentence, if any, that says which columns found no room."""

    head: str
    lines: list[str]
    left_out: list[str]


def table(heads: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[bool], look: Look) -> Table:
    """Return a table, indented by one cell; `right` says which columns are aligned right.

    Names, aligned left, are cut to a third of the line; the last columns are left out where the line is too short.
    Text is aligned before it is painted: colours are the caller's.
    """
    mark, longest = look.symbol("cut"), max(look.width // 3, 12)
    whole = [[c if r else cut(c, longest, mark) for c, r in zip(row, right, strict=True)] for row in rows]
    wide = [max(map(width, column)) for column in zip(heads, *whole, strict=True)]
    while len(wide) > KEPT and sum(wide) + len(GAP) * (len(wide) - 1) + 1 > look.width:
        wide.pop()

    def line(row: Sequence[str]) -> str:
        return cut((" " + GAP.join(map(padded, row, wide, right))).rstrip(), look.width, mark)

    missing = ", ".join(head for head in heads[len(wide) :] if head)
    left_out = [f"no room for: {missing}"] if missing else []
    return Table(line(heads), [line(row) for row in whole], left_out)


def told(left_out: Iterable[str], look: Look) -> list[str]:
    """Return what stands beneath some tables: each sentence once, in as many lines as it takes, every name in full."""
    lines = (line for sentence in dict.fromkeys(left_out) for line in wrapped(sentence, look.width))
    return [cut(line, look.width, look.symbol("cut")) for line in lines]
