"""The checks of a stage, asked together about many windows: what `judge` says of each."""

from collections.abc import Callable
from functools import cached_property, partial

import numpy as np
from numpy.typing import NDArray

from canary_runner.compiling.classes import Edges
from canary_runner.compiling.series import BASELINE, CANARY
from canary_runner.engines.windows import BothArms
from canary_runner.judges import MAX_OVER_BASELINE, Judge, asked_limits, latency_difference, latency_ratio, outcome_of
from canary_runner.judges.counts import Bools, Ints
from canary_runner.judges.percentile import reading_us, running_counts
from canary_runner.model.plan import StagePlan
from canary_runner.model.policy import Check, LatencyCheck, Ratio


class _Look:
    """The windows of one analysis; running counts of latency are made once for all percentiles."""

    def __init__(self, window: BothArms) -> None:
        self.canary, self.baseline = window

    @cached_property
    def running(self) -> tuple[Ints, Ints]:
        return running_counts(self.canary.latency), running_counts(self.baseline.latency)


Question = Callable[[_Look], Bools]
"""Where a limit is exceeded."""


class Panel:
    """The limits of a stage, looked up once; who can be read is found once an analysis."""

    def __init__(self, stage: StagePlan, edges_us: tuple[Edges, Edges]) -> None:
        """Take a stage and the edges of either arm's latency classes."""
        self._needed = max(1, stage.min_canary_requests)
        self._judges = [judge for check in stage.checks for _, judge in asked_limits(check, stage.traffic < 1)]
        self._asked = [_questions(check, stage.traffic < 1, edges_us) for check in stage.checks]
        self._compares = any(is_relative for limits in self._asked for is_relative, _ in limits)

    def outcomes(self, window: BothArms) -> NDArray[np.int8]:
        """Return outcome codes, shape (checks, rows)."""
        readable = self._readable(window)
        are_all_readable = [bool(one.all()) for one in readable]
        look = _Look(window)
        found = np.empty((len(self._asked), window[0].requests.size), np.int8)
        for row, limits in zip(found, self._asked, strict=True):
            exceeded = [asked(look) for _, asked in limits]
            if all(are_all_readable[is_relative] for is_relative, _ in limits):
                row[:] = exceeded[0] if len(exceeded) == 1 else exceeded[0] | exceeded[1]
            else:
                row[:] = outcome_of(exceeded, [readable[is_relative] for is_relative, _ in limits])
        return found

    @property
    def is_monotone(self) -> bool:
        """Whether more requests of one kind, all others the same, turn each of the `signs` at most once."""
        return all(judge.IS_MONOTONE for judge in self._judges)

    def signs(self, window: BothArms) -> NDArray[np.bool_]:
        """Return what the outcomes follow from, shape (signs, rows): who can be read, and each limit that is asked."""
        look = _Look(window)
        return np.array([*self._readable(window), *(asked(look) for limits in self._asked for _, asked in limits)])

    def _readable(self, window: BothArms) -> list[NDArray[np.bool_]]:
        """Tell where a limit of the canary alone can be read, and where a comparison can."""
        canary, baseline = window
        alone = canary.requests >= self._needed
        return [alone, alone & (baseline.requests >= self._needed)] if self._compares else [alone]


def _questions(check: Check, compares: bool, edges_us: tuple[Edges, Edges]) -> list[tuple[bool, Question]]:
    """Return the limits of a check: whether each is a comparison, and how it is asked."""
    asked = []
    for kind, judge in asked_limits(check, compares):
        is_relative = kind == MAX_OVER_BASELINE
        asked.append((is_relative, _question(check, judge, is_relative, edges_us)))
    return asked


def _question(check: Check, judge: Judge, is_relative: bool, edges_us: tuple[Edges, Edges]) -> Question:
    if is_relative and isinstance(check, LatencyCheck):
        return partial(_compares_percentiles, check, edges_us)
    return lambda look: judge.exceeds(check, look.canary, look.baseline, edges_us[CANARY])


def _compares_percentiles(check: LatencyCheck, edges_us: tuple[Edges, Edges], look: _Look) -> Bools:
    """Compare the percentiles of arms whose classes differ."""
    a = reading_us(check.quantile, look.running[CANARY], edges_us[CANARY])
    b = reading_us(check.quantile, look.running[BASELINE], edges_us[BASELINE])
    if isinstance(check.over_baseline, Ratio):
        return latency_ratio.is_exceeded(check, a, b)
    return latency_difference.is_exceeded(check, a, b)
