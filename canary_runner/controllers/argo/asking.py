"""What a canary of Argo asks: the metrics of all its analyses, numbered."""

from collections.abc import Iterator, Mapping
from typing import Final

from canary_runner.controllers.argo.questions import MetricQuestion
from canary_runner.controllers.argo.spec import Analyse, Analysis, CanarySpec, Experiment

BACKGROUND: Final = -1
"""The place of the background run among those of steps."""


def analyses_of(spec: CanarySpec) -> Iterator[tuple[int, Analysis]]:
    """Yield all runs by the place of their step."""
    if spec.background is not None:
        yield BACKGROUND, spec.background
    for place, step in enumerate(spec.steps):
        if isinstance(step, Analyse | Experiment) and step.analysis is not None:
            yield place, step.analysis


def offsets_of(analyses: Mapping[int, Analysis]) -> dict[int, tuple[int | None, ...]]:
    """Return the question of every metric of every run; None where nothing is asked."""
    found, free = {}, 0
    for place, analysis in analyses.items():
        numbers: list[int | None] = []
        for one in analysis.metrics:
            numbers.append(None if one.query is None else free)
            free += one.query is not None
        found[place] = tuple(numbers)
    return found


def questions_of(analyses: Mapping[int, Analysis]) -> Iterator[MetricQuestion]:
    """Yield every metric that measures; the background's are told apart where a step has one of the same name."""
    in_steps = {m.metric.name for place, one in analyses.items() if place != BACKGROUND for m in one.metrics}
    for place, analysis in analyses.items():
        for one in analysis.metrics:
            if one.query is not None:
                is_shared = place == BACKGROUND and one.metric.name in in_steps
                yield MetricQuestion(f"background {one.metric.name}" if is_shared else one.metric.name, one)
