"""A foreign policy becomes a plan: its machine, and its segments as the stages that exposure is counted by."""

from collections.abc import Sequence

from canary_runner.controllers.machines import machine_of
from canary_runner.model.foreign import ForeignPolicy
from canary_runner.model.machine import Question, Segment
from canary_runner.model.plan import Approval, Plan, Rules, StagePlan
from canary_runner.model.policy import (
    Check,
    ConsecutiveFailures,
    ErrorCheck,
    OnInconclusive,
    Policy,
    Stage,
    Window,
    WindowKind,
)
from canary_runner.model.scenario import Scenario
from canary_runner.model.service import Service


def machine_plan(
    policy: ForeignPolicy, service: Service, scenario: Scenario, start_at_s: int, approval: Approval
) -> Plan:
    """Return the plan of a foreign policy; `plan.policy` shows its segments as stages, without rules."""
    machine = machine_of(policy.spec, approval)
    checks = tuple(map(_check, machine.questions))
    shown = Policy(
        policy.name,
        policy.description,
        tuple(_stage(segment, machine.tick_s, checks) for segment in machine.segments),
        policy.rollback_takes_s,
    )
    stages = tuple(_stage_plan(index, stage) for index, stage in enumerate(shown.stages))
    return Plan(shown, service, scenario, stages, start_at_s, approval, (), machine, policy.system)


def _check(question: Question) -> Check:
    """Return a question under its name; what it asks only the machine knows."""
    return ErrorCheck(question.name, None, None)


def _stage(segment: Segment, tick_s: int, checks: Sequence[Check]) -> Stage:
    return Stage(
        name=segment.name,
        traffic=segment.traffic,
        duration_s=0,  # only the machine knows
        check_every_s=tick_s,
        window=Window(WindowKind.SINCE_LAST_CHECK),
        min_canary_requests=0,
        rollback_after=ConsecutiveFailures(1),
        on_inconclusive=OnInconclusive.PAUSE,
        wait_for_approval=False,
        checks=tuple(checks),
        unchecked=(),
    )


def _stage_plan(index: int, stage: Stage) -> StagePlan:
    return StagePlan(
        index=index,
        name=stage.name,
        traffic=stage.traffic,
        check_every_s=stage.check_every_s,
        analyses=1,
        window_analyses=1,
        window_is_rollout=False,
        min_canary_requests=0,
        checks=stage.checks,
        rules=Rules((stage.rollback_after,) * len(stage.checks), stage.on_inconclusive),
        has_gate=False,
    )
