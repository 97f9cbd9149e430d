"""The last stage is below 100 %: the jump to everyone is watched by nobody.

**Why.** When the last stage is completed the rollout is COMPLETED and all traffic goes to the new version. No analysis
follows, so whatever shows only under full load, or only to the users who were not among the canary's, is never asked
about. Users of other controllers ask for checks after promotion (fluxcd/flagger issue 1592, argoproj/argo-rollouts
issue 1978); AWS lets a release bake after each wave (Liguori, Automating safe, hands-off deployments).

**Instead.** A last stage with `traffic_percent: 100`, under absolute limits: no version before is left to compare with.
"""

from collections.abc import Iterator

from canary_runner.linting.amounts import requests
from canary_runner.linting.facts import PolicyFacts
from canary_runner.model.diagnostics import Diagnostic, Severity
from canary_runner.model.words import percent

ID = "unguarded-jump"
SEVERITY = Severity.WARNING


def check(policy: PolicyFacts) -> Iterator[Diagnostic]:
    """Find a last stage without all of the traffic."""
    last = policy.stages[-1]
    rest = 1 - last.stage.traffic
    if rest == 0:
        return
    hourly = policy.service.rate_rps * rest * 3600
    message = (
        f'after stage "{last.name}" traffic jumps from {last.percent} to 100% unwatched: '
        f"{requests(hourly)} an hour on the {percent(rest)} that no stage has carried"
    )
    help = "add a last stage with traffic_percent: 100 and absolute limits"
    yield Diagnostic(ID, SEVERITY, (*last.view.route, "traffic_percent"), message, help)
