"""How many pods the canary and the stable set get, with and without traffic routing.

Where a weight becomes pods the real controller computes with floats, and which of two equally good counts it takes can
hang on their last bit; here the same operations are done in the same order.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

DEFAULT_LIMIT = "25%"
"""maxSurge and maxUnavailable where the manifest gives none."""


@dataclass(frozen=True, slots=True)
class Pods:
    """A set of pods: how many it should have, how many are available."""

    desired: int
    available: int


NO_PODS = Pods(0, 0)


@dataclass(frozen=True, slots=True)
class Limits:
    """How far the number of pods may leave the rollout's size: above, and below among the available."""

    surge: int
    unavailable: int


@dataclass(frozen=True, slots=True)
class CanaryScale:
    """A setCanaryScale step that is in force: the first of the two that is given is read."""

    replicas: int | None = None
    weight: int | None = None


def limits(replicas: int, max_surge: int | str, max_unavailable: int | str) -> Limits:
    """Resolve two limits, each a number of pods or a percentage: surge rounds up, unavailable down.

    If both come to nothing, one pod may be unavailable.
    """
    surge, unavailable = _pods(max_surge, replicas, rounds_up=True), _pods(max_unavailable, replicas, rounds_up=False)
    if surge == 0 and unavailable == 0:
        unavailable = 1
    return Limits(surge, min(unavailable, replicas))


def _pods(limit: int | str, replicas: int, rounds_up: bool) -> int:
    if isinstance(limit, int):
        return limit
    hundredths = int(limit.replace("%", "")) * replicas
    return -(-hundredths // 100) if rounds_up else hundredths // 100


def target(replicas: int, weight: int, max_weight: int, surge: int) -> tuple[int, int]:
    """Return the pods of canary and stable that come nearest to a weight without traffic routing.

    Between 0 and the greatest weight the canary has a pod, unless the rollout has one pod and no surge; with a surge
    one pod more than `replicas` may serve to come nearer.
    """
    if replicas == 0:
        return 0, 0
    up = math.ceil(replicas * weight / max_weight)
    down = math.floor(replicas * weight / max_weight)
    may_be_empty = weight in (0, max_weight) or (replicas == 1 and surge == 0)
    options = []
    for total in (replicas, replicas + 1) if surge > 0 else (replicas,):
        if total > replicas or up < replicas or may_be_empty:
            options.append((up, total))
        if not _is_tied(total, weight, max_weight) and (down != 0 or may_be_empty):
            options.append((down, total))
    if not options:
        return 0, replicas
    canary, total = min(options, key=lambda option: abs(option[0] * max_weight / option[1] - weight))
    return canary, total - canary


def _is_tied(total: int, weight: int, max_weight: int) -> bool:
    return math.modf(float(total) * (weight / max_weight))[0] == 0.5


def next_basic(
    replicas: int,
    wanted: tuple[int, int],
    bounds: Limits,
    canary: Pods | None,
    stable: Pods | None,
    older: Sequence[Pods] = (),
) -> tuple[int, int]:
    """Return what one reconciliation without traffic routing asks for: pods of canary and stable.

    Args:
        replicas: the rollout's size.
        wanted: pods of canary and stable at the end, see `target`; without a stable set the canary gets all.
        bounds: the resolved maxSurge and maxUnavailable.
        canary: the new set, None before it is made.
        stable: the set that serves, None if there is none or it is the new one.
        older: sets of earlier releases; while they have pods nothing else shrinks.
    """
    if stable is None:
        wanted = (replicas, 0)
    if canary is None:
        canary, wanted = NO_PODS, (0, wanted[1])
    now = stable or NO_PODS
    most = replicas + bounds.surge
    room = most - canary.desired - now.desired - sum(one.desired for one in older)
    stable_count = _raised(now.desired, wanted[1], room)
    canary_count = _raised(canary.desired, wanted[0], room - (stable_count - now.desired))
    if any(one.desired > 0 for one in older):
        return canary_count, stable_count
    fewest = replicas - bounds.unavailable
    grows = wanted[0] >= canary.desired
    spare = _counting(canary, not grows) + _counting(now, grows) - fewest
    if spare <= 0 or (grows and stable is None):
        return canary_count, stable_count
    if grows:
        drained = _lowered(now, wanted[1], spare, stable_count)
        stable_count, canary_count = _within(now, canary, (drained, canary_count), most, fewest)
    else:
        drained = _lowered(canary, wanted[0], spare, canary_count)
        canary_count, stable_count = _within(canary, stable, (drained, stable_count), most, fewest)
    return canary_count, stable_count


def _raised(desired: int, wanted: int, room: int) -> int:
    return min(wanted, desired + room) if desired < wanted and room > 0 else desired


def _counting(pods: Pods, is_drained: bool) -> int:
    """Count a set towards availability: what it should have where it is drained, never more than that."""
    return pods.desired if is_drained else min(pods.desired, pods.available)


def _lowered(pods: Pods, wanted: int, spare: int, count: int) -> int:
    return max(wanted, pods.desired - spare) if pods.desired > wanted else count


def _within(drained: Pods, other: Pods | None, counts: tuple[int, int], most: int, fewest: int) -> tuple[int, int]:
    """Trim two counts, drained set first, so that neither the surge nor the availability is left."""
    drained_count, count = counts
    if other is None:
        return counts
    count -= max(0, drained_count + count - most)
    available = min(drained.available, drained_count) + min(other.available, count)
    lost = max(0, other.available - count)
    count += min(lost, max(0, fewest - available))
    return drained_count - max(0, drained_count + count - most), count


def settle(replicas: int, wanted: tuple[int, int], bounds: Limits) -> list[tuple[int, int]]:
    """Return the pods of canary and stable after each reconciliation from all stable on, all pods ready at once.

    The stable set is scaled in a reconciliation of its own before the canary is touched.
    """
    path: list[tuple[int, int]] = []
    now = (0, replicas)
    while True:
        asked = next_basic(replicas, wanted, bounds, Pods(now[0], now[0]), Pods(now[1], now[1]))
        after = (now[0], asked[1]) if asked[1] != now[1] else asked
        if after == now:
            return path
        path.append(after)
        now = after


@dataclass(frozen=True, slots=True)
class Routed:
    """How a rollout with traffic routing sizes its sets."""

    replicas: int
    max_weight: int = 100
    is_dynamic: bool = False  # dynamicStableScale
    min_pods: int = 0  # minPodsPerReplicaSet
    is_aborted: bool = False


def pods_for(weight: int, replicas: int, max_weight: int) -> int:
    """Return the pods that carry a weight, rounded up."""
    return math.ceil(float(weight) * float(replicas) / float(max_weight))


def next_routed(
    rollout: Routed, weight: int, scale: CanaryScale | None = None, routed_weight: int | None = None
) -> tuple[int, int]:
    """Return the pods of canary and stable with traffic routing.

    Args:
        rollout: how sets are sized.
        weight: the canary's wanted share of `max_weight`.
        scale: the setCanaryScale in force; it decides the canary's pods and leaves its traffic alone.
        routed_weight: the share that the router gives the canary now, None if unknown.
    """
    if scale is not None and scale.replicas is not None:
        weight, canary = 0, scale.replicas
    else:
        weight = scale.weight if scale is not None and scale.weight is not None else weight
        canary = _at_least(rollout, pods_for(weight, rollout.replicas, rollout.max_weight))
    if not rollout.is_dynamic:
        return canary, rollout.replicas
    stable = pods_for(rollout.max_weight - weight, rollout.replicas, rollout.max_weight)
    if routed_weight is not None:
        carried = pods_for(rollout.max_weight - routed_weight, rollout.replicas, rollout.max_weight)
        stable = max(stable, carried)
        if rollout.is_aborted:
            canary = max(canary, pods_for(routed_weight, rollout.replicas, rollout.max_weight))
    return _at_least(rollout, canary), _at_least(rollout, stable)


def _at_least(rollout: Routed, count: int) -> int:
    return max(count, min(rollout.min_pods, rollout.replicas)) if count else 0


def scale_in_force(
    scale: CanaryScale | None, is_routed: bool, is_aborted: bool, abort_delay_s: int | None
) -> CanaryScale | None:
    """Return the setCanaryScale that is read: none without routing, and none after an abort unless its delay is 0."""
    if not is_routed or (is_aborted and abort_delay_s != 0):
        return None
    return scale


def abort_weight(rollout: Routed, weights: Sequence[int], canary: Pods, stable: Pods, has_delay: bool) -> int:
    """Return the canary's weight on the way back of an aborted rollout with dynamicStableScale.

    It walks down through the setWeight steps as stable pods come up, so exposure does not end at once.

    Args:
        rollout: how sets are sized.
        weights: the setWeight values in the order of the steps.
        canary: the new set.
        stable: the set that serves.
        has_delay: whether abortScaleDownDelaySeconds is given; then the canary's size does not hold the weight up.
    """
    expected = rollout.replicas - stable.available
    carried = expected if has_delay else max(expected, canary.available)
    fits = (w for w in reversed(weights) if pods_for(w, rollout.replicas, rollout.max_weight) < carried)
    return next(fits, 0)
