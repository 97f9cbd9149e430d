"""The rates of both arms over one check interval."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from canary_runner.model.plan import Plan, StagePlan
from canary_runner.model.scenario import Effect
from canary_runner.model.service import Arrivals
from canary_runner.scenarios.bursts import MOST_BURSTY
from canary_runner.scenarios.effects import (
    changed_error_rate,
    changed_latency,
    depends_on_time,
    mean_strength,
    onset_s,
    share_reported,
)
from canary_runner.scenarios.impossible import ImpossibleWorldError, refuse_impossible
from canary_runner.scenarios.traffic import mean_rate_rps

__all__ = ["MOST_BURSTY", "ArmRates", "Conditions", "ImpossibleWorldError", "Moment", "World"]


@dataclass(frozen=True, slots=True)
class ArmRates:
    """What is true of one arm over one check interval."""

    requests: Fraction  # mean number that this arm serves in the interval
    carried: Fraction  # constant arrivals: the part of a request left over from the intervals before, else 0
    reported: Fraction  # share of its requests that appear in the metrics
    error_rate: Fraction  # errors per request, 0..1
    latency_factor: Fraction  # every request's latency is this many times the normal one ...
    latency_shift_us: Fraction  # ... plus this

    @property
    def constant_requests(self) -> int:
        """Return how many requests the arm reports if arrivals are constant."""
        return int((self.carried + self.requests) // 1 * self.reported // 1)


@dataclass(frozen=True, slots=True)
class Conditions:
    """What is true of both arms over one check interval; equal conditions have equal laws."""

    canary: ArmRates
    baseline: ArmRates


Moment = tuple[int | None, ...]
"""All that the conditions of a stage depend on besides the stage and the interval's age in it."""


class World:
    """The service under the scenario, for one plan."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        scenario = plan.scenario
        self._canary = tuple(e for e in (scenario.both, scenario.canary) if e is not None)
        self._baseline = tuple(e for e in (scenario.both, scenario.baseline) if e is not None)
        self._effects = tuple(dict.fromkeys((*self._canary, *self._baseline)))
        self._clock_matters = plan.service.daily_swing != 0 or any(map(depends_on_time, self._effects))
        refuse_impossible(plan, {"canary": self._canary, "baseline": self._baseline})

    def moment(self, entered_s: Sequence[int]) -> Moment:
        """Return the part of a rollout's past on which its present stage's conditions depend.

        Rollouts with equal moments share their laws. In a world that stands still every moment is the same.
        """
        onsets = [onset_s(effect, self._plan.stages, entered_s) for effect in self._effects]
        if self._clock_matters:
            return (entered_s[-1], *onsets)
        return (None, *(None if onset is None else 0 for onset in onsets))

    def conditions(self, stage: StagePlan, moment: Moment, analysis: int, length_s: int | None = None) -> Conditions:
        """Return what is true over the interval before analysis `analysis` (from 1) of a stage.

        `length_s` is given where the stage was left before that analysis.
        """
        entered, *onsets = moment
        begin_s = (entered or 0) + (analysis - 1) * stage.check_every_s
        end_s = begin_s + (stage.check_every_s if length_s is None else length_s)
        onset_of = dict(zip(self._effects, onsets, strict=True))
        served = self._served(entered or 0, end_s)
        before = self._served(entered or 0, begin_s)
        return Conditions(
            self._arm(self._canary, stage.traffic, (before, served), onset_of, begin_s, end_s),
            self._arm(self._baseline, 1 - stage.traffic, (before, served), onset_of, begin_s, end_s),
        )

    def _served(self, entered_s: int, until_s: int) -> Fraction:
        """Return the mean number of requests of both arms since the stage was entered."""
        if until_s == entered_s:
            return Fraction(0)
        rate = mean_rate_rps(self._plan.service, self._plan.start_at_s, entered_s, until_s)
        return rate * (until_s - entered_s)

    def _arm(
        self,
        effects: Sequence[Effect],
        share: Fraction,
        served: tuple[Fraction, Fraction],
        onset_of: dict[Effect, int | None],
        begin_s: int,
        end_s: int,
    ) -> ArmRates:
        error_rate, slowness = self._plan.service.error_rate, (Fraction(1), Fraction(0))
        for effect in effects:
            strength = mean_strength(effect, onset_of[effect], begin_s, end_s)
            error_rate = changed_error_rate(error_rate, effect, strength)
            slowness = changed_latency(slowness, effect, strength)
        reported = share_reported(effects, onset_of, begin_s, end_s)
        before, after = served
        is_constant = self._plan.service.arrivals is Arrivals.CONSTANT
        carried = (share * before) % 1 if is_constant else Fraction(0)
        return ArmRates(share * (after - before), carried, reported, error_rate, *slowness)
