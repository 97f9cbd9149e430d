"""Laws of counts: their means are those of the world, and their words stay where they are."""

from fractions import Fraction as F

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from canary_runner.compiling.laws import Conditional, Thinned, arm_law
from canary_runner.compiling.series import BASELINE, CANARY, ERRORS, PLAIN, SLOTS, WHOLE, WITHIN, series_of, slots_of
from canary_runner.engines.streams import SERIES
from canary_runner.model.histogram import TOP_US, coarse_edges_us, common_edges_us, fine_edges_us
from canary_runner.model.service import Arrivals
from canary_runner.scenarios.world import ArmRates
from tests.builders import service

LIMITS = st.sets(st.integers(1, TOP_US), max_size=30) | st.sets(st.integers(500_000, 510_000), max_size=30)
MOST_LIMITS = 100 * 20
"""Stages of a policy, checks of a stage."""


def rates(requests=F(1200), **given):
    """Return the rates of an arm with 1,200 requests, 0.1 % errors and the normal latency."""
    fields = {
        "carried": F(0), "reported": F(1), "error_rate": F(1, 1000), "slowness": ((F(1), (F(1), F(0))),),
    } | given  # fmt: skip
    return ArmRates(requests=requests, **fields)


def mean(law):
    return float(np.dot(law.first + np.arange(len(law.probabilities)), law.probabilities))


@given(LIMITS, st.sampled_from([fine_edges_us, coarse_edges_us]))
def test_series_of_different_counts_never_collide(limits, edges_of):
    slots = (*slots_of(edges_of(limits)), WHOLE)
    series = [series_of(arm, kind, slot) for arm in (CANARY, BASELINE) for kind in (PLAIN, ERRORS) for slot in slots]
    assert len(set(series)) == len(series)
    assert all(0 <= one < SERIES for one in series)


@pytest.mark.parametrize("first_us", [600_001, 100_000_000, TOP_US - 3 * MOST_LIMITS])
def test_as_many_limits_as_a_policy_may_have_fit_into_one_place(first_us):
    edges = fine_edges_us(range(first_us, first_us + MOST_LIMITS))
    slots = slots_of(edges)
    assert len(set(slots)) == len(edges)
    assert max(slots) < WHOLE < SLOTS


def cell_of(edge):
    return next(i for i, common in enumerate(common_edges_us()) if common >= edge)


@given(LIMITS, st.integers(1, TOP_US))
@settings(deadline=None)
def test_a_limit_more_does_not_move_the_words_of_other_classes(limits, extra):
    """Of other cells of the common histogram, that is, and of the common edges themselves; 3 limits fit in a cell."""
    cells = [cell_of(limit) for limit in {*limits, extra}]
    few = {limit for limit in limits if cells.count(cell_of(limit)) < WITHIN}
    for edges_of in (fine_edges_us, coarse_edges_us):
        before = dict(zip(edges_of(few), slots_of(edges_of(few)), strict=True))
        after = dict(zip(edges_of({*few, extra}), slots_of(edges_of({*few, extra})), strict=True))
        for edge, slot in before.items():
            if cell_of(edge) != cell_of(extra) or edge in common_edges_us():
                assert after[edge] == slot


def test_a_class_has_the_same_words_in_both_histograms():
    limits = (90_000, 500_000, 501_000)
    fine = dict(zip(fine_edges_us(limits), slots_of(fine_edges_us(limits)), strict=True))
    for edge, slot in zip(coarse_edges_us(limits), slots_of(coarse_edges_us(limits)), strict=True):
        assert fine[edge] == slot


@given(
    st.fractions(0, 10**6, max_denominator=1000),
    st.fractions(0, 1, max_denominator=10**6),
    st.fractions(0, 1, max_denominator=100),
    st.fractions(F(1, 2), 3, max_denominator=100),
    st.sampled_from([coarse_edges_us((500_000,)), fine_edges_us((500_000,))]),
)
@settings(max_examples=40, deadline=None)
def test_thinned_means_sum_to_the_mean(requests, error_rate, reported, factor, edges):
    """Within 1e-9: the tables leave out what is rarer than a double can tell."""
    given = rates(requests, error_rate=error_rate, reported=reported, slowness=((F(1), (factor, F(0))),))
    law = arm_law(service(), given, CANARY, edges)
    assert isinstance(law, Thinned)
    means = np.array([mean(law.laws[i]) for i in range(len(law.series))])
    assert means.sum() == pytest.approx(float(requests * reported), rel=1e-9)
    assert means[law.are_errors].sum() == pytest.approx(float(requests * reported * error_rate), rel=1e-9)
    for kind in (True, False):
        by_class = np.zeros(len(edges))
        by_class[law.classes[law.are_errors == kind]] = means[law.are_errors == kind]
        share = float(requests * reported * (error_rate if kind else 1 - error_rate))
        assert by_class == pytest.approx(share * np.array(law.chances), rel=1e-9, abs=1e-12)


def test_thinned_series_are_those_of_their_classes():
    edges = fine_edges_us((500_000,))
    law = arm_law(service(), rates(), BASELINE, edges)
    slots = slots_of(edges)
    for series, index, is_error in zip(law.series, law.classes, law.are_errors, strict=True):
        assert series == series_of(BASELINE, ERRORS if is_error else PLAIN, slots[index])


@pytest.mark.parametrize(
    ("given", "kinds"),
    [({"error_rate": F(0)}, {False}), ({"error_rate": F(1)}, {True}), ({"reported": F(0)}, set())],
)
def test_what_cannot_happen_has_no_series(given, kinds):
    law = arm_law(service(), rates(**given), CANARY, coarse_edges_us((500_000,)))
    assert set(law.are_errors.tolist()) == kinds


@pytest.mark.parametrize(
    ("normal", "kind"),
    [
        ({}, Thinned),
        ({"arrivals": Arrivals.CONSTANT}, Conditional),
        ({"burstiness": F(1, 500)}, Conditional),
        ({"arrivals": Arrivals.CONSTANT, "burstiness": F(1, 500)}, Conditional),
    ],
)
def test_independent_counts_only_where_they_are(normal, kind):
    assert isinstance(arm_law(service(**normal), rates(), CANARY, coarse_edges_us(())), kind)


@pytest.mark.parametrize(
    ("requests", "carried", "reported", "number"),
    [
        (F(1200), F(0), F(1), 1200),
        (F(10, 3), F(0), F(1), 3),
        (F(10, 3), F(1, 3), F(1), 3),
        (F(10, 3), F(2, 3), F(1), 4),  # what is left over of the intervals before makes one more
        (F(1200), F(0), F(1, 7), 171),
        (F(1200), F(0), F(0), 0),
    ],
)
def test_constant_arrivals_are_a_number(requests, carried, reported, number):
    given = rates(requests, carried=carried, reported=reported)
    law = arm_law(service(arrivals=Arrivals.CONSTANT), given, CANARY, coarse_edges_us(()))
    assert law.requests == number


def test_bursty_requests_are_poisson_and_their_errors_are_not_thinned():
    edges = coarse_edges_us((500_000,))
    law = arm_law(service(burstiness=F(1, 500)), rates(reported=F(1, 2)), BASELINE, edges)
    assert mean(law.requests[0]) == pytest.approx(600, rel=1e-9)
    assert (law.arm, law.error_rate, law.burstiness) == (BASELINE, 0.001, 0.002)
    assert law.slots == slots_of(edges)
    assert sum(law.chances) == pytest.approx(1, rel=1e-12)


def test_equal_laws_are_shared():
    edges = coarse_edges_us((500_000,))
    assert arm_law(service(), rates(), CANARY, edges) is arm_law(service(), rates(), CANARY, edges)
    assert arm_law(service(), rates(), CANARY, edges) is not arm_law(service(), rates(), BASELINE, edges)
