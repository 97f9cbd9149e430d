"""A policy, a service and a scenario become a plan."""

from dataclasses import replace

from canary_runner.model.foreign import ForeignPolicy
from canary_runner.model.plan import Approval, Plan, Rules, StagePlan
from canary_runner.model.policy import Check, LatencyCheck, Policy, Stage, WindowKind
from canary_runner.model.scenario import Scenario
from canary_runner.model.service import MEAN_RISING_S, Service


def make_plan(
    policy: Policy | ForeignPolicy,
    service: Service,
    scenario: Scenario,
    *,
    start_at_s: int = MEAN_RISING_S,
    approval: Approval = Approval(),  # noqa: B008  (frozen)
) -> Plan:
    """Return the plan of a rollout that starts at `start_at_s` seconds after midnight."""
    if isinstance(policy, ForeignPolicy):
        from canary_runner.compiling.machine_plan import machine_plan

        return machine_plan(policy, service, scenario, start_at_s, approval)
    limits = {
        check.max_us
        for stage in policy.stages
        for check in stage.checks
        if isinstance(check, LatencyCheck) and check.max_us is not None
    }
    return Plan(policy, service, scenario, stage_plans(policy), start_at_s, approval, tuple(sorted(limits)))


def stage_plans(policy: Policy) -> tuple[StagePlan, ...]:
    """Return the stages of a policy, ready to run."""
    return tuple(_stage_plan(index, stage) for index, stage in enumerate(policy.stages))


def _stage_plan(index: int, stage: Stage) -> StagePlan:
    checks = tuple(asked for check in stage.checks if (asked := _as_asked(check, stage)) is not None)
    return StagePlan(
        index=index,
        name=stage.name,
        traffic=stage.traffic,
        check_every_s=stage.check_every_s,
        analyses=stage.duration_s // stage.check_every_s,
        window_analyses=_window_analyses(stage),
        window_is_rollout=stage.window.kind is WindowKind.ROLLOUT,
        min_canary_requests=stage.min_canary_requests,
        checks=checks,
        rules=Rules((stage.rollback_after,) * len(checks), stage.on_inconclusive),
        has_gate=stage.wait_for_approval,
    )


def _as_asked(check: Check, stage: Stage) -> Check | None:
    """At 100 % there is no baseline traffic: a comparison is not asked, and a check of nothing else drops out."""
    if stage.traffic < 1 or check.over_baseline is None:
        return check
    has_limit = check.max_us if isinstance(check, LatencyCheck) else check.max_ratio
    return replace(check, over_baseline=None) if has_limit is not None else None


def _window_analyses(stage: Stage) -> int | None:
    if stage.window.kind is WindowKind.SINCE_LAST_CHECK:
        return 1
    if stage.window.length_s is not None:
        return stage.window.length_s // stage.check_every_s
    return None
