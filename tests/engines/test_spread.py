"""Mass over two counts: adding an interval's counts, cutting negligible ends, the budget."""

import numpy as np
import pytest
from scipy import stats

from canary_runner.engines.spread import BUDGET, MOST_NODES, Purse, Sizes, Spread, added, convolved, sizes_of, trimmed
from canary_runner.model.reasons import NotExact
from canary_runner.stats.laws import poisson_laws


def poisson(mean):
    return sizes_of(poisson_laws([mean])[0])


def at_all(spread, rows, columns):
    """Return a spread as a table from (0, 0) on."""
    table = np.zeros((rows, columns))
    row, column = spread.first
    height, width = spread.values.shape
    table[row : row + height * spread.steps[0] : spread.steps[0],
          column : column + width * spread.steps[1] : spread.steps[1]] = spread.values  # fmt: skip
    return table


def test_two_intervals_are_one_of_twice_the_mean():
    """Poisson counts of either kind, to 1e-15."""
    spread = Spread((0, 0), (1, 1), np.ones((1, 1)))
    for _ in range(2):
        spread = convolved(spread, (poisson(3.0), poisson(20.0)), (1, 1), Purse(), "s")
    expected = stats.poisson.pmf(np.arange(60), 6.0)[:, None] * stats.poisson.pmf(np.arange(150), 40.0)
    assert at_all(spread, 60, 150) == pytest.approx(expected, abs=1e-15)


@pytest.mark.parametrize("steps", [(1, 1), (2, 6), (6, 3)])
@pytest.mark.parametrize("first", [(0, 0), (3, 6), (-9, 12)])
def test_nodes_further_apart_are_some_of_all(steps, first):
    """Whatever the mass before lies on: the density at a node is the plain sum there."""
    before = Spread(first, (1, 3), np.arange(1.0, 21.0).reshape(4, 5))
    sizes = Sizes(2, np.array([0.5, 0.25, 0.125])), Sizes(-4, np.arange(1.0, 9.0))
    found = convolved(before, sizes, (steps[0], steps[1] * 3), Purse(), "s")
    seen = {}
    for i, j in np.ndindex(found.values.shape):
        place = found.first[0] + i * found.steps[0], found.first[1] + j * found.steps[1]
        seen[place] = found.values[i, j]
    plain = {}
    for i, j in np.ndindex(before.values.shape):
        for x, p in enumerate(sizes[0].chances):
            for y, q in enumerate(sizes[1].chances):
                place = first[0] + i + 2 + x, first[1] + 3 * j - 4 + y
                plain[place] = plain.get(place, 0.0) + before.values[i, j] * p * q
    expected = {p: v for p, v in plain.items() if p[0] % found.steps[0] == 0 and p[1] % found.steps[1] == 0}
    assert {place: value for place, value in seen.items() if value} == pytest.approx(expected)


def test_spreads_add_up_wherever_they_lie():
    one, other = Spread((0, 4), (1, 2), np.ones((2, 3))), Spread((1, 0), (1, 2), np.full((3, 4), 10.0))
    total = added([one, other])
    assert (total.first, total.steps) == ((0, 0), (1, 2))
    assert total.values.tolist() == [[0, 0, 1, 1, 1], [10, 10, 11, 11, 1], [10, 10, 10, 10, 0], [10, 10, 10, 10, 0]]


def test_negligible_ends_are_cut():
    values = np.full((3, 5), 1e-19)
    values[1, 1:3] = 0.5
    cut = trimmed(Spread((7, 10), (1, 4), values))
    assert (cut.first, cut.values.tolist()) == ((8, 14), [[0.5, 0.5]])
    assert trimmed(Spread((7, 10), (1, 4), values * 0)).values.tolist() == [[0.0]]


@pytest.mark.parametrize(("nodes", "sizes"), [(MOST_NODES + 1, 1), (MOST_NODES, BUDGET // MOST_NODES + 1)])
def test_what_costs_too_much_is_not_exact(nodes, sizes):
    with pytest.raises(NotExact, match=f"stage s hold too many requests: {nodes:,} counts"):
        Purse().spend("s", nodes, sizes)
