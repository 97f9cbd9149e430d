"""A background analysis that is over before the rollout is: later weights are watched by nobody.

**Why.** A background metric with a count ends Successful after so many measurements and is not started again, while
the steps go on (argoproj/argo-rollouts rollout/analysis.go, `reconcileBackgroundAnalysisRun`; issue 1666). Its last
measurement comes initialDelay + (count - 1) x interval after its start. Validation asks for no count and warns of none.

**Instead.** No count: then it measures until the last step is over. Before, `interval: 1m` with `count: 5`; after,
`interval: 1m` alone. The help line has the count that reaches the end, if no person decides when that is.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from canary_runner.linting.amounts import requests
from canary_runner.model.diagnostics import Diagnostic, Severity
from canary_runner.model.words import counted, duration, share

if TYPE_CHECKING:
    from canary_runner.controllers.argo.spec import Measured
    from canary_runner.linting.asked import Asked
    from canary_runner.linting.manifests import ManifestFacts

ID = "background-ends-early"
SEVERITY = Severity.WARNING


def check_manifest(manifest: ManifestFacts) -> Iterator[Diagnostic]:
    """Find background metrics after whose last measurement the rollout goes on by more than their interval."""
    background = manifest.argo.background if manifest.argo is not None else None
    course = manifest.course()
    if background is None or not course.is_whole or course.is_stuck:
        return
    for one in manifest.asked:
        measured = one.measured
        if measured is None or not any(measured is mine for mine in background.metrics):
            continue
        glances = course.glances_of(one.index)
        if not glances:
            continue
        last_s = glances[-1].at_s
        is_alone = not any(glance.at_s > last_s for glance in course.glances)
        if is_alone and course.ends_s - last_s > measured.metric.interval_s:
            yield _finding(manifest, one, measured)


def _finding(manifest: ManifestFacts, one: Asked, measured: Measured) -> Diagnostic:
    course, metric = manifest.course(), measured.metric
    glances = course.glances_of(one.index)
    first_s, last_s = glances[0].at_s, glances[-1].at_s
    least = " at least" if manifest.waits_for_a_person else ""
    most = max([course.share_at(last_s), *(after for at_s, _, after in course.rises if at_s > last_s)])
    unseen = requests(manifest.service.rate_rps * course.served_s(last_s, course.ends_s))
    message = (
        f'background "{one.name}" measures {counted(len(glances), "time")}, from {duration(first_s)} to '
        f"{duration(last_s)}; the steps take {duration(course.ends_s)}{least}: {duration(course.ends_s - last_s)} at "
        f"up to {share(most)} are unwatched, {unseen}"
    )
    help, key = "leave out count: it measures until the last step is over then", "count"
    if not metric.interval:
        help, key = "write an interval and no count: it measures until the last step is over then", "name"
    elif metric.consecutive_success_limit:
        both = "consecutiveSuccessLimit and count" if metric.count else "consecutiveSuccessLimit"
        help, key = f"leave out {both}: so many successes end it", "consecutiveSuccessLimit"
    elif not manifest.waits_for_a_person:
        help += f"; or write count: {-(-(course.ends_s - first_s) // int(metric.interval_s)) + 1}"
    return Diagnostic(ID, SEVERITY, one.place(key), message, help)
