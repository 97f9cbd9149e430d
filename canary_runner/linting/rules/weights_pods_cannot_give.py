"""A weight that whole pods cannot give: the new version gets another share than is asked.

**Why.** Without a traffic router requests follow pods, and pods are whole: between 0 and 100 % the canary has at least
one, so `setWeight: 5` with 4 replicas is 1 pod of 5, 20 % (argoproj/argo-rollouts utils/replicaset/canary.go,
`approximateWeightedCanaryStableReplicaCounts`, executed; issue 1068). OpenKruise rounds a percentage of replicas up
(openkruise/rollouts pkg/controller/rollout/rollout_canary.go).

**Instead.** A traffic router, more replicas, or the weight that the pods give: before, `setWeight: 5` with
`replicas: 4`; after, `setWeight: 20`. A share that is less than half as much again, or as little, is let pass.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from canary_runner.linting.amounts import lasting
from canary_runner.model.diagnostics import Diagnostic, Severity
from canary_runner.model.words import counted, decimal, share

if TYPE_CHECKING:
    from canary_runner.controllers.argo.spec import CanarySpec
    from canary_runner.controllers.openkruise import Release
    from canary_runner.linting.manifests import ManifestFacts

ID = "weights-pods-cannot-give"
SEVERITY = Severity.WARNING
MOST: Final = Fraction(3, 2)
"""How many times what is asked may be given, or what is given asked."""

MOST_REPLICAS: Final = 200


def check_manifest(manifest: ManifestFacts) -> Iterator[Diagnostic]:
    """Find weights of which the pods give more than MOST times as much, or as little."""
    if manifest.argo is not None:
        yield from _of_argo(manifest, manifest.argo)
    elif manifest.openkruise is not None:
        yield from _of_openkruise(manifest, manifest.openkruise)


def _of_argo(manifest: ManifestFacts, spec: CanarySpec) -> Iterator[Diagnostic]:
    if spec.is_routed or spec.replicas == 0:
        return
    for wanted, route in manifest.weights():
        weight = int(wanted * spec.max_weight)
        canary, stable = _pods(spec, spec.replicas, weight)
        if not _is_far(wanted, Fraction(canary, canary + stable)):
            continue
        given = Fraction(canary, canary + stable)
        message = (
            f"setWeight: {weight} with {counted(spec.replicas, 'replica')} is {counted(canary, 'pod')} of "
            f"{canary + stable}: {share(given)}, {decimal(given / wanted, 2)} times what is asked"
        )
        enough = _enough(spec, weight)
        instead = [f"replicas: {enough}"] if enough is not None else []
        instead += [f"setWeight: {round(given * spec.max_weight)}"] if 0 < given < 1 else []
        help = f"write {', or '.join(instead)}, or add trafficRouting" if instead else "add trafficRouting"
        yield Diagnostic(ID, SEVERITY, route, message, help)


def _pods(spec: CanarySpec, replicas: int, weight: int) -> tuple[int, int]:
    from canary_runner.controllers.argo.replicas import limits, target

    surge = limits(replicas, spec.max_surge, spec.max_unavailable).surge
    return target(replicas, weight, spec.max_weight, surge)


def _enough(spec: CanarySpec, weight: int) -> int | None:
    """Return the replicas from which on the pods give a weight, None if too many were needed."""

    def gives(replicas: int) -> bool:
        canary, stable = _pods(spec, replicas, weight)
        return not _is_far(Fraction(weight, spec.max_weight), Fraction(canary, canary + stable))

    return lasting(range(1, MOST_REPLICAS + 1), gives)


def _is_far(wanted: Fraction, given: Fraction) -> bool:
    return wanted > 0 and not wanted / MOST < given < wanted * MOST


def _of_openkruise(manifest: ManifestFacts, release: Release) -> Iterator[Diagnostic]:
    from canary_runner.controllers.deployment import Percent
    from canary_runner.controllers.openkruise import is_routed, pods_of, share_of

    for number, step in enumerate(release.steps):
        if is_routed(release, step) or not isinstance(step.replicas, Percent):
            continue
        pods, asked = pods_of(release, step), step.replicas.of_replicas
        wanted, given = Fraction(asked, 100), share_of(release, step, pods)
        if _is_far(wanted, given):
            message = (
                f'replicas: "{asked}%" of {release.replicas} is {counted(pods, "pod")}: {share(given)} of the '
                f"requests, {decimal(given / wanted, 2)} times what is asked"
            )
            route = manifest.place("spec", "strategy", manifest.strategy, "steps", number, "replicas")
            help = f'write replicas: "{round(given * 100)}%", or traffic with a router'
            yield Diagnostic(ID, SEVERITY, route, message, help)
