"""Distinct columns are those of a plain dictionary."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from canary_runner.stats.distinct import distinct_columns


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2), st.integers(-1, 1)), max_size=30))
def test_distinct_columns(columns):
    table = np.array(columns, np.int64).reshape(-1, 3).T
    first, which = distinct_columns(table)
    assert sorted(map(tuple, table[:, first].T.tolist())) == sorted(set(columns))
    assert [tuple(table[:, first[w]].tolist()) for w in which] == columns
    assert all(columns.index(columns[f]) == f for f in first)  # the first of equals
