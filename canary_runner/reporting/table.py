"""A plain table: columns as wide as their widest cell, the last one cut to the line."""

from collections.abc import Sequence

from canary_runner.reporting.cells import cut, padded, width
from canary_runner.reporting.look import Look

GAP = "  "


def table(heads: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[bool], look: Look) -> list[str]:
    """Return the lines of a table, indented by one cell; `right` says which columns are aligned right.

    Text is aligned before it is painted, so a row that is to have a colour is painted by the caller.
    """
    last = len(heads) - 1
    wide = [max(width(row[column]) for row in (heads, *rows)) for column in range(last)]
    room = max(look.width - 1 - sum(wide) - len(GAP) * last, len(heads[last]))

    def line(row: Sequence[str]) -> str:
        cells = [padded(cell, cells, at) for cell, cells, at in zip(row[:last], wide, right[:last], strict=True)]
        return (" " + GAP.join([*cells, cut(row[last], room, look.symbol("cut"))])).rstrip()

    return [look.paint(line(heads), "dim"), *map(line, rows)]
