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
from canary_runner.judges.percentile import rank as rank_of
from canary_runner.stats.distinct import distinct_columns

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Interval:
    """What one arm reported in one interval, and the law behind its classes."""

    stage: int
    analysis: int  # from 0
    arm: int
    counts: Ints  # by the stage's latency classes: the coarse ones, or already the fine ones
    fine_chances: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """A percentile of some intervals taken together."""

    intervals: tuple[int, ...]  # indices
    quantile: Fraction


class Detail:
    """The fine histograms of one rollout, drawn where a question leads."""

    def __init__(
        self,
        stream: tuple[int, int, int],
        intervals: Sequence[Interval],
        coarse_edges_us: tuple[int, ...],
        fine_edges_us: tuple[int, ...],
    ) -> None:
        """Take (seed, block, row) and the intervals; every coarse edge is a fine one."""
        self._seed, self._block, self._row = stream
        self._fine_edges = fine_edges_us
        self._slots = np.array(slots_of(fine_edges_us), np.int64)
        self._ends = np.array([0, *(fine_edges_us.index(e) + 1 for e in coarse_edges_us)])
        self._stages = np.array([i.stage for i in intervals], np.int64)
        self._analyses = np.array([i.analysis for i in intervals], np.int64)
        self._bases = np.array([series_of(i.arm, PLAIN, 0) for i in intervals], np.int64)
        laws = {chances: n for n, chances in enumerate(dict.fromkeys(i.fine_chances for i in intervals))}
        self._before = np.array([cumulative(chances) for chances in laws])
        self._law = np.array([laws[i.fine_chances] for i in intervals], np.intp)
        self._is_known = np.array([len(i.counts) == len(fine_edges_us) for i in intervals], np.bool_)
        self._known = np.zeros((len(intervals), len(fine_edges_us) + 1), np.int64)
        self._upto = np.zeros((len(intervals), len(self._ends)), np.int64)
        for n, interval in enumerate(intervals):
            upto = np.concatenate(([0], np.cumsum(interval.counts)))
            if self._is_known[n]:
                self._known[n] = upto
            self._upto[n] = upto[self._ends] if self._is_known[n] else upto

    def percentiles_us(self, questions: Sequence[Question]) -> list[int | None]:
        """Return the nearest-rank percentile of each question, None where its intervals report nothing."""
        readings: list[int | None] = [None] * len(questions)
        totals = [int(self._upto[list(q.intervals), -1].sum()) for q in questions]
        asked = [i for i, total in enumerate(totals) if total > 0]
        if not asked:
            return readings
        member = np.concatenate([np.array(questions[i].intervals, np.intp) for i in asked])
        owner = np.repeat(np.arange(len(asked)), [len(questions[i].intervals) for i in asked])
        ranks = [rank_of(questions[i].quantile, np.array([totals[i]])) for i in asked]
        for i, fine_class in zip(asked, self._descend(member, owner, np.concatenate(ranks)), strict=True):
            readings[i] = self._fine_edges[fine_class]
        return readings

    def _descend(self, member: NDArray[np.intp], owner: NDArray[np.intp], rank: Ints) -> list[int]:
        """Follow each question's rank down the tree of its intervals; return its fine class.

        Args:
            member: intervals, one entry per (question, interval).
            owner: the question of each entry.
            rank: of each question, from 1.
        """
        upto = np.zeros((len(rank), len(self._ends)), np.int64)
        np.add.at(upto, owner, self._upto[member])
        coarse = (upto < rank[:, None]).sum(axis=1)  # the first class end that reaches the rank
        low, high = self._ends[coarse - 1], self._ends[coarse]
        rank = rank - upto[np.arange(len(rank)), coarse - 1]
        held = self._upto[member, coarse[owner]] - self._upto[member, coarse[owner] - 1]
        while (splits := high - low > 1).any():
            at = middle(low, high)
            left = np.where(splits[owner], self._left(member, low[owner], high[owner], held), held)
            lefts = np.zeros(len(rank), np.int64)
            np.add.at(lefts, owner, left)
            goes_left = rank <= lefts
            held = np.where(goes_left[owner], left, held - left)
            rank = np.where(goes_left, rank, rank - lefts)
            low, high = np.where(goes_left, low, at), np.where(goes_left & splits, at, high)
        return [int(fine_class) for fine_class in low]

    def _left(self, member: NDArray[np.intp], low: Ints, high: Ints, held: Ints) -> Ints:
        """Return how many of each interval's requests in a span fall into its left part."""
        left = self._known[member, middle(low, high)] - self._known[member, low]
        drawn = np.flatnonzero(~self._is_known[member] & (high - low > 1))
        if drawn.size == 0:
            return left
        first, back = distinct_columns(np.stack((member, low, high))[:, drawn])
        once = drawn[first]
        shares = left_share(self._before, low[once], high[once], self._law[member[once]])
        words = self._words(member[once], middle(low[once], high[once]) - 1)
        left[drawn] = binomial_counts(held[once], shares, words)[back]
        return left

    def _words(self, member: NDArray[np.intp], fine_class: Ints) -> NDArray[np.uint64]:
        words = np.zeros(len(member), np.uint64)
        for stage in sorted(set(self._stages[member].tolist())):
            chosen = self._stages[member] == stage
            stream = Stream(self._seed, stage, self._block, Purpose.SHOW)
            series = self._bases[member[chosen]] + self._slots[fine_class[chosen]]
            words[chosen] = stream.scattered(self._analyses[member[chosen]], series, self._row)
        return words
