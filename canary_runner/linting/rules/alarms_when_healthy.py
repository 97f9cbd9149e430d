"""A stage that rolls back healthy releases, over all of its analyses.

**Why.** Every analysis is another chance to fail by luck: at 5 % each, five independent analyses fail at least once in
1 - 0.95^5 = 23 % of healthy releases; five looks at data that accumulate in 14 %, a hundred in 37 % (Armitage,
McPherson and Rowe 1969, J. R. Stat. Soc. A 132(2), 235-244). People who are called for nothing learn to promote anyway.
The message has the chance over the whole stage, with its tolerance, as `study` does. Of a manifest it has how many of
1,000 healthy rollouts the real controller's rules take back, those of `study --method sample --runs 1000`: with the
windows, the repeats and the answers to no data that the manifest has. No data is the common reason: a check that
asks before anybody is served, or on a quiet service (fluxcd/flagger issues 883 and 1330, argoproj/argo-rollouts issue
1466). A rollout that reads more than 300 answers is not sampled.

**Instead.** A limit that normal variation does not reach, more requests in each analysis, or a tolerance of more
failures. The help line names values that bring the stage, or the rollout, to 1 % or less.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

from canary_runner.linting.amounts import chance, few, requests
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
    from canary_runner.linting.asked import Asked
    from canary_runner.linting.chances import StageOdds
    from canary_runner.linting.manifests import ManifestFacts
    from canary_runner.linting.sample import Fate

ID = "alarms-when-healthy"
SEVERITY = Severity.ERROR
MOST = 0.01
"""Healthy releases that a stage may roll back, as a share of those that enter it; and a manifest, of all."""

MOST_ANSWERS = 300
"""Answers that a rollout reads which is sampled."""


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
            caught, blamed = odds.by_check[position], asked[position]
            # of a limit below what is normal limit-below-normal says why
            if blamed.route not in told and not policy.is_below_normal(blamed.check):
                told.add(blamed.route)
                yield _finding(policy, facts, blamed, caught)


def _blamed(odds: StageOdds) -> list[int]:
    """Return the places of the checks that roll back too many, the worst first; if only all together do, the worst."""
    worst = sorted(range(len(odds.by_check)), key=lambda position: -odds.by_check[position])
    alarming = [position for position in worst if odds.by_check[position] > MOST]
    return alarming or worst[:1] if odds.rolled_back > MOST else []


def _finding(policy: PolicyFacts, facts: StageFacts, blamed: CheckFacts, caught: float) -> Diagnostic:
    stage, every_s = facts.stage, facts.stage.check_every_s
    key = _tighter(policy, facts, blamed)
    position = list(facts.checks).index(blamed)
    together = caught <= MOST
    who = "" if together else f" for {blamed.metric}"
    odds = policy.chances.of_stage(stage, facts.start_at_s)
    rolled_back = odds.rolled_back if together and odds is not None else caught
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


def check_manifest(manifest: ManifestFacts) -> Iterator[Diagnostic]:
    """Find questions for which more than MOST of healthy rollouts are taken back, or the worst if only together."""
    from canary_runner.linting.sample import healthy_fate, is_above

    course = manifest.course()
    if not manifest.asked or not course.is_whole or sum(len(glance.asks) for glance in course.glances) > MOST_ANSWERS:
        return
    fate = healthy_fate(manifest.policy, manifest.service)
    if not is_above(fate.rolled_back, MOST):
        return
    worst = sorted(manifest.asked, key=lambda one: -fate.by_question[one.index])
    alarming = [one for one in worst if is_above(fate.by_question[one.index], MOST)]
    for one in alarming or worst[:1]:
        if one.can_pass:
            yield _sampled(manifest, one, fate)


def _sampled(manifest: ManifestFacts, one: Asked, fate: Fate) -> Diagnostic:
    from canary_runner.linting.sample import RUNS, SEED, is_above

    count = fate.by_question[one.index]
    is_alone = is_above(count, MOST)
    glances = manifest.course().glances_of(one.index)
    seen = sorted(one.seen(manifest.service, manifest.course(), glance.at_s) for glance in glances) or [Fraction(0)]
    who = f' for "{one.name}"' if is_alone else ""
    message = (
        f"{count if is_alone else fate.rolled_back:,} of {RUNS:,} healthy rollouts are rolled back{who} (seed {SEED}): "
        f"{counted(len(glances), 'look')} back over {duration(one.question.query.window_s)}, of "
        f"{f'{few(seen[0])} to ' if seen[0] < seen[-1] else ''}{requests(seen[-1])}"
    )
    without = ", or one that passes without data" if seen[0] < 1 else ""
    help = _tolerant(manifest, one) or f"write a bound further from what is normal{without}"
    return Diagnostic(ID, SEVERITY, one.bound, message, help)


def _tolerant(manifest: ManifestFacts, one: Asked) -> str:
    """Return the smallest tolerance under which healthy rollouts pass, empty if no try does."""
    from canary_runner.linting.looser import looser
    from canary_runner.linting.sample import RUNS, healthy_fate

    for words, spec in looser(manifest, one):
        fate = healthy_fate(replace(manifest.policy, spec=spec), manifest.service)
        if fate.by_question[one.index] <= MOST * RUNS:
            return f"write {words}"
    return ""
