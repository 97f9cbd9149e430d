"""Interpolation between whole numbers."""

import numpy as np
import pytest

from canary_runner.stats.nodes import nodes

X = np.arange(300)
JUMPS = X % 97 == 0
WEIGHTS = np.exp(-((X - 140) ** 2) / 2000)


@pytest.mark.parametrize("degree", range(5))
def test_polynomials_within_cells_are_exact(degree):
    chosen = nodes(300, JUMPS, 60)
    f = (X // 97) * 10.0 + ((X - 150) / 100) ** degree
    exact = (WEIGHTS * f).sum()
    assert (chosen.weights(WEIGHTS) * f[chosen.at]).sum() == pytest.approx(exact, rel=1e-12)
    coarse = (chosen.weights(WEIGHTS, is_coarse=True) * f[chosen.at]).sum()
    assert (abs(coarse - exact) < 1e-9 * abs(exact)) == (degree <= 2)


def test_narrow_cells_are_kept_whole():
    chosen = nodes(20, np.arange(20) % 4 == 0, 100)
    assert chosen.at.tolist() == list(range(20))
    assert chosen.weights(WEIGHTS[:20]) == pytest.approx(WEIGHTS[:20])


@pytest.mark.parametrize(("size", "widest"), [(1, 1), (5, 5), (6, 6), (7, 100), (1000, 50)])
def test_weights_add_up(size, widest):
    chosen = nodes(size, np.zeros(size, np.bool_), widest)
    for is_coarse in (False, True):
        assert chosen.weights(np.ones(size), is_coarse=is_coarse).sum() == pytest.approx(size)
    assert (np.diff(chosen.at) > 0).all()
    assert chosen.at.min() >= 0
    assert chosen.at.max() < size


def test_doubt_adds_what_the_rules_differ_by_in_each_cell():
    """A zigzag errs up in one cell and down in the next: whole sums by both rules agree better than either is right."""
    chosen = nodes(300, JUMPS, 60)
    weights = [chosen.weights(WEIGHTS, is_coarse=is_coarse) for is_coarse in (False, True)]
    steps = np.floor(X * 0.37)[chosen.at] * 1.0
    fine, coarse = (w * steps for w in weights)
    cells = np.split(fine - coarse, chosen.cell_starts[1:])
    assert len(cells) == 7
    assert chosen.doubt(fine, coarse) == pytest.approx(sum(abs(cell.sum()) for cell in cells))
    assert chosen.doubt(fine, coarse) >= abs((fine - coarse).sum())
    assert chosen.doubt(np.stack((fine, coarse)), np.stack((coarse, fine))).shape == (2,)


def test_nothing_is_in_doubt_where_every_number_is_a_node():
    chosen = nodes(20, np.ones(20, np.bool_), 1)
    terms = [chosen.weights(WEIGHTS[:20], is_coarse=is_coarse) * X[:20] for is_coarse in (False, True)]
    assert chosen.doubt(*terms) == 0
