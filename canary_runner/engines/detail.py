"""Percentiles that are only shown, drawn after the decisions and given them.

A stage whose limits are absolute draws few latency classes. What a person is shown, the percentiles, comes from the
fine histogram behind them: each class falls into its fine classes by the tree of `splitting`, with words of its own
purpose. Only the spans on the way to a percentile are drawn; as every split has its own word, all readings of one
window, stage or rollout are readings of one and the same histogram.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from canary_runner.compiling.series import PLAIN, series_of, slots_of
from canary_runner.engines.splitting import binomial_counts, cumulative, left_share, middle
from canary_runner.engines.streams import Purpose, Stream

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Interval:
    """What one arm reported in one interval, and the law behind its classes."""

    stage: int
    analysis: int  # from 0
    arm: int
    counts: Ints  # by the stage's latency classes
    edges_us: tuple[int, ...]  # of these classes
    fine_chances: tuple[float, ...]  # of the fine classes


@dataclass(frozen=True, slots=True)
class Question:
    """A percentile of some intervals taken together."""

    intervals: tuple[int, ...]  # indices
    quantile: Fraction


class Detail:
    """The fine histograms of one rollout, drawn where a question leads."""

    def __init__(
        self, seed: int, block: int, row: int, intervals: Sequence[Interval], fine_edges_us: tuple[int, ...]
    ) -> None:
        self._seed, self._block, self._row = seed, block, row
        self._intervals = intervals
        self._fine_edges = fine_edges_us
        self._slots = np.array(slots_of(fine_edges_us), np.int64)
        laws = {i.fine_chances: None for i in intervals}
        self._before = np.array([cumulative(chances) for chances in laws])
        number = {chances: n for n, chances in enumerate(laws)}
        self._law = np.array([number[i.fine_chances] for i in intervals], np.intp)

    def percentiles_us(self, questions: Sequence[Question]) -> list[int | None]:
        """Return the nearest-rank percentile of each question, None where its intervals report nothing."""
        asked = [(q, *self._class_of_rank(q)) for q in questions]
        open_ones = [(i, *found) for i, (_, *found) in enumerate(asked) if found[0] is not None]
        readings: list[int | None] = [None] * len(questions)
        if not open_ones:
            return readings
        which = np.array([i for i, *_ in open_ones])
        low = np.array([found[1] for found in open_ones])
        high = np.array([found[2] for found in open_ones])
        rank = np.array([found[3] for found in open_ones])
        owner = np.concatenate([np.full(len(questions[i].intervals), n) for n, i in enumerate(which)])
        member = np.concatenate([np.array(questions[i].intervals, np.intp) for i in which])
        held = np.concatenate([np.array(found[4], np.int64) for found in open_ones])
        while (high - low > 1).any():
            at = middle(low, high)
            left = self._left(member, low[owner], high[owner], held)
            left_total = np.zeros(len(which), np.int64)
            np.add.at(left_total, owner, left)
            goes_left = (rank <= left_total) | (high - low == 1)
            held = np.where(goes_left[owner], left, held - left)
            rank = np.where(goes_left, rank, rank - left_total)
            low, high = np.where(goes_left, low, at), np.where(goes_left & (high - low > 1), at, high)
        for i, index in zip(which, low, strict=True):
            readings[i] = self._fine_edges[index]
        return readings

    def _class_of_rank(
        self, question: Question
    ) -> tuple[int | None, int, int, int, list[int]]:
        """Return the class that holds the rank, its fine span, the rank in it and each interval's count in it."""
        intervals = [self._intervals[i] for i in question.intervals]
        # Intervals of different stages may have different classes: compare on the edges that all have.
        shared = sorted(set.intersection(*(set(i.edges_us) for i in intervals))) if intervals else []
        total = sum(int(i.counts.sum()) for i in intervals)
        rank = -(-question.quantile.numerator * total // question.quantile.denominator)
        if total == 0:
            return None, 0, 0, 0, []
        low, start = 0, 0
        for edge in shared:
            high = self._fine_edges.index(edge) + 1
            inside = [_between(i, shared[start - 1] if start else 0, edge) for i in intervals]
            if rank <= sum(inside):
                return start, low, high, rank, inside
            rank, low, start = rank - sum(inside), high, start + 1
        raise AssertionError("a rank lies in some class")

    def _left(self, member: NDArray[np.intp], low: Ints, high: Ints, held: Ints) -> Ints:
        """Return how many of each interval's requests in a span fall into its left part."""
        places = np.stack((member, low, high))
        unique, first, back = np.unique(places, axis=1, return_index=True, return_inverse=True)
        member, low, high = unique
        before = self._before[self._law[member]]
        lanes = np.arange(len(member))
        whole = before[lanes, high] - before[lanes, low]
        at = middle(low, high)
        left = before[lanes, at] - before[lanes, low]
        shares = np.divide(left, whole, out=np.zeros_like(whole), where=whole > 0)
        return binomial_counts(held[first], shares, self._words(member, at - 1))[back.reshape(-1)]

    def _words(self, member: NDArray[np.intp], fine_class: Ints) -> NDArray[np.uint64]:
        intervals = [self._intervals[i] for i in member]
        stages = np.array([i.stage for i in intervals])
        analyses = np.array([i.analysis for i in intervals], np.int64)
        bases = np.array([series_of(i.arm, PLAIN, 0) for i in intervals], np.int64)
        words = np.zeros(len(member), np.uint64)
        for stage in np.unique(stages):
            chosen = stages == stage
            stream = Stream(self._seed, int(stage), self._block, Purpose.SHOW)
            series = bases[chosen] + self._slots[fine_class[chosen]]
            words[chosen] = stream.scattered(analyses[chosen], series, self._row)
        return words


def _between(interval: Interval, above_us: int, upto_us: int) -> int:
    """Count an interval's requests in the classes above one shared edge, up to another."""
    inside = [c for c, edge in zip(interval.counts, interval.edges_us, strict=True) if above_us < edge <= upto_us]
    return int(sum(inside))
