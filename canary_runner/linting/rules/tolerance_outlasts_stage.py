"""A tolerance of more failures than there are analyses.

**Why.** A release that fails every analysis of the stage is not rolled back within its duration. It is held, for a
stage never ends on a failed analysis, and is rolled back, if at all, in a time that nobody planned for. Argo Rollouts
holds nothing: a metric fails once more than failureLimit of its measurements have failed, and where the steps have no
time for so many, a release that fails every one is promoted (argoproj/argo-rollouts analysis/analysis.go,
`assessMetricStatus`; issues 2026 and 4479).

**Instead.** A tolerance that the stage's own analyses can exceed: fewer failures, a shorter `check_every`, or a longer
duration. In a Rollout: before, `interval: 5m` with `failureLimit: 3` and pauses of 10m; after, `failureLimit: 1`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from canary_runner.linting.remedies import tolerance_failures, tolerance_words
from canary_runner.model.diagnostics import Diagnostic, Related, Severity
from canary_runner.model.outcomes import State
from canary_runner.model.words import counted, duration

if TYPE_CHECKING:
    from canary_runner.linting.facts import PolicyFacts, StageFacts
    from canary_runner.linting.manifests import ManifestFacts

ID = "tolerance-outlasts-stage"
SEVERITY = Severity.WARNING


def check(policy: PolicyFacts) -> Iterator[Diagnostic]:
    """Find stages with fewer analyses than failures that they tolerate."""
    for facts in policy.stages:
        if tolerance_failures(facts.stage) > facts.analyses:
            yield _finding(facts)


def _finding(facts: StageFacts) -> Diagnostic:
    stage, failures = facts.stage, tolerance_failures(facts.stage)
    needed_s = failures * stage.check_every_s
    message = (
        f'stage "{facts.name}" has {counted(facts.analyses, "analysis")} in {duration(stage.duration_s)}, and only '
        f"{failures} failures roll back: a release that fails every one is held until {duration(needed_s)}"
    )
    help = f"write rollback_after: {tolerance_words(stage, facts.analyses)}, or duration: {duration(needed_s)}"
    related = (Related(facts.view.place("duration"), "in this time"),)
    return Diagnostic(ID, SEVERITY, facts.view.place("rollback_after"), message, help, related=related)


def check_manifest(manifest: ManifestFacts) -> Iterator[Diagnostic]:
    """Find metrics of Argo that may fail at every look while the release is completed; those that decide at all."""
    for one in manifest.asked:
        measured = one.measured
        if measured is None or not measured.metric.can_fail or not manifest.decides(one):
            continue
        course, metric = manifest.unhurried((one.index,)), measured.metric
        looks = len(course.glances_of(one.index))
        if course.is_whole and course.state is State.COMPLETED and 0 < looks <= metric.failure_limit:
            message = (
                f'"{one.name}" is measured {counted(looks, "time")} in {duration(course.ends_s)}, and failureLimit '
                f"{metric.failure_limit} allows {counted(metric.failure_limit, 'failure')}: a release that fails "
                "every time is completed"
            )
            help = f"write failureLimit: {looks - 1} or less, or a shorter interval"
            yield Diagnostic(ID, SEVERITY, one.place("failureLimit"), message, help)
