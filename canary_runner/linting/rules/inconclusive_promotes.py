"""A canary without data is promoted.

**Why.** A release that does not start, or reports no metrics, has no failed analysis: with `on_inconclusive: promote`
it reaches everybody because nobody heard of it. Missing data are what a crash looks like from outside.

**Instead.** `extend` waits for data, at most as long again, and then pauses; `pause` asks a person; `rollback` takes
the release back.
"""

from collections.abc import Iterator

from canary_runner.linting.facts import PolicyFacts
from canary_runner.model.diagnostics import Diagnostic, Severity
from canary_runner.model.policy import OnInconclusive
from canary_runner.model.words import counted, duration

ID = "inconclusive-promotes"
SEVERITY = Severity.WARNING


def check(policy: PolicyFacts) -> Iterator[Diagnostic]:
    """Find stages that end well without data."""
    found = [facts for facts in policy.stages if facts.stage.on_inconclusive is OnInconclusive.PROMOTE]
    for facts in found:
        served = sum(one.canary_requests(one.stage.duration_s) for one in found)
        length = duration(sum(one.stage.duration_s for one in found))
        message = (
            f"a canary that reports nothing is promoted through {counted(len(found), 'stage')}: "
            f"{counted(round(served), 'request')} in {length}, and nobody has looked at one"
        )
        help = "write on_inconclusive: extend"
        yield Diagnostic(ID, SEVERITY, facts.view.place("on_inconclusive"), message, help)
