"""A stage that rolls back healthy releases, over all of its analyses.

**Why.** Every analysis is another chance to fail by luck: at 5 % each, five independent analyses fail at least once in
1 - 0.95^5 = 23 % of healthy releases; five looks at data that accumulate in 14 %, a hundred in 37 % (Armitage,
McPherson and Rowe 1969, J. R. Stat. Soc. A 132(2), 235-244). People who are called for nothing learn to promote anyway.
The message has the chance over the whole stage, with its tolerance, as `study` does.

**Instead.** A limit that normal variation does not reach, more requests in each analysis, or a tolerance of more
failures. The help line names values that bring the stage to 1 % or less.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from canary_runner.linting.amounts import chance, requests
from canary_runner.linting.bounds import rolled_back_at_most
from canary_runner.linting.facts import MAX, MAX_OVER_BASELINE, CheckFacts, PolicyFacts, StageFacts
from canary_runner.linting.remedies import (
    first_lasting,
    first_looser,
    first_looser_pair,
    looser_limits,
    more_failures,
    more_traffic,
    rarer_checks,
    written,
)
from canary_runner.model.diagnostics import Diagnostic, Route, Severity
from canary_runner.model.policy import Stage
from canary_runner.model.words import counted, duration

if TYPE_CHECKING:
    from canary_runner.linting.chances import StageOdds

ID = "alarms-when-healthy"
SEVERITY = Severity.ERROR
MOST = 0.01
"""Healthy releases that a stage may roll back, as a share of those that enter it."""


def check(policy: PolicyFacts) -> Iterator[Diagnostic]:
    """Find checks for which a stage rolls back more than MOST of healthy releases, or all together.

    A check of the defaults is told of once: its help lines are the dear part.
    """
    told: set[Route] = set()
    for facts in policy.stages:
        if rolled_back_at_most(policy, facts) <= MOST:
            continue
        odds = policy.chances.of_stage(facts.stage, facts.start_at_s)
        if odds is None:
            continue
        asked = list(facts.checks)
        for position in _blamed(odds):
            share, blamed = odds.by_check[position], asked[position]
            # of a limit below what is normal limit-below-normal says why
            if blamed.route not in told and not policy.is_below_normal(blamed.check):
                told.add(blamed.route)
                yield _finding(policy, facts, blamed, share)


def _blamed(odds: StageOdds) -> list[int]:
    """Return the places of the checks that roll back too many, the worst first; if only all together do, the worst."""
    worst = sorted(range(len(odds.by_check)), key=lambda position: -odds.by_check[position])
    alarming = [position for position in worst if odds.by_check[position] > MOST]
    return alarming or worst[:1] if odds.rolled_back > MOST else []


def _finding(policy: PolicyFacts, facts: StageFacts, blamed: CheckFacts, share: float) -> Diagnostic:
    stage, every_s = facts.stage, facts.stage.check_every_s
    key = _tighter(policy, facts, blamed)
    position = list(facts.checks).index(blamed)
    together = share <= MOST
    who = "" if together else f" for {blamed.metric}"
    odds = policy.chances.of_stage(stage, facts.start_at_s)
    rolled_back = odds.rolled_back if together and odds is not None else share
    mean = requests(facts.canary_requests(every_s))
    message = (
        f'stage "{facts.name}" rolls back {chance(rolled_back)} of healthy releases{who}: '
        f"{counted(facts.analyses, 'analysis')}, every {duration(every_s)} of {mean}"
    )

    def holds(changed: Stage) -> bool:
        if rolled_back_at_most(policy, replace(facts, stage=changed)) <= MOST:
            return True
        found = policy.chances.tried(changed, facts.start_at_s)
        return found is not None and position not in _blamed(found)

    alternatives = [
        *(
            list(first_looser(looser_limits(stage, blamed.index, key), holds))
            or first_looser_pair(stage, blamed.index, holds)
        ),
        *first_lasting(rarer_checks(stage), holds),
        *first_lasting(more_traffic(policy, facts), holds),
        *first_looser(more_failures(stage), holds),
    ]
    related = (facts.traffic_place("with this traffic"),) if facts.compares else ()
    help = written(alternatives, "write confidence: 99% beside the limits, or limits further from what is normal")
    return Diagnostic(ID, SEVERITY, blamed.place(key), message, help, related=related)


def _tighter(policy: PolicyFacts, facts: StageFacts, blamed: CheckFacts) -> str:
    """Return the key of the limit that a healthy release meets first."""
    if blamed.absolute is None or not facts.compares or blamed.check.over_baseline is None:
        return MAX_OVER_BASELINE if blamed.absolute is None else MAX
    loose = looser_limits(facts.stage, blamed.index, MAX_OVER_BASELINE)
    if not loose:
        return MAX
    position = list(facts.checks).index(blamed)
    without = policy.chances.of_stage(loose[-1][1], facts.start_at_s)
    return MAX if without is not None and without.by_check[position] > MOST else MAX_OVER_BASELINE
