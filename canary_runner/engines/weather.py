"""What is true of the world when: moments of arrival, and the conditions and outcome chances of every analysis."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from canary_runner.compiling.outcomes.window import SymbolLaw, symbol_law
from canary_runner.engines.paths import Ints
from canary_runner.model.histogram import fine_edges_us
from canary_runner.model.plan import Plan, StagePlan
from canary_runner.model.service import Arrivals
from canary_runner.scenarios.world import Conditions, Moment, World
from canary_runner.stats.distinct import distinct_columns

_Key = tuple[object, ...]


class Weather:
    """The world of one plan, remembered: equal intervals are looked at once."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.world = World(plan)
        self._edges_us = fine_edges_us(plan.edges_us)
        self._conditions: dict[_Key, Conditions] = {}
        self._laws: dict[_Key, SymbolLaw] = {}

    def moments(self, entered_at_s: Ints) -> tuple[Sequence[Moment], NDArray[np.intp]]:
        """Return the distinct moments of arrival, and which of them each history has.

        Args:
            entered_at_s: when the stages so far were entered, shape (stages, histories).
        """
        first, which = distinct_columns(entered_at_s)
        found = [self.world.moment([int(s) for s in past]) for past in entered_at_s[:, first].T]
        numbers = {moment: i for i, moment in enumerate(dict.fromkeys(found))}
        return tuple(numbers), np.array([numbers[m] for m in found], np.intp)[which]

    def conditions(self, stage: StagePlan, moment: Moment, number: int, length_s: int | None = None) -> Conditions:
        """Return what is true over the interval before an analysis, or over the first `length_s` seconds of it."""
        key = self._key(stage, moment, number, length_s)
        if key not in self._conditions:
            self._conditions[key] = self.world.conditions(stage, moment, number, length_s)
        return self._conditions[key]

    def _key(self, stage: StagePlan, moment: Moment, number: int, length_s: int | None = None) -> _Key:
        if self.plan.service.arrivals is Arrivals.POISSON:
            # Without a carried fraction of a request only the time counts, and where nothing moves not even that.
            entered, *onsets = moment
            at_s = None if entered is None else entered + number * stage.check_every_s
            return (stage.index, at_s, length_s, *onsets)
        return (stage.index, moment, number, length_s)

    def law(self, stage: StagePlan, moment: Moment, number: int) -> SymbolLaw:
        """Return the chances of the joint outcomes of an analysis that reads its interval."""
        key = self._key(stage, moment, number)
        if key not in self._laws:
            conditions = self.conditions(stage, moment, number)
            self._laws[key] = symbol_law(
                stage.checks,
                stage.min_canary_requests,
                stage.traffic < 1,
                self.plan.service,
                conditions,
                self._edges_us,
            )
        return self._laws[key]
