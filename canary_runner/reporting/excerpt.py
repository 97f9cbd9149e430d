"""A line of a user's file in a finding: made harmless, moved until the place is in view, marked under the place."""

from dataclasses import dataclass
from itertools import accumulate

from canary_runner.model.diagnostics import Span
from canary_runner.reporting.cells import pieces, width
from canary_runner.reporting.look import Look

LEAD = 12
"""Cells kept before a place whose line had to be moved."""


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A line as it is shown, and the cells under which the mark stands."""

    text: str
    offset: int
    length: int


def excerpt(line: str, span: Span, room: int, look: Look) -> Excerpt:
    """Return `line` in at most `room` cells with the place of `span` in view.

    A place of several lines is marked to the end of its first one.
    """
    head = min(max(span.column - 1, 0), len(line))
    tail = min(max(span.end_column - 1, head), len(line)) if span.end_line == span.line else len(line)
    reach = room * 4  # nothing further can be shown: a line of a megabyte costs no more than one of a kilobyte
    from_character = max(head - reach, 0)
    parts = pieces(line[from_character : head + reach])
    edges = [0, *accumulate(width(part) for part in parts)]
    start, end = edges[head - from_character], edges[min(tail - from_character, len(parts))]
    needed = max(edges[-1], start + 1)  # a place behind the last character is marked there
    if not from_character and len(line) <= head + reach and needed <= room:
        return Excerpt("".join(parts), start, max(end - start, 1))
    return _windowed(parts, edges, (start, end), room, look.symbol("cut"))


def _windowed(parts: list[str], edges: list[int], place: tuple[int, int], room: int, cut: str) -> Excerpt:
    """Show the cells around `place`, a cut mark at each side: of a long place its beginning."""
    start, end = place
    inner = room - 2 * width(cut)
    wanted = max(min(start - LEAD, max(edges[-1], start + 1) - inner), 0)
    first = next(index for index, edge in enumerate(edges) if edge >= wanted)
    last = max(index for index, edge in enumerate(edges) if edge <= edges[first] + inner)
    before = cut if first else ""
    after = cut if last < len(parts) else ""
    shift = width(before) - edges[first]
    length = max(min(end, edges[last]) - start, 1)
    return Excerpt(f"{before}{''.join(parts[first:last])}{after}", start + shift, length)
