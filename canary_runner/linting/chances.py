"""The chances that rules print: those of a study, of one analysis or one stage at a time. All exact, or None."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from canary_runner.compiling.plan import make_plan
from canary_runner.engines.block import ENDINGS
from canary_runner.engines.exact import propagate
from canary_runner.engines.outlook import Outlook
from canary_runner.engines.weather import Weather
from canary_runner.model.outcomes import Outcome, State
from canary_runner.model.plan import Approval, Plan
from canary_runner.model.policy import Check, ConsecutiveFailures, ErrorCheck, Policy, Stage, Window, WindowKind
from canary_runner.model.reasons import NotExact
from canary_runner.model.scenario import Change, Effect, ErrorRateEffect, Scenario
from canary_runner.model.service import Service
from canary_runner.studies.tolls import tolls_of

HEALTHY = Scenario("healthy")
CRASH = Scenario("crash", canary=Effect(error_rate=ErrorRateEffect(Change.SET, Fraction(1))))
NEGLIGIBLE = 1e-12
MOST_TRIES = 40
"""Stages with another value that are reckoned through for the help lines of one policy."""

NEVER_FAILS = ErrorCheck("error_rate", Fraction(1), None)


@dataclass(frozen=True, slots=True)
class StageOdds:
    """How a release leaves a stage that it has entered."""

    rolled_back: float
    paused: float
    by_check: tuple[float, ...]  # rolled back, this check among those that decided; checks as the plan asks them


def _has_error_limit(check: Check) -> bool:
    return isinstance(check, ErrorCheck) and check.max_ratio is not None and check.max_ratio < 1


class Chances:
    """The chances of one policy on one service, remembered."""

    def __init__(self, policy: Policy, service: Service) -> None:
        self._policy, self._service = policy, service
        self.edges_us = make_plan(policy, service, HEALTHY).edges_us
        self.stages: dict[tuple[Stage, int, Scenario, int], StageOdds | None] = {}
        self._tries = 0
        self._analyses: dict[tuple[object, ...], tuple[float, ...] | None] = {}

    def of_stage(
        self, stage: Stage, start_at_s: int, scenario: Scenario = HEALTHY, wait_s: int = 0
    ) -> StageOdds | None:
        """Return how a release leaves a stage that it enters at a time of day; None where no exact answer is.

        A window that reaches back over the rollout is read as one of the stage. A gate is open, or opened after
        `wait_s` seconds.
        """
        key = (stage, start_at_s, scenario, wait_s)
        if key not in self.stages:
            self.stages[key] = self._odds(self._plan(stage, start_at_s, scenario, wait_s))
        return self.stages[key]

    def tried(self, stage: Stage, start_at_s: int, scenario: Scenario = HEALTHY) -> StageOdds | None:
        """Return `of_stage` for a stage that a help line may name; None too when enough have been tried."""
        if (stage, start_at_s, scenario, 0) not in self.stages:
            self._tries += 1
        return self.of_stage(stage, start_at_s, scenario) if self._tries <= MOST_TRIES else None

    def crash_costs(self) -> float | None:
        """Return the extra errors of a release that fails every request, in the mean; None where no exact answer is.

        Where the first stage is sure to roll it back the others are not reckoned through; and where it has an absolute
        limit on errors every analysis fails that, so no other check decides sooner.
        """
        first = self._policy.stages[0]
        limits = [replace(c, over_baseline=None) for c in first.checks if _has_error_limit(c)]
        for stages in ((replace(first, checks=tuple(limits) or first.checks),), self._policy.stages):
            plan = make_plan(replace(self._policy, stages=stages), self._service, CRASH, approval=Approval(0))
            try:
                paths = propagate(plan)
            except NotExact:
                return None
            passed = paths.weights[paths.endings == ENDINGS.index(State.COMPLETED)]
            if math.fsum(passed.tolist()) < NEGLIGIBLE:
                break
        return math.fsum((paths.weights * tolls_of(plan, paths).extra_errors).tolist())

    def of_analysis(
        self, stage: Stage, check: Check, start_at_s: int, length_s: int, scenario: Scenario = HEALTHY
    ) -> tuple[float, ...] | None:
        """Return the chances of PASS, FAIL, INCONCLUSIVE of one check that reads `length_s` seconds of a stage.

        None where no exact answer is.
        """
        key = (stage.traffic, stage.min_canary_requests, check, start_at_s, length_s, scenario)
        if key not in self._analyses:
            window = Window(WindowKind.SINCE_LAST_CHECK)
            alone = replace(
                stage, duration_s=length_s, check_every_s=length_s, window=window, checks=(check,),
                rollback_after=ConsecutiveFailures(1),
            )  # fmt: skip
            self._analyses[key] = self._outcomes(self._plan(alone, start_at_s, scenario))
        return self._analyses[key]

    def fails(self, stage: Stage, check: Check, start_at_s: int, length_s: int, scenario: Scenario = HEALTHY) -> float:
        """Return the chance that one analysis fails; 0 where no exact answer is: then nothing is said."""
        found = self.of_analysis(stage, check, start_at_s, length_s, scenario)
        return 0.0 if found is None else found[Outcome.FAIL]

    def unread(self, stage: Stage, start_at_s: int, length_s: int, *, is_compared: bool) -> float:
        """Return the chance that an arm has fewer requests than the stage's minimum; of both arms if `is_compared`.

        The arms' requests are independent of each other, and of what is asked about them.
        """
        shares = (stage.traffic, 1 - stage.traffic) if is_compared else (stage.traffic,)
        arms = [self.of_analysis(replace(stage, traffic=share), NEVER_FAILS, start_at_s, length_s) for share in shares]
        return 1 - math.prod(1 - (found[Outcome.INCONCLUSIVE] if found is not None else 0.0) for found in arms)

    def _plan(self, stage: Stage, start_at_s: int, scenario: Scenario, wait_s: int = 0) -> Plan:
        window = stage.window
        if window.kind is WindowKind.ROLLOUT:
            window = Window(WindowKind.STAGE)
        only = Policy(self._policy.name, "", (replace(stage, window=window, wait_for_approval=wait_s > 0),))
        plan = make_plan(only, self._service, scenario, start_at_s=start_at_s, approval=Approval(wait_s))
        edges_us = tuple(sorted({*plan.edges_us, *self.edges_us}))  # percentiles are read at them
        return replace(plan, edges_us=edges_us)

    def _odds(self, plan: Plan) -> StageOdds | None:
        try:
            paths = propagate(plan)
        except NotExact:
            return None

        def weight(chosen: NDArray[np.bool_]) -> float:
            return math.fsum(paths.weights[chosen].tolist())

        rolled = paths.endings == ENDINGS.index(State.ROLLED_BACK)
        count = len(plan.stages[0].checks)
        by_check = tuple(weight(rolled & (paths.deciding >> i & 1 == 1)) for i in range(count))
        return StageOdds(weight(rolled), weight(paths.endings == ENDINGS.index(State.PAUSED)), by_check)

    def _outcomes(self, plan: Plan) -> tuple[float, ...] | None:
        outlook = Outlook(Weather(plan))
        (moment,), _ = outlook.weather.moments(np.zeros((1, 1), np.int64))
        try:
            return tuple(outlook.law(plan.stages[0], moment, 1).chances.tolist())
        except NotExact:
            return None
