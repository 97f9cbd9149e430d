"""The histogram's edges: growing, fine enough, and with every limit of a policy among them."""

from fractions import Fraction as F
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary_runner.model.histogram import TOP_US, class_of, coarse_edges_us, common_edges_us, fine_edges_us

LIMITS = st.lists(st.integers(1, TOP_US), max_size=12)


def test_common_edges_go_from_fifty_microseconds_to_one_hour_in_steps_of_two_percent():
    edges = common_edges_us()
    assert (edges[0], edges[-1]) == (50, TOP_US)
    for below, above in pairwise(edges):
        assert 0 < above - below <= F(2, 100) * below
    for below, above in list(pairwise(edges))[:-1]:  # the last step ends at one hour
        assert above - below == below * 2 // 100  # whole microseconds


@given(LIMITS)
def test_fine_edges_are_the_common_ones_and_the_limits(limits):
    edges = fine_edges_us(limits)
    assert set(edges) == {*common_edges_us(), *limits}
    assert all(below < above for below, above in pairwise(edges))


@given(LIMITS)
def test_coarse_edges_are_fine_ones_and_decide_every_limit(limits):
    edges = coarse_edges_us(limits)
    assert set(edges) == {*limits, TOP_US}
    assert all(below < above for below, above in pairwise(edges))
    assert set(edges) <= set(fine_edges_us(limits))


@given(LIMITS, st.integers(0, 2 * TOP_US))
def test_a_latency_is_recorded_in_the_first_class_that_is_not_below_it(limits, latency):
    edges = fine_edges_us(limits)
    index = class_of(edges, latency)
    assert index == next((i for i, edge in enumerate(edges) if edge >= latency), len(edges) - 1)
    if 50 <= latency <= TOP_US:
        assert latency <= edges[index] < latency * F(102, 100) + 1  # what a percentile can read too high


@pytest.mark.parametrize(
    ("latency", "edge"),
    [(0, 50), (50, 50), (51, 51), (TOP_US - 1, TOP_US), (TOP_US, TOP_US), (TOP_US + 1, TOP_US), (500_000, 500_000)],
)
def test_class_of(latency, edge):
    edges = fine_edges_us([500_000])
    assert edges[class_of(edges, latency)] == edge
