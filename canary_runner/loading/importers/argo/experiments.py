"""The experiment step of a canary: its analyses, of which each is a run of its own upstream, as one run."""

import re
from dataclasses import replace

from canary_runner.controllers.argo.durations import seconds
from canary_runner.controllers.argo.spec import Analysis, Experiment, Measured
from canary_runner.controllers.argo.tracking import only_looks_on
from canary_runner.loading.importers.argo.analysis import dry_run_rules, read_analysis
from canary_runner.loading.importers.argo.metrics import Source
from canary_runner.loading.importers.fields import Fields
from canary_runner.model.shown import shown


def read_experiment(experiment: Fields, source: Source) -> Experiment:
    """Return an experiment; its pods are not modelled."""
    text = experiment.text("duration")
    lasts_s = seconds(text) if text else None
    if text and (lasts_s is None or lasts_s < 0):
        experiment.error("bad-duration", "duration", f'"{shown(text)}" is no duration', 'write it like "10m"')
    experiment.skip(("templates",))
    rules = tuple(dry_run_rules(experiment))
    experiment.no_effect(("analysisRunMetadata", "scaleDownDelaySeconds"))
    read, required = [], []
    for one in experiment.mappings("analyses"):
        required.append(one.flag("requiredForCompletion"))
        found = _analysis(one, source, rules)
        if found is not None:
            read.append((one.text("name"), found))
    experiment.close()
    if any(required) and not all(required):
        message = "some analyses are required for completion: all of them are taken to be"
        experiment.warn("assumed", "analyses", message)
    analysis = _merged(read) if read else None
    return Experiment(analysis, None if lasts_s is None else int(lasts_s), any(required))


def _analysis(one: Fields, source: Source, rules: tuple[str, ...]) -> Analysis | None:
    """Return one analysis; it names a single template, and may be without an end."""
    one.required("templateName")
    reference = {"templateName": one.text("templateName"), "clusterScope": one.flag("clusterScope")}
    one.skip(("name", "args"))
    one.close()
    named = {"templates": [reference], "args": one.raw("args")}
    return read_analysis(Fields(named, one.route, one.told), source, ends=False, rules=rules)


def _merged(read: list[tuple[str, Analysis]]) -> Analysis:
    """Return all metrics as those of one run; names that are taken get the name of their analysis before them."""
    metrics: dict[str, Measured] = {}
    dry_run: list[str] = []
    for name, analysis in read:
        for one, looks_on in zip(analysis.metrics, only_looks_on(analysis), strict=True):
            free = _free(name, one.metric.name, metrics)
            metrics[free] = replace(one, metric=replace(one.metric, name=free))
            dry_run += [f"^{re.escape(free)}$"] if looks_on else []
    return Analysis(tuple(metrics.values()), tuple(dry_run))


def _free(analysis: str, metric: str, taken: dict[str, Measured]) -> str:
    """Return a name for a metric that no other has."""
    while metric in taken:
        metric = f"{analysis or 'another'} {metric}"
    return metric
