"""How pods come and go on a canary's way, where they take their time to become ready.

All pods that are started together are ready together, `ready_s` later. With traffic routing the router waits for
them; without it the traffic follows the pods that are available, under maxSurge and maxUnavailable. Of two pods the one
that is not ready yet is taken away first.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from typing import Final

from canary_runner.controllers.argo.canary import Canary, current_weight
from canary_runner.controllers.argo.replicas import (
    NO_PODS,
    Limits,
    Pods,
    Routed,
    limits,
    next_basic,
    next_routed,
    target,
)
from canary_runner.controllers.argo.spec import CanarySpec, SetWeight


@dataclass(frozen=True, slots=True)
class Moment:
    """Pods, and the share of the requests that reaches the new ones."""

    share: Fraction
    canary: Pods
    stable: Pods


Course = tuple[Moment, ...]
"""Of a step: moments of `ready_s` each while its pods start, and the last one, in which the step does what it says."""


MOST_MOMENTS: Final = 200
"""Different shares that one rollout may pass through on its way."""


class TooManyMomentsError(ValueError):
    """The pods come so few at a time that the rollout has more shares than are run."""


def courses_of(spec: CanarySpec) -> tuple[Course, ...]:
    """Return the course of every step, and at the end that of the promotion; raises TooManyMomentsError."""
    weights = [step.weight if isinstance(step, SetWeight) else None for step in spec.steps]
    now, found = Moment(Fraction(0), NO_PODS, Pods(spec.replicas, spec.replicas)), []
    starting = 0
    for step in range(len(weights) + 1):
        weight = current_weight(weights, Canary(len(weights), step=step), spec.max_weight)
        found.append(_moved(spec, now, weight))
        now = found[-1][-1]
        starting += len(found[-1]) - 1
        if starting > MOST_MOMENTS:
            raise TooManyMomentsError
    return tuple(found)


def drain_of(spec: CanarySpec, moment: Moment) -> tuple[Fraction, ...]:
    """Return the shares, of `ready_s` each, after an abort at a moment; then the canary serves nobody."""
    if spec.ready_s == 0 or moment.share == 0:
        return ()
    if spec.is_routed:
        # dynamicStableScale: the weight is kept until the stable pods are there, all at a time
        must_come_up = spec.is_dynamic and moment.stable.available < spec.replicas
        return (moment.share,) if must_come_up else ()
    shares = [one.share for one in _waves(spec, moment, 0)][:-1]
    while shares and shares[-1] == 0:
        shares.pop()
    return tuple(shares)


def _moved(spec: CanarySpec, now: Moment, weight: int) -> Course:
    """Return how a weight is reached."""
    if spec.is_routed:
        return _routed(spec, now, weight)
    if spec.ready_s > 0:
        return tuple(islice(_waves(spec, now, weight), MOST_MOMENTS + 2))
    bounds = limits(spec.replicas, spec.max_surge, spec.max_unavailable)
    canary, stable = target(spec.replicas, weight, spec.max_weight, bounds.surge)
    return (_moment(Pods(canary, canary), Pods(stable, stable)),)


def _routed(spec: CanarySpec, now: Moment, weight: int) -> Course:
    """Return a course with a router: it keeps the weight before until all pods of the new one are there."""
    rollout = Routed(spec.replicas, spec.max_weight, spec.is_dynamic)
    canary, stable = next_routed(rollout, weight)
    settled = Moment(Fraction(weight, spec.max_weight), Pods(canary, canary), Pods(stable, stable))
    starts = canary > now.canary.available or stable > now.stable.available
    if spec.ready_s == 0 or not starts:
        return (settled,)
    kept = Pods(max(stable, now.stable.desired), now.stable.available)
    return Moment(now.share, Pods(max(canary, now.canary.desired), now.canary.available), kept), settled


def _waves(spec: CanarySpec, now: Moment, weight: int) -> Iterator[Moment]:
    """Yield the moments on the way to a weight without a router, the last one settled."""
    bounds = limits(spec.replicas, spec.max_surge, spec.max_unavailable)
    wanted = target(spec.replicas, weight, spec.max_weight, bounds.surge)
    canary, stable = now.canary, now.stable
    while True:
        canary, stable = _asked(spec.replicas, wanted, bounds, canary, stable)
        yield _moment(canary, stable)
        if canary.available == canary.desired and stable.available == stable.desired:
            return
        canary, stable = Pods(canary.desired, canary.desired), Pods(stable.desired, stable.desired)


def _asked(replicas: int, wanted: tuple[int, int], bounds: Limits, canary: Pods, stable: Pods) -> tuple[Pods, Pods]:
    """Return what reconciliations ask for until nothing changes before more pods are ready; stable pods come first."""
    while True:
        counts = next_basic(replicas, wanted, bounds, canary, stable)
        after = _scaled(canary, counts[0]), _scaled(stable, counts[1])
        if after[1] != stable:
            after = canary, after[1]
        if after == (canary, stable):
            return after
        canary, stable = after


def _scaled(pods: Pods, desired: int) -> Pods:
    return Pods(desired, min(pods.available, desired))


def _moment(canary: Pods, stable: Pods) -> Moment:
    total = canary.available + stable.available
    return Moment(Fraction(canary.available, total) if total else Fraction(0), canary, stable)
