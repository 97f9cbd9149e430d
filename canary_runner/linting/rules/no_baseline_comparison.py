"""No check compares with the version before.

**Why.** An absolute limit has to stand clear of everything that is normal, and so lets pass whatever is worse than the
version before but not yet that bad. It also takes an incident that both versions share for the canary's fault. A
comparison at the same time under the same load sees the one and forgives the other (Site Reliability Workbook 2018,
chapter 16).

**Instead.** `max_over_baseline` beside `max`.
"""

from collections.abc import Iterator

from canary_runner.linting.facts import MAX, PolicyFacts
from canary_runner.model.diagnostics import Diagnostic, Severity
from canary_runner.model.policy import ErrorCheck
from canary_runner.model.words import SHORT, factor, percent

ID = "no-baseline-comparison"
SEVERITY = Severity.NOTE


def check(policy: PolicyFacts) -> Iterator[Diagnostic]:
    """Find policies whose error rate is compared in no stage, though the version before has traffic."""
    normal = policy.service.error_rate
    asked = [
        (facts, one)
        for facts in policy.stages
        if facts.compares
        for one in facts.checks
        if isinstance(one.check, ErrorCheck)
    ]
    if not asked or normal == 0 or any(one.check.over_baseline is not None for _, one in asked):
        return
    one = asked[0][1]
    limit = one.absolute
    if limit is None or limit <= normal:
        return
    message = (
        f"no stage compares error_rate with the version before: max {percent(limit)} lets pass "
        f"{factor(limit / normal, SHORT)} the normal {percent(normal, SHORT)}"
    )
    help = "add max_over_baseline: 0.5pp to the check of error_rate"
    yield Diagnostic(ID, SEVERITY, one.place(MAX), message, help)
