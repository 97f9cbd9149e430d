"""The same rollout with a later first look, or under a tolerance of more failures, for help lines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from canary_runner.controllers.argo.spec import Analyse, Analysis, BlueGreenSpec, CanarySpec, Experiment, Measured, Step
from canary_runner.controllers.flagger.questions import Canary
from canary_runner.model.words import duration
from canary_runner.scenarios.traffic import DAY_S

if TYPE_CHECKING:
    from canary_runner.linting.asked import Asked
    from canary_runner.linting.manifests import ManifestFacts

MORE: Final = (1, 2, 4)
"""By how many failures a tolerance is widened in tries."""


def looser(manifest: ManifestFacts, one: Asked) -> Iterator[tuple[str, object]]:
    """Yield what to write, and the controller's spec with it: growing tolerances of Argo and of Flagger.

    Before them the delay after which a window of Argo is full: an answer without data is asked again 10 s later, of the
    few requests that have come by then.
    """
    spec = manifest.spec
    if isinstance(spec, Canary):
        for more in MORE:
            threshold = spec.spec.failed_checks_allowed + more
            yield f"threshold: {threshold}", replace(spec, spec=replace(spec.spec, threshold=threshold))
        return
    measured = one.measured
    if measured is None or measured.metric.failure_limit < 0:
        return
    window_s = one.question.query.window_s
    if measured.metric.initial_delay_s < window_s < DAY_S:  # Go writes no days
        delay = duration(window_s)
        later = replace(measured, metric=replace(measured.metric, initial_delay=delay))
        yield (
            f"initialDelay: {delay}",
            _with(spec, later),
        )
    for more in MORE:
        limit = measured.metric.failure_limit + more
        wider = replace(measured, metric=replace(measured.metric, failure_limit=limit))
        if wider.metric.can_fail:
            yield f"failureLimit: {limit}", _with(spec, wider)


def _with(spec: object, wider: Measured) -> object:
    """Return a spec of Argo with a metric in place of the one at its place in the manifest, wherever that is asked."""

    def changed(analysis: Analysis) -> Analysis:
        metrics = (wider if one.route == wider.route else one for one in analysis.metrics)
        return replace(analysis, metrics=tuple(metrics))

    def step_of(step: Step) -> Step:
        if not isinstance(step, Analyse | Experiment) or step.analysis is None:
            return step
        return replace(step, analysis=changed(step.analysis))

    match spec:
        case CanarySpec(steps=steps, background=background):
            asked = tuple(map(step_of, steps))
            return replace(spec, steps=asked, background=background and changed(background))
        case BlueGreenSpec(before, after):
            return replace(spec, before=before and changed(before), after=after and changed(after))
    return spec
