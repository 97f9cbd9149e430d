"""One error fails an analysis: the window has too few requests for the limit.

**Why.** With n requests and a limit T, n x T below 1 means that the first error is too many. Whether an analysis fails
is then a matter of one request, and says nothing about the rate: no error among n proves only a rate below 3/n (the
rule of three, Hanley and Lippman-Hand 1983, JAMA 249(13), 1743-1745).

**Instead.** Windows in which the limit allows at least one error: a longer `check_every`, more traffic, or a
`min_canary_requests` below which nothing is decided. `confidence` asks for evidence and is not found here.
"""

from collections.abc import Iterator
from fractions import Fraction
from math import ceil

from canary_runner.linting.amounts import chance, few, requests
from canary_runner.linting.facts import MAX, CheckFacts, PolicyFacts, StageFacts, without_comparison
from canary_runner.linting.remedies import first_looser, longer, more_traffic, rarer_checks, written
from canary_runner.model.diagnostics import Diagnostic, Severity
from canary_runner.model.policy import ErrorCheck, Stage
from canary_runner.model.words import percent

ID = "one-error-decides"
SEVERITY = Severity.WARNING


def check(policy: PolicyFacts) -> Iterator[Diagnostic]:
    """Find limits of which the mean window does not allow one error."""
    for facts in policy.stages:
        for asked in facts.checks:
            if isinstance(asked.check, ErrorCheck) and _is_too_few(facts, facts.stage, asked.check):
                yield _finding(policy, facts, asked, asked.check)


def _is_too_few(facts: StageFacts, stage: Stage, asked: ErrorCheck) -> bool:
    """Tell whether an analysis decides on fewer requests than the limit needs to allow one error."""
    if asked.max_ratio is None or asked.max_ratio == 0 or asked.confidence is not None:
        return False
    mean = facts.rate_rps * stage.traffic * stage.check_every_s
    return max(mean, Fraction(stage.min_canary_requests)) * asked.max_ratio < 1


def _finding(policy: PolicyFacts, facts: StageFacts, asked: CheckFacts, check: ErrorCheck) -> Diagnostic:
    stage = facts.stage
    limit = check.max_ratio
    assert limit is not None
    mean = facts.canary_requests(stage.check_every_s)
    fails = policy.chances.fails(stage, without_comparison(check), facts.start_at_s, stage.check_every_s)
    message = (
        f'in stage "{facts.name}" one error fails an analysis: {percent(limit)} of {requests(mean)} is '
        f"{few(mean * limit)} errors; a healthy analysis has one with chance {chance(fails)}"
    )

    def holds(changed: Stage) -> bool:
        return not _is_too_few(facts, changed, check)

    alternatives = [
        *first_looser(rarer_checks(stage) or _whole(facts), holds),
        *first_looser(more_traffic(policy, facts), holds),
        f"min_canary_requests: {ceil(1 / limit)}",
    ]
    related = (facts.traffic_place("with this little traffic"),)
    return Diagnostic(ID, SEVERITY, asked.place(MAX), message, written(alternatives, ""), related=related)


def _whole(facts: StageFacts) -> list[tuple[str, Stage]]:
    """Return longer stages where the one analysis grows with its stage."""
    if "check_every" in facts.view.own or "check_every" in facts.view.defaults:
        return []
    return list(longer(facts.stage))
