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
from canary_runner.studies.estimates import Sample, mean, probability, quantile
from canary_runner.studies.quantities import P50, P95, QUANTITIES, durations, times_to_rollback
from canary_runner.studies.rare import Rare
from canary_runner.studies.tolls import tolls_of

Bools = NDArray[np.bool_]

NO_ROLLBACK = "no rollout is rolled back"
NO_COMPLETION = "no rollout is completed"
OFTEN_NEVER = "more than {} of the rollouts are never rolled back"
NO_ROLLOUT = "no rollout"


def characteristics(plan: Plan, sample: Sample, not_exact: str | None, rare: Rare | None = None) -> Characteristics:
    """Return what a policy does, from the histories of its rollouts; `rare` knows better of rollbacks."""
    paths = sample.paths
    rolled, completed, paused = (_ended_as(paths, s) for s in (State.ROLLED_BACK, State.COMPLETED, State.PAUSED))
    tolls = tolls_of(plan, paths)
    return Characteristics(
        policy=plan.policy.name,
        service=plan.service.name,
        scenario=plan.scenario.name,
        method=sample.method,
        not_exact=not_exact,
        rollback_probability=rare.probability if rare else probability(sample, rolled),
        completion_probability=probability(sample, completed),
        pause_probability=probability(sample, paused),
        time_to_rollback_s=_time_to_rollback(plan, sample),
        rollout_duration_s=_spread(sample, *durations(plan, paths), NO_COMPLETION),
        canary_requests=_toll(sample, tolls.requests),
        extra_errors=_toll(sample, tolls.extra_errors),
        extra_slow_requests=_toll(sample, tolls.extra_slow),
        unguarded=_unguarded(plan, sample),
        decided_in=_decided_in(plan, rare.ways if rare else _ways(plan, sample, rolled)),
    )


def _ended_as(paths: Paths, state: State) -> Bools:
    return np.asarray(paths.endings == ENDINGS.index(state))


def _time_to_rollback(plan: Plan, sample: Sample) -> Spread:
    could_be, times = times_to_rollback(plan, sample.paths)
    caught = could_be & np.isfinite(times)
    return Spread(
        p50=quantile(sample, could_be, times, P50, NO_ROLLOUT, OFTEN_NEVER.format("50 %")),
        p95=quantile(sample, could_be, times, P95, NO_ROLLOUT, OFTEN_NEVER.format("5 %")),
        mean=mean(sample, caught, np.where(caught, times, 0.0), NO_ROLLBACK),
    )


def _spread(sample: Sample, chosen: Bools, values: Floats, none: str) -> Spread:
    return Spread(
        p50=quantile(sample, chosen, values, P50, none),
        p95=quantile(sample, chosen, values, P95, none),
        mean=mean(sample, chosen, values, none),
    )


def _toll(sample: Sample, values: Floats) -> Toll:
    everyone = np.ones(values.size, np.bool_)
    return Toll(mean(sample, everyone, values, NO_ROLLOUT), quantile(sample, everyone, values, P95, NO_ROLLOUT))


def _unguarded(plan: Plan, sample: Sample) -> Unguarded:
    requests, errors = (
        mean(sample, *QUANTITIES[f"unguarded_{what}_per_hour"].values(plan, sample.paths), NO_COMPLETION)
        for what in ("requests", "extra_errors")
    )
    return Unguarded(requests, errors)


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
