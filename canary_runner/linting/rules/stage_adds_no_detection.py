"""A stage that catches nothing that the stages before it let pass.

**Why.** A stage earns its time by what it can see and the stages before could not. One with no stricter limit and no
more requests in each analysis than a stage before can only try the same again with less: releases that got so far get
through it too. The rule looks at releases that are bad from the start, of many sizes of errors and latency, and takes
the size at which the stage does best: what it then rolls back of all that entered the first stage, as `study` counts.
A regression that shows only under load is not seen so; the step in traffic alone may be worth a stage, a short one.

**Instead.** More requests in each analysis or a tighter limit, or no such stage. The help line names values with which
it rolls back one release in twenty or more, of some size.
"""

from collections.abc import Iterator

from canary_runner.linting.added import Added
from canary_runner.linting.amounts import chance, requests
from canary_runner.linting.facts import MOST_UNREAD, PolicyFacts, StageFacts
from canary_runner.linting.remedies import fewer_failures, first_lasting, longer, rarer_checks, written
from canary_runner.model.diagnostics import Diagnostic, Severity
from canary_runner.model.policy import Stage
from canary_runner.model.words import counted, duration

ID = "stage-adds-no-detection"
SEVERITY = Severity.WARNING
LEAST = 0.05
"""What a stage should catch, at the size of a regression at which it does best, as a share of all releases."""


def check(policy: PolicyFacts) -> Iterator[Diagnostic]:
    """Find stages that catch less than LEAST of releases of any size beside the stages before."""
    added = Added(policy)
    for facts in policy.stages:
        if not list(facts.checks):
            yield _asks_nothing(facts)
        elif policy.unread(facts, facts.stage) <= MOST_UNREAD and added.may_be_little(facts):
            most = added.most(facts, facts.stage, LEAST)
            if most is not None and most < LEAST:
                yield _finding(added, facts, most)


def _asks_nothing(facts: StageFacts) -> Diagnostic:
    message = f'stage "{facts.name}" asks 0 checks in {duration(facts.stage.duration_s)}: whatever enters it leaves it'
    return Diagnostic(
        ID, SEVERITY, facts.view.route, message, "write a check of the error rate, or leave the stage out"
    )


def _finding(added: Added, facts: StageFacts, most: float) -> Diagnostic:
    stage = facts.stage
    message = (
        f'stage "{facts.name}" rolls back at most {chance(most)} of releases that the stages before let pass, of '
        f"{counted(len(added.sizes(facts)), 'size')} of regression: {counted(facts.analyses, 'analysis')}, every "
        f"{duration(stage.check_every_s)} of {requests(facts.canary_requests(stage.check_every_s))}"
    )

    def holds(changed: Stage) -> bool:
        now = added.most(facts, changed, LEAST)
        return now is not None and now >= LEAST

    alternatives = [
        *first_lasting(rarer_checks(stage), holds),
        *first_lasting(longer(stage), holds),
        *first_lasting(fewer_failures(stage), holds),
    ]
    help = written(alternatives, "leave the stage out, or write a tighter limit in it")
    return Diagnostic(ID, SEVERITY, facts.view.route, message, help, related=(facts.traffic_place("here"),))
