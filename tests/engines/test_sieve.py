"""Outcomes without counts are those of the counts: boxes hold one sign, and walks with boxes are walks without."""

from fractions import Fraction as F

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from canary_runner.engines import sieve
from canary_runner.engines.boxes import are_in, box_around
from canary_runner.engines.intervals import Intervals
from canary_runner.engines.panel import Panel
from canary_runner.engines.program import Program
from canary_runner.engines.sieve import found_boxes
from canary_runner.engines.streams import BLOCK, Stream, Tap
from canary_runner.engines.walk import walk_block
from canary_runner.model.outcomes import Outcome
from canary_runner.model.policy import ErrorCheck, LatencyCheck, Points, Ratio, TotalFailures
from canary_runner.model.scenario import Change, Effect, ErrorRateEffect, Scenario
from tests.builders import plan, policy, service, stage

RATES = st.fractions(F(1, 1000), F(1, 20), max_denominator=1000)
ERRORS = st.builds(
    ErrorCheck, st.just("error_rate"), RATES, st.none() | st.builds(Points, RATES) | st.builds(Ratio, st.just(F(2)))
)
SLOW = st.builds(
    LatencyCheck, st.just("latency"), st.sampled_from([F(1, 2), F(95, 100), F(99, 100)]),
    st.sampled_from([100_000, 250_000, 400_000]), st.none(), st.none() | st.just(F(99, 100)),
)  # fmt: skip
CHECKS = st.tuples(ERRORS) | st.tuples(SLOW) | st.tuples(ERRORS, SLOW)
WORSE = st.sampled_from([F(0), F(3, 1000), F(15, 1000)]).map(
    lambda more: Scenario("worse", canary=Effect(ErrorRateEffect(Change.ADD, more)))
)
PLANS = st.builds(
    lambda checks, rate_rps, percents, minimum, worse: plan(
        policy(
            *(
                stage(
                    f"at {percent}", percent, checks=checks, min_canary_requests=minimum,
                    rollback_after=TotalFailures(2),
                )
                for percent in percents
            )
        ),
        service(rate_rps=rate_rps),
        worse,
    ),
    CHECKS, st.sampled_from([F(2), F(40), F(1000)]), st.sampled_from([(1, 30), (20, 100)]),
    st.sampled_from([0, 100]), WORSE,
)  # fmt: skip


def first_stage(subject):
    """Return the series of the first stage's windows, what judges them, and their words."""
    program, stage_plan = Program(subject), subject.stages[0]
    reads_baseline = any(check.over_baseline for check in stage_plan.checks)
    intervals = Intervals(program, stage_plan, Stream(1, 0, 0), reads_baseline, is_lone=False)
    (moment,), _ = program.weather.moments(np.zeros((1, 1), np.int64))
    series = intervals._at(moment, 1, None).pair.in_series()
    panel = Panel(stage_plan, program.edges_us[0])
    return series, panel, list(Tap(Stream(1, 0, 0)).words(0, series.numbers, None))


@given(PLANS, st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_every_window_in_a_box_has_its_outcomes(subject, random):
    """Windows at the corners of a box, and anywhere inside it: not one may be judged otherwise."""
    series, panel, words = first_stage(subject)
    rng = np.random.Generator(np.random.PCG64(random.getrandbits(32)))
    counts = series.counts(words)
    box = box_around(series.laws, counts[:, 0], lambda one: panel.signs(series.of_counts(one)), counts)
    low, high = box[:, :, None]
    inside = rng.integers(low, high, (len(low), 2000), endpoint=True)
    corners = np.where(rng.integers(0, 2, (len(low), 500)), low, high)
    tried = np.concatenate((counts[:, :1], inside, corners), axis=1)
    assert are_in(box, tried).all()
    outcomes = panel.outcomes(series.of_counts(tried))
    assert (outcomes == outcomes[:, :1]).all()


def test_boxes_of_words_are_those_of_counts():
    """A window is outside a box of words exactly if one of its counts is outside the box of counts."""
    series, _, words = first_stage(plan(policy(stage("one", 10)), service()))
    counts = series.counts(words)
    low, high = np.sort(counts[:, [5, 9]], axis=1).T
    box = sieve.WordBox(sieve._cuts(series.laws, low, high), np.zeros(1, np.int8))
    outside = np.flatnonzero(~are_in(np.array([low, high]), counts))
    assert box.outside(words).tolist() == outside.tolist()
    assert 0 < outside.size < BLOCK


@given(PLANS, st.integers(0, 2**32))
@settings(max_examples=25, deadline=None)
def test_walks_with_boxes_are_walks_without(subject, seed):
    found = {}
    for uses in (1, 1 << 30):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sieve, "USES", uses)
            fresh = plan_again(subject)
            for block in range(2):
                walks = walk_block(fresh, seed, block, np.arange(BLOCK))
                parts = (walks.endings, walks.ended_at_s, walks.stages_completed, walks.entered_at_s, walks.deciding)
                found.setdefault(uses, []).append([part.tolist() for part in parts])
    with_boxes, without = found.values()
    assert with_boxes == without


def plan_again(subject):
    """Return an equal plan that nothing is known of yet."""
    return type(subject)(**{name: getattr(subject, name) for name in subject.__dataclass_fields__})


@pytest.mark.parametrize(
    ("error_rate", "expected"), [(F(1, 1000), Outcome.PASS), (F(1, 5), Outcome.FAIL)], ids=["healthy", "bad"]
)
def test_boxes_hold_most_windows_where_the_outcome_is_clear(error_rate, expected):
    worse = Scenario("worse", canary=Effect(ErrorRateEffect(Change.SET, error_rate)))
    checks = (ErrorCheck("error_rate", F(1, 50), None),)
    series, panel, words = first_stage(plan(policy(stage("one", 10, checks=checks)), service(), worse))
    first, *_ = found_boxes(series, panel, words)
    assert first.outcomes.tolist() == [expected]
    assert first.outside(words).size < BLOCK / 100


def test_the_words_at_the_ends_of_a_box():
    series, _, _ = first_stage(plan(policy(stage("one", 10)), service()))
    law = series.laws[0]
    middle = int(law.count(np.array([1 << 63], np.uint64))[0])
    low, high = middle - 3, middle + 3
    (cut,) = sieve._cuts([law], np.array([low]), np.array([high]))
    assert cut.below == law.first_word(low)
    assert cut.beyond == law.first_word(high + 1)
    words = np.array([cut.below - 1, cut.below, cut.beyond - 1, cut.beyond], np.uint64)
    assert law.count(words).tolist() == [low - 1, low, high, high + 1]
    assert sieve.WordBox((cut,), np.zeros(1, np.int8)).outside([words]).tolist() == [0, 3]
