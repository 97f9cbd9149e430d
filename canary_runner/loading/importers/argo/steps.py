"""The steps of a canary."""

from typing import Any, Final

from canary_runner.controllers.argo.durations import pause_seconds, seconds
from canary_runner.controllers.argo.spec import Analyse, Experiment, Other, Pause, SetWeight, Step
from canary_runner.loading.importers.argo.analysis import read_analysis
from canary_runner.loading.importers.argo.metrics import Source
from canary_runner.loading.importers.fields import Fields
from canary_runner.model.shown import shown

ROUTES: Final = "sends requests by what they are, not by weight: whom it reaches is not modelled"
WITHOUT_EFFECT: Final = {
    "setCanaryScale": "moves pods, not traffic",
    "setHeaderRoute": ROUTES,
    "setMirrorRoute": "copies requests: nobody is served by the canary",
    "plugin": "is taken to succeed at once",
}


def read_steps(canary: Fields, source: Source) -> tuple[Step, ...]:
    """Return the steps that could be read."""
    return tuple(step for fields in canary.mappings("steps") for step in _read(fields, source))


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
        found += [] if read is None else [Analyse(read)]
    if fields.has("experiment"):
        found.append(_experiment(fields, source))
    for kind, why in WITHOUT_EFFECT.items():
        if fields.has(kind):
            found.append(Other(kind))
            if kind in ("setHeaderRoute", "plugin"):
                fields.warn("not-modelled", kind, f"{kind} {why}")
            else:
                fields.note("no-effect", kind, f"{kind} {why}")
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


def _experiment(fields: Fields, source: Source) -> Experiment:
    experiment = fields.mapping("experiment")
    if experiment is None:
        return Experiment(None, 0)
    text = experiment.text("duration")
    lasts_s = seconds(text) if text else None
    if text and (lasts_s is None or lasts_s < 0):
        experiment.error("bad-duration", "duration", f'"{shown(text)}" is no duration', 'write it like "10m"')
    fields.warn(
        "not-modelled", "experiment", "pods of an experiment get no traffic here; its analyses read the rollout's"
    )
    experiment.skip(("templates",))
    analyses = [_one(one) for one in experiment.mappings("analyses")]
    experiment.no_effect(("analysisRunMetadata", "dryRun"), "is not read")
    experiment.close()
    read = None
    if analyses:
        merged = {
            "templates": [name for one in analyses for name in one[0]],
            "args": [a for one in analyses for a in one[1]],
        }
        read = read_analysis(Fields(merged, (*experiment.route, "analyses"), fields.told), source, ends=lasts_s is None)
    return Experiment(read, None if lasts_s is None else int(lasts_s))


def _one(analysis: Fields) -> tuple[list[Any], list[Any]]:
    analysis.skip(("name", "requiredForCompletion"))
    name, is_wide = analysis.text("templateName"), analysis.flag("clusterScope")
    args = analysis.raw("args")
    analysis.close()
    return [{"templateName": name, "clusterScope": is_wide}], args if isinstance(args, list) else []
