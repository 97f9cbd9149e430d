"""Shown percentiles are readings of one histogram that was only drawn where somebody looked."""

from fractions import Fraction as F

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from canary_runner.compiling.series import BASELINE, CANARY, PLAIN, series_of, slots_of
from canary_runner.engines.detail import Detail, Interval, Question
from canary_runner.engines.splitting import binomial_counts, split
from canary_runner.engines.streams import Purpose, Stream
from canary_runner.judges.percentile import percentile_us, rank
from canary_runner.model.histogram import coarse_edges_us, fine_edges_us
from canary_runner.model.service import Latency
from canary_runner.scenarios.latency import class_chances

LATENCY = Latency(80_000, 400_000)
QUANTILES = (F(1, 100), F(1, 2), F(95, 100), F(99, 100), F(999, 1000))
LIMITS = {"no limit": (), "one limit": (500_000,), "limits, one on a common edge": (90_000, fine_edges_us(())[400])}


def fine_chances(limits, factor=F(1)):
    return class_chances(LATENCY, factor, F(0), fine_edges_us(limits))


def interval(limits, stage, analysis, arm, requests, *, edges=None, factor=F(1)):
    """Return what an arm reports; the counts of its classes are any that add up to `requests`."""
    edges = edges or coarse_edges_us(limits)
    chances = np.array(class_chances(LATENCY, factor, F(0), edges))
    rng = np.random.Generator(np.random.PCG64([stage, analysis, arm, requests]))
    counts = rng.multinomial(requests, chances / chances.sum()).astype(np.int64)
    return Interval(stage, analysis, arm, edges, counts, fine_chances(limits, factor))


def drawn_whole(one, limits, stream):
    """Return all fine counts of an interval: every split of the tree, given the counts of its classes."""
    fine, (seed, block, row) = fine_edges_us(limits), stream
    before = np.concatenate(([0.0], np.cumsum(one.fine_chances)))
    series = [series_of(one.arm, PLAIN, slot) for slot in slots_of(fine)]
    words = Stream(seed, one.stage, block, Purpose.SHOW).words(one.analysis, series, np.array([row]))[:, 0]
    upto = {0: 0} | {fine.index(e) + 1: int(n) for e, n in zip(one.edges_us, np.cumsum(one.counts), strict=True)}
    spans = [(0, len(fine))]
    while spans := [(low, high) for low, high in spans if high - low > 1]:
        splits = []
        for low, high in spans:
            at = (low + high) // 2
            left = max(end for end in range(low, at + 1) if end in upto)
            right = min(end for end in range(at, high + 1) if end in upto)
            whole = before[right] - before[left]
            share = (before[at] - before[left]) / whole if whole > 0 else 0.0
            splits.append((at, upto[left], upto[right] - upto[left], share if left < at else 0.0))
        at, below, held, shares = (np.array(part) for part in zip(*splits, strict=True))
        counts = below + binomial_counts(held, shares, words[at - 1])
        upto |= dict(zip(at.tolist(), counts.tolist(), strict=True))
        spans = [half for low, high in spans for half in ((low, (low + high) // 2), ((low + high) // 2, high))]
    return np.diff([upto[end] for end in range(len(fine) + 1)])


def rollout(limits):
    """Return the intervals of a rollout: stages with few, many and all classes, both arms, silence, another law."""
    fine = fine_edges_us(limits)
    return [
        interval(limits, 0, 0, CANARY, 900),
        interval(limits, 0, 0, BASELINE, 5000, edges=fine[-1:]),
        interval(limits, 0, 1, CANARY, 0),
        interval(limits, 0, 2, CANARY, 1),
        interval(limits, 1, 0, CANARY, 700, edges=fine),
        interval(limits, 1, 1, CANARY, 700, edges=tuple(sorted({*fine[380:420], *coarse_edges_us(limits)}))),
        interval(limits, 2, 0, CANARY, 1300, factor=F(3, 2)),
        interval(limits, 2, 1, CANARY, 1300),
    ]


def test_a_single_class_falls_apart_as_any_count_does():
    fine, one = fine_edges_us(()), interval((), 3, 2, BASELINE, 5000)

    def words(classes):
        series = [series_of(BASELINE, PLAIN, slots_of(fine)[int(c)]) for c in classes]
        return Stream(5, 3, 1, Purpose.SHOW).words(2, series, np.array([77]))

    assert drawn_whole(one, (), (5, 1, 77)).tolist() == split(one.counts, one.fine_chances, words)[:, 0].tolist()


WINDOWS = [(0,), (1,), (2,), (3,), (4,), (6,), (0, 2, 3), (4, 5), (6, 7), (0, 2, 3, 4, 5, 6, 7), (3, 4)]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("limits", LIMITS.values(), ids=LIMITS)
def test_readings_are_those_of_the_histogram_drawn_whole(limits, seed):
    """Exact, but for the last bits of the shares: a count differs with a chance of about 1e-12."""
    stream, intervals = (seed, 3, 17 + seed), rollout(limits)
    whole = [drawn_whole(one, limits, stream) for one in intervals]
    questions = [Question(window, quantile) for window in WINDOWS for quantile in QUANTILES]
    readings = Detail(stream, intervals, fine_edges_us(limits)).percentiles_us(questions)
    for question, reading in zip(questions, readings, strict=True):
        counts = sum(whole[i] for i in question.intervals)
        if counts.sum() == 0:
            assert reading is None
        else:
            assert reading == percentile_us(question.quantile, counts[:, None], fine_edges_us(limits))[0]


QUESTIONS = st.lists(
    st.builds(
        Question, st.sets(st.integers(0, 7), min_size=1).map(tuple),
        st.integers(1, 9999).map(lambda n: F(n, 10_000)),
    ),
    min_size=1, max_size=6,
)  # fmt: skip


@given(QUESTIONS, st.sampled_from(list(LIMITS.values())), st.integers(0, 2**64 - 1))
@settings(max_examples=40, deadline=None)
def test_a_reading_does_not_depend_on_what_else_is_asked(questions, limits, seed):
    def detail():
        return Detail((seed, 0, 0), rollout(limits), fine_edges_us(limits))

    together = detail().percentiles_us(questions)
    assert [detail().percentiles_us([question])[0] for question in questions] == together
    again = detail()
    again.percentiles_us(questions[::-1])
    assert again.percentiles_us(questions) == together


@given(QUESTIONS, st.integers(0, 2**64 - 1))
@settings(max_examples=40, deadline=None)
def test_readings_keep_to_the_counts_that_decided(questions, seed):
    """The percentile is above an edge just where too many requests were slower; it grows with the quantile."""
    limits = LIMITS["limits, one on a common edge"]
    intervals = rollout(limits)
    readings = Detail((seed, 0, 0), intervals, fine_edges_us(limits)).percentiles_us(questions)
    for question, reading in zip(questions, readings, strict=True):
        members = [intervals[i] for i in question.intervals]
        total = sum(int(one.counts.sum()) for one in members)
        if total == 0:
            assert reading is None
            continue
        place = int(rank(question.quantile, np.array([total]))[0])
        for edge in set(members[0].edges_us).intersection(*(one.edges_us for one in members)):
            fast = sum(int(one.counts[: one.edges_us.index(edge) + 1].sum()) for one in members)
            assert (reading > edge) == (fast < place)
    for a, ours in zip(questions, readings, strict=True):
        for b, theirs in zip(questions, readings, strict=True):
            if ours is not None and a.intervals == b.intervals and a.quantile <= b.quantile:
                assert ours <= theirs


@pytest.mark.parametrize("limit_us", [90_000, 500_000])
def test_a_shown_median_has_the_law_of_a_sample_median(limit_us):
    """Chi-square on 2,000 intervals of 301 requests, seed 21; the chance of a false alarm is 1e-6.

    The count within the limit is drawn first, here by scipy, and the rest given it: together that is a sample median
    of 301 lognormal latencies, so it is at most e where at least 151 of them are, each with the chance F(e).
    """
    limits, requests, many = (limit_us,), 301, 2000
    edges, chances = fine_edges_us(limits), fine_chances(limits)
    inside = stats.lognorm(s=np.log(5) / stats.norm.ppf(0.99), scale=80_000).cdf(edges)
    fast = stats.binom(requests, inside[edges.index(limit_us)]).rvs(many, random_state=21)
    intervals = [
        Interval(0, i, CANARY, coarse_edges_us(limits), np.array([n, requests - n]), chances)
        for i, n in enumerate(fast)
    ]
    detail = Detail((21, 0, 0), intervals, edges)
    readings = detail.percentiles_us([Question((i,), F(1, 2)) for i in range(many)])
    law = np.diff(stats.binom(requests, inside).sf(150), prepend=0)
    seen = np.array([readings.count(edge) for edge in edges])
    often = law * many >= 8
    observed = np.append(seen[often], seen[~often].sum())
    expected = np.append(law[often], law[~often].sum()) * many
    assert often.sum() >= 10
    assert stats.chisquare(observed, expected * observed.sum() / expected.sum()).pvalue > 1e-6
