"""A tolerance of more failures than the stage has analyses.

**Why.** A release that fails every analysis of the stage is not rolled back within its duration. It is held, for a
stage never ends on a failed analysis, and is rolled back, if at all, in a time that nobody planned for.

**Instead.** A tolerance that the stage's own analyses can exceed: fewer failures, a shorter `check_every`, or a longer
duration.
"""

from collections.abc import Iterator

from canary_runner.linting.facts import PolicyFacts, StageFacts
from canary_runner.linting.remedies import tolerance_failures, tolerance_words
from canary_runner.model.diagnostics import Diagnostic, Related, Severity
from canary_runner.model.words import counted, duration

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
