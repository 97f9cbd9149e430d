"""A Rollout of argoproj.io becomes a policy."""

from collections.abc import Mapping
from dataclasses import replace
from math import ceil
from typing import Any, Final

from canary_runner.controllers.argo.courses import TooManyMomentsError
from canary_runner.controllers.argo.replicas import DEFAULT_LIMIT
from canary_runner.controllers.argo.rollout_validation import NEED_SERVICES, refuse_rollout
from canary_runner.controllers.argo.segments import way_of
from canary_runner.controllers.argo.spec import Analysis, BlueGreenSpec, CanarySpec
from canary_runner.loading.importers import Imported
from canary_runner.loading.importers.argo.analysis import read_analysis, templates_in
from canary_runner.loading.importers.argo.arguments import LATEST, STABLE, field_of
from canary_runner.loading.importers.argo.metrics import Source
from canary_runner.loading.importers.argo.shapes import SPEC, held
from canary_runner.loading.importers.argo.steps import read_steps, step_places, tell_empty
from canary_runner.loading.importers.asked import Meaning, by_text
from canary_runner.loading.importers.fields import MOST_STEPS, Fields, too_many
from canary_runner.loading.importers.frame import is_object, read_object
from canary_runner.loading.importers.workloads import POD_START, annotations_of
from canary_runner.loading.quantities import DURATION
from canary_runner.model.diagnostics import Diagnostic, Document, Severity, error_at

SYSTEM: Final = "argo-rollouts"
PODS: Final = "has no effect: pods are taken to be ready at once"
MOST_REPLICAS: Final = 100_000
DAY_S: Final = 86_400
DEADLINE: Final = "has no effect: pods come up in time"
ONE_POD: Final = "only the pods' template is taken from the workload: the rollout has 1 replica"
DELAYS: Final = ("scaleDownDelaySeconds", "scaleDownDelayRevisionLimit", "abortScaleDownDelaySeconds")
AFTERWARDS: Final = "has no effect on what is decided: it is about the pods that are left"


class RolloutImporter:
    """Rollouts of argoproj.io."""

    def __init__(self, meaning: Meaning = by_text) -> None:
        self._meaning = meaning

    def claims(self, data: Mapping[str, Any]) -> bool:
        """Tell whether an object is a Rollout of Argo."""
        return is_object(data, ("argoproj.io/",), "Rollout")

    def read(self, document: Document, index: int) -> Imported:
        """Read object `index` of a document, and the templates among the others."""
        assert isinstance(document.data, list)
        own, objects = document.data[index], document.data

        def spec_of(spec: Fields, metadata: Fields) -> CanarySpec | BlueGreenSpec | None:
            metadata.text("namespace")
            pod_start_s = annotations_of(metadata).quantity(POD_START, DURATION) or 0
            return _spec(spec, own, objects, self._meaning, int(pod_start_s))

        return read_object(document, index, SYSTEM, spec_of)


def _spec(
    spec: Fields, own: Mapping[str, Any], objects: list[Any], meaning: Meaning, pod_start_s: int
) -> CanarySpec | BlueGreenSpec | None:
    replicas = spec.whole("replicas", 1, least=0, most=MOST_REPLICAS)
    spec.skip(("selector", "template", "workloadRef"))
    if spec.has("workloadRef") and not spec.has("replicas"):
        spec.note("assumed", "workloadRef", ONE_POD, "say spec.replicas: the workload's own are not read")
    ready_s = pod_start_s + spec.whole("minReadySeconds", least=0, most=DAY_S)
    spec.no_effect(("progressDeadlineSeconds", "progressDeadlineAbort"), DEADLINE)
    spec.no_effect(("revisionHistoryLimit", "analysis", "restartAt", "rollbackWindow"), AFTERWARDS)
    if spec.flag("paused"):
        spec.warn(
            "not-modelled", "paused", "paused by hand: nothing moves until it is lifted", "what is told runs then"
        )
    strategy = spec.mapping("strategy")
    if strategy is None:
        spec.required("strategy", "say canary or blueGreen")
        return None
    canary, blue_green = strategy.mapping("canary"), strategy.mapping("blueGreen")
    strategy.close()
    spec.close()
    if any(one.severity is Severity.ERROR for one in spec.told):
        return None
    found: CanarySpec | BlueGreenSpec | None = None
    if blue_green is not None:
        spec.no_effect(("minReadySeconds",), "has no effect: nobody meets the pods before the switch")
        services = (blue_green.text("previewService"), blue_green.text("activeService"))
        found = _blue_green(blue_green, _source(services, own, objects, meaning))
    elif canary is not None or "canary" in strategy.data:
        canary = canary or Fields({}, strategy.at("canary"), spec.told)
        services = (canary.text("canaryService"), canary.text("stableService"))
        found = _canary(canary, replicas, _source(services, own, objects, meaning))
        found = replace(found, ready_s=ready_s)
        _tell_pods(canary, found)
    if not any(one.severity is Severity.ERROR for one in spec.told):
        _refuse(spec)
    return found


def _refuse(spec: Fields) -> None:
    """Tell what upstream refuses, once all that it looks at has its shape."""
    wrong: list[Diagnostic] = []
    held(Fields(spec.data, spec.route, wrong), SPEC)
    if wrong:
        spec.told.extend(wrong)
        return
    data = {**spec.data, "strategy": {k: {} if v is None else v for k, v in spec.data["strategy"].items()}}
    for refusal in refuse_rollout(data):
        at = (*spec.route, *refusal.at) if refusal.at else (*spec.route, "strategy")
        spec.told.append(error_at("refused-upstream", at, refusal.message, REFUSED))


REFUSED: Final = "upstream refuses it, too; see docs/argo-rollouts.md"


def _source(services: tuple[str, str], own: Mapping[str, Any], objects: list[Any], meaning: Meaning) -> Source:
    """Return what metrics are read with; both arms' pods are called after the rollout, and tell nothing apart."""
    canary, baseline = services
    return Source(
        templates_in(objects),
        LATEST,
        STABLE,
        canary,
        baseline,
        field_of(own, "metadata.namespace") or "default",
        meaning,
        own,
    )


def _canary(canary: Fields, replicas: int, source: Source) -> CanarySpec:
    routing = canary.mapping("trafficRouting")
    most = 100
    if routing is not None:
        most = routing.whole("maxTrafficWeight", 100, least=1, most=10**9)
        routing.skip((*NEED_SERVICES, "managedRoutes", "plugins"))
        routing.close()
    background, starting_step = None, 0
    analysis = canary.mapping("analysis")
    if analysis is not None:
        starting_step = _own_step(canary, analysis.whole("startingStep", 0, least=0))
        background = read_analysis(analysis, source, ends=False)
        analysis.close()
    steps = read_steps(canary, source)
    canary.no_effect(("canaryMetadata", "stableMetadata", "antiAffinity", "pingPong"))
    canary.no_effect(DELAYS, AFTERWARDS)
    canary.no_effect(("minPodsPerReplicaSet", "replicaProgressThreshold"), PODS)
    is_dynamic = canary.flag("dynamicStableScale")
    surge, unavailable = _limit(canary, "maxSurge"), _limit(canary, "maxUnavailable")
    canary.close()
    return CanarySpec(
        steps,
        background,
        starting_step,
        routing is not None,
        replicas,
        most,
        surge,
        unavailable,
        is_dynamic=is_dynamic,
    )


def _own_step(canary: Fields, index: int) -> int:
    """Return the first of our steps that belongs to item `index` or a later one: an item may be several steps."""
    steps = canary.data.get("steps")
    items = [item for item in steps if isinstance(item, dict)] if isinstance(steps, list) else []
    places = [place for place, _ in step_places(items)]
    return next((own for own, place in enumerate(places) if place >= index), len(places) + index - len(items))


def _tell_pods(canary: Fields, spec: CanarySpec) -> None:
    """Tell what is taken of pods' starts, and refuse more shares than are run."""
    if spec.ready_s == 0 and spec.is_dynamic:
        why = "an abort takes its time there: pods of the stable version come up first; here they are there at once"
        canary.warn("not-modelled", "dynamicStableScale", why, f"annotate the Rollout with {POD_START}: 45s")
    try:
        too_many(canary.route, len(way_of(spec).segments), "shares of the traffic", canary.told)
    except TooManyMomentsError:
        too_many(canary.route, MOST_STEPS + 1, "shares of the traffic or more", canary.told)


def _limit(fields: Fields, key: str) -> int | str:
    value = fields.raw(key)
    if value is None:
        return DEFAULT_LIMIT
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    if isinstance(value, str) and value.removesuffix("%").isascii() and value.removesuffix("%").isdigit():
        return value if value.endswith("%") else f"{value}%"
    fields.error("bad-amount", key, f"{key} is no number of pods", 'write pods, like 1, or a percentage, like "25%"')
    return DEFAULT_LIMIT


def _blue_green(strategy: Fields, source: Source) -> BlueGreenSpec:
    before, after = (_promotion(strategy, key, source) for key in ("prePromotionAnalysis", "postPromotionAnalysis"))
    enabled = strategy.raw("autoPromotionEnabled")
    if enabled is not None and not isinstance(enabled, bool):
        strategy.flag("autoPromotionEnabled")
    seconds = strategy.whole("autoPromotionSeconds", 0, least=0, most=30 * DAY_S)
    kept_s = strategy.whole("scaleDownDelaySeconds", least=0) if strategy.has("scaleDownDelaySeconds") else None
    lasts_s = _lasts_s(after)
    if kept_s is not None and lasts_s > kept_s:
        message = f"the old pods go {kept_s} s after the switch, and the analysis after it takes {lasts_s} s"
        strategy.warn(
            "not-modelled", "scaleDownDelaySeconds", f"{message}: an abort is at once here", MORE.format(lasts_s)
        )
        strategy.no_effect(DELAYS[1:], AFTERWARDS)
    else:
        strategy.no_effect(DELAYS, AFTERWARDS)
    strategy.no_effect(("previewReplicaCount", "maxUnavailable"), PODS)
    strategy.no_effect(("antiAffinity", "activeMetadata", "previewMetadata", "previewReplicaSet"))
    strategy.close()
    return BlueGreenSpec(before, after, enabled is False, seconds)


MORE: Final = "write at least {}, or leave it out: upstream then keeps them until the analysis ends"


def _lasts_s(analysis: Analysis | None) -> int:
    """Return how long an analysis takes at least that neither fails nor errs, in whole seconds."""
    metrics = [one.metric for one in analysis.metrics] if analysis else []
    waits = (m.initial_delay_s + ((m.effective_count or 1) - 1) * m.interval_s for m in metrics)
    return ceil(max(waits, default=0))


def _promotion(strategy: Fields, key: str, source: Source) -> Analysis | None:
    fields = strategy.mapping(key)
    if fields is None:
        return None
    found = read_analysis(fields, source, ends=True)
    fields.close()
    tell_empty(strategy, key, fields)
    return found
