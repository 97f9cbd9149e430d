"""The shares of the requests that a canary goes through, step by step, and after an abort at each of them."""

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

    def moves_pods(self, step: int) -> bool:
        """Tell whether a step wants other numbers of pods than the one before; the first starts from none."""
        if step == 0:
            return self.courses[0][-1].canary.desired > 0
        before, after = self.courses[step - 1][-1], self.courses[step][-1]
        return (before.canary.desired, before.stable.desired) != (after.canary.desired, after.stable.desired)


def way_of(spec: CanarySpec) -> Way:
    """Return the segments that a canary goes through, in order; moments of one share and one way back are one."""
    way, names = Way(courses_of(spec)), Counter[str]()
    can_abort = any(True for _ in analyses_of(spec))
    weights = [step.weight if isinstance(step, SetWeight) else None for step in spec.steps]
    for step, course in enumerate(way.courses):
        weight = current_weight(weights, Canary(len(weights), step=step), spec.max_weight)
        is_promotion = step == len(spec.steps)
        for number, moment in enumerate(course[:-1] if is_promotion else course):
            drain = tuple((share, spec.ready_s) for share in drain_of(spec, moment)) if can_abort else ()
            if not way.segments or (way.segments[-1].traffic, way.segments[-1].drain) != (moment.share, drain):
                is_reached = number == len(course) - 1
                name = f"weight {weight}" if is_reached else f"to weight {weight}"
                way.segments.append(Segment(_numbered(name, names), moment.share, drain=drain))
            way.segment_of[step, number] = len(way.segments) - 1
    if not way.segments:
        way.segments.append(Segment("weight 0", Fraction(0)))
    return way


def _numbered(name: str, names: Counter[str]) -> str:
    names[name] += 1
    return name if names[name] == 1 else f"{name} again ({names[name]})"
