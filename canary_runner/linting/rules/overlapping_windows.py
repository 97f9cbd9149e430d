"""Windows that overlap, under a tolerance of several failures.

**Why.** Several failures are asked for so that one unlucky moment does not decide. Where windows overlap the same
requests are read again and again, and one bad interval is several failures. It is the same for Prometheus queries over
a range longer than the interval between analyses.

**Instead.** `window: since_last_check`, where each failure is news; or long windows with a tolerance of one failure.
"""

from collections.abc import Iterator

from canary_runner.linting.facts import PolicyFacts, StageFacts
from canary_runner.linting.remedies import tolerance_failures, tolerance_words
from canary_runner.model.diagnostics import Diagnostic, Related, Severity
from canary_runner.model.words import duration

ID = "overlapping-windows"
SEVERITY = Severity.NOTE


def check(policy: PolicyFacts) -> Iterator[Diagnostic]:
    """Find windows longer than the time between analyses where one failure is not enough."""
    for facts in policy.stages:
        if facts.window_s > facts.stage.check_every_s and tolerance_failures(facts.stage) > 1:
            yield _finding(facts)


def _finding(facts: StageFacts) -> Diagnostic:
    stage = facts.stage
    readers = facts.window_s // stage.check_every_s
    message = (
        f'in stage "{facts.name}" a request is read by up to {readers} analyses, every '
        f"{duration(stage.check_every_s)} over {duration(facts.window_s)}: "
        f"{tolerance_failures(stage)} failures may be one bad interval"
    )
    help = f"write window: since_last_check, or rollback_after: {tolerance_words(stage, 1)}"
    related = (Related(facts.view.place("rollback_after"), "several failures"),)
    return Diagnostic(ID, SEVERITY, facts.view.place("window"), message, help, related=related)
