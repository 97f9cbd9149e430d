"""A plain table that keeps to the line: what does not fit is a whole column less, never half a number."""

from collections.abc import Sequence

from canary_runner.reporting.cells import cut, padded, width
from canary_runner.reporting.look import Look

GAP = "  "
KEPT = 2
"""Columns that stay whatever the width: which row it is, and the first thing about it."""


def table(heads: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[bool], look: Look) -> list[str]:
    """Return the lines of a table, indented by one cell; `right` says which columns are aligned right.

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

    return [line(heads), *map(line, whole)]
