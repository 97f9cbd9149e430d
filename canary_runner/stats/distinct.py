"""Distinct columns of small integer or float tables, without what `numpy.unique` imports and sorts by."""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Number = TypeVar("Number", np.int64, np.float64)


def distinct_columns(table: NDArray[Number]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Find the distinct columns of a table.

    Args:
        table: shape (rows, columns); no NaN.

    Returns:
        The first place of each distinct column, in lexicographic order of the columns from the last row up, and for
        every column the number of its distinct one.
    """
    columns = table.shape[1]
    if columns == 0:
        return np.zeros(0, np.intp), np.zeros(0, np.intp)
    order = np.lexsort(table)
    ordered = table[:, order]
    is_first = np.ones(columns, np.bool_)
    is_first[1:] = (ordered[:, 1:] != ordered[:, :-1]).any(axis=0)
    which = np.empty(columns, np.intp)
    which[order] = np.cumsum(is_first) - 1
    return order[is_first], which
