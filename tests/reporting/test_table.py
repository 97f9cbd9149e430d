"""Tables that keep to the line, and say what they left out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary_runner.reporting.cells import width
from canary_runner.reporting.look import Look
from canary_runner.reporting.table import KEPT, table, told

HEADS = ("stage", "traffic", "took", "errors")
ROWS = [("first", "5%", "10m", "0.2% / 0.1%"), ("a stage with a long name", "100%", "1h 10m", "12% / 11%")]
RIGHT = (False, True, True, True)


def look(cells):
    return Look(colour=False, symbols=True, width=cells)


def drawn(cells, heads=HEADS, rows=ROWS):
    return table(heads, rows, RIGHT, look(cells))


@pytest.mark.parametrize(
    ("cells", "left_out"),
    [(100, []), (40, ["no room for: errors"]), (26, ["no room for: took, errors"])],
)
def test_columns_that_find_no_room_are_named(cells, left_out):
    found = drawn(cells)
    assert found.left_out == left_out
    shown = [head for head in HEADS if head in found.head]
    assert [*shown, *(left_out[0].partition(": ")[2].split(", ") if left_out else [])] == list(HEADS)


@given(st.integers(8, 60), st.lists(st.tuples(*[st.text("ab 0%", max_size=30)] * 4), max_size=4))
def test_no_line_is_longer_than_the_terminal(cells, rows):
    found = drawn(cells, rows=rows)
    assert all(width(line) <= cells for line in (found.head, *found.lines, *told(found.left_out, look(cells))))
    assert len(found.lines) == len(rows)


def test_what_stands_first_always_stays():
    assert all(head.strip() in drawn(30).head for head in HEADS[:KEPT])


def test_every_column_without_room_is_named_in_full_and_each_sentence_once():
    heads = ("scenario", "rolls back", *(f"a column with number {number}" for number in range(9)))
    found = table(heads, [("x",) * len(heads)], (False,) * len(heads), look(40))
    lines = told([*found.left_out, *found.left_out, "no room for: b"], look(40))
    assert " ".join(lines) == f"no room for: {', '.join(heads[2:])} no room for: b"
    assert all(width(line) <= 40 for line in lines)
