"""The shares of the requests that a canary goes through, step by step."""

from collections import Counter
from fractions import Fraction

from canary_runner.controllers.argo.canary import Canary, current_weight
from canary_runner.controllers.argo.replicas import limits, target
from canary_runner.controllers.argo.spec import CanarySpec, SetWeight
from canary_runner.model.machine import Segment


def segments_of(spec: CanarySpec) -> tuple[tuple[int, ...], tuple[Segment, ...]]:
    """Return the segment of every step, and the segments: steps at one share are one."""
    weights = [step.weight if isinstance(step, SetWeight) else None for step in spec.steps]
    found: list[Segment] = []
    segment_of, seen = [], Counter[int]()
    for step in range(max(1, len(spec.steps))):
        weight = current_weight(weights, Canary(len(weights), step=step), spec.max_weight) if weights else 0
        share = share_of(spec, weight)
        if not found or found[-1].traffic != share:
            seen[weight] += 1
            again = "" if seen[weight] == 1 else f" again ({seen[weight]})"
            found.append(Segment(f"weight {weight}{again}", share))
        segment_of.append(len(found) - 1)
    return tuple(segment_of), tuple(found)


def share_of(spec: CanarySpec, weight: int) -> Fraction:
    """Return the share of the requests that a weight comes to: what routers do, or what pods make of it."""
    if spec.is_routed:
        return Fraction(weight, spec.max_weight)
    surge = limits(spec.replicas, spec.max_surge, spec.max_unavailable).surge
    canary, stable = target(spec.replicas, weight, spec.max_weight, surge)
    return Fraction(canary, canary + stable) if canary + stable else Fraction(0)
