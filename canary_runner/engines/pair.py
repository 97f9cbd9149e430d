"""What both arms report in an interval, drawn from words or laid out from counts."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from canary_runner.compiling.laws import ArmLaw, Thinned, bytes_of
from canary_runner.engines.draws import Words, WordsOf, counts_of, draw, no_counts
from canary_runner.engines.streams import FEW
from canary_runner.engines.windows import BothArms
from canary_runner.judges.counts import Ints
from canary_runner.stats.tables import Law


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """The laws of both arms."""

    canary: ArmLaw
    baseline: ArmLaw
    reads_baseline: bool

    def draw(self, words_of: WordsOf, rows: int) -> BothArms:
        """Return the counts of both arms for `rows` rollouts; zeros for a baseline that nobody reads."""
        canary = draw(self.canary, words_of, rows)
        if not self.reads_baseline:
            return canary, no_counts(len(self.baseline.chances), rows)
        return canary, draw(self.baseline, words_of, rows)

    @property
    def bytes(self) -> int:
        """What the laws take."""
        return bytes_of(self.canary) + bytes_of(self.baseline)

    def in_series(self) -> "Series | None":
        """Return what is read as one list of independent counts, if it is that."""
        arms = (self.canary, self.baseline) if self.reads_baseline else (self.canary,)
        if not all(isinstance(arm, Thinned) for arm in arms):
            return None
        return Series(self, tuple(arm for arm in arms if isinstance(arm, Thinned)))


@dataclass(frozen=True, eq=False)
class Series:
    """Independent counts: those of the canary, then those of the baseline if it is read."""

    pair: Pair
    arms: tuple[Thinned, ...]

    @cached_property
    def numbers(self) -> tuple[int, ...]:
        """The numbers by which words are asked for."""
        return tuple(number for arm in self.arms for number in arm.series)

    @cached_property
    def laws(self) -> tuple[Law, ...]:
        """The law of each count."""
        return tuple(arm.lookup(index).law for arm in self.arms for index in range(len(arm.series)))

    def of_words(self, words: Sequence[Words]) -> BothArms:
        """Return the windows that words stand for, of each series shape (windows,)."""
        if words[0].size <= FEW:
            return self.of_counts(self.counts(words))
        by_number = dict(zip(self.numbers, words, strict=True))
        return self.pair.draw(lambda series: (by_number[number] for number in series), words[0].size)

    def of_counts(self, counts: Ints) -> BothArms:
        """Return the windows with these counts, shape (series, windows)."""
        ends = np.cumsum([len(arm.series) for arm in self.arms])
        canary, *baseline = (
            counts_of(arm, of_arm) for arm, of_arm in zip(self.arms, np.split(counts, ends[:-1]), strict=True)
        )
        if baseline:
            return canary, baseline[0]
        return canary, no_counts(len(self.pair.baseline.chances), counts.shape[1])

    def counts(self, words: Sequence[Words]) -> Ints:
        """Return the counts that words stand for, shape (series, windows)."""
        return np.array([law.count(of_series) for law, of_series in zip(self.laws, words, strict=True)])
