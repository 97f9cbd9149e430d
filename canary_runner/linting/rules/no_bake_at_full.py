"""The stage at 100 % is shorter than a stage before it.

**Why.** At 100 % everybody has the new version for the first time, and no version before is left to compare with: it is
the stage that most needs time. AWS lets a release bake at least an hour on its first box, twelve after the first wave
and two to four after the later ones (Liguori, Automating safe, hands-off deployments).

**Instead.** A last stage as long as the longest before it.
"""

from collections.abc import Iterator

from canary_runner.linting.facts import PolicyFacts
from canary_runner.model.diagnostics import Diagnostic, Related, Severity
from canary_runner.model.words import duration

ID = "no-bake-at-full"
SEVERITY = Severity.NOTE


def check(policy: PolicyFacts) -> Iterator[Diagnostic]:
    """Find a stage at 100 % that is shorter than the longest stage before."""
    last = policy.stages[-1]
    if last.compares or len(policy.stages) == 1:
        return
    longest = max(policy.stages[:-1], key=lambda facts: facts.stage.duration_s)
    length, wanted = last.stage.duration_s, longest.stage.duration_s
    if length >= wanted:
        return
    message = (
        f'stage "{last.name}" watches everyone for {duration(length)}, '
        f'stage "{longest.name}" watched {longest.percent} for {duration(wanted)}'
    )
    related = (Related(longest.view.place("duration"), "longer here"),)
    help = f"write duration: {duration(wanted)}"
    yield Diagnostic(ID, SEVERITY, last.view.place("duration"), message, help, related=related)
