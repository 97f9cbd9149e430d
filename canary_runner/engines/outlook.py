"""The chances of the joint outcomes of every analysis of a plan."""

from canary_runner.compiling.classes import read_edges_us
from canary_runner.compiling.outcomes.window import SymbolLaw, symbol_law
from canary_runner.engines.weather import Key, Weather
from canary_runner.model.plan import StagePlan
from canary_runner.scenarios.world import Moment


class Outlook:
    """The laws of the analyses under one plan's weather, remembered: equal intervals are looked at once."""

    def __init__(self, weather: Weather) -> None:
        self.weather = weather
        self._edges_us = {stage.index: read_edges_us(weather.plan, stage) for stage in weather.plan.stages}
        self._laws: dict[Key, SymbolLaw] = {}

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
