"""A limit that never decides anything: whatever exceeds it exceeds a stricter one too.

**Why.** A p95 above 500 ms means a p99 above 500 ms: under one limit for both the p95 is never the reason. A canary two
points above the version before has an error rate above two points: beside `max: 1%` the comparison is never the reason
either. Such a limit looks like a second pair of eyes and is none. A verdict needs few metrics, each of which says
something of its own (Site Reliability Workbook 2018, chapter 16: no more than about a dozen).

**Instead.** A limit that can be exceeded alone, or one limit fewer. The help line names a value that one analysis of a
healthy release exceeds in at most 1 % of cases.
"""

from collections.abc import Iterator
from fractions import Fraction

from canary_runner.linting.bounds import fails_at_most
from canary_runner.linting.facts import (
    MAX,
    MAX_OVER_BASELINE,
    CheckFacts,
    PolicyFacts,
    StageFacts,
    without_comparison,
    without_max,
)
from canary_runner.linting.remedies import Option, first_looser, tighter_limits, written
from canary_runner.model.diagnostics import Diagnostic, Related, Severity
from canary_runner.model.policy import Check, LatencyCheck, Micros, Points, Stage

ID = "checks-decide-alike"
SEVERITY = Severity.NOTE
MOST = 0.01


def check(policy: PolicyFacts) -> Iterator[Diagnostic]:
    """Find comparisons that imply their own absolute limit, and percentiles that imply a higher one."""
    for facts in policy.stages:
        asked = list(facts.checks)
        for one in asked:
            if facts.compares and _implies_max(one.check) and not policy.is_at_normal(one.check):
                yield _comparison(policy, facts, one)
            implied = next((other for other in asked if _implies(facts, one.check, other.check)), None)
            if implied is not None:
                yield _percentile(policy, facts, one, implied)


def _implies_max(check: Check) -> bool:
    """Tell whether who is so far above the baseline is above the absolute limit; evidence is another question."""
    return check.confidence is None and _difference(check) >= _limit(check) > 0


def _limit(check: Check) -> Fraction:
    """Return the absolute limit, errors per request or microseconds; 0 if there is none."""
    return Fraction((check.max_us if isinstance(check, LatencyCheck) else check.max_ratio) or 0)


def _difference(check: Check) -> Fraction:
    """Return how far above the baseline the canary may be; -1 where that depends on the baseline, or is not asked."""
    match check.over_baseline:
        case Points(difference):
            return difference
        case Micros(difference_us):
            return Fraction(difference_us)
        case _:
            return Fraction(-1)


def _implies(facts: StageFacts, low: Check, high: Check) -> bool:
    """Tell whether each failure of one percentile is one of a higher percentile too."""
    if not (isinstance(low, LatencyCheck) and isinstance(high, LatencyCheck)) or low.quantile >= high.quantile:
        return False
    if low.max_us is None or high.max_us is None or (facts.compares and low.over_baseline is not None):
        return False
    is_surer = high.confidence is None or (low.confidence is not None and low.confidence >= high.confidence)
    return is_surer and low.max_us >= high.max_us


def _comparison(policy: PolicyFacts, facts: StageFacts, one: CheckFacts) -> Diagnostic:
    over, most = one.written[MAX_OVER_BASELINE], one.written[MAX]
    message = (
        f'in stage "{facts.name}" {one.metric} max_over_baseline {over} never decides: '
        f"what is further above the baseline is above max {most} too"
    )
    spare = _limit(one.check) - policy.normal_value(one.check)
    tighter = [o for o in tighter_limits(facts.stage, one.index, MAX_OVER_BASELINE) if _difference(_of(o, one)) < spare]

    def is_calm(changed: Stage) -> bool:
        return fails_at_most(policy, facts, without_max(changed.checks[one.index])) <= MOST

    help = written(list(first_looser(tighter, is_calm)), "leave max_over_baseline out")
    related = (Related(one.place(MAX), "the stricter limit"),)
    return Diagnostic(ID, SEVERITY, one.place(MAX_OVER_BASELINE), message, help, related=related)


def _percentile(policy: PolicyFacts, facts: StageFacts, one: CheckFacts, other: CheckFacts) -> Diagnostic:
    message = (
        f'in stage "{facts.name}" {one.metric} max {one.written[MAX]} never decides: '
        f"what exceeds it exceeds {other.metric} max {other.written[MAX]} too"
    )
    most = _limit(other.check)
    tighter = [o for o in tighter_limits(facts.stage, one.index, MAX) if _limit(_of(o, one)) < most]

    def is_calm(changed: Stage) -> bool:
        return fails_at_most(policy, facts, without_comparison(changed.checks[one.index])) <= MOST

    alternatives = list(first_looser(tighter, is_calm))
    help = written(alternatives, f"leave {one.metric} out")
    related = (Related(other.place(MAX), "the stricter limit"),)
    return Diagnostic(ID, SEVERITY, one.place(MAX), message, help, related=related)


def _of(option: Option, one: CheckFacts) -> Check:
    """Return the check of a stage with another value."""
    return option[1].checks[one.index]
