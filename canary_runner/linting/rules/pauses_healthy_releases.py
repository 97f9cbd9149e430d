"""A stage that stops healthy releases until a person comes.

**Why.** A pause has no end of its own. Where traffic brings barely the wanted minimum of requests, or the last analysis
of a stage is often a failure, healthy releases stop for nothing. Healthy releases that are halted for want of traffic
are what users of Flagger report most (fluxcd/flagger issues 883, 1035, 1330, 1633, 1689); who is called for nothing
learns to resume without looking.

**Instead.** A minimum well below what the window brings, longer windows, or `on_inconclusive: extend`, which waits for
data first, at most as long again. The help line names values that bring the stage to 1 % or less.
"""

from collections.abc import Iterator
from dataclasses import replace

from canary_runner.linting.amounts import chance, requests
from canary_runner.linting.bounds import paused_at_most
from canary_runner.linting.facts import MOST_UNREAD, PolicyFacts, StageFacts
from canary_runner.linting.remedies import (
    first_lasting,
    first_looser,
    more_traffic,
    rarer_checks,
    smaller_minimums,
    written,
)
from canary_runner.model.diagnostics import Diagnostic, Severity
from canary_runner.model.policy import OnInconclusive, Stage
from canary_runner.model.words import counted, duration

ID = "pauses-healthy-releases"
SEVERITY = Severity.WARNING
MOST = 0.01
"""Healthy releases that a stage may pause, as a share of those that enter it."""


def check(policy: PolicyFacts) -> Iterator[Diagnostic]:
    """Find stages that pause more than MOST of healthy releases."""
    for facts in policy.stages:
        if paused_at_most(policy, facts) <= MOST or policy.unread(facts, facts.stage) > MOST_UNREAD:
            continue  # minimum-out-of-reach says why
        odds = policy.chances.of_stage(facts.stage, facts.start_at_s)
        if odds is not None and odds.paused > MOST:
            yield _finding(policy, facts, odds.paused)


def _finding(policy: PolicyFacts, facts: StageFacts, paused: float) -> Diagnostic:
    stage = facts.stage
    message = (
        f'stage "{facts.name}" pauses {chance(paused)} of healthy releases until a person comes: analyses every '
        f"{duration(stage.check_every_s)} of {requests(facts.canary_requests(stage.check_every_s))}, "
        f"and {counted(stage.min_canary_requests, 'request')} are wanted"
    )

    def holds(changed: Stage) -> bool:
        odds = policy.chances.tried(changed, facts.start_at_s)
        return odds is not None and odds.paused <= MOST

    patient = replace(stage, on_inconclusive=OnInconclusive.EXTEND)
    alternatives = [
        *first_looser(smaller_minimums(stage), holds),
        *(["on_inconclusive: extend"] if patient != stage and holds(patient) else []),
        *first_lasting(rarer_checks(stage), holds),
        *first_lasting(more_traffic(policy, facts), holds),
    ]
    help = written(alternatives, "write limits further from what is normal")
    related = (facts.traffic_place("with this traffic"),)
    return Diagnostic(ID, SEVERITY, facts.view.place("min_canary_requests"), message, help, related=related)
