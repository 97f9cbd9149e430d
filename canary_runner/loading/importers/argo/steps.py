"""The steps of a canary."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from canary_runner.controllers.argo.durations import pause_seconds
from canary_runner.controllers.argo.spec import Analyse, Experiment, Other, Pause, SetWeight, Step
from canary_runner.loading.importers.argo.analysis import read_analysis
from canary_runner.loading.importers.argo.experiments import read_experiment
from canary_runner.loading.importers.argo.metrics import Source
from canary_runner.loading.importers.fields import Fields
from canary_runner.model.shown import shown

ROUTES: Final = "sends requests by what they are, not by weight: whom it reaches is not modelled"
EXPERIMENT: Final = "pods of an experiment get no traffic here; its analyses read the rollout's"
WITHOUT_EFFECT: Final = {
    "setCanaryScale": "moves pods, not traffic",
    "setHeaderRoute": ROUTES,
    "setMirrorRoute": "copies requests: no user is served by the copy, and metrics of the canary do not see it here",
    "plugin": "is taken to succeed at once",
}


UNWAITED: Final = ("analysis", "experiment")
"""What a step does not wait for that sets the canary's scale: it is over as soon as the pods are there."""


def tell_empty(fields: Fields, key: str, analysis: Fields) -> None:
    """Refuse an analysis that names no template: nothing ever lets the rollout go on."""
    if not analysis.data.get("templates"):
        fields.error("never-passes", key, f"{key} names no template: upstream waits here for ever", "name one")


def read_steps(canary: Fields, source: Source) -> tuple[Step, ...]:
    """Return the steps that could be read."""
    return tuple(step for fields in canary.mappings("steps") for step in _read(fields, source))


def step_places(items: Sequence[Mapping[str, Any]]) -> list[tuple[int, str]]:
    """Return where each step stands that `read_steps` makes of valid items: the item's index and its key.

    An item of several kinds is several steps.
    """
    kinds = ("setWeight", "pause", "analysis", "experiment", *WITHOUT_EFFECT)
    return [
        (index, kind)
        for index, item in enumerate(items)
        for kind in kinds
        if (item.get(kind) is not None or (kind == "pause" and kind in item))
        and not (kind in UNWAITED and item.get("setCanaryScale") is not None)
    ]


def _read(fields: Fields, source: Source) -> list[Step]:
    found: list[Step] = []
    if fields.has("setWeight"):
        found.append(SetWeight(fields.whole("setWeight")))
    if "pause" in fields.data:
        found.append(_pause(fields))
    if fields.has("analysis"):
        analysis = fields.mapping("analysis")
        read = None if analysis is None else read_analysis(analysis, source, ends=True)
        if analysis is not None:
            analysis.close()
            tell_empty(fields, "analysis", analysis)
        found += [] if read is None else [Analyse(read)]
    if fields.has("experiment"):
        fields.warn("not-modelled", "experiment", EXPERIMENT)
        experiment = fields.mapping("experiment")
        found += [] if experiment is None else [read_experiment(experiment, source)]
    if found and fields.has("setCanaryScale") and isinstance(found[-1], Analyse | Experiment):
        found.pop()
        kind = next(kind for kind in UNWAITED if fields.has(kind))
        fields.warn("never-fails", kind, f"{kind} beside setCanaryScale is cut short: the step is over with its pods")
    for kind, why in WITHOUT_EFFECT.items():
        if fields.has(kind):
            found.append(Other(kind))
            if kind == "setCanaryScale":
                fields.note("no-effect", kind, f"{kind} {why}")
            else:
                fields.warn("not-modelled", kind, f"{kind} {why}")
    fields.close()
    return found


def _pause(fields: Fields) -> Pause:
    pause = fields.mapping("pause")
    if pause is None:
        return Pause(None)
    duration: Any = pause.raw("duration")
    pause.close()
    if duration is not None and not isinstance(duration, int | str):
        pause.error("wrong-type", "duration", "duration is no time", 'write seconds, or a text like "10m"')
        return Pause(None)
    waits_s = pause_seconds(duration)
    if waits_s is not None and waits_s < 0:
        pause.error("bad-duration", "duration", f'"{shown(str(duration))}" is no duration', 'write it like "10m"')
        return Pause(0)
    return Pause(None if waits_s is None else int(waits_s))
