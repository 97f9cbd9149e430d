"""Which cumulative windows can be exact, and which stages hand on what they have counted."""

from collections.abc import Sequence

import numpy as np

from canary_runner.compiling.automaton import Automaton
from canary_runner.compiling.outcomes.bad import slower_than_us
from canary_runner.engines.cumulative import Entry, Scene
from canary_runner.engines.spread import Purse
from canary_runner.engines.tallies import tallies_of
from canary_runner.engines.tally import ORIGIN, POINTS, Tally
from canary_runner.engines.weather import Weather
from canary_runner.model import words
from canary_runner.model.plan import StagePlan
from canary_runner.model.policy import Check
from canary_runner.model.reasons import NotExact
from canary_runner.scenarios.world import Moment


def is_cumulative(stage: StagePlan) -> bool:
    """Tell whether a stage's outcomes depend on all that was counted; one without a check reads nothing."""
    return stage.window_analyses is None and bool(stage.checks)


class Chains:
    """The cumulative windows of one plan, made ready. A chain is the stages over which one window reaches."""

    def __init__(self, weather: Weather, purse: Purse | None = None) -> None:
        """Take the world of a plan, and what pays for it if not a purse of its own. Raises NotExact."""
        self._weather, stages = weather, weather.plan.stages
        self._tallies: dict[int, Tally] = {}
        self._is_plain = True
        purse = purse or Purse()
        readers = [stage.index for stage in stages if stage.window_is_rollout and is_cumulative(stage)]
        self._carries_before = max(readers, default=0)  # stages before this one hand on what they have counted
        for chain in _chains(stages, self._carries_before):
            _refuse_other_windows(chain)
            for stage in chain:
                self._refuse(stage)
            _refuse_other_counts(chain)
            typical = [weather.conditions(stage, self._moment(stage), 1) for stage in chain]
            tallies, is_plain = tallies_of(chain, weather.plan.service, typical, purse)
            self._tallies.update(zip((stage.index for stage in chain), tallies, strict=True))
            self._is_plain &= is_plain

    def scene(self, stage: StagePlan, automaton: Automaton) -> Scene:
        """Return a stage with a cumulative window, ready to be gone through."""
        tally, is_carried_on = self._tallies[stage.index], stage.index < self._carries_before
        return Scene(self._weather, stage, self._moment(stage), automaton, tally, is_carried_on)

    @property
    def origin(self) -> Entry:
        """Return what has been counted where a window begins; one spread where both rules are the same."""
        return Entry((ORIGIN,) if self._is_plain else (ORIGIN,) * len(POINTS))

    def _moment(self, stage: StagePlan) -> Moment:
        """Return the part of the past on which a stage's conditions depend: in a world that stands still no time."""
        (moment,), _ = self._weather.moments(np.zeros((stage.index + 1, 1), np.int64))
        return moment

    def _refuse(self, stage: StagePlan) -> None:
        """Refuse what of one stage would have to be carried and cannot be. Raises NotExact."""
        service, name = self._weather.plan.service, f"stage {stage.name}"
        if len(stage.checks) > 1:
            raise NotExact(
                f"{name} asks {len(stage.checks)} checks of windows that overlap: the bad requests of each would have "
                "to be carried together"
            )
        (check,) = stage.checks
        if check.over_baseline is not None:
            raise NotExact(
                f"{name} compares with the baseline in windows that overlap: both arms' requests would have to be "
                "carried together"
            )
        if check.confidence is not None:
            raise NotExact(f"{name} asks for a confidence in windows that overlap")
        if service.burstiness > 0:
            raise NotExact(f"{name} reads windows that overlap where errors come in bursts")
        if self._moment(stage)[0] is not None:
            raise NotExact(f"{name} reads windows that overlap in a world that moves")


def _chains(stages: Sequence[StagePlan], carries_before: int) -> list[tuple[StagePlan, ...]]:
    """Return the stages up to the last window that reaches back to the start, then each stage that reads for itself."""
    found = [tuple(stages[: carries_before + 1])] if carries_before or is_cumulative(stages[0]) else []
    return [*found, *((stage,) for stage in stages[carries_before + 1 :] if is_cumulative(stage))]


def _refuse_other_windows(chain: Sequence[StagePlan]) -> None:
    """Refuse a window that reaches back over stages that read otherwise. Raises NotExact."""
    for stage in chain[:-1]:
        over = f"the window of stage {chain[-1].name} reaches back over stage {stage.name}, which "
        if stage.window_analyses is not None or (stage.index and not stage.window_is_rollout):
            raise NotExact(f"{over}reads another window")
        if not stage.checks:
            raise NotExact(f"{over}asks nothing")


def _refuse_other_counts(chain: Sequence[StagePlan]) -> None:
    """Refuse a window that reaches back over stages that count other requests as bad. Raises NotExact."""
    for stage in chain[:-1]:
        one, other = stage.checks[0], chain[-1].checks[0]
        if slower_than_us(one) != slower_than_us(other):
            raise NotExact(
                f"the window of stage {chain[-1].name} reaches back over stage {stage.name}, which counts "
                f"{_bad_requests(one)}, not {_bad_requests(other)}"
            )


def _bad_requests(check: Check) -> str:
    limit_us = slower_than_us(check)
    return "errors" if limit_us is None else f"requests slower than {words.milliseconds(limit_us)}"
