"""A sliding window that is full too late to roll anything back.

**Why.** A sliding window never reaches before its stage: until it is full it reads what there is. If fewer analyses see
a full window than the tolerance needs failures, the limit is never judged on as much data as the policy says.

**Instead.** A shorter window, or a longer stage.
"""

from collections.abc import Iterator

from canary_runner.linting.facts import PolicyFacts, StageFacts
from canary_runner.linting.remedies import tolerance_failures
from canary_runner.model.diagnostics import Diagnostic, Related, Severity
from canary_runner.model.policy import WindowKind
from canary_runner.model.words import counted, duration

ID = "window-never-full"
SEVERITY = Severity.WARNING


def check(policy: PolicyFacts) -> Iterator[Diagnostic]:
    """Find sliding windows that are full at fewer analyses than the tolerance needs failures."""
    for facts in policy.stages:
        if facts.stage.window.kind is WindowKind.SLIDING and _full(facts) < tolerance_failures(facts.stage):
            yield _finding(facts)


def _full(facts: StageFacts) -> int:
    """Return how many analyses within the duration read a full window."""
    return (facts.stage.duration_s - facts.window_s) // facts.stage.check_every_s + 1


def _finding(facts: StageFacts) -> Diagnostic:
    stage, failures = facts.stage, tolerance_failures(facts.stage)
    every_s = stage.check_every_s
    message = (
        f'in stage "{facts.name}" the window of {duration(facts.window_s)} is full at '
        f"{_full(facts)} of {counted(facts.analyses, 'analysis')}, and {failures} failures roll back"
    )
    longest_s = stage.duration_s - (failures - 1) * every_s
    enough_s = facts.window_s + (failures - 1) * every_s
    shorter = [f"window: {duration(longest_s)}"] if longest_s >= every_s else []
    help = "write " + ", or ".join([*shorter, f"duration: {duration(enough_s)}"])
    related = (Related(facts.view.place("duration"), "in this time"),)
    return Diagnostic(ID, SEVERITY, facts.view.place("window"), message, help, related=related)
