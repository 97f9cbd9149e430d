"""The chances of the joint outcomes of every analysis of a plan."""

from math import sqrt
from typing import Final

import numpy as np

from canary_runner.compiling.classes import read_edges_us
from canary_runner.compiling.outcomes.known import BURSTS, MOST_ENTRIES, POISSON, Burst
from canary_runner.compiling.outcomes.window import SymbolLaw, laws_of, symbol_law
from canary_runner.engines.weather import Key, Weather
from canary_runner.model.plan import StagePlan
from canary_runner.scenarios.world import Moment

AHEAD: Final = 64
"""Different intervals whose laws are made ahead."""

WIDTH: Final = 20
"""A Poisson table has about so many entries for each standard deviation."""


class Outlook:
    """The laws of the analyses under one plan's weather, remembered: equal intervals are looked at once."""

    def __init__(self, weather: Weather) -> None:
        self.weather = weather
        self._edges_us = {stage.index: read_edges_us(weather.plan, stage) for stage in weather.plan.stages}
        self._laws: dict[Key, SymbolLaw] = {}

    def prepare(self) -> None:
        """Make in one batch the laws that a rollout will need that is never held; others are made when they are."""
        plan, entered_s, left = self.weather.plan, [0], AHEAD
        means: set[float] = set()
        bursts: set[Burst] = set()
        for stage in plan.stages:
            length_s = stage.analyses * stage.check_every_s
            if stage.window_analyses == 1 and left > 0:
                moment = self.weather.moments(np.array(entered_s, np.int64)[:, None])[0][0]
                numbers = range(1, min(stage.analyses, left) + 1)
                found = (self.weather.conditions(stage, moment, number) for number in numbers)
                conditions = list({id(one): one for one in found}.values())  # equal ones are the same object
                left -= len(conditions)
                edges_us = self._edges_us[stage.index]
                some = laws_of(stage.checks, stage.traffic < 1, plan.service, conditions, edges_us)
                means |= some[0]
                bursts |= some[1]
            entered_s.append(entered_s[-1] + length_s + (plan.approval.delay_s or 0) * stage.has_gate)
        if WIDTH * sum(map(sqrt, means)) <= MOST_ENTRIES:
            POISSON.prepare(sorted(means))
        if plan.service.burstiness == 0:
            BURSTS.prepare(sorted(bursts))

    def law(self, stage: StagePlan, moment: Moment, number: int) -> SymbolLaw:
        """Return the chances of the joint outcomes of an analysis that reads its interval. Raises NotExact."""
        key = self.weather.key(stage, moment, number)
        found = self._laws.get(key)
        if found is None:
            found = self._laws[key] = symbol_law(
                stage.checks,
                stage.min_canary_requests,
                stage.traffic < 1,
                self.weather.plan.service,
                self.weather.conditions(stage, moment, number),
                self._edges_us[stage.index],
            )
        return found
