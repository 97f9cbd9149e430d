"""Histories become operating characteristics."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from canary_runner.engines.block import ENDINGS, NEVER
from canary_runner.engines.paths import Ints, Paths
from canary_runner.model.outcomes import State
from canary_runner.model.plan import Plan
from canary_runner.model.study import Characteristics, DecidedIn, Estimate, Spread, Toll, Unguarded
from canary_runner.stats.outward import Floats
from canary_runner.studies.estimates import Sample, mean, missing, probability, quantile
from canary_runner.studies.quantities import (
    P50,
    P95,
    QUANTITIES,
    detections,
    durations,
    false_rollbacks,
    times_to_rollback,
)
from canary_runner.studies.rare import Rare
from canary_runner.studies.tolls import can_be_worse, is_worse_at_once, tolls_of

Bools = NDArray[np.bool_]

NO_ROLLBACK = "no rollout is rolled back"
NO_COMPLETION = "no rollout is completed"
OFTEN_NEVER = "more than {} of the rollouts are never rolled back"
NO_ROLLOUT = "no rollout"
NEVER_WORSE = "the canary is never worse"


def characteristics(plan: Plan, sample: Sample, not_exact: str | None, rare: Rare | None = None) -> Characteristics:
    """Return what a policy does, from the histories of its rollouts; `rare` knows better of rollbacks."""
    paths = sample.paths
    rolled, completed, paused = (_ended_as(paths, s) for s in (State.ROLLED_BACK, State.COMPLETED, State.PAUSED))
    tolls, (false, detected) = tolls_of(plan, paths), _false_and_detected(plan, sample, rare)
    return Characteristics(
        policy=plan.policy.name,
        service=plan.service.name,
        scenario=plan.scenario.name,
        method=sample.method,
        not_exact=not_exact,
        rollback_probability=rare.probability if rare else probability(sample, rolled),
        completion_probability=probability(sample, completed),
        pause_probability=probability(sample, paused),
        false_rollback_probability=false,
        detection_probability=detected,
        time_to_rollback_s=_time_to_rollback(plan, sample),
        rollout_duration_s=_rollout_duration(plan, sample),
        canary_requests=_toll(plan, sample, "canary_requests", tolls.requests),
        extra_errors=_toll(plan, sample, "extra_errors", tolls.extra_errors),
        extra_slow_requests=_toll(plan, sample, "extra_slow_requests", tolls.extra_slow),
        unguarded=_unguarded(plan, sample),
        decided_in=_decided_in(plan, rare.ways if rare else _ways(plan, sample, rolled)),
    )


def _ended_as(paths: Paths, state: State) -> Bools:
    return np.asarray(paths.endings == ENDINGS.index(state))


def _false_and_detected(plan: Plan, sample: Sample, rare: Rare | None) -> tuple[Estimate, Estimate]:
    """Part the rollbacks by whether the canary was worse; `rare` knows better where all of them are on one side."""
    false = probability(sample, false_rollbacks(plan, sample.paths))
    if not can_be_worse(plan):
        return rare.probability if rare else false, missing(sample, NEVER_WORSE)
    detected = probability(sample, detections(plan, sample.paths))
    return false, rare.probability if rare and is_worse_at_once(plan) else detected


def _time_to_rollback(plan: Plan, sample: Sample) -> Spread:
    could_be, times = times_to_rollback(plan, sample.paths)
    return Spread(
        p50=quantile(sample, could_be, times, P50, NO_ROLLOUT, OFTEN_NEVER.format("50 %")),
        p95=quantile(sample, could_be, times, P95, NO_ROLLOUT, OFTEN_NEVER.format("5 %")),
        mean=_mean(plan, sample, "time_to_rollback_mean", NO_ROLLBACK),
    )


def _rollout_duration(plan: Plan, sample: Sample) -> Spread:
    completed, seconds = durations(plan, sample.paths)
    return Spread(
        p50=quantile(sample, completed, seconds, P50, NO_COMPLETION),
        p95=quantile(sample, completed, seconds, P95, NO_COMPLETION),
        mean=_mean(plan, sample, "rollout_duration_mean", NO_COMPLETION),
    )


def _toll(plan: Plan, sample: Sample, name: str, values: Floats) -> Toll:
    everyone = np.ones(values.size, np.bool_)
    limits = QUANTITIES[f"{name}_mean"].limits(plan)
    return Toll(mean(sample, everyone, values, NO_ROLLOUT, limits), quantile(sample, everyone, values, P95, NO_ROLLOUT))


def _unguarded(plan: Plan, sample: Sample) -> Unguarded:
    names = (f"unguarded_{what}_per_hour" for what in ("requests", "extra_errors"))
    requests, errors = (_mean(plan, sample, name, NO_COMPLETION) for name in names)
    return Unguarded(requests, errors)


def _mean(plan: Plan, sample: Sample, name: str, none: str) -> Estimate:
    quantity = QUANTITIES[name]
    return mean(sample, *quantity.values(plan, sample.paths), none, quantity.limits(plan))


def _decided_in(plan: Plan, ways: Mapping[tuple[int, int], Estimate]) -> tuple[DecidedIn, ...]:
    """Return the ways to be rolled back, the most probable first."""
    found = [DecidedIn(plan.stages[i].name, _names(plan, i, bits), estimate) for (i, bits), estimate in ways.items()]
    return tuple(sorted(found, key=lambda one: -(one.probability.value or 0.0)))


def _ways(plan: Plan, sample: Sample, rolled: Bools) -> dict[tuple[int, int], Estimate]:
    """Group the rollbacks by the index of the stage and the deciding checks, as bits."""
    paths = sample.paths
    stage = (paths.entered_at_s != NEVER).sum(axis=0) - 1
    keys = sorted(set(zip(stage[rolled].tolist(), paths.deciding[rolled].tolist(), strict=True)))
    return {(i, bits): probability(sample, _is(rolled, stage, i, paths, bits)) for i, bits in keys}


def _is(rolled: Bools, stage: Ints, index: int, paths: Paths, bits: int) -> Bools:
    return np.asarray(rolled & (stage == index) & (paths.deciding == bits))


def _names(plan: Plan, stage: int, bits: int) -> tuple[str, ...]:
    return tuple(check.metric for i, check in enumerate(plan.stages[stage].checks) if bits >> i & 1)
