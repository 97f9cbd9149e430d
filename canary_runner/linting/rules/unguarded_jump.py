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
    "argo-rollouts": "end the steps with setWeight: 100 and a pause or an analysis, so that all traffic is measured",
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
    rises = [after - before for _, before, after in course.rises if after <= watched]
    if manifest.policy.system == "codedeploy" and 1 - watched <= max(rises, default=0):
        return
    message = (
        f"traffic jumps from {share(watched)} to 100% unwatched: {_unseen(manifest.service, watched)} on the "
        f"{share(1 - watched)} at which nothing is measured"
    )
    help = INSTEAD.get(manifest.policy.system, "measure once more at 100%")
    if manifest.flagger is not None and manifest.flagger.spec.effective_iterations > 0:
        help = "write stepWeights up to 100 and a provider that routes: iterations measure no more traffic than this"
    yield Diagnostic(ID, SEVERITY, _place(manifest), message, help)


def _unseen(service: Service, watched: Fraction) -> str:
    return f"{requests(service.rate_rps * (1 - watched) * 3600)} an hour"


def _place(manifest: ManifestFacts) -> Route:
    """Return what says the last share that is watched."""
    match manifest.policy.system:
        case "argo-rollouts":
            below = [route for share, route in manifest.weights() if share < 1]
            return below[-1] if below else manifest.policy.route
        case "flagger":
            keys = ("iterations", "stepWeights", "maxWeight")
            given = [key for key in keys if manifest.data_at(manifest.analysis_place(key)) is not None]
            return manifest.analysis_place(*given[:1])
        case _:
            return manifest.policy.route
