"""Sums over half-lines from values at nodes, against the plain sums."""

import numpy as np
import pytest

from canary_runner.stats.half_lines import half_line_weights

WIDE = np.arange(-2000, 2000)


@pytest.mark.parametrize("points", [8, 16])
@pytest.mark.parametrize("step", [1, 2, 7, 24])
def test_polynomials_are_exact_between_two_bounds(step, points):
    """Of any degree below the number of points, for every place of the bounds in their cells."""
    nodes = np.arange(80)
    at = -40 * step + step * nodes
    bounds = np.arange(-2 * step, 2 * step)
    weights = half_line_weights(bounds, int(at[0]), nodes.size, step, points)
    for degree in range(points):
        f = (at / (20 * step)) ** degree
        plain = [((np.arange(low, bounds[-1]) / (20 * step)) ** degree).sum() for low in bounds]
        np.testing.assert_allclose((weights - weights[-1]) @ f, plain, atol=1e-11 * step)


@pytest.mark.parametrize(("points", "error"), [(8, 3e-7), (16, 3e-10)])
@pytest.mark.parametrize("deviation", [8.0, 33.0, 100.0])
def test_a_normal_law_is_cut_well_at_four_nodes_a_deviation(deviation, points, error):
    """The largest error over all bounds; it is what the engine's nodes have."""
    step = int(deviation) // 4
    f = np.exp(-0.5 * (WIDE / deviation) ** 2) / (deviation * np.sqrt(2 * np.pi))
    bounds = np.arange(-400, 400)
    at = WIDE[::step]
    found = half_line_weights(bounds, int(at[0]), at.size, step, points) @ f[::step]
    plain = f[::-1].cumsum()[::-1][bounds + 2000]
    assert np.abs(found - plain).max() < error


def test_every_number_a_node_is_a_plain_sum():
    weights = half_line_weights(np.array([-5, 3, 4, 99]), 3, 4, 1, 16)
    assert weights.tolist() == [[1, 1, 1, 1], [1, 1, 1, 1], [0, 1, 1, 1], [0, 0, 0, 0]]
