"""Errors are only compared with the version before: nothing says how bad is too bad.

**Why.** If both versions fail, because of each other or of a common cause, a comparison passes. A rollout that goes on
through an incident makes it harder to see and to undo. Comparisons go with an absolute check of the objective (Site
Reliability Workbook 2018, chapter 16).

**Instead.** `max` beside `max_over_baseline`: what users may see at all, clear of what is normal.
"""

from collections.abc import Iterator
from fractions import Fraction

from canary_runner.linting.facts import MAX_OVER_BASELINE, PolicyFacts
from canary_runner.linting.remedies import round_above
from canary_runner.model.diagnostics import Diagnostic, Severity
from canary_runner.model.policy import ErrorCheck
from canary_runner.model.words import duration, percent

ID = "only-baseline-comparison"
SEVERITY = Severity.WARNING
CLEAR = 5
"""The limit that the help line names is so many times the normal rate."""


def check(policy: PolicyFacts) -> Iterator[Diagnostic]:
    """Find stages whose error rate has a comparison and no absolute limit; told once."""
    found = [
        (facts, one)
        for facts in policy.stages
        for one in facts.checks
        if isinstance(one.check, ErrorCheck) and one.absolute is None
    ]
    if not found:
        return
    length_s = sum(facts.stage.duration_s for facts, _ in found)
    last = found[-1][0]
    message = (
        f"error_rate has no absolute limit for {duration(length_s)}, up to {last.percent} of the traffic: "
        "if both versions fail 100% of their requests it passes"
    )
    limit = round_above(max(CLEAR * policy.service.error_rate, Fraction(1, 1000)))
    help = f"add max: {percent(limit)} to the check of error_rate"
    yield Diagnostic(ID, SEVERITY, found[0][1].place(MAX_OVER_BASELINE), message, help)
