"""A release that crashes is caught, and has spent a large part of the error budget by then.

**Why.** What a caught regression costs is its traffic times its error rate times the time until it is rolled back, and
the worst is the release that fails every request. A service whose objective leaves it twice its normal errors has as
many to spend in four weeks as it normally has (Site Reliability Workbook 2018, chapter 16, reckons a canary's part of
the budget so). That one release may take a fifth of them is our number: five such releases, and nothing is left.

**Instead.** Less traffic in the first stage, or analyses sooner. A later stage has one before it; the first has none.
The help line names values with which such a release costs a fifth or less.
"""

from collections.abc import Iterator
from fractions import Fraction

from canary_runner.linting.amounts import few, requests
from canary_runner.linting.facts import SURELY, PolicyFacts, StageFacts, arms
from canary_runner.linting.remedies import (
    fewer_failures,
    first_looser,
    less_traffic,
    sooner_checks,
    tolerance_failures,
    written,
)
from canary_runner.model.diagnostics import Diagnostic, Severity
from canary_runner.model.policy import ErrorCheck, Stage
from canary_runner.model.words import percent
from canary_runner.stats.share_bounds import count_at_most

ID = "crash-spends-budget"
SEVERITY = Severity.WARNING
BUDGET_S = 28 * 24 * 3600
MOST = Fraction(1, 5)
"""Share of the normal errors of BUDGET_S that a crash may cost."""


def check(policy: PolicyFacts) -> Iterator[Diagnostic]:
    """Find policies under which a release that fails every request costs more than MOST of the budget."""
    budget = policy.service.rate_rps * policy.service.error_rate * BUDGET_S
    first = policy.stages[0]
    if budget == 0 or _costs_at_most(policy, first, first.stage) <= MOST * budget:
        return
    cost = policy.chances.crash_costs()
    if cost is not None and cost > MOST * budget:
        yield _finding(policy, first, Fraction(cost), budget)


def _costs_at_most(policy: PolicyFacts, facts: StageFacts, stage: Stage) -> float:
    """Return a bound of a crash's extra errors: all requests until the first analyses, which all fail, have ended it.

    Infinite where they need not all fail: no limit on errors, or too few requests now and then.
    """
    (fewest, _), _ = arms(policy.service, stage, facts.start_at_s, stage.check_every_s)
    has_limit = any(
        isinstance(one, ErrorCheck) and one.max_ratio is not None and one.max_ratio < 1 for one in stage.checks
    )
    until_s = tolerance_failures(stage) * stage.check_every_s
    if not has_limit or until_s > stage.duration_s or count_at_most(fewest, stage.min_canary_requests - 1) > SURELY:
        return float("inf")
    (_, most), _ = arms(policy.service, stage, facts.start_at_s, until_s)
    return most


def _finding(policy: PolicyFacts, facts: StageFacts, cost: Fraction, budget: Fraction) -> Diagnostic:
    message = (
        f'a release that fails every request costs {few(cost)} errors, and begins in stage "{facts.name}" with '
        f"{facts.percent} of the traffic: {percent(cost / budget, 3)} of the {requests(budget)} that fail in four weeks"
    )

    def holds(changed: Stage) -> bool:
        return _costs_at_most(policy, facts, changed) <= MOST * budget

    stage = facts.stage
    alternatives = [
        *first_looser(less_traffic(stage), holds),
        *first_looser(sooner_checks(stage), holds),
        *first_looser(fewer_failures(stage), holds),
    ]
    help = written(alternatives, "write less traffic and a shorter check_every in the first stage")
    return Diagnostic(ID, SEVERITY, (*facts.view.route, "traffic_percent"), message, help)
