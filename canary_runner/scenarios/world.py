"""The rates of both arms over one check interval."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from canary_runner.model.plan import Plan, StagePlan
from canary_runner.model.scenario import Effect
from canary_runner.model.service import Arrivals
from canary_runner.scenarios.averages import (
    Mix,
    OnsetOf,
    error_rate_at,
    mean_error_rate,
    mixed_slowness,
    pieces,
    slowness_at,
)
from canary_runner.scenarios.bursts import MOST_BURSTY
from canary_runner.scenarios.effects import depends_on_time, onset_s, share_reported, turns_s
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
    slowness: Mix  # shares of the requests, and what becomes of the latency of each

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
        begin_s = (analysis - 1) * stage.check_every_s
        return self.between(stage, moment, begin_s, begin_s + (stage.check_every_s if length_s is None else length_s))

    def between(self, stage: StagePlan, moment: Moment, begin_age_s: int, end_age_s: int) -> Conditions:
        """Return what is true from one age of a stage to another, in seconds since it was entered."""
        entered, *onsets = moment
        begin_s, end_s = (entered or 0) + begin_age_s, (entered or 0) + end_age_s
        onset_of = dict(zip(self._effects, onsets, strict=True))
        served = self._served(entered or 0, end_s)
        before = self._served(entered or 0, begin_s)
        return Conditions(
            self._arm(self._canary, stage.traffic, (before, served), onset_of, begin_s, end_s),
            self._arm(self._baseline, 1 - stage.traffic, (before, served), onset_of, begin_s, end_s),
        )

    def before_start(self, begin_s: int, end_s: int) -> Conditions:
        """Return what was true before the rollout, both times negative: no canary, and no effect had begun."""
        onset_of = dict.fromkeys(self._effects)
        served = (-self._served(begin_s, 0), -self._served(end_s, 0))
        return Conditions(
            self._arm((), Fraction(0), served, onset_of, begin_s, end_s),
            self._arm((), Fraction(1), served, onset_of, begin_s, end_s),
        )

    @property
    def can_be_worse(self) -> bool:
        """Tell whether the canary becomes worse than the other arm if every stage is reached at once."""
        return self.worse_since_s([0] * len(self._plan.stages)) is not None

    def worse_since_s(self, entered_s: Sequence[int]) -> int | None:
        """Return the first moment at which the canary is worse than the other arm: more errors, or slower.

        Args:
            entered_s: when each stage that was reached was entered.

        Returns:
            Seconds after the start, to the turn of an effect; None if it never is on this path.
        """
        onset_of = {effect: onset_s(effect, self._plan.stages, entered_s) for effect in self._effects}
        turns = [turn for effect in self._effects for turn in turns_s(effect, onset_of[effect])]
        for begin_s, end_s in pieces(self._effects, onset_of, 0, max([0, *turns]) + 1):
            moments = (Fraction(begin_s + end_s, 2), end_s - Fraction(end_s - begin_s, 1000))
            if any(self._is_worse(onset_of, at_s) for at_s in moments):
                return begin_s
        return None

    def _is_worse(self, onset_of: OnsetOf, at_s: Fraction) -> bool:
        normal, latency = self._plan.service.error_rate, self._plan.service.latency
        canary, other = (error_rate_at(normal, arm, onset_of, at_s) for arm in (self._canary, self._baseline))
        (factor, shift_us), (by, plus_us) = (slowness_at(arm, onset_of, at_s) for arm in (self._canary, self._baseline))
        is_slower = any(factor * x + shift_us > by * x + plus_us for x in (latency.p50_us, latency.p99_us))
        return canary > other or is_slower

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
        onset_of: OnsetOf,
        begin_s: int,
        end_s: int,
    ) -> ArmRates:
        error_rate = mean_error_rate(self._plan.service.error_rate, effects, onset_of, begin_s, end_s)
        slowness = mixed_slowness(effects, onset_of, begin_s, end_s, self._plan.service.latency.p50_us)
        reported = share_reported(effects, onset_of, begin_s, end_s)
        before, after = served
        is_constant = self._plan.service.arrivals is Arrivals.CONSTANT
        carried = (share * before) % 1 if is_constant else Fraction(0)
        return ArmRates(share * (after - before), carried, reported, error_rate, slowness)
