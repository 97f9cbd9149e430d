"""What a rule sees of one policy file: each stage with its place in the text, its requests and its chances.

Light on purpose: rules and their pages are there without the engines. `linting.chances` does the arithmetic.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from canary_runner.linting.ignores import Ignore
from canary_runner.loading.policy_view import StageView
from canary_runner.model import words
from canary_runner.model.diagnostics import Related, Route
from canary_runner.model.histogram import TOP_US
from canary_runner.model.plan import HOLD_FACTOR
from canary_runner.model.policy import Check, ErrorCheck, Policy, Stage, WindowKind
from canary_runner.model.service import Service
from canary_runner.model.shown import shown
from canary_runner.scenarios.latency import class_chances, percentile_us
from canary_runner.scenarios.traffic import HOUR_S, hourly_factors
from canary_runner.stats.share_bounds import count_at_most

if TYPE_CHECKING:
    from canary_runner.linting.chances import Chances

MOST_UNREAD: Final = 0.1
"""Analyses that may be inconclusive for want of requests, as a share."""

NEAR: Final = Fraction(11, 10)
"""A limit below so many times the normal value is at it."""

SURELY: Final = 1e-6
"""What has a smaller chance is left out of account where only a few percent are told."""

MAX: Final = "max"
MAX_OVER_BASELINE: Final = "max_over_baseline"


def absolute_of(check: Check) -> Fraction | None:
    """Return a check's absolute limit: errors per request, or microseconds; None if there is none."""
    found = check.max_ratio if isinstance(check, ErrorCheck) else check.max_us
    return None if found is None else Fraction(found)


def without_comparison(check: Check) -> Check:
    """Return a check that asks its absolute limit alone."""
    return replace(check, over_baseline=None)


def arms(
    service: Service, stage: Stage, start_at_s: int, length_s: int, wait_s: int = 0
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return between which numbers the mean requests of canary and baseline lie, in any `length_s` seconds of a stage.

    One request is given away to either side, for arrivals that are constant and whole. The stage may be held, and wait
    `wait_s` seconds for an approval.
    """
    first, last = start_at_s // HOUR_S, (start_at_s + HOLD_FACTOR * stage.duration_s + wait_s - 1) // HOUR_S
    factors = hourly_factors(service.daily_swing)
    hours = factors if last - first >= 24 else [factors[hour % 24] for hour in range(first, last + 1)]
    low, high = (float(service.rate_rps * factor) * length_s for factor in (min(hours), max(hours)))
    canary, baseline = float(stage.traffic), float(1 - stage.traffic)
    return (max(low * canary - 1, 0.0), high * canary + 1), (max(low * baseline - 1, 0.0), high * baseline + 1)


def without_max(check: Check) -> Check:
    """Return a check that asks its comparison alone."""
    return replace(check, max_ratio=None) if isinstance(check, ErrorCheck) else replace(check, max_us=None)


@dataclass(frozen=True, slots=True)
class CheckFacts:
    """One check that a stage asks: at 100 % traffic without its comparison."""

    index: int
    check: Check
    route: Route  # of its entry in a list of checks
    written: dict[str, object]  # the entry

    @property
    def metric(self) -> str:
        """Return the metric as written."""
        return self.check.metric

    @property
    def absolute(self) -> Fraction | None:
        """Return the absolute limit: errors per request, or microseconds; None if there is none."""
        return absolute_of(self.check)

    def place(self, key: str) -> Route:
        """Return where `key` of the check stands."""
        return (*self.route, key)


@dataclass(frozen=True, slots=True)
class StageFacts:
    """One stage of a policy."""

    index: int
    stage: Stage
    view: StageView
    start_at_s: int  # time of day at which it is entered if nothing holds the rollout, seconds after midnight
    rate_rps: Fraction  # of both arms, mean over the stage

    @property
    def name(self) -> str:
        """Return the name, made safe for a message."""
        return shown(self.stage.name)

    @property
    def percent(self) -> str:
        """Return the canary's share for a message."""
        return words.percent(self.stage.traffic)

    @property
    def analyses(self) -> int:
        """Return how many analyses its duration has."""
        return self.stage.duration_s // self.stage.check_every_s

    @property
    def compares(self) -> bool:
        """Tell whether there is baseline traffic to compare with."""
        return self.stage.traffic < 1

    @property
    def window_s(self) -> int:
        """Return the length of its full window within the stage, in seconds."""
        match self.stage.window.kind:
            case WindowKind.SINCE_LAST_CHECK:
                return self.stage.check_every_s
            case WindowKind.SLIDING:
                return self.stage.window.length_s or self.stage.check_every_s
            case _:
                return self.stage.duration_s

    def canary_requests(self, seconds: int) -> Fraction:
        """Return how many requests the canary serves in so many seconds, in the mean."""
        return self.rate_rps * self.stage.traffic * seconds

    def baseline_requests(self, seconds: int) -> Fraction:
        """Return how many requests the baseline serves in so many seconds, in the mean."""
        return self.rate_rps * (1 - self.stage.traffic) * seconds

    @property
    def checks(self) -> Iterator[CheckFacts]:
        """Yield the checks that are asked; without baseline traffic none is a mere comparison."""
        views = [view for view in self.view.checks if not view.is_unchecked]
        for index, (check, view) in enumerate(zip(self.stage.checks, views, strict=True)):
            if self.compares or absolute_of(check) is not None:
                yield CheckFacts(index, check, view.route, view.data)

    def traffic_place(self, message: str) -> Related:
        """Return the stage's traffic as a second place."""
        return Related((*self.view.route, "traffic_percent"), message)


@dataclass(frozen=True, slots=True)
class PolicyFacts:
    """A policy with the service for which it is judged."""

    policy: Policy
    service: Service
    stages: tuple[StageFacts, ...]
    chances: Chances
    ignores: tuple[Ignore, ...] = ()

    def normal_value(self, check: Check) -> Fraction:
        """Return what a healthy release truly has: errors per request, or microseconds of the percentile."""
        if isinstance(check, ErrorCheck):
            return self.service.error_rate
        return percentile_us(self.service.latency, check.quantile)

    def is_below_normal(self, check: Check) -> bool:
        """Tell whether an absolute limit lies below what is normal."""
        limit = absolute_of(check)
        return limit is not None and limit < self.normal_value(check)

    def is_at_normal(self, check: Check) -> bool:
        """Tell whether an absolute limit is not clear of what is normal, or below it."""
        limit = absolute_of(check)
        return limit is not None and limit < NEAR * self.normal_value(check)

    def normal_slow_share(self, limit_us: int) -> Fraction:
        """Return the share of a healthy release's requests that are slower than a limit."""
        return Fraction(class_chances(self.service.latency, Fraction(1), Fraction(0), (limit_us, TOP_US))[1])

    def unread(self, facts: StageFacts, stage: Stage) -> float:
        """Return the chance that a full window of a stage, as it is or changed, is too small for some check."""
        length_s = stage.check_every_s if stage.window.kind is WindowKind.SINCE_LAST_CHECK else facts.window_s
        if self._is_enough(facts, stage, length_s):
            return 0.0
        is_compared = facts.compares and any(one.check.over_baseline is not None for one in facts.checks)
        return self.chances.unread(stage, facts.start_at_s, length_s, is_compared=is_compared)

    def _is_enough(self, facts: StageFacts, stage: Stage, length_s: int) -> bool:
        """Tell whether both arms surely have their minimum."""
        found = arms(self.service, stage, facts.start_at_s, length_s)
        asked = found if facts.compares else found[:1]
        return all(count_at_most(low, stage.min_canary_requests - 1) < SURELY for low, _ in asked)
