"""Percentiles that are only shown, drawn after the decisions and given them.

A stage draws few latency classes. What a person is shown, the percentiles, comes from the fine histogram behind them:
the requests of an interval fall into the fine classes by the tree of `splitting`, given what its classes say, with
words of its own purpose. Only the spans on the way to a percentile are drawn; as every split has its own word, all
readings of one window, stage or rollout are readings of one and the same histogram.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from canary_runner.compiling.series import PLAIN, series_of, slots_of
from canary_runner.engines.splitting import binomial_counts, cumulative, middle
from canary_runner.engines.streams import Purpose, scattered
from canary_runner.judges.percentile import rank as rank_of
from canary_runner.stats.distinct import distinct_columns

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Interval:
    """What one arm reported in one interval, and the law behind its classes."""

    stage: int
    analysis: int  # from 0
    arm: int
    edges_us: tuple[int, ...]  # upper edges of its latency classes; each is a fine one
    counts: Ints  # by these classes
    fine_chances: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """A percentile of some intervals taken together."""

    intervals: tuple[int, ...]  # indices
    quantile: Fraction


class Detail:
    """The fine histograms of one rollout, drawn where a question leads."""

    def __init__(
        self, stream: tuple[int, int, int], intervals: Sequence[Interval], fine_edges_us: tuple[int, ...]
    ) -> None:
        """Take (seed, block, row) and the intervals."""
        self._seed, self._block, self._row = stream
        self._fine_edges = fine_edges_us
        self._slots = np.array(slots_of(fine_edges_us), np.int64)
        self._stages = np.array([i.stage for i in intervals], np.int64)
        self._analyses = np.array([i.analysis for i in intervals], np.int64)
        self._bases = np.array([series_of(i.arm, PLAIN, 0) for i in intervals], np.int64)
        laws = {chances: n for n, chances in enumerate(dict.fromkeys(i.fine_chances for i in intervals))}
        self._before = np.array([cumulative(chances) for chances in laws])
        self._law = np.array([laws[i.fine_chances] for i in intervals], np.intp)
        edges = {edges_us: n for n, edges_us in enumerate(dict.fromkeys(i.edges_us for i in intervals))}
        known = [_known_ends(edges_us, fine_edges_us) for edges_us in edges]
        self._edges = np.array([edges[i.edges_us] for i in intervals], np.intp)
        self._below, self._above = (np.array([each[side] for each in known]) for side in (0, 1))
        self._upto = np.zeros((len(intervals), len(fine_edges_us) + 1), np.int64)  # only known ends are filled
        for upto, interval in zip(self._upto, intervals, strict=True):
            upto[1 + np.searchsorted(fine_edges_us, interval.edges_us)] = np.cumsum(interval.counts)

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
        low, high = np.zeros(len(rank), np.int64), np.full(len(rank), len(self._fine_edges))
        upto_low, upto_high = np.zeros(len(member), np.int64), self._upto[member, -1]
        while (splits := high - low > 1).any():
            at = np.where(splits, middle(low, high), high)
            upto_at = self._upto_middle(member, (low[owner], at[owner], high[owner]), upto_low, upto_high)
            reached = np.zeros(len(rank), np.int64)
            np.add.at(reached, owner, upto_at)
            goes_left = rank <= reached
            upto_high = np.where(goes_left[owner], upto_at, upto_high)
            upto_low = np.where(goes_left[owner], upto_low, upto_at)
            low, high = np.where(goes_left, low, at), np.where(goes_left, at, high)
        return [int(fine_class) for fine_class in low]

    def _upto_middle(self, member: NDArray[np.intp], span: tuple[Ints, Ints, Ints], below: Ints, above: Ints) -> Ints:
        """Return how many of each interval's requests lie below the middle of a span.

        Args:
            member: intervals, shape (entries,).
            span: low, middle and high of each entry.
            below, above: how many lie below low and below high.
        """
        low, at, high = span
        left, right = self._below[self._edges[member], at], self._above[self._edges[member], at]
        below = np.where(left >= low, self._upto[member, left], below)
        above = np.where(right <= high, self._upto[member, right], above)
        left, right = np.maximum(left, low), np.minimum(right, high)
        found = np.where(at == high, above, below)
        drawn = np.flatnonzero((left < at) & (at < right))
        if drawn.size == 0:
            return found
        first, back = distinct_columns(np.stack((member, low, high))[:, drawn])
        once = drawn[first]
        law = self._law[member[once]]
        faster = self._before[law, left[once]]
        part, whole = self._before[law, at[once]] - faster, self._before[law, right[once]] - faster
        shares = np.divide(part, whole, out=np.zeros_like(whole), where=whole > 0)
        words = self._words(member[once], at[once] - 1)
        found[drawn] += binomial_counts((above - below)[once], shares, words)[back]
        return found

    def _words(self, member: NDArray[np.intp], fine_class: Ints) -> NDArray[np.uint64]:
        series = self._bases[member] + self._slots[fine_class]
        places = self._stages[member], self._analyses[member], series, self._row
        return scattered(self._seed, self._block, Purpose.SHOW, places)


def _known_ends(edges_us: tuple[int, ...], fine_edges_us: tuple[int, ...]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the nearest ends of classes at or below each fine end, and at or above it; shape (fine ends,)."""
    ends = np.concatenate(([0], 1 + np.searchsorted(fine_edges_us, edges_us)))
    every = np.arange(len(fine_edges_us) + 1)
    return ends[np.searchsorted(ends, every, side="right") - 1], ends[np.searchsorted(ends, every)]
