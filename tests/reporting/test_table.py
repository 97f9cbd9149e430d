"""Tables that keep to the line, and say what they left out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary_runner.reporting.cells import width
from canary_runner.reporting.look import Look
from canary_runner.reporting.table import KEPT, table

HEADS = ("stage", "traffic", "took", "errors")
ROWS = [("first", "5%", "10m", "0.2% / 0.1%"), ("a stage with a long name", "100%", "1h 10m", "12% / 11%")]
RIGHT = (False, True, True, True)


def drawn(cells, heads=HEADS, rows=ROWS):
    return table(heads, rows, RIGHT, Look(colour=False, symbols=True, width=cells))


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
    assert all(width(line) <= cells for line in (found.head, *found.lines, *found.left_out))
    assert len(found.lines) == len(rows)


def test_what_stands_first_always_stays():
    assert all(head.strip() in drawn(30).head for head in HEADS[:KEPT])
