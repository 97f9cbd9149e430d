"""A policy made ready to run: integers of seconds, analyses counted, checks as they are asked."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

from canary_runner.model.policy import Check, OnInconclusive, Policy, Tolerance
from canary_runner.model.scenario import Scenario
from canary_runner.model.service import Service

if TYPE_CHECKING:
    from canary_runner.model.machine import Machine

HOLD_FACTOR: Final = 2
"""A stage is held until so many times its duration, at most."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What the controller of a stage must know; equal rules share one automaton."""

    tolerances: tuple[Tolerance, ...]  # one per check
    on_inconclusive: OnInconclusive


@dataclass(frozen=True, slots=True)
class StagePlan:
    """One stage, ready to run."""

    index: int
    name: str
    traffic: Fraction
    check_every_s: int
    analyses: int  # analyses within the duration
    window_analyses: int | None  # check intervals in a window; None: cumulative
    window_is_rollout: bool  # a cumulative window that reaches back to the start of the rollout
    min_canary_requests: int
    checks: tuple[Check, ...]  # as asked: at 100 % traffic without comparisons
    rules: Rules
    has_gate: bool

    @property
    def last_analysis(self) -> int:
        """The analysis, counted from 1, after which the stage is held no longer: twice the duration."""
        return HOLD_FACTOR * self.analyses


@dataclass(frozen=True, slots=True)
class Approval:
    """When a person opens a gate: after `delay_s` of waiting; None is never."""

    delay_s: int | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """A policy, a service and a scenario, ready to run."""

    policy: Policy
    service: Service
    scenario: Scenario
    stages: tuple[StagePlan, ...]
    start_at_s: int  # time of day at which the rollout starts, seconds after midnight
    approval: Approval
    edges_us: tuple[int, ...]  # every absolute latency limit of the policy, growing
    machine: Machine[Any] | None = None  # of a foreign policy; its segments are the stages
    system: str = ""  # of a foreign policy

    @property
    def guarded_traffic(self) -> Fraction:
        """The largest share of the requests that a canary carried while something could still take it back."""
        if self.machine is None:
            return self.stages[-1].traffic
        return max((one.traffic for one in self.machine.segments if one.is_watched), default=Fraction(0))
