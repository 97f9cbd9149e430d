"""Windows are plain sums of intervals."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary_runner.engines.windows import Windows, collapsed, rows_of
from canary_runner.judges.counts import ArmCounts


def arm(rows):
    """Return the counts of rollouts, each (errors, fast, slow)."""
    table = np.array(rows, np.int64).reshape(-1, 3).T
    return ArmCounts(table[1] + table[2], table[0], table[1:])


INTERVALS = st.lists(st.lists(st.tuples(*[st.integers(0, 9)] * 3), min_size=2, max_size=2), min_size=1, max_size=9)


@given(INTERVALS, st.none() | st.integers(1, 4))
def test_a_window_is_the_sum_of_its_intervals(intervals, length):
    windows = Windows(length)
    for index, rows in enumerate(intervals):
        canary, baseline = windows.push((arm(rows), arm(rows[::-1])))
        start = 0 if length is None else max(0, index - length + 1)
        for row in range(2):
            plain = [sum(intervals[i][row][part] for i in range(start, index + 1)) for part in range(3)]
            assert [canary.errors[row], *canary.latency[:, row]] == plain
            assert baseline.errors[1 - row] == plain[0]
            assert canary.requests[row] == plain[1] + plain[2]


@pytest.mark.parametrize("length", [1, 2, None])
def test_rollouts_that_leave_take_nothing_with_them(length):
    windows = Windows(length)
    windows.push((arm([(1, 2, 3), (4, 5, 6)]), arm([(0, 1, 0), (0, 2, 0)])))
    windows.keep(np.array([False, True]))
    canary, baseline = windows.push((arm([(1, 1, 1)]), arm([(0, 0, 7)])))
    before = 0 if length == 1 else 1
    assert canary.errors.tolist() == [1 + 4 * before]
    assert baseline.latency.tolist() == [[0 + 2 * before], [7]]


def test_a_rollout_window_goes_on_from_the_stages_before():
    windows = Windows(None, (arm([(1, 10, 2)]), arm([(0, 3, 0)])))
    canary, baseline = windows.push((arm([(2, 5, 1)]), arm([(1, 1, 1)])))
    assert (canary.errors[0], canary.requests[0], baseline.requests[0]) == (3, 18, 5)


def test_fewer_classes_hold_the_same_requests():
    counts = ArmCounts(np.array([15]), np.array([0]), np.array([[1], [2], [3], [4], [5]]))
    found = collapsed(counts, (10, 20, 30, 40, 50), (20, 50))
    assert found.latency.tolist() == [[3], [12]]
    assert rows_of(found, np.array([0])).requests.tolist() == [15]
