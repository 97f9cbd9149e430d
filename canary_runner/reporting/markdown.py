"""Markdown as GitHub and GitLab read it: rows of tables whose cells are plain text."""

import re
from collections.abc import Sequence

_ACTIVE = re.compile(r"[\\`*|\[\]~]|<(?=[A-Za-z/!?])|(?<![^\W_])_|_(?![^\W_])|&(?=[#\w])|:(?=//)")
"""What would act in a cell: code, emphasis, links, tags, entities, the end of the cell. `<0.01%` is no tag."""


def row(cells: Sequence[str]) -> str:
    """Return a row of a table; line ends in a cell become spaces."""
    return f"| {' | '.join(map(cell, cells))} |"


def cell(text: str) -> str:
    """Return a plain text as what shows it in a cell."""
    return _ACTIVE.sub(r"\\\g<0>", " ".join(text.split()))
