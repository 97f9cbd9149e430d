"""What a history costs users: expected values given when each stage was entered and left."""

from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from canary_runner.engines.block import ENDINGS, NEVER
from canary_runner.engines.paths import Ints, Paths
from canary_runner.engines.way_back import drain_after, drain_s, served
from canary_runner.engines.weather import Weather
from canary_runner.model.histogram import TOP_US
from canary_runner.model.outcomes import State
from canary_runner.model.plan import Plan, StagePlan
from canary_runner.model.service import Service
from canary_runner.scenarios.averages import Mix
from canary_runner.scenarios.latency import mixed_chances
from canary_runner.scenarios.world import Conditions, Moment, World
from canary_runner.stats.distinct import distinct_columns
from canary_runner.stats.outward import Floats

HOUR_S = 3600


@dataclass(frozen=True, slots=True, eq=False)
class Tolls:
    """Expected counts of every history."""

    requests: Floats  # served by the canary
    extra_errors: Floats  # beyond what the other arm would have made of the same requests
    extra_slow: Floats  # requests slower than the service's normal p99, beyond the other arm's


def tolls_of(plan: Plan, paths: Paths) -> Tolls:
    """Return the tolls until each history's end."""
    weather = Weather(plan)
    total = np.zeros((3, len(paths)))
    for stage in plan.stages:
        here = np.flatnonzero(paths.entered_at_s[stage.index] != NEVER)
        if here.size:
            pasts = paths.entered_at_s[: stage.index + 1, here]
            total[:, here] += _in_stage(weather, stage, pasts, _left_at_s(plan, paths, stage.index)[here] - pasts[-1])
    return Tolls(*(total + _drained(weather, paths)))


def _left_at_s(plan: Plan, paths: Paths, stage: int) -> Ints:
    """Return when a stage was left, for the histories that entered it."""
    if stage + 1 == len(paths.entered_at_s):
        return _kept_until_s(plan, paths)
    following = paths.entered_at_s[stage + 1]
    return np.where(following == NEVER, _kept_until_s(plan, paths), following)


def _kept_until_s(plan: Plan, paths: Paths) -> Ints:
    """Return until when the canary keeps its last stage's share: to the end, or until a rollback takes effect."""
    return np.where(_is_rolled(paths), paths.ended_at_s + plan.policy.rollback_takes_s, paths.ended_at_s)


def served_until_s(plan: Plan, paths: Paths) -> Ints:
    """Return when the canary's traffic ends: with the rollout, or when a rollback that takes time is done."""
    drains_s = np.array([drain_s(plan, stage.index) for stage in plan.stages], np.int64)
    return _kept_until_s(plan, paths) + np.where(_is_rolled(paths), drains_s[_last_stages(paths)], 0)


def _is_rolled(paths: Paths) -> NDArray[np.bool_]:
    return np.asarray(paths.endings == ENDINGS.index(State.ROLLED_BACK))


def _last_stages(paths: Paths) -> NDArray[np.intp]:
    """Return the last stage that each history entered."""
    entered = paths.entered_at_s != NEVER
    return np.asarray(len(entered) - 1 - np.argmax(entered[::-1], axis=0), np.intp)


def _drained(weather: Weather, paths: Paths) -> Floats:
    """Return the tolls of drains after rollbacks, shape (3, histories)."""
    plan, found = weather.plan, np.zeros((3, len(paths)))
    last, rolled = _last_stages(paths), _is_rolled(paths)
    for stage in plan.stages:
        drain = drain_after(plan, stage.index)
        here = np.flatnonzero(rolled & (last == stage.index)) if drain else np.zeros(0, np.intp)
        if not here.size:
            continue
        pasts = paths.entered_at_s[: stage.index + 1, here]
        moments, groups = weather.moments(pasts)
        ages_s = _kept_until_s(plan, paths)[here] - pasts[-1]
        first, back = distinct_columns(np.stack((np.zeros_like(ages_s) if groups is None else groups, ages_s)))
        tolls = []
        for one in first:
            moment = moments[0 if groups is None else int(groups[one])]
            pieces = served(weather, stage.index, moment, int(ages_s[one]), drain)
            tolls.append(np.sum([_toll(plan.service, conditions) for conditions in pieces], axis=0))
        found[:, here] = np.array(tolls).T[:, back]
    return found


def _in_stage(weather: Weather, stage: StagePlan, pasts: Ints, lengths_s: Ints) -> Floats:
    moments, groups = weather.moments(pasts)
    found = np.zeros((3, lengths_s.size))
    for number, moment in enumerate(moments):
        members = np.arange(lengths_s.size) if groups is None else np.flatnonzero(groups == number)
        whole, rest_s = np.divmod(lengths_s[members], stage.check_every_s)
        most = int(whole.max())
        each = [_toll(weather.plan.service, weather.conditions(stage, moment, k)) for k in range(1, most + 1)]
        until = np.vstack((np.zeros((1, 3)), np.cumsum(np.array(each).reshape(-1, 3), axis=0)))
        found[:, members] = until[whole].T
        for i in np.flatnonzero(rest_s):
            found[:, members[i]] += _rest(weather, stage, moment, int(whole[i]) + 1, int(rest_s[i]))
    return found


def _rest(weather: Weather, stage: StagePlan, moment: Moment, number: int, length_s: int) -> Floats:
    return np.array(_toll(weather.plan.service, weather.conditions(stage, moment, number, length_s)))


def _toll(service: Service, conditions: Conditions) -> tuple[float, float, float]:
    canary, other = conditions.canary, conditions.baseline
    slower = slow_share(service, canary.slowness) - slow_share(service, other.slowness)
    requests = float(canary.requests)
    return requests, requests * float(canary.error_rate - other.error_rate), requests * slower


def slow_share(service: Service, slowness: Mix) -> float:
    """Return the share of an arm's requests that are slower than the service's normal p99."""
    return mixed_chances(service.latency, slowness, (service.latency.p99_us, TOP_US))[1]


def after_completion(plan: Plan) -> StagePlan:
    """Return the hour after completion, as a stage that carries everything."""
    last = plan.stages[-1]
    return replace(last, index=last.index + 1, name="after", traffic=Fraction(1), check_every_s=HOUR_S)


def unguarded_tolls(plan: Plan, entered_at_s: Ints, ended_at_s: Ints) -> Tolls:
    """Return the tolls of the first hour after completion, on the traffic that no stage carried.

    Args:
        plan: of the rollouts.
        entered_at_s: shape (stages, histories), of completed histories.
        ended_at_s: shape (histories,).
    """
    after = after_completion(plan)
    weather = Weather(replace(plan, stages=(*plan.stages, after)))
    pasts = np.vstack((entered_at_s, ended_at_s))
    whole = _in_stage(weather, after, pasts, np.full(ended_at_s.size, HOUR_S))
    return Tolls(*(whole * float(1 - plan.guarded_traffic)))


def worse_since_s(plan: Plan, paths: Paths) -> Ints:
    """Return the first moment at which the canary is worse than the baseline; NEVER where it did not come to that.

    0 in a scenario in which it never can be: every rollback of a healthy release counts from the start. A rollback at
    the very moment has seen nothing of it yet.
    """
    world = World(plan)
    if not world.can_be_worse:
        return np.zeros(len(paths), np.int64)
    pasts, which = distinct_columns(paths.entered_at_s)
    begins = [_begins(world, paths.entered_at_s[:, place]) for place in pasts]
    begin_s = np.array(begins, np.int64)[which]
    return np.where(begin_s < paths.ended_at_s, begin_s, NEVER)


def can_be_worse(plan: Plan) -> bool:
    """Tell whether the canary can become worse than the baseline at all."""
    return World(plan).can_be_worse


def is_worse_at_once(plan: Plan) -> bool:
    """Tell whether the canary is worse than the baseline from the start of every rollout."""
    return World(plan).worse_since_s([0]) == 0


def _begins(world: World, entered_at_s: Ints) -> int:
    begin_s = world.worse_since_s([int(s) for s in entered_at_s if s != NEVER])
    return NEVER if begin_s is None else begin_s
