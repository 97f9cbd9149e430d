"""The sentences of a result, one for each row of the decision table, with the numbers in them."""

from collections.abc import Sequence

from canary_runner.controllers.native import Memory, Row, Verdict
from canary_runner.model.outcomes import Decision, Outcome
from canary_runner.model.policy import ConsecutiveFailures, FailuresOfLast, Tolerance, TotalFailures
from canary_runner.model.results import Evidence, Unread
from canary_runner.model.words import EXACT, duration, measured

STARTED = "started"
WAITS = "waits for approval"
"""The words for changes that no analysis decides."""


SPOKEN = 3
"""Checks that a sentence names before it counts the rest."""


def spoken_of(names: Sequence[str], verdict: Verdict, outcomes: Sequence[Outcome]) -> tuple[str, ...]:
    """Return the checks that the row of the decision table speaks of."""
    match verdict.row:
        case Row.TOLERANCE_EXCEEDED:
            speaks = [memory is None for memory in verdict.memories]
        case Row.LAST_ANALYSIS_FAILED:
            speaks = [memory is not None and memory.last_failed for memory in verdict.memories]
        case Row.INCONCLUSIVE:
            speaks = [outcome is Outcome.INCONCLUSIVE for outcome in outcomes]
        case _:
            speaks = [False] * len(names)
    return tuple(name for name, does in zip(names, speaks, strict=True) if does)


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
    """Say what one limit met: `error_rate 2.33% > max 1%`; of one that could not be read `error_rate: no data ...`."""
    if isinstance(evidence, Unread):
        return f"{evidence.check}: {evidence.why}"
    assert evidence.limit is not None  # of a policy of ours
    limit = f"{evidence.limit_kind} {measured(evidence.limit, evidence.unit, EXACT)}"
    seen = "unknown" if evidence.observed is None else measured(evidence.observed, evidence.unit)
    return f"{evidence.check} {seen} {'>' if evidence.outcome is Outcome.FAIL else '<='} {limit}"


def decision_words(row: Row, decision: Decision, age_s: int, is_paused: bool, says: Sequence[str]) -> str:
    """Say why an analysis decided as it did.

    Args:
        row: of the decision table.
        decision: that the row led to.
        age_s: of the stage at this analysis.
        is_paused: whether the analysis was made in PAUSED.
        says: the words of the checks that the row speaks of.
    """
    spoken = "; ".join([*_together(says[:SPOKEN]), *([f"and {len(says) - SPOKEN} more"] if len(says) > SPOKEN else [])])
    match row, decision:
        case Row.TOLERANCE_EXCEEDED, _:
            return f"tolerance exceeded: {spoken}"
        case Row.BEFORE_END, _:
            return "paused" if is_paused else "the stage is not over"
        case Row.LAST_ANALYSIS_FAILED, Decision.PAUSE:
            return f"held to twice its duration on a failed analysis: {spoken}"
        case Row.LAST_ANALYSIS_FAILED, _:
            return f"held, since no stage ends on a failed analysis: {spoken}"
        case Row.INCONCLUSIVE, Decision.HOLD:
            return f"extended: {spoken}"
        case Row.INCONCLUSIVE, Decision.PAUSE:
            return f"inconclusive: {spoken}"
        case Row.INCONCLUSIVE, Decision.ROLL_BACK:
            return f"inconclusive, and the policy rolls back then: {spoken}"
        case Row.INCONCLUSIVE, _:
            return f"inconclusive, and the policy promotes then: {spoken}"
        case _:
            return f"completed after {duration(age_s)}"


def _together(says: Sequence[str]) -> list[str]:
    """Name checks that say the same before it: `error_rate, latency_p99: no data from the canary (...)`."""
    names: dict[str, list[str]] = {}
    for one in says:
        name, colon, why = one.rpartition(": ")
        names.setdefault(colon + why, []).append(name)
    return [", ".join(those) + why for why, those in names.items()]
