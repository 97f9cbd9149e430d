"""A percentile that rests on a handful of requests.

**Why.** The nearest-rank p99 of fewer than 100 requests is the slowest of them; of fewer than 1,000 it rests on fewer
than ten. Ten is what keeps its relative error near a third (a count of k has a standard deviation of sqrt(k)). What
such an analysis says is mostly luck.

**Instead.** A longer `check_every`, more traffic, a lower percentile, a larger `min_canary_requests`, or `confidence`
(with `max`), which fails only on evidence and is not found here.
"""

from collections.abc import Iterator
from fractions import Fraction
from math import ceil

from canary_runner.linting.amounts import chance, few, requests
from canary_runner.linting.facts import CheckFacts, PolicyFacts, StageFacts
from canary_runner.linting.remedies import first_looser, more_traffic, rarer_checks, written
from canary_runner.model.diagnostics import Diagnostic, Severity
from canary_runner.model.policy import LatencyCheck, Stage

ID = "percentile-on-few-requests"
SEVERITY = Severity.WARNING
WANTED = 10
"""Requests beyond the percentile that an analysis should rest on."""


def check(policy: PolicyFacts) -> Iterator[Diagnostic]:
    """Find percentiles without confidence of windows with too few requests beyond them."""
    for facts in policy.stages:
        for asked in facts.checks:
            latency = asked.check
            if isinstance(latency, LatencyCheck) and _is_too_few(facts, facts.stage, latency):
                yield _finding(policy, facts, asked, latency)


def _is_too_few(facts: StageFacts, stage: Stage, check: LatencyCheck) -> bool:
    """Tell whether an analysis reads a percentile of fewer requests than WANTED needs."""
    if check.confidence is not None:
        return False
    mean = facts.rate_rps * stage.traffic * stage.check_every_s
    return max(mean, Fraction(stage.min_canary_requests)) * (1 - check.quantile) < WANTED


def _finding(policy: PolicyFacts, facts: StageFacts, asked: CheckFacts, check: LatencyCheck) -> Diagnostic:
    stage = facts.stage
    mean, beyond = facts.canary_requests(stage.check_every_s), 1 - check.quantile
    fails = policy.chances.fails(stage, check, facts.start_at_s, stage.check_every_s)
    message = (
        f'in stage "{facts.name}" {asked.metric} is read of {requests(mean)}, {few(mean * beyond)} of them beyond it: '
        f"a healthy analysis fails with chance {chance(fails)}"
    )

    def holds(changed: Stage) -> bool:
        return not _is_too_few(facts, changed, check)

    alternatives = [
        *first_looser(rarer_checks(stage), holds),
        *first_looser(more_traffic(policy, facts), holds),
        f"min_canary_requests: {ceil(WANTED / beyond)}",
        *(["confidence: 99%"] if check.max_us is not None and check.over_baseline is None else []),
    ]
    related = (facts.traffic_place("with this little traffic"),)
    return Diagnostic(ID, SEVERITY, asked.place("metric"), message, written(alternatives, ""), related=related)
