"""The last share that is watched is below 100 %: the jump to everyone is watched by nobody.

**Why.** When the last stage is completed the rollout is COMPLETED and all traffic goes to the new version. No analysis
follows, so whatever shows only under full load, or only to the users who were not among the canary's, is never asked
about. In Flagger nothing is measured from the promotion on (fluxcd/flagger v1.44.0, pkg/controller/scheduler.go: the
phases Promoting and Finalising run no checks); in Argo Rollouts nothing follows the last step, and CodeDeploy for
Lambda ends with the shift. Users ask for checks after promotion (fluxcd/flagger issue 1592, argoproj/argo-rollouts
issue 1978); AWS lets a release bake after each wave (Liguori, Automating safe, hands-off deployments).

**Instead.** A last stage with `traffic_percent: 100`, under absolute limits: no version before is left to compare with.
In a manifest a last step at 100 % that is analysed: `setWeight: 100` with a pause or an analysis behind it,
`maxWeight: 100`, a bake. Where the system has no such thing (CodeDeploy for Lambda) the last step is the jump: it is
found only if it is larger than the steps before it.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from canary_runner.linting.amounts import requests
from canary_runner.model.diagnostics import Diagnostic, Severity
from canary_runner.model.words import percent, share

if TYPE_CHECKING:
    from canary_runner.linting.facts import PolicyFacts
    from canary_runner.linting.manifests import ManifestFacts
    from canary_runner.model.diagnostics import Route
    from canary_runner.model.service import Service

ID = "unguarded-jump"
SEVERITY = Severity.WARNING

INSTEAD: Final = {
    "argo-rollouts": "end the steps with setWeight: 100 and a pause, so that all traffic is measured",
    "flagger": "write maxWeight: 100, or 100 as the last of stepWeights: then all traffic is measured",
    "codedeploy": "shift linearly, like Linear10PercentEvery10Minutes: its last jump is no larger than the others",
    "appconfig": "write FinalBakeTimeInMinutes: 30: alarms roll back until it is over",
}
"""What to write, by system."""


def check(policy: PolicyFacts) -> Iterator[Diagnostic]:
    """Find a last stage without all of the traffic."""
    last = policy.stages[-1]
    if last.stage.traffic < 1:
        message = (
            f'after stage "{last.name}" traffic jumps from {last.percent} to 100% unwatched: '
            f"{_unseen(policy.service, last.stage.traffic)} on the {percent(1 - last.stage.traffic)} "
            "that no stage has carried"
        )
        help = "add a last stage with traffic_percent: 100 and absolute limits"
        yield Diagnostic(ID, SEVERITY, (*last.view.route, "traffic_percent"), message, help)


def check_manifest(manifest: ManifestFacts) -> Iterator[Diagnostic]:
    """Find a rollout that measures, and for the last time at a share below all."""
    course = manifest.course()
    watched = course.watched
    if not course.glances or not course.is_whole or course.is_stuck or watched >= 1:
        return
    if manifest.policy.system == "codedeploy" and _is_even(manifest):
        return
    over = [after for _, _, after in course.rises if watched < after < 1]
    goes = f"goes on from {share(watched)} over {share(over[0])}" if over else f"jumps from {share(watched)}"
    message = (
        f"traffic {goes} to 100% unwatched: {_unseen(manifest.service, watched)} on the "
        f"{share(1 - watched)} at which nothing is measured"
    )
    yield Diagnostic(ID, SEVERITY, _place(manifest, watched), message, _instead(manifest))


def _is_even(manifest: ManifestFacts) -> bool:
    """Tell whether the last step of a shift is no larger than one before: then slow alarms are what is wrong."""
    percents = [Fraction(0), *(Fraction(step.percent) for step in manifest.schedule[0])]
    jumps = [after - before for before, after in pairwise(percents)]
    return jumps[-1] <= max(jumps[:-1], default=Fraction(0))


def _instead(manifest: ManifestFacts) -> str:
    if manifest.flagger is not None and manifest.flagger.spec.effective_iterations > 0:
        return "write stepWeights up to 100 and a provider that routes: iterations measure no more traffic than this"
    if manifest.argo is not None and not _measures_to_the_end(manifest):
        return "end the steps with setWeight: 100 and an analysis behind it, so that all traffic is measured"
    return INSTEAD.get(manifest.policy.system, "measure once more at 100%")


def _measures_to_the_end(manifest: ManifestFacts) -> bool:
    """Tell whether a background analysis of Argo goes on as long as there are steps."""
    background = manifest.argo.background if manifest.argo is not None else None
    metrics = [measured.metric for measured in background.metrics] if background is not None else []
    return any(metric.effective_count is None and not metric.consecutive_success_limit for metric in metrics)


def _unseen(service: Service, watched: Fraction) -> str:
    return f"{requests(service.rate_rps * (1 - watched) * 3600)} an hour"


def _place(manifest: ManifestFacts, watched: Fraction) -> Route:
    """Return what says the last share that is watched; pods may give another than is asked for."""
    match manifest.policy.system:
        case "argo-rollouts":
            below = [(share, route) for share, route in manifest.weights() if share < 1]
            nearest = min(below, key=lambda found: abs(found[0] - watched), default=None)
            return nearest[1] if nearest else manifest.policy.route
        case "flagger":
            keys = ("iterations", "stepWeights", "maxWeight")
            given = [key for key in keys if manifest.data_at(manifest.analysis_place(key)) is not None]
            return manifest.analysis_place(*given[:1])
        case _:
            return manifest.policy.route
