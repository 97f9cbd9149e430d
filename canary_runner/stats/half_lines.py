"""Sums of a smooth function over all whole numbers from a bound on, from its values at every so many-th of them.

Between nodes the function is its Lagrange polynomial through the `points` nearest nodes, half of them on either side.
A cell is the whole numbers from one node to the next; where every cell counts, each node stands for as many numbers as
a cell has, and the sum is that of the trapezoid rule. Nodes one apart are exact.
"""

from functools import cache

import numpy as np

from canary_runner.stats.outward import Floats, Ints


@cache
def _near(step: int, points: int) -> Floats:
    """Return the weights of the nodes near a bound, shape (step, points + 2).

    Row r is of the bound r numbers beyond a node, column i of the node i - points / 2 nodes beyond that one; the first
    and the last column stand for all nodes further out.
    """
    places = np.arange(1 - points // 2, points // 2 + 1)
    at = (np.arange(step) / step)[:, None]
    coefficients = np.ones((step, points))
    for i, place in enumerate(places.tolist()):
        for other in places.tolist():
            if other != place:
                coefficients[:, i] *= ((at - other) / (place - other))[:, 0]
    partial = np.add.accumulate(coefficients[::-1], axis=0)[::-1]  # from each number of the cell to its end
    beyond = np.add.accumulate(partial[0])  # of the cells beyond
    found = np.zeros((step, points + 2))
    found[:, 1:-1] = partial
    found[:, 2:-1] += beyond[:-1]
    found[:, -1] = step
    return found


def half_line_weights(bounds: Ints, first: int, nodes: int, step: int, points: int) -> Floats:
    """Return weights w with sum(w f(node)) = the sum of f(y) over all whole y >= bound, shape (bounds, nodes).

    Args:
        bounds: whole numbers.
        first: where the first node is; the others follow `step` apart.
        nodes: how many there are; beyond them the function is 0.
        step: at least 1.
        points: of a polynomial, even; with step 1 there is nothing between nodes and it is not read.
    """
    cell, rest = np.divmod(bounds - first, step)
    places = np.arange(nodes) - cell[:, None] + points // 2
    found: Floats = _near(step, points)[rest[:, None], np.clip(places, 0, points + 1)]
    return found
