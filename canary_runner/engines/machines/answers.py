"""What both arms reported in a window becomes the answer to a query, and the letter that a controller makes of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

import numpy as np
from numpy.typing import NDArray

from canary_runner.judges.counts import ArmCounts
from canary_runner.judges.percentile import rank, running_counts
from canary_runner.model.histogram import TOP_US, coarse_edges_us
from canary_runner.model.machine import Question
from canary_runner.model.query import Answer, Measures, NoData, Query, Sees

Letters = NDArray[np.int8]
Floats = NDArray[np.float64]
Edges = tuple[int, ...]

US: Final = 1_000_000
"""Microseconds in a second."""


def edges_of(questions: Sequence[Question]) -> Edges:
    """Return the edges of the latency classes that decide every question."""
    cuts = (cut for q in questions if q.query.measures is Measures.LATENCY_QUANTILE for cut in _cuts_us(q))
    return coarse_edges_us(cuts)


def _cuts_us(question: Question) -> list[int]:
    found = (int(Fraction(str(cut)) / question.query.factor * US) for cut in question.cuts)
    return [cut for cut in found if 0 < cut < TOP_US]


def chosen(query: Query, canary: ArmCounts, baseline: ArmCounts) -> ArmCounts:
    """Return the counts of those whose requests a query sees; their latency is in the same classes."""
    match query.sees:
        case Sees.CANARY:
            return canary
        case Sees.BASELINE:
            return baseline
        case Sees.BOTH:
            return canary + baseline


@dataclass(frozen=True, slots=True, eq=False)
class Reader:
    """A question with the letters of all its answers worked out.

    `regions` are the letters below, between and above the cuts (of a latency: of each class), `at_cuts` those of the
    cuts themselves. A latency lies within its class, never on a limit: requests are not quicker by whole microseconds.
    """

    question: Question
    cuts: Floats
    regions: Letters
    at_cuts: Letters
    idle: int
    unborn: int
    empty: int

    def letters(self, counts: ArmCounts, is_born: NDArray[np.bool_]) -> Letters:
        """Return the letter of every row, from what the query sees and whether it has ever seen a request."""
        query = self.question.query
        if query.measures is Measures.LATENCY_QUANTILE:
            assert query.quantile is not None
            found = self.regions[_class_of(query.quantile, counts)]
        else:
            numbers = values(query, counts)
            found = self._by_value(numbers)
            if query.zero_is_missing:
                found = np.where(numbers == 0, np.int8(self.empty), found)
        if query.counts_idle or query.measures not in (Measures.REQUESTS, Measures.ERRORS):
            found = np.where(counts.requests > 0, found, np.int8(self.idle))
        return np.where(is_born, found, np.int8(self.unborn)).astype(np.int8)

    def _by_value(self, numbers: Floats) -> Letters:
        if self.cuts.size == 0:
            return np.full(numbers.shape, self.regions[0])
        places = np.searchsorted(self.cuts, numbers)
        is_cut = self.cuts[np.minimum(places, self.cuts.size - 1)] == numbers
        at = self.at_cuts[np.minimum(places, self.cuts.size - 1)]
        return np.where(is_cut, at, self.regions[places]).astype(np.int8)


def reader_of(question: Question, edges_us: Edges) -> Reader:
    """Return a reader, for counts whose latency classes have these upper edges."""
    query = question.query
    cuts = np.array(sorted(set(map(float, question.cuts))), np.float64)
    is_latency = query.measures is Measures.LATENCY_QUANTILE
    inside = _within_classes(query, edges_us) if is_latency else _between(cuts)
    return Reader(
        question,
        cuts,
        _said(question, inside),
        _said(question, cuts.tolist()),
        question.letter(query.idle),
        question.letter(query.unborn),
        question.letter(NoData.EMPTY),
    )


def _said(question: Question, answers: Sequence[float]) -> Letters:
    return np.array([question.letter(answer) for answer in answers], np.int8)


def _between(cuts: Floats) -> list[float]:
    """Return a number below all cuts, one between each two, and one above all."""
    if cuts.size == 0:
        return [0.0]
    middles = ((cuts[:-1] + cuts[1:]) / 2).tolist()
    return [float(cuts[0]) - 1.0, *middles, float(cuts[-1]) + 1.0]


def _within_classes(query: Query, edges_us: Edges) -> list[float]:
    """Return a latency within each class, in the query's unit."""
    starts = (0, *edges_us[:-1])
    return [float(Fraction(a + b, 2 * US) * query.factor) for a, b in zip(starts, edges_us, strict=True)]


def _class_of(quantile: Fraction, counts: ArmCounts) -> NDArray[np.intp]:
    """Return the latency class of a nearest-rank quantile; of no request it means nothing."""
    below = running_counts(counts.latency) < rank(quantile, counts.requests)
    found: NDArray[np.intp] = np.minimum(below.sum(axis=0), len(counts.latency) - 1)
    return found


def values(query: Query, counts: ArmCounts) -> Floats:
    """Return the number that a query of ratios or counts gives, NaN for a ratio of no request."""
    match query.measures:
        case Measures.ERROR_RATIO:
            found = _ratio(counts.errors, counts.requests)
        case Measures.SUCCESS_RATIO:
            found = _ratio(counts.requests - counts.errors, counts.requests)
        case Measures.ERRORS:
            found = counts.errors.astype(np.float64)
        case _:
            found = counts.requests.astype(np.float64)
    return np.multiply(found, float(query.factor), dtype=np.float64)


def _ratio(part: NDArray[np.int64], whole: NDArray[np.int64]) -> Floats:
    return np.divide(part, whole, out=np.full(whole.shape, np.nan, np.float64), where=whole > 0)


def answer(query: Query, counts: ArmCounts, is_born: bool, latency_us: int | None) -> Answer:
    """Return the answer of one row as a person would see it; `latency_us` is the quantile of a latency."""
    if not is_born:
        return query.unborn
    if query.measures is Measures.LATENCY_QUANTILE:
        return query.idle if latency_us is None else float(Fraction(latency_us, US) * query.factor)
    value = float(values(query, counts)[0])
    if np.isnan(value) or (query.counts_idle and counts.requests[0] == 0):
        return query.idle
    return NoData.EMPTY if query.zero_is_missing and value == 0 else value


__all__ = ["NoData", "Reader", "answer", "chosen", "edges_of", "reader_of", "values"]
