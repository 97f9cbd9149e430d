"""An OpenKruise Rollout becomes a policy: steps and pauses, in which nothing decides."""

import re
from collections.abc import Mapping
from fractions import Fraction
from itertools import pairwise
from typing import Any, Final

from canary_runner.controllers.deployment import Percent
from canary_runner.controllers.openkruise import DEFAULT_MATCHING, Release, Step, Style
from canary_runner.loading.importers import Imported
from canary_runner.loading.importers.fields import Fields
from canary_runner.loading.importers.frame import is_object, read_object
from canary_runner.loading.importers.workloads import amount, annotations_of, pod_start_s, replicas_of
from canary_runner.loading.quantities import RATE
from canary_runner.loading.words import described
from canary_runner.model.diagnostics import Diagnostic, Document, Severity
from canary_runner.model.words import percent

SYSTEM: Final = "openkruise"
ALPHA: Final = "rollouts.kruise.io/v1alpha1"
STYLE: Final = "rollouts.kruise.io/rolling-style"
MATCHING: Final = "canary-runner/matching"
MOST_STEPS: Final = 50
LONGEST_S: Final = 30 * 86_400
PODS: Final = "has no effect: pods are taken to be ready"


class RolloutImporter:
    """Rollouts of rollouts.kruise.io, v1alpha1 and v1beta1."""

    def claims(self, data: Mapping[str, Any]) -> bool:
        """Tell whether an object is a Rollout of OpenKruise."""
        return is_object(data, ("rollouts.kruise.io/",), "Rollout")

    def read(self, document: Document, index: int) -> Imported:
        """Read object `index` of a document."""
        assert isinstance(document.data, list)
        is_alpha = document.data[index].get("apiVersion") == ALPHA
        return read_object(document, index, SYSTEM, lambda spec, metadata: _release(spec, metadata, document, is_alpha))


def _release(spec: Fields, metadata: Fields, document: Document, is_alpha: bool) -> Release | None:
    if spec.flag("disabled"):
        help = "read the manifest of the workload instead"
        spec.error("not-modelled", "disabled", "disabled: the workload is updated by its own strategy", help)
    spec.no_effect(("rolloutID",))
    holder = spec.mapping("objectRef") if is_alpha else spec
    workload = holder.mapping("workloadRef") if holder is not None and holder.required("workloadRef") else None
    strategy = spec.mapping("strategy") if spec.required("strategy") else None
    spec.close()
    if workload is None or strategy is None:
        return None
    canary, blue_green = strategy.mapping("canary"), strategy.mapping("blueGreen")
    is_paused = strategy.flag("paused")
    strategy.close()
    if (canary is None) == (blue_green is None):
        strategy.told.append(_not_one(strategy))
        return None
    body = canary or blue_green
    assert body is not None
    kind = workload.text("kind")
    style = Style.BLUE_GREEN if body is blue_green else _style(body, metadata, kind, is_alpha)
    release = Release(
        style,
        _steps(body, is_alpha),
        _has_router(body),
        replicas_of(document, metadata, workload, kind, workload.text("name")),
        _matching(metadata, body),
        pod_start_s(metadata, body, "steps"),
        is_paused,
    )
    body.no_effect(("failureThreshold", "patchPodTemplateMetadata", "disableGenerateCanaryService"), PODS)
    body.close()
    return release


def _not_one(strategy: Fields) -> Diagnostic:
    message = "the strategy is not one of canary and blueGreen"
    return Diagnostic("missing-key", Severity.ERROR, strategy.route, message, "say one of them")


def _style(canary: Fields, metadata: Fields, kind: str, is_alpha: bool) -> Style:
    """Return how new pods come: beside old ones only for a Deployment, in v1alpha1 unless an annotation says not."""
    is_extra = canary.flag("enableExtraWorkloadForCanary")
    if is_alpha:
        is_extra = annotations_of(metadata).text(STYLE).lower() != Style.PARTITION.value
    return Style.CANARY if is_extra and kind == "Deployment" else Style.PARTITION


def _has_router(body: Fields) -> bool:
    if body.has("trafficRoutingRef"):
        body.warn("assumed", "trafficRoutingRef", "the router of another object is taken to do what the steps say")
    routings = body.items("trafficRoutings")
    if routings:
        body.note("no-effect", "trafficRoutings", "the router is taken to do what the steps say, at once")
    return bool(routings) or body.has("trafficRoutingRef")


def _matching(metadata: Fields, body: Fields) -> Fraction:
    found = annotations_of(metadata).quantity(MATCHING, RATE)
    has_matches = any(isinstance(item, dict) and item.get("matches") for _, item in body.items("steps"))
    if has_matches and found is None:
        message = f"what share of the requests matches is not said: {percent(DEFAULT_MATCHING)} is taken"
        body.warn("assumed", "steps", message, f'annotate the Rollout with {MATCHING}: "5%"')
    return DEFAULT_MATCHING if found is None else found


def _steps(body: Fields, is_alpha: bool) -> tuple[Step, ...]:
    count = len(body.items("steps"))
    if not 0 < count <= MOST_STEPS:
        body.error("out-of-range", "steps", f"{count} steps", f"write 1 to {MOST_STEPS}")
    found = [(fields, _step(fields, is_alpha)) for fields in body.mappings("steps")]
    for (_, before), (fields, after) in pairwise(found):
        a, b = before.replicas, after.replicas
        if (a.of_replicas > b.of_replicas) if isinstance(a, Percent) and isinstance(b, Percent) else _falls(a, b):
            fields.error("out-of-range", "replicas", "replicas fall from one step to the next", "let them stay or grow")
    return tuple(step for _, step in found)


def _falls(before: object, after: object) -> bool:
    return isinstance(before, int) and isinstance(after, int) and before > after


def _step(fields: Fields, is_alpha: bool) -> Step:
    traffic = _weight(fields) if is_alpha else _traffic(fields)
    has_matches = bool(fields.items("matches"))
    if has_matches and traffic is not None:
        key = "weight" if is_alpha else "traffic"
        fields.warn("no-effect", key, f"{key} is not read where there are matches")
    if not fields.has("replicas") and (traffic is None or not is_alpha):
        fields.required("replicas", 'write pods, like 1, or a percentage, like "20%"')
    default = Percent(0 if traffic is None else int(traffic * 100))
    replicas = amount(fields, "replicas", default, most_percent=100)
    if fields.raw("replicas") in (0, "0%"):
        fields.error("out-of-range", "replicas", "a step of no pods", "write at least 1")
    pause, pause_s = fields.mapping("pause"), None
    if pause is not None:
        pause_s = pause.whole("duration", -1, least=0, most=LONGEST_S)
        pause.close()
    fields.no_effect(("requestHeaderModifier",))
    fields.close()
    return Step(replicas, traffic, has_matches, None if pause_s == -1 else pause_s)


def _traffic(fields: Fields) -> Fraction | None:
    value = fields.raw("traffic")
    match = re.fullmatch(r"(100|[0-9]{1,2})%", value, re.ASCII) if isinstance(value, str) else None
    if value is not None and match is None:
        fields.error("bad-amount", "traffic", f"traffic is {described(value)}", 'write a percentage, like "20%"')
    return Fraction(int(match[1]), 100) if match else None


def _weight(fields: Fields) -> Fraction | None:
    if not fields.has("weight"):
        return None
    return Fraction(fields.whole("weight", least=0, most=100), 100)
