"""Outcomes straight from words: most windows of a study are far from every limit, or far beyond it.

A count grows with its word, so a box of counts is a box of words: windows whose words are inside have the outcomes of
the box, and only of the others the counts are looked up and judged. What is found is the same, bit for bit.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from canary_runner.engines.boxes import MOST_SERIES, are_in, box_around
from canary_runner.engines.draws import Words, WordsOf
from canary_runner.engines.pair import Pair, Series
from canary_runner.engines.panel import Panel
from canary_runner.stats.distinct import distinct_columns
from canary_runner.stats.tables import Law

Outcomes = NDArray[np.int8]

USES: Final = 64
"""Analyses that are made without boxes first: to find them costs about as much as they spare in as many."""

MANY: Final = 512
"""Fewer windows than this are sooner looked up."""

MOST_BOXES: Final = 4
WORTH_A_BOX: Final = 1 / 16
"""The share of windows from which a box is sooner than to look them up."""

BEYOND_WORDS: Final = 1 << 64


@dataclass(frozen=True, slots=True, eq=False)
class Cut:
    """The words of one series that lie outside a box."""

    place: int  # of the series
    below: np.uint64 | None  # all that are less
    beyond: np.uint64 | None  # this one and all that are more


@dataclass(frozen=True, slots=True, eq=False)
class WordBox:
    """A box of words, and the outcomes of every window in it."""

    cuts: tuple[Cut, ...]
    outcomes: Outcomes  # shape (checks,)

    def outside(self, words: Sequence[Words]) -> NDArray[np.intp]:
        """Return the windows that are not in the box; `words` of each series, shape (windows,)."""
        is_outside = np.zeros(words[0].size, np.bool_)
        for cut in self.cuts:
            if cut.below is not None:
                is_outside |= words[cut.place] < cut.below
            if cut.beyond is not None:
                is_outside |= words[cut.place] >= cut.beyond
        return is_outside.nonzero()[0]


class Sieve:
    """Boxes for what a panel says of windows of one law, found when they are worth it. Threads may share it."""

    def __init__(self, pair: Pair) -> None:
        self.pair = pair
        self._uses = 0
        self._series = pair.in_series()
        self._boxes: tuple[WordBox, ...] | None = None

    def outcomes(self, panel: Panel, words_of_each: Sequence[WordsOf], rows: int) -> Outcomes | None:
        """Return outcome codes, shape (analyses, checks, rows), for many rows; None where no box helps.

        Args:
            panel: always the same one.
            words_of_each: the words of each analysis; the rest of all of them is judged together.
            rows: number of rollouts.
        """
        series = self._series
        if series is None or self._boxes == ():
            return None
        if self._boxes is None:
            self._uses += 1
            if self._uses < USES:
                return None
            self._boxes = found_boxes(series, panel, list(words_of_each[0](series.numbers)))
            return None
        box, *others = self._boxes
        found = np.empty((len(words_of_each), box.outcomes.size, rows), np.int8)
        found[:] = box.outcomes[:, None]
        left = []
        for words_of in words_of_each:
            words = list(words_of(series.numbers))
            rest = box.outside(words)
            left.append((rest, [of_series.take(rest) for of_series in words]))
        words = [np.concatenate(of_series) for of_series in zip(*(words for _, words in left), strict=True)]
        if words[0].size:
            ends = np.cumsum([rest.size for rest, _ in left])
            of_rest = np.split(_sifted(series, panel, words, others), ends[:-1], axis=1)
            for into, (rest, _), outcomes in zip(found, left, of_rest, strict=True):
                _put(into, rest, outcomes)
        return found


def _put(into: Outcomes, rest: NDArray[np.intp], outcomes: Outcomes) -> None:
    for row, codes in zip(into, outcomes, strict=True):
        row[rest] = codes


def _sifted(series: Series, panel: Panel, words: Sequence[Words], boxes: Sequence[WordBox]) -> Outcomes:
    """Let windows fall through one box after the other, and judge those that are in none."""
    if not boxes:
        return panel.outcomes(series.of_words(words))
    box, *others = boxes
    found = np.empty((box.outcomes.size, words[0].size), np.int8)
    found[:] = box.outcomes[:, None]
    rest = box.outside(words)
    if rest.size:
        _put(found, rest, _sifted(series, panel, [of_series.take(rest) for of_series in words], others))
    return found


def found_boxes(series: Series, panel: Panel, words: Sequence[Words]) -> tuple[WordBox, ...]:
    """Return boxes one after the other, each around the most frequent windows that the boxes before have left."""
    if not panel.is_monotone or len(series.numbers) > MOST_SERIES:
        return ()

    def signs(counts: NDArray[np.int64]) -> NDArray[np.bool_]:
        return panel.signs(series.of_counts(counts))

    left, boxes = series.counts(words), list[WordBox]()
    worth = WORTH_A_BOX * left.shape[1]
    while left.shape[1] >= worth and len(boxes) < MOST_BOXES:
        _, which = distinct_columns(signs(left).astype(np.int64))
        alike = left[:, which == np.bincount(which).argmax()]
        middle = np.sort(alike, axis=1)[:, alike.shape[1] // 2]
        box = box_around(series.laws, middle, signs, left)
        is_inside = are_in(box, left)
        if is_inside.sum() < worth:
            break
        left = left[:, ~is_inside]
        outcomes = panel.outcomes(series.of_counts(middle[:, None]))[:, 0]
        boxes.append(WordBox(_cuts(series.laws, *box), outcomes))
    return tuple(boxes)


def _cuts(laws: Sequence[Law], low: NDArray[np.int64], high: NDArray[np.int64]) -> tuple[Cut, ...]:
    cuts = []
    for place, (law, lowest, highest) in enumerate(zip(laws, low.tolist(), high.tolist(), strict=True)):
        below, beyond = law.first_word(lowest), law.first_word(highest + 1)
        cut = Cut(place, np.uint64(below) if below else None, np.uint64(beyond) if beyond < BEYOND_WORDS else None)
        if cut.below is not None or cut.beyond is not None:
            cuts.append(cut)
    return tuple(cuts)
