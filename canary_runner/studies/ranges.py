"""The least and the most that one rollout's value of a quantity can be, from the world alone: no run is looked at."""

import math
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from itertools import accumulate

from canary_runner.engines.machines.walk import HORIZON_S
from canary_runner.engines.way_back import drain_s
from canary_runner.model.plan import Plan, StagePlan
from canary_runner.scenarios.reachable import Truth, reachable
from canary_runner.studies.tolls import HOUR_S, after_completion, slow_share

Limits = tuple[float, float]
Differences = Callable[[Plan, Sequence[tuple[Truth, Truth]]], Limits]


def longest_s(plan: Plan) -> tuple[int, ...]:
    """Return how long a canary can serve in each stage: to its end, at its gate, and until a rollback is done."""
    if plan.machine is not None:
        return tuple(HORIZON_S + drain_s(plan, s.index) for s in plan.stages)  # a machine alone knows, to its horizon
    delay_s, takes_s = plan.approval.delay_s or 0, plan.policy.rollback_takes_s
    gates_s = (delay_s if stage.has_gate else 0 for stage in plan.stages)
    return tuple(
        s.last_analysis * s.check_every_s + at_gate + takes_s for s, at_gate in zip(plan.stages, gates_s, strict=True)
    )


def endless(_plan: Plan) -> Limits:
    """Return the limits of the seconds until a rollback that may never come."""
    return 0.0, math.inf


def times(plan: Plan) -> Limits:
    """Return the limits of the seconds until a rollback that comes."""
    return 0.0, float(sum(longest_s(plan)))


def durations(plan: Plan) -> Limits:
    """Return the limits of the seconds until completion: every stage lasts its duration, and waits at its gate."""
    if plan.machine is not None:
        return 0.0, float(HORIZON_S)
    held_s = sum((s.last_analysis - s.analyses) * s.check_every_s for s in plan.stages)
    most = sum(longest_s(plan)) - len(plan.stages) * plan.policy.rollback_takes_s
    return float(most - held_s), float(most)


def requests(plan: Plan) -> Limits:
    """Return the limits of the requests that the canary serves."""
    return 0.0, sum(most for _, most, _ in _stages(plan))


def extra_errors(plan: Plan) -> Limits:
    """Return the limits of the errors beyond the other arm's; [0, 0] where the arms fail alike."""
    return _extra(plan, _errors)


def extra_slow(plan: Plan) -> Limits:
    """Return the limits of the slow requests beyond the other arm's; [0, 0] where the arms are as fast."""
    return _extra(plan, _slow)


def unguarded_requests(plan: Plan) -> Limits:
    """Return the limits of the requests of the hour after completion that no stage carried."""
    swing = plan.service.daily_swing
    hourly = plan.service.rate_rps * HOUR_S * (1 - plan.guarded_traffic)
    return float(hourly * (1 - swing)), float(hourly * (1 + swing))


def unguarded_extra_errors(plan: Plan) -> Limits:
    """Return the limits of the errors among them beyond the other arm's."""
    truths = list(reachable(plan, after_completion(plan), sum(longest_s(plan)) + HOUR_S))
    few, many = unguarded_requests(plan)
    low, high = _errors(plan, truths)
    return min(few * low, many * low), max(few * high, many * high)


def _extra(plan: Plan, differences: Differences) -> Limits:
    least = most = 0.0
    for stage, requests, latest_s in _stages(plan):
        low, high = differences(plan, list(reachable(plan, stage, latest_s)))
        least, most = least + requests * min(low, 0.0), most + requests * max(high, 0.0)
    return least, most


def _stages(plan: Plan) -> Iterator[tuple[StagePlan, float, int]]:
    """Yield each stage, the most requests that the canary can serve in it, and the latest second that is its own."""
    peak_rps = plan.service.rate_rps * (1 + plan.service.daily_swing)
    lengths_s = longest_s(plan)
    for stage, length_s, latest_s in zip(plan.stages, lengths_s, accumulate(lengths_s), strict=True):
        yield stage, float(peak_rps * stage.traffic * length_s), latest_s


def _errors(_plan: Plan, truths: Sequence[tuple[Truth, Truth]]) -> Limits:
    found = [float(canary.error_rate - baseline.error_rate) for canary, baseline in truths]
    return min(found), max(found)


def _slow(plan: Plan, truths: Sequence[tuple[Truth, Truth]]) -> Limits:
    """Shares of slow requests are no linear function of latencies: arms that differ are taken each at its extremes."""
    if all(canary.slowness == baseline.slowness for canary, baseline in truths):
        return 0.0, 0.0
    ours, others = (
        [slow_share(plan.service, ((Fraction(1), arm.slowness),)) for arm in arms] for arms in zip(*truths, strict=True)
    )
    return min(ours) - max(others), max(ours) - min(others)
