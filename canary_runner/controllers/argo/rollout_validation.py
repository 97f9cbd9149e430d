"""What the controller refuses in a Rollout's strategy, as far as it bears on movement; pod templates are not looked at.

There is no rule on the order of weights: falling, repeated and zero weights are all accepted.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from canary_runner.controllers.argo.durations import pause_seconds
from canary_runner.controllers.argo.metric import Metric
from canary_runner.controllers.argo.replicas import DEFAULT_LIMIT
from canary_runner.controllers.argo.validation import Refusal

Plain = Mapping[str, Any]
"""A part of a manifest as it was read: mappings, lists and scalars."""

STEP_KINDS = (
    "experiment", "pause", "setWeight", "analysis", "setCanaryScale", "setHeaderRoute", "setMirrorRoute", "plugin"
)  # fmt: skip
ONE_OF = ("setWeight", "pause", "experiment", "analysis")
"""Kinds of which one step holds at most one; the others may stand beside them."""

NEED_SERVICES = ("alb", "istio", "smi", "apisix", "ambassador", "nginx", "appMesh", "traefik")
ROUTERS = {
    "maxTrafficWeight": ("nginx", "plugins"),
    "setHeaderRoute": ("istio", "alb", "apisix", "plugins"),
    "setMirrorRoute": ("istio", "plugins"),
    "experiment": ("alb", "smi", "istio", "plugins"),
}
"""The routers that can do what a field asks for."""

PROGRESS_DEADLINE_S = 600


def refuse_rollout(spec: Plain) -> tuple[Refusal, ...]:
    """Return every reason to refuse the `spec` of a Rollout; empty if it is accepted.

    The reader has held the shapes against the schema before: a mapping where one belongs, numbers as integers.
    """
    return tuple(_spec(spec))


def refuse_endless(metrics: Sequence[Metric]) -> tuple[Refusal, ...]:
    """Return the metrics of a step or of a promotion's analysis that would never end; a background one may."""
    return tuple(
        Refusal("indefinite-count", f"metric '{m.name}' has an interval and no count: it never ends")
        for m in metrics
        if m.effective_count is None
    )


def _spec(spec: Plain) -> Iterator[Refusal]:
    deadline = _given(spec, "progressDeadlineSeconds", PROGRESS_DEADLINE_S)
    ready = _given(spec, "minReadySeconds", 0)
    for name in ("replicas", "minReadySeconds", "progressDeadlineSeconds", "revisionHistoryLimit"):
        if (spec.get(name) or 0) < 0:
            yield Refusal("negative", f"{name} is {spec[name]}, below 0", (name,))
    if deadline <= ready:
        yield Refusal(
            "deadline-vs-min-ready",
            f"progressDeadlineSeconds {deadline} is not above minReadySeconds {ready}",
            ("progressDeadlineSeconds",),
        )
    strategy = spec.get("strategy") or {}
    canary, blue_green = strategy.get("canary"), strategy.get("blueGreen")
    if canary is None and blue_green is None:
        yield Refusal("missing-strategy", "neither canary nor blueGreen is given", ("strategy",))
    elif canary is not None and blue_green is not None:
        yield Refusal("multiple-strategies", "canary and blueGreen are both given", ("strategy",))
    elif canary is not None:
        yield from (found.under("strategy", "canary") for found in _canary(canary))
    elif blue_green is not None:
        yield from (found.under("strategy", "blueGreen") for found in _blue_green(blue_green, spec))


def _blue_green(strategy: Plain, spec: Plain) -> Iterator[Refusal]:
    if _given(strategy, "activeService", "") == _given(strategy, "previewService", ""):
        yield Refusal(
            "duplicate-services",
            f"active and preview service are both '{_given(strategy, 'activeService', '')}'",
            ("previewService",),
        )
    kept, wanted = _given(spec, "revisionHistoryLimit", 10), strategy.get("scaleDownDelayRevisionLimit")
    if wanted is not None and kept < wanted:
        message = f"scaleDownDelayRevisionLimit {wanted} is above revisionHistoryLimit {kept}"
        yield Refusal("revision-limit", message, ("scaleDownDelayRevisionLimit",))
    yield from _anti_affinity(strategy)


def _canary(canary: Plain) -> Iterator[Refusal]:
    limits = [_given(canary, name, DEFAULT_LIMIT) for name in ("maxSurge", "maxUnavailable")]
    if all(_amount(one) == 0 for one in limits):
        yield Refusal(
            "surge-and-unavailable-zero",
            f"maxSurge {limits[0]} and maxUnavailable {limits[1]} let nothing move",
            ("maxSurge",),
        )
    stable, new = _given(canary, "stableService", ""), _given(canary, "canaryService", "")
    if stable and stable == new:
        yield Refusal("duplicate-services", f"stable and canary service are both '{stable}'", ("canaryService",))
    yield from (found.under("pingPong") for found in _ping_pong(canary))
    if _needs_services(canary):
        for name in ("stableService", "canaryService"):
            if not canary.get(name):
                yield Refusal("services-required", f"{name} is missing, and the router needs it", ("trafficRouting",))
    yield from _routing(canary)
    for index, step in enumerate(canary.get("steps") or ()):
        for found in _step(step, canary):
            yield Refusal(found.kind, f"steps[{index}]: {found.message}", ("steps", index, *found.at))
    yield from _anti_affinity(canary)


def _amount(limit: int | str) -> int:
    """Read a number of pods or a percentage; what is neither is 0."""
    text = str(limit).removesuffix("%")
    return int(text) if text.lstrip("+-").isdigit() else 0


def _given(fields: Plain, key: str, default: Any) -> Any:
    """Return a field; one without a value is as good as absent."""
    value = fields.get(key)
    return default if value is None else value


def _has(routing: Plain | None, routers: Sequence[str]) -> bool:
    """Tell whether there is one of some routers; an empty list or map of plugins is none."""
    nothing: Mapping[str, Sequence[Any]] = {"plugins": ([], {})}
    return (
        any(routing.get(name) is not None and routing[name] not in nothing.get(name, ([],)) for name in routers)
        if routing
        else False
    )


def _needs_services(canary: Plain) -> bool:
    routing = canary.get("trafficRouting")
    if routing is None:
        return False
    ping_pong = canary.get("pingPong") is not None
    istio = routing.get("istio")
    own = {
        "alb": not ping_pong,
        "istio": not ping_pong and (istio or {}).get("destinationRule") is None,
    }
    return any(routing.get(name) is not None and own.get(name, True) for name in NEED_SERVICES)


def _ping_pong(canary: Plain) -> Iterator[Refusal]:
    pair, routing = canary.get("pingPong"), canary.get("trafficRouting")
    if pair is None:
        return
    if routing is not None and not _has(routing, ("alb", "istio", "plugins")):
        yield Refusal("router-unsupported", "pingPong needs the router alb, istio or a plugin")
    ping, pong = _given(pair, "pingService", ""), _given(pair, "pongService", "")
    if not ping or not pong:
        yield Refusal("services-required", "pingPong needs pingService and pongService")
    if ping == pong:
        yield Refusal("duplicate-services", f"ping and pong service are both '{ping}'")
    if routing is not None and routing.get("alb") is not None and not routing["alb"].get("rootService"):
        yield Refusal("services-required", "pingPong with alb needs a rootService")


def _routing(canary: Plain) -> Iterator[Refusal]:
    routing, delay = canary.get("trafficRouting"), canary.get("scaleDownDelaySeconds")
    dynamic = bool(canary.get("dynamicStableScale"))
    if routing is None:
        if delay is not None:
            yield Refusal(
                "traffic-routing-required", "scaleDownDelaySeconds needs trafficRouting", ("scaleDownDelaySeconds",)
            )
        if dynamic:
            yield Refusal(
                "traffic-routing-required", "dynamicStableScale needs trafficRouting", ("dynamicStableScale",)
            )
        return
    if delay is not None and dynamic:
        message = "dynamicStableScale and scaleDownDelaySeconds exclude each other"
        yield Refusal("conflicting-fields", message, ("scaleDownDelaySeconds",))
    if routing.get("maxTrafficWeight") is not None and not _has(routing, ROUTERS["maxTrafficWeight"]):
        message = "maxTrafficWeight needs the router nginx or a plugin"
        yield Refusal("max-weight-router", message, ("trafficRouting", "maxTrafficWeight"))


def _step(step: Plain, canary: Plain) -> Iterator[Refusal]:
    kinds = [name for name in STEP_KINDS if step.get(name) is not None]
    if not kinds:
        yield Refusal("invalid-step", "the step says nothing to do")
    if sum(name in ONE_OF for name in kinds) > 1:
        yield Refusal("invalid-step", f"{' and '.join(kinds)} cannot be one step")
    yield from _amounts(step, canary)
    routing = canary.get("trafficRouting")
    if step.get("setCanaryScale") is not None and routing is None:
        yield Refusal("traffic-routing-required", "setCanaryScale needs trafficRouting", ("setCanaryScale",))
    for name in ("setHeaderRoute", "setMirrorRoute"):
        if step.get(name) is not None:
            yield from (found.under(name) for found in _route(name, step[name], routing))
    for template in (step.get("experiment") or {}).get("templates") or ():
        if template.get("weight") is not None:
            yield from (found.under("experiment") for found in _supported("experiment", routing))


def _amounts(step: Plain, canary: Plain) -> Iterator[Refusal]:
    most = (canary.get("trafficRouting") or {}).get("maxTrafficWeight")
    most = 100 if most is None else most
    weight = step.get("setWeight")
    if weight is not None and not 0 <= weight <= most:
        yield Refusal("weight-range", f"setWeight {weight} is not between 0 and {most}", ("setWeight",))
    if step.get("pause") is not None:
        duration = step["pause"].get("duration")
        waits_s = pause_seconds(duration)
        if waits_s is not None and waits_s < 0:
            yield Refusal("bad-duration", f"'{duration}' is no duration of a pause", ("pause", "duration"))


def _supported(field: str, routing: Plain | None) -> Iterator[Refusal]:
    wanted = ", ".join(ROUTERS[field])
    if routing is None:
        yield Refusal("traffic-routing-required", f"{field} needs trafficRouting with one of {wanted}")
    elif not _has(routing, ROUTERS[field]):
        yield Refusal("router-unsupported", f"{field} needs one of {wanted}")


def _route(field: str, route: Plain, routing: Plain | None) -> Iterator[Refusal]:
    refused = list(_supported(field, routing))
    yield from refused
    if routing is None:
        return
    for match in route.get("match") or ():
        if field == "setMirrorRoute":
            values = [match[name] for name in ("method", "path") if match.get(name) is not None]
        else:
            values = [] if refused else [match.get("headerValue")]
        for value in values:
            yield from _match(value, field == "setHeaderRoute" and routing.get("alb") is not None)
    managed = routing.get("managedRoutes")
    if managed is None:
        yield Refusal("managed-routes-required", f"{field} needs trafficRouting.managedRoutes")
    elif all(one.get("name") != route.get("name") for one in managed):
        yield Refusal("unknown-route", f"'{route.get('name', '')}' is none of the managedRoutes")


def _match(value: Plain | None, is_exact_only: bool) -> Iterator[Refusal]:
    given = [name for name in ("exact", "regex", "prefix") if (value or {}).get(name)]
    if len(given) != 1:
        yield Refusal("bad-match", f"a match has one of exact, regex and prefix, not {len(given)}")
    elif is_exact_only and given != ["exact"]:
        yield Refusal("bad-match", f"alb matches exact values only, not {given[0]}")


def _anti_affinity(strategy: Plain) -> Iterator[Refusal]:
    wanted = strategy.get("antiAffinity")
    if wanted is None:
        return
    preferred = wanted.get("preferredDuringSchedulingIgnoredDuringExecution")
    required = wanted.get("requiredDuringSchedulingIgnoredDuringExecution")
    if (preferred is None) == (required is None):
        yield Refusal("anti-affinity", "antiAffinity has exactly one rule, preferred or required", ("antiAffinity",))
    if preferred is not None and not 1 <= _given(preferred, "weight", 0) <= 100:
        message = f"antiAffinity has weight {_given(preferred, 'weight', 0)}, not 1 to 100"
        yield Refusal("anti-affinity", message, ("antiAffinity",))
