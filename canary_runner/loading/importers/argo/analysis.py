"""An analysis of a rollout: its templates found, merged, with arguments put in."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from canary_runner.controllers.argo.rollout_validation import refuse_endless
from canary_runner.controllers.argo.run import run_flags
from canary_runner.controllers.argo.spec import Analysis, Measured
from canary_runner.controllers.argo.tracking import run_spec
from canary_runner.controllers.argo.validation import Refusal, refuse_metrics
from canary_runner.loading.importers.argo.arguments import (
    Values,
    adopt,
    declared,
    field_of,
    filled,
    given,
    undeclared,
    unresolved,
)
from canary_runner.loading.importers.argo.metrics import Source, read_metric
from canary_runner.loading.importers.fields import Fields
from canary_runner.loading.importers.referred import in_namespace, tell_missing, tell_repeated
from canary_runner.model.diagnostics import Route, Severity, error_at
from canary_runner.model.shown import shown

KINDS: Final = ("AnalysisTemplate", "ClusterAnalysisTemplate")
DEEPEST: Final = 8
"""Templates within templates that are followed."""

BOOKKEEPING: Final = "has no effect on what is decided"


@dataclass(frozen=True, slots=True)
class Template:
    """A template among the objects of a file."""

    name: str
    is_cluster_wide: bool
    whole: dict[str, Any] = field(compare=False)
    route: Route

    @property
    def data(self) -> dict[str, Any]:
        """Return its spec."""
        spec = self.whole.get("spec")
        return spec if isinstance(spec, dict) else {}


def templates_in(objects: list[Any]) -> dict[tuple[str, bool], list[Template]]:
    """Return the templates among some objects, by name and whether they are cluster-wide."""
    found: dict[tuple[str, bool], list[Template]] = {}
    for index, one in enumerate(objects):
        if isinstance(one, dict) and one.get("kind") in KINDS and isinstance(one.get("metadata"), dict):
            name, is_wide = str(one["metadata"].get("name")), one["kind"] == KINDS[1]
            found.setdefault((name, is_wide), []).append(Template(name, is_wide, one, (index, "spec")))
    return found


def read_analysis(fields: Fields, source: Source, *, ends: bool, rules: Iterable[str] = ()) -> Analysis | None:
    """Return the analysis that a rollout names; `ends` tells that each metric must come to an end by itself.

    `rules` are names of metrics that only look on, besides its own. A template counts once however often it is named.
    """
    gives = given(fields, source.own)
    templates = list(dict.fromkeys(_templates(fields, source, 0, fields)))
    own = [*dry_run_rules(fields), *rules]
    kept = [*_rule_names(fields, "measurementRetention")]
    fields.no_effect(("analysisRunMetadata",), BOOKKEEPING)
    wanted: dict[str, str | None] = {}
    specs = []
    for template in templates:
        outside = Fields(template.whole, template.route[:1], fields.told)
        outside.skip(("apiVersion", "kind", "metadata", "spec"))
        outside.close()
        spec = Fields(template.data, template.route, fields.told)
        adopt(wanted, declared(spec), spec)
        specs.append(spec)
    values: Values = {**{name: value for name, value in wanted.items() if value is not None}, **gives}
    undeclared(fields, gives, wanted)
    unresolved(fields, values, wanted)
    metrics: list[tuple[Measured, Route]] = []
    for spec in specs:
        whole = Fields(filled(spec.data, values), spec.route, fields.told)
        metrics += _metrics(whole, source)
        own += dry_run_rules(whole)
        kept += _rule_names(whole, "measurementRetention")
        whole.close()
    analysis = Analysis(tuple(one for one, _ in metrics), tuple(own))
    is_whole = bool(templates) and not any(one.severity is Severity.ERROR for one in fields.told)
    refused = _refused(analysis, kept, ends=ends) if is_whole else None
    if refused is not None:
        at = (*metrics[int(refused.at[0])][1], *refused.at[1:]) if refused.at else fields.route
        fields.told.append(error_at("refused-upstream", at, refused.message, "upstream refuses it, too"))
    return analysis if templates and refused is None else None


def _metrics(template: Fields, source: Source) -> Iterator[tuple[Measured, Route]]:
    """Yield the metrics of a template with their places."""
    template.skip(("args", "templates"))
    for metric in template.mappings("metrics"):
        found = read_metric(metric, source)
        if found is not None:
            yield found, metric.route


def _refused(analysis: Analysis, kept: Sequence[str], *, ends: bool) -> Refusal | None:
    """Return why a run of the analysis would not start; `kept` are the rules of measurementRetention."""
    metrics = [one.metric for one in analysis.metrics]
    twice = next((rule for rule, times in Counter(analysis.dry_run).items() if times > 1), None)
    if twice is not None:
        return Refusal("duplicate-name", f"two rules of dryRun have the same metricName '{shown(twice)}'")
    flags = run_flags(run_spec(analysis), kept)
    endless = refuse_endless(metrics) if ends else ()
    return refuse_metrics(metrics) or (flags if isinstance(flags, Refusal) else None) or next(iter(endless), None)


def dry_run_rules(fields: Fields) -> Iterator[str]:
    """Yield the names of metrics that only look on."""
    return _rule_names(fields, "dryRun")


def _rule_names(fields: Fields, key: str) -> Iterator[str]:
    for one in fields.mappings(key):
        one.required("metricName")
        one.skip(("limit",))
        yield one.text("metricName")
        one.close()


def _template(fields: Fields, name: str, source: Source, *, is_wide: bool) -> Template | None:
    """Return the one template of a name, None if there are none or several: that is told."""
    namespace = "" if is_wide else field_of(source.own, "metadata.namespace") or ""
    found: list[Template] = [
        one for one in source.templates.get((name, is_wide), ()) if in_namespace(one.whole, namespace)
    ]
    if len(found) == 1:
        return found[0]
    what = f'the {KINDS[is_wide]} "{shown(name)}"'
    if found:
        tell_repeated(fields, "templateName", what, (one.route[:1] for one in found))
    else:
        tell_missing(fields, "templateName", what)
    return None


def _templates(fields: Fields, source: Source, depth: int, at: Fields) -> Iterator[Template]:
    """Yield the templates that are named, and those that they name."""
    for one in fields.mappings("templates"):
        one.required("templateName")
        name, is_wide = one.text("templateName"), one.flag("clusterScope")
        one.close()
        template = _template(one, name, source, is_wide=is_wide)
        if template is None:
            continue
        yield template
        if depth == DEEPEST:
            one.error("too-deep", "templateName", f"more than {DEEPEST} templates within templates", "name them here")
            continue
        yield from _templates(Fields(template.data, template.route, at.told), source, depth + 1, at)
