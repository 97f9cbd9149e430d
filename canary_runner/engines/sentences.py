"""The sentences of a result, one for each row of the decision table, with the numbers in them."""

from collections.abc import Sequence

from canary_runner.controllers.native import Memory, Row
from canary_runner.model.outcomes import Decision, Outcome
from canary_runner.model.plan import StagePlan
from canary_runner.model.policy import ConsecutiveFailures, FailuresOfLast, Tolerance, TotalFailures
from canary_runner.model.results import Evidence
from canary_runner.model.words import duration, factor, milliseconds, percent, points

SHOWN_DIGITS = 3


def counter(tolerance: Tolerance, memory: Memory | None) -> str:
    """Say how far a check's tolerance is used up: `2 of 3 failures in a row`; `memory` None is all of it."""
    match tolerance:
        case ConsecutiveFailures(limit):
            where = "in a row"
        case TotalFailures(limit):
            where = "in the stage"
        case FailuresOfLast(limit, of_last):
            where = f"among the last {of_last}"
    used = limit if memory is None else memory.failures
    return f"{used} of {limit} failures {where}"


def evidence_words(evidence: Evidence) -> str:
    """Say what one limit met: `error_rate 2.33% > max 1%`."""
    limit = quantity(evidence.unit, evidence, "limit")
    if evidence.outcome is Outcome.INCONCLUSIVE:
        return f"{evidence.check}: too little data for {evidence.limit_kind} {limit}"
    sign = ">" if evidence.outcome is Outcome.FAIL else "<="
    return f"{evidence.check} {quantity(evidence.unit, evidence, 'observed')} {sign} {evidence.limit_kind} {limit}"


def quantity(unit: str, evidence: Evidence, which: str) -> str:
    """Write the observed value or the limit of an evidence in its unit."""
    value = evidence.observed if which == "observed" else evidence.limit
    if value is None:
        return "unknown"
    digits = SHOWN_DIGITS if which == "observed" else 28
    match unit:
        case "ratio":
            return percent(value, digits)
        case "ratio_difference":
            return points(value, digits)
        case "factor":
            return factor(value, digits)
        case _:
            return milliseconds(value * 1000, digits)


def decision_words(
    row: Row, decision: Decision, stage: StagePlan, failing: Sequence[str], unread: Sequence[str]
) -> str:
    """Say why an analysis decided as it did; `failing` and `unread` are what the checks of that row say."""
    match row, decision:
        case Row.TOLERANCE_EXCEEDED, _:
            return f"tolerance exceeded: {'; '.join(failing)}"
        case Row.BEFORE_END, _:
            return "the stage is not over"
        case Row.LAST_ANALYSIS_FAILED, Decision.PAUSE:
            return f"held to twice its duration on a failed analysis: {'; '.join(failing)}"
        case Row.LAST_ANALYSIS_FAILED, _:
            return f"no stage ends on a failed analysis: {'; '.join(failing)}"
        case Row.INCONCLUSIVE, Decision.HOLD:
            return f"extended: {'; '.join(unread)}"
        case Row.INCONCLUSIVE, Decision.PAUSE:
            return f"inconclusive: {'; '.join(unread)}"
        case Row.INCONCLUSIVE, Decision.ROLL_BACK:
            return f"inconclusive, and the policy rolls back then: {'; '.join(unread)}"
        case Row.INCONCLUSIVE, _:
            return f"inconclusive, and the policy promotes then: {'; '.join(unread)}"
        case _:
            return f"completed after {duration(stage.analyses * stage.check_every_s)}"
