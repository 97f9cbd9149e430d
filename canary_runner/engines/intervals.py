"""What both arms report in the intervals of a stage, for the rollouts that are in it."""

from collections.abc import Iterable, Sequence
from itertools import takewhile

import numpy as np
from numpy.typing import NDArray

from canary_runner.compiling.laws import arm_law
from canary_runner.compiling.series import BASELINE, CANARY
from canary_runner.engines.draws import Words, WordsOf, no_counts
from canary_runner.engines.identity import Itself
from canary_runner.engines.pair import Pair
from canary_runner.engines.panel import Panel
from canary_runner.engines.program import Program
from canary_runner.engines.sieve import MANY, Outcomes, Sieve
from canary_runner.engines.streams import BLOCK, Stream, Tap
from canary_runner.engines.windows import BothArms
from canary_runner.model.plan import StagePlan
from canary_runner.scenarios.world import Conditions, Moment

Rows = NDArray[np.intp]


class Intervals:
    """The draws of one stage in one block."""

    def __init__(self, program: Program, stage: StagePlan, stream: Stream, reads_baseline: bool, is_lone: bool) -> None:
        self._program, self._stage, self._stream = program, stage, stream
        self._reads_baseline = reads_baseline and stage.traffic < 1
        self._tap = None if is_lone else Tap(stream)
        self._conditions: Conditions | None = None  # of `_sieve`: most intervals are like the one before
        self._sieve: Sieve | None = None

    def draw(
        self, moments: Sequence[Moment], groups: Rows | None, number: int, rows: Rows, length_s: int | None = None
    ) -> BothArms:
        """Draw the interval before an analysis.

        Args:
            moments: of the rollouts.
            groups: which of the moments each rollout has; None if there is but one.
            number: of the analysis, from 1.
            rows: rollouts within the block.
            length_s: of the interval, if an approval cut it short.
        """
        words_of = self._words_of(number - 1, rows)
        if groups is None:
            return self._drawn(moments[0], number, words_of, len(rows), length_s)
        words_of = _remembering(words_of)
        found = self._nothing(rows.size)
        for group in sorted(set(groups.tolist())):
            members = np.flatnonzero(groups == group)
            drawn = self._drawn(moments[group], number, _of_members(words_of, members), members.size, length_s)
            for into, counts in zip(found, drawn, strict=True):
                into.requests[members] = counts.requests
                into.errors[members] = counts.errors
                into.latency[:, members] = counts.latency
        return found

    def sifted(self, panel: Panel, moment: Moment, numbers: range, rows: Rows) -> Outcomes | None:
        """Return what a panel says of the intervals before analyses, as far as they are alike, in their order.

        None where the first one is sooner drawn and asked.
        """
        if rows.size < MANY:
            return None
        sieve = self._at(moment, numbers[0], None)
        alike = list(takewhile(lambda number: self._at(moment, number, None) is sieve, numbers))
        return sieve.outcomes(panel, [self._words_of(number - 1, rows) for number in alike], rows.size)

    def _drawn(self, moment: Moment, number: int, words_of: WordsOf, rows: int, length_s: int | None) -> BothArms:
        return self._at(moment, number, length_s).pair.draw(words_of, rows)

    def _at(self, moment: Moment, number: int, length_s: int | None) -> Sieve:
        conditions = self._program.weather.conditions(self._stage, moment, number, length_s)
        if self._sieve is None or conditions is not self._conditions:
            key = (self._stage.index, self._reads_baseline, Itself(conditions))
            self._conditions = conditions
            self._sieve = self._program.sieves.get(key, lambda: Sieve(self._pair_of(conditions)))
        return self._sieve

    def _pair_of(self, conditions: Conditions) -> Pair:
        service = self._program.plan.service
        edges_us = self._program.edges_us[self._stage.index]
        return Pair(
            arm_law(service, conditions.canary, CANARY, edges_us[CANARY]),
            arm_law(service, conditions.baseline, BASELINE, edges_us[BASELINE]),
            self._reads_baseline,
        )

    def _nothing(self, rows: int) -> BothArms:
        canary, baseline = self._program.edges_us[self._stage.index]
        return no_counts(len(canary), rows), no_counts(len(baseline), rows)

    def _words_of(self, analysis: int, rows: Rows) -> WordsOf:
        tap = self._tap
        if tap is None:
            return lambda series: self._stream.words(analysis, series, rows)
        chosen = None if rows.size == BLOCK else rows
        return lambda series: tap.words(analysis, series, chosen)


def _remembering(words_of: WordsOf) -> WordsOf:
    """Fetch each series once."""
    known: dict[int, Words] = {}

    def remembered(series: Sequence[int]) -> Iterable[Words]:
        for one in series:
            if one not in known:
                (known[one],) = words_of([one])
            yield known[one]

    return remembered


def _of_members(words_of: WordsOf, members: Rows) -> WordsOf:
    return lambda series: (words.take(members) for words in words_of(series))
