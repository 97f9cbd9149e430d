"""A gate at which a release waits without end.

**Why.** `then: wait_for_approval` has no time limit. While it waits the stage keeps its traffic and its analyses, and
each analysis is another chance to fail by luck: what is rare in an hour is likely over a night (Armitage, McPherson and
Rowe 1969, J. R. Stat. Soc. A 132(2), 235-244). After a stage at 100 % there is nothing to approve: everyone has the
release, and until somebody remembers it the rollout is not over and the next one does not start. `extend` is no such
wait: a stage is held at most as long again.

**Instead.** Gates before the large steps, at stages that can be left alone: limits that normal variation does not
reach, or a tolerance of more failures. The help line names values with which eight hours of waiting cost 1 % or less.
"""

from collections.abc import Iterator
from dataclasses import replace

from canary_runner.linting.amounts import chance
from canary_runner.linting.bounds import exceeded_at_most, rolled_back_at_most
from canary_runner.linting.facts import PolicyFacts, StageFacts
from canary_runner.linting.remedies import first_lasting, first_looser, more_failures, rarer_checks, written
from canary_runner.model.diagnostics import Diagnostic, Severity
from canary_runner.model.outcomes import Outcome
from canary_runner.model.plan import HOLD_FACTOR
from canary_runner.model.policy import Stage, WindowKind
from canary_runner.model.words import counted, duration, percent

ID = "unbounded-wait"
SEVERITY = Severity.WARNING
WAIT_S = 8 * 3600
"""How long a release may have to wait for a person: a night, or a working day."""
MOST = 0.01
"""Healthy releases that a stage may roll back with such a wait, as a share."""


def check(policy: PolicyFacts) -> Iterator[Diagnostic]:
    """Find gates after 100 %, and gates at which many healthy releases are rolled back while they wait."""
    for facts in policy.stages:
        if not facts.stage.wait_for_approval:
            continue
        if not facts.compares:
            yield _too_late(policy, facts)
        elif rolled_back_at_most(policy, facts, WAIT_S) > MOST:
            yield from _waiting(policy, facts)


def _too_late(policy: PolicyFacts, facts: StageFacts) -> Diagnostic:
    message = (
        f'stage "{facts.name}" waits for a person when {percent(facts.stage.traffic)} of the traffic has the release: '
        f"nothing is left to approve after {duration(facts.stage.duration_s)}, and the wait has no end"
    )
    before = policy.stages[facts.index - 1].name if facts.index else None
    help = "leave then out of this stage"
    help += f', or wait after stage "{before}" instead' if before else ""
    return Diagnostic(ID, SEVERITY, facts.view.place("then"), message, help)


def _is_rare(policy: PolicyFacts, facts: StageFacts) -> bool:
    """Tell whether the exact chances of single analyses leave none for the wait; in a world that stands still."""
    if policy.service.daily_swing > 0 or facts.stage.window.kind is not WindowKind.SINCE_LAST_CHECK:
        return False
    analyses = HOLD_FACTOR * facts.analyses + WAIT_S // facts.stage.check_every_s
    found = [
        policy.chances.of_analysis(facts.stage, one.check, facts.start_at_s, facts.stage.check_every_s)
        for one in facts.checks
    ]
    fails = [chances[Outcome.FAIL] for chances in found if chances is not None]
    return len(fails) == len(found) and sum(exceeded_at_most(facts, one, analyses) for one in fails) <= MOST


def _waiting(policy: PolicyFacts, facts: StageFacts) -> Iterator[Diagnostic]:
    stage = facts.stage
    if _is_rare(policy, facts):
        return
    at_once = policy.chances.of_stage(stage, facts.start_at_s)
    if at_once is None or at_once.rolled_back > MOST:
        return  # alarms-when-healthy says why
    odds = policy.chances.of_stage(stage, facts.start_at_s, wait_s=WAIT_S)
    if odds is None or odds.rolled_back <= MOST:
        return
    analyses = facts.analyses + WAIT_S // stage.check_every_s
    message = (
        f'stage "{facts.name}" rolls back {chance(odds.rolled_back)} of healthy releases that wait {duration(WAIT_S)} '
        f"for a person, and {chance(at_once.rolled_back)} of those that do not: {counted(analyses, 'analysis')} "
        f"are made, every {duration(stage.check_every_s)}"
    )

    def holds(changed: Stage) -> bool:
        return rolled_back_at_most(policy, replace(facts, stage=changed), WAIT_S) <= MOST

    alternatives = [*first_looser(more_failures(stage), holds), *first_lasting(rarer_checks(stage), holds)]
    help = written(alternatives, "write limits further from what is normal, or confidence: 99% beside them")
    yield Diagnostic(ID, SEVERITY, facts.view.place("then"), message, help)
