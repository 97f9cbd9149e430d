"""What is true of the world when: moments of arrival, and the conditions of every interval."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from canary_runner.engines.paths import Ints
from canary_runner.model.plan import Plan, StagePlan
from canary_runner.model.service import Arrivals, Service
from canary_runner.scenarios.world import Conditions, Moment, World
from canary_runner.stats.distinct import distinct_columns

Key = tuple[int | None, ...]
"""What the conditions of an interval depend on; equal keys have equal conditions."""

REMEMBERED: Final = 1 << 14
"""Conditions of intervals that are remembered; they are small."""


class Weather:
    """The world of one plan, remembered. Threads may share it: what two of them find at the same time is equal."""

    def __init__(self, plan: Plan) -> None:
        """Take a plan. Raises ImpossibleWorldError."""
        self.plan, self._world = plan, World(plan)
        self._conditions: dict[Key, Conditions] = {}
        self._equal: dict[Conditions, Conditions] = {}
        self._keeps_fractions = {stage.index: _keeps_fractions(plan.service, stage) for stage in plan.stages}

    def moments(self, entered_at_s: Ints) -> tuple[Sequence[Moment], NDArray[np.intp] | None]:
        """Group rollouts by what their stage's conditions depend on.

        Args:
            entered_at_s: when the stages so far were entered, shape (stages, rollouts).

        Returns:
            The moments, and the number of each rollout's; None if all have the same.
        """
        moment = self._world.moment(entered_at_s[:, 0].tolist())
        if moment[0] is None:  # the clock does not matter
            return (moment,), None
        first, which = distinct_columns(entered_at_s)
        found = [self._world.moment(past) for past in entered_at_s[:, first].T.tolist()]
        numbers = {moment: i for i, moment in enumerate(dict.fromkeys(found))}
        if len(numbers) == 1:
            return tuple(numbers), None
        return tuple(numbers), np.array([numbers[m] for m in found], np.intp)[which]

    def conditions(self, stage: StagePlan, moment: Moment, number: int, length_s: int | None = None) -> Conditions:
        """Return what is true over the interval before an analysis, or over the first `length_s` seconds of it.

        Equal conditions are the same object.
        """
        key = self.key(stage, moment, number, length_s)
        found = self._conditions.get(key)
        if found is None:
            if len(self._conditions) > REMEMBERED:
                self._conditions, self._equal = {}, {}
            made = self._world.conditions(stage, moment, number, length_s)
            found = self._conditions[key] = self._equal.setdefault(made, made)
        return found

    def between(self, stage: StagePlan, moment: Moment, begin_age_s: int, end_age_s: int) -> Conditions:
        """Return what is true from one age of a stage to another; not remembered."""
        return self._world.between(stage, moment, begin_age_s, end_age_s)

    def before_start(self, begin_s: int, end_s: int) -> Conditions:
        """Return what was true from one moment before the rollout to another, both negative; not remembered."""
        return self._world.before_start(begin_s, end_s)

    def key(self, stage: StagePlan, moment: Moment, number: int, length_s: int | None = None) -> Key:
        """Return what the conditions of an interval depend on."""
        entered, *onsets = moment
        if self._keeps_fractions[stage.index]:
            return (stage.index, number, length_s, *moment)
        # Only the time counts, and where nothing moves not even that.
        at_s = None if entered is None else entered + number * stage.check_every_s
        return (stage.index, at_s, length_s, *onsets)


def _keeps_fractions(service: Service, stage: StagePlan) -> bool:
    """Tell whether constant arrivals carry a fraction of a request from one interval of a stage to the next."""
    if service.arrivals is Arrivals.POISSON:
        return False
    both = service.rate_rps * stage.check_every_s
    is_whole = all((both * share).denominator == 1 for share in (stage.traffic, 1 - stage.traffic))
    return service.daily_swing != 0 or not is_whole
