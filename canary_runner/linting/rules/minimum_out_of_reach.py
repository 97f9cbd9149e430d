"""A minimum of requests that the window does not reach: analyses say nothing.

**Why.** An analysis of fewer than `min_canary_requests` (of either arm, for a comparison) is inconclusive. Where the
traffic does not bring so many, no check ever fails, and the end of the stage is whatever `on_inconclusive` says.

**Instead.** Windows that hold more, or a smaller minimum. The help line names values with which at most 1 % of the
analyses of a healthy release are inconclusive.
"""

from collections.abc import Iterator

from canary_runner.linting.amounts import chance, requests
from canary_runner.linting.facts import MOST_UNREAD, PolicyFacts, StageFacts
from canary_runner.linting.remedies import first_looser, more_traffic, rarer_checks, smaller_minimums, written
from canary_runner.model.diagnostics import Diagnostic, Severity
from canary_runner.model.policy import Stage
from canary_runner.model.words import counted, duration

ID = "minimum-out-of-reach"
SEVERITY = Severity.WARNING
WANTED = 0.01


def check(policy: PolicyFacts) -> Iterator[Diagnostic]:
    """Find stages of which more than MOST_UNREAD of the analyses on a full window are inconclusive."""
    for facts in policy.stages:
        unread = policy.unread(facts, facts.stage)
        if unread > MOST_UNREAD:
            yield _finding(policy, facts, unread)


def _finding(policy: PolicyFacts, facts: StageFacts, unread: float) -> Diagnostic:
    stage, minimum = facts.stage, facts.stage.min_canary_requests
    canary, baseline = facts.canary_requests(facts.window_s), facts.baseline_requests(facts.window_s)
    is_canary = canary <= baseline or not facts.compares
    arm, mean = ("canary", canary) if is_canary else ("baseline", baseline)
    message = (
        f'in stage "{facts.name}" {chance(unread)} of the analyses are inconclusive: the {arm} has '
        f"{requests(mean)} in {duration(facts.window_s)}, and {counted(minimum, 'request')} are wanted"
    )

    def holds(changed: Stage) -> bool:
        return policy.unread(facts, changed) <= WANTED

    alternatives = [
        *first_looser(smaller_minimums(stage), holds),
        *first_looser(rarer_checks(stage), holds),
        *(first_looser(more_traffic(policy, facts), holds) if is_canary else ()),
    ]
    help = written(alternatives, "write a longer check_every")
    related = (facts.traffic_place("with this traffic"),)
    return Diagnostic(ID, SEVERITY, facts.view.place("min_canary_requests"), message, help, related=related)
