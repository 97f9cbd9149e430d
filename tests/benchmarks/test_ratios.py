"""The table of ratios: what is said of each, and what a check takes for a miss."""

import pytest

from benchmarks.ratios import Row, Side, as_table, fastest_seconds


@pytest.mark.parametrize(
    ("row", "mark", "is_reached"),
    [
        pytest.param(Row("a", "b", 30.0, 40, False, 60), "NOT REACHED", False, id="below the goal"),
        pytest.param(Row("a", "b", 30.0, 40, False, in_the_way="a hill"), "NOT REACHED: a hill", False, id="a reason"),
        pytest.param(Row("a", "b", 50.0, 40, False, in_the_way="a hill"), "reached", True, id="no reason needed"),
        pytest.param(Row("a", "b", 40.0, 40, False, 60), "reached", True, id="equal to the goal"),
        pytest.param(Row("a", "b", 60.0, 40, False, 60), "aim reached", True, id="the aim"),
        pytest.param(Row("a", "b", 1.5, 1.4), "NOT REACHED", False, id="above what it may be at most"),
        pytest.param(Row("a", "b", 1.4, 1.4), "reached", True, id="no aim"),
        pytest.param(Row("a", "b", 3.0, None), "", True, id="only shown"),
        pytest.param(Row("a", "b", None, 3, why_not="gone"), "NOT MEASURED: gone", False, id="a goal not measured"),
        pytest.param(Row("a", "b", None, None, why_not="gone"), "NOT MEASURED: gone", True, id="shown, not measured"),
    ],
)
def test_mark(row, mark, is_reached):
    assert (row.mark, row.is_reached) == (mark, is_reached)


@pytest.mark.parametrize(
    ("row", "line"),
    [
        (Row("a", "b", 122974.3, None), "| a | b | 122,974 |  |  |  |"),
        (Row("a", "b", 25.126, 40, False, 60), "| a | b | 25.13 | at least 40 | 60 | NOT REACHED |"),
        (Row("a", "b", 7.7e-7, 2e-5), "| a | b | 7.7e-07 | at most 2e-05 |  | reached |"),
        (Row("a", "b", 0.0, 2e-5), "| a | b | 0.00 | at most 2e-05 |  | reached |"),
        (Row("a", "b", None, 3, why_not="gone"), "| a | b |  | at most 3 |  | NOT MEASURED: gone |"),
    ],
)
def test_line(row, line):
    assert as_table([row]).splitlines()[2] == line


def test_sides_take_turns_and_are_prepared_each_time():
    seen = []
    sides = {
        "one": Side(lambda: seen.append("one"), prepare=lambda: seen.append("before one")),
        "two": Side(lambda: seen.append("two")),
    }
    seconds = fastest_seconds(sides, 2)
    assert seen == ["before one", "one", "two"] * 2
    assert all(0 <= value < 1 for value in seconds.values())
