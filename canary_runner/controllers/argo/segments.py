"""The shares of the requests that a canary goes through, step by step, and those on the way back."""

from collections import Counter
from dataclasses import dataclass, field
from fractions import Fraction

from canary_runner.controllers.argo.asking import analyses_of
from canary_runner.controllers.argo.canary import Canary, current_weight
from canary_runner.controllers.argo.courses import Course, courses_of, drain_of
from canary_runner.controllers.argo.spec import CanarySpec, SetWeight
from canary_runner.model.machine import Segment


@dataclass(slots=True)
class Way:
    """The segments of a canary; keys are a step and a moment of its course."""

    courses: tuple[Course, ...]
    segments: list[Segment] = field(default_factory=list)
    segment_of: dict[tuple[int, int], int] = field(default_factory=dict)
    drain_from: dict[tuple[int, int], tuple[int, ...]] = field(default_factory=dict)  # none: it is back at once


def way_of(spec: CanarySpec) -> Way:
    """Return the segments that a canary goes through, in order, then those of aborts; steps at one share are one."""
    way, names = Way(courses_of(spec)), Counter[str]()
    weights = [step.weight if isinstance(step, SetWeight) else None for step in spec.steps]
    for step, course in enumerate(way.courses):
        weight = current_weight(weights, Canary(len(weights), step=step), spec.max_weight)
        is_promotion = step == len(spec.steps)
        for number, moment in enumerate(course[:-1] if is_promotion else course):
            if not way.segments or way.segments[-1].traffic != moment.share:
                is_reached = number == len(course) - 1
                name = f"weight {weight}" if is_reached else f"to weight {weight}"
                way.segments.append(Segment(_numbered(name, names), moment.share))
            way.segment_of[step, number] = len(way.segments) - 1
    if not way.segments:
        way.segments.append(Segment("weight 0", Fraction(0)))
    _add_drains(spec, way)
    return way


def _add_drains(spec: CanarySpec, way: Way) -> None:
    """Put the shares after aborts behind all others; equal ways back are one. Without an analysis nothing aborts."""
    can_abort = any(True for _ in analyses_of(spec))
    found: dict[tuple[Fraction, ...], tuple[int, ...]] = {(): ()}
    for (step, number), segment in way.segment_of.items():
        shares = drain_of(spec, way.courses[step][number]) if can_abort else ()
        if shares not in found:
            first = len(way.segments)
            name = f"back from {way.segments[segment].name}"
            way.segments += [Segment(f"{name}, {n + 1}", share, is_watched=False) for n, share in enumerate(shares)]
            found[shares] = tuple(range(first, len(way.segments)))
        way.drain_from[step, number] = found[shares]


def _numbered(name: str, names: Counter[str]) -> str:
    names[name] += 1
    return name if names[name] == 1 else f"{name} again ({names[name]})"
