"""A Canary becomes a policy: what its spec says, and what is assumed where it says nothing."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any, Final

from canary_runner.controllers.argo.durations import seconds
from canary_runner.controllers.flagger.questions import DEFAULT_MATCHING, Canary
from canary_runner.controllers.flagger.spec import (
    DEFAULT_INTERVAL_S,
    KUBERNETES,
    KUBERNETES_ITERATIONS,
    SHORTEST_INTERVAL_S,
    TOTAL_WEIGHT,
    Spec,
    Strategy,
)
from canary_runner.loading.importers import Imported
from canary_runner.loading.importers.asked import Meaning, by_text
from canary_runner.loading.importers.fields import Fields
from canary_runner.loading.importers.flagger.hooks import Hooks, read_hooks
from canary_runner.loading.importers.flagger.metrics import LONGEST_S, Source, read_metrics
from canary_runner.loading.importers.frame import is_object, read_object
from canary_runner.loading.quantities import RATE, TRAFFIC
from canary_runner.model.diagnostics import Diagnostic, Document, Severity
from canary_runner.model.shown import shown
from canary_runner.model.words import duration, percent

SYSTEM: Final = "flagger"
PROVIDERS: Final = (
    "apisix", "appmesh", "appmesh:v1beta2", "contour", "gatewayapi:v1", "gatewayapi:v1beta1", "gloo", "istio",
    "knative", "kubernetes", "kuma", "linkerd", "nginx", "osm", "skipper", "smi:v1alpha1", "smi:v1alpha2",
    "smi:v1alpha3", "traefik",
)  # fmt: skip
MOST: Final = 10_000
"""Failed checks and iterations that are taken."""

PODS: Final = "has no effect: pods are taken to be ready at once"
ROUTING: Final = "has no effect: routers are taken to do what weights say"
MATCHING: Final = "canary-runner/matching"
LOAD: Final = "canary-runner/load"


class CanaryImporter:
    """Canaries of flagger.app, v1beta1 and v1alpha3."""

    def __init__(self, meaning: Meaning = by_text) -> None:
        self._meaning = meaning

    def claims(self, data: Mapping[str, Any]) -> bool:
        """Tell whether an object is a Canary."""
        return is_object(data, ("flagger.app/",), "Canary")

    def read(self, document: Document, index: int) -> Imported:
        """Read object `index` of a document."""
        return read_object(
            document, index, SYSTEM, lambda spec, metadata: _canary(spec, metadata, document, self._meaning)
        )


def _canary(spec: Fields, metadata: Fields, document: Document, meaning: Meaning) -> Canary | None:
    source = Source(document, _words(spec, metadata), _provider(spec), _target(spec), meaning)
    spec.no_effect(("service", "ingressRef", "routeRef", "upstreamRef"), ROUTING)
    spec.no_effect(("progressDeadlineSeconds", "autoscalerRef"), PODS)
    spec.no_effect(("metricsServer", "revertOnDeletion"))
    if spec.flag("suspend"):
        spec.warn(
            "not-modelled", "suspend", "suspended: nothing runs until it is lifted", "what is told is what runs then"
        )
    key = "analysis" if spec.has("analysis") or not spec.has("canaryAnalysis") else "canaryAnalysis"
    if spec.has("analysis") and spec.has("canaryAnalysis"):
        spec.warn("no-effect", "canaryAnalysis", "canaryAnalysis is not read where there is an analysis")
    analysis = spec.mapping(key)
    skips = spec.flag("skipAnalysis")
    spec.close()
    if analysis is None and spec.has(key):
        return None
    if analysis is None:
        spec.warn("no-analysis", "analysis", "without an analysis every release is promoted unseen", "add an analysis")
        return Canary(Spec(provider=source.provider, skip_analysis=True))
    if skips:
        spec.warn("no-analysis", "skipAnalysis", "the analysis is skipped: every release is promoted unseen")
    return _analysed(analysis, metadata, source, skips)


def _analysed(analysis: Fields, metadata: Fields, source: Source, skips: bool) -> Canary:
    interval_s = _interval_s(analysis)
    metrics = read_metrics(analysis, source)
    hooks = read_hooks(analysis, interval_s)
    spec = _spec(analysis, source, hooks, interval_s, skips, [metric for metric, _ in metrics])
    _tell_strategy(analysis, spec)
    analysis.no_effect(("alerts",))
    analysis.no_effect(("primaryReadyThreshold", "canaryReadyThreshold"), PODS)
    help = "the exposure that is told is the least"
    analysis.not_modelled(("sessionAffinity",), "keeps users with the canary: more meet it than the weight says", help)
    annotations = metadata.mapping("annotations") or Fields({}, metadata.route, metadata.told)
    load = annotations.quantity(LOAD, TRAFFIC)
    mirrored = analysis.whole("mirrorWeight", least=0, most=TOTAL_WEIGHT)
    analysis.close()
    return Canary(
        spec,
        tuple(query for _, query in metrics),
        matching=_matching(analysis, annotations, spec),
        copied=Fraction(mirrored or TOTAL_WEIGHT, TOTAL_WEIGHT),
        load_rps=hooks.load_rps if load is None else load,
    )


def _spec(
    analysis: Fields, source: Source, hooks: Hooks, interval_s: Fraction, skips: bool, metrics: list[Any]
) -> Spec:
    analysis.required("threshold", "say how many failed checks roll back")
    weights = tuple(int(item) for route, item in analysis.items("stepWeights") if _is_whole(analysis, route, item))
    return Spec(
        threshold=analysis.whole("threshold", most=MOST),
        max_weight=analysis.whole("maxWeight"),
        step_weight=analysis.whole("stepWeight"),
        step_weights=weights,
        step_weight_promotion=analysis.whole("stepWeightPromotion"),
        iterations=analysis.whole("iterations", most=MOST),
        has_match=bool(analysis.items("match")),
        mirror=analysis.flag("mirror"),
        metrics=tuple(metrics),
        hooks=hooks.asked,
        provider=source.provider,
        skip_analysis=skips,
        interval_s=interval_s,
    )


def _is_whole(analysis: Fields, route: tuple[str | int, ...], item: object) -> bool:
    if isinstance(item, int) and not isinstance(item, bool):
        return True
    return Fields({"weight": item}, route[:-1], analysis.told).whole("weight", -1) >= 0


def _interval_s(analysis: Fields) -> Fraction:
    text = analysis.text("interval")
    found = seconds(text) if text else None
    if found is None:
        what = f'"{shown(text)}" is no duration' if text else "interval is missing"
        analysis.warn(
            "assumed", "interval", f"{what}: the controller takes {duration(int(DEFAULT_INTERVAL_S))}", "write 1m"
        )
        return DEFAULT_INTERVAL_S
    if found < SHORTEST_INTERVAL_S:
        message = f"{text} is below {duration(int(SHORTEST_INTERVAL_S))}, which the controller takes instead"
        analysis.warn("assumed", "interval", message, "write 10s or more")
        return SHORTEST_INTERVAL_S
    if found.denominator != 1 or found > LONGEST_S:
        analysis.error("out-of-range", "interval", f"{text} is no interval of whole seconds up to a day", "write 1m")
        return DEFAULT_INTERVAL_S
    return found


def _tell_strategy(analysis: Fields, spec: Spec) -> None:
    """Tell what the controller makes of it, where that is not what is written."""
    given = [key for key in ("iterations", "stepWeight", "stepWeights") if analysis.has(key)]
    if len(given) != 1:
        what = " and ".join(given) if given else "none"
        help = "say one of iterations, stepWeight and stepWeights: an API server that checks takes nothing else"
        analysis.warn(
            "not-one-strategy", given[-1] if given else "threshold", f"of three ways to advance: {what}", help
        )
    if spec.provider == KUBERNETES and spec.iterations <= 0 and not spec.skip_analysis:
        message = f"without a router weights become {KUBERNETES_ITERATIONS} iterations of blue/green"
        analysis.warn("not-as-written", given[0] if given else "threshold", message, "say iterations")
    if spec.has_match and spec.strategy is not Strategy.AB_TESTING:
        why = "without a router" if spec.provider == KUBERNETES else "without iterations"
        analysis.warn("no-effect", "match", f"match has no effect {why}", "say iterations and a provider that routes")


def _matching(analysis: Fields, annotations: Fields, spec: Spec) -> Fraction:
    found = annotations.quantity(MATCHING, RATE)
    if spec.strategy is Strategy.AB_TESTING and found is None:
        message = f"what share of the requests matches is not said: {percent(DEFAULT_MATCHING)} is taken"
        analysis.warn("assumed", "match", message, f'annotate the Canary with {MATCHING}: "5%"')
    return DEFAULT_MATCHING if found is None else found


def _provider(spec: Fields) -> str:
    provider = spec.text("provider")
    if not provider:
        message = "which router there is the controller says: istio, its default, is taken"
        spec.told.append(Diagnostic("assumed", Severity.NOTE, spec.route, message, "say the provider"))
    elif provider not in PROVIDERS:
        message = f'unknown provider "{shown(provider)}" is taken to route as a mesh'
        spec.warn("assumed", "provider", message, f"known: {', '.join(PROVIDERS)}")
    return provider


def _target(spec: Fields) -> str:
    target = spec.mapping("targetRef") if spec.required("targetRef") else None
    if target is None:
        return ""
    target.required("name")
    target.skip(("apiVersion", "kind"))
    target.close()
    return target.text("name")


def _words(spec: Fields, metadata: Fields) -> Mapping[str, str]:
    """Return what the placeholders of a query stand for."""
    target = _named(spec, "targetRef", "")
    return {
        "name": metadata.text("name"),
        "namespace": metadata.text("namespace") or "default",
        "target": target,
        "service": _named(spec, "service", target),
        "ingress": _named(spec, "ingressRef", target),
        "route": _named(spec, "routeRef", target),
    }


def _named(spec: Fields, key: str, default: str) -> str:
    value = spec.data.get(key)
    name = value.get("name") if isinstance(value, dict) else None
    return name if isinstance(name, str) and name else default
