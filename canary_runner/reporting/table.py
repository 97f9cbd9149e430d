"""A plain table: columns as wide as their widest cell, the last one cut to the line."""

from collections.abc import Sequence

from canary_runner.reporting.cells import cut, padded, width
from canary_runner.reporting.look import Look

GAP = "  "


def table(heads: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[bool], look: Look) -> list[str]:
    """Return the lines of a table, indented by one cell; `right` says which columns are aligned right.

    Text is aligned before it is painted, so a row that is to have a colour is painted by the caller.
    """
    wide = [max(width(row[column]) for row in (heads, *rows)) for column in range(len(heads))]
    others = 1 + sum(wide[:-1]) + len(GAP) * (len(heads) - 1)
    wide[-1] = min(wide[-1], max(look.width - others, width(heads[-1]), 12))

    def line(row: Sequence[str]) -> str:
        row = [*row[:-1], cut(row[-1], wide[-1], look.symbol("cut"))]
        return (" " + GAP.join(map(padded, row, wide, right))).rstrip()

    return [look.paint(line(heads), "dim"), *map(line, rows)]
