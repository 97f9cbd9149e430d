"""The native controller: what follows from the outcomes of one analysis.

`count` is the memory of one check, `decide` the table of decisions; `advance` is their composition. Nothing else in
the project knows these rules: the compiled automaton evaluates these functions, and the sentences of a result name
their rows.

| # | condition                              | where in the stage | decision                                  |
|---|----------------------------------------|--------------------|-------------------------------------------|
| 1 | a check's tolerance is exceeded        | anywhere           | ROLL_BACK                                 |
| 2 |                                        | before its end     | HOLD                                      |
| 3 | some last conclusive outcome is FAIL   | at or after        | HOLD; after twice the duration PAUSE      |
| 4 | some outcome is INCONCLUSIVE           | at or after        | as `on_inconclusive` says; extend is HOLD, |
|   |                                        |                    | after twice the duration PAUSE            |
| 5 |                                        | at or after        | ADVANCE                                   |

The first row that fits decides. A gate lies behind its stage: ADVANCE is what it waits to let through.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from canary_runner.model.outcomes import Decision, Outcome, Position
from canary_runner.model.plan import HOLD_FACTOR, Rules
from canary_runner.model.policy import (
    ConsecutiveFailures,
    FailuresOfLast,
    OnInconclusive,
    Tolerance,
    TotalFailures,
)


@dataclass(frozen=True, slots=True)
class Memory:
    """What one check remembers of its conclusive outcomes in this stage."""

    failures: int = 0  # that stand against the tolerance
    last_failed: bool = False  # whether the last conclusive outcome was FAIL
    recent: tuple[bool, ...] = ()  # FailuresOfLast: which of the last of_last - 1 failed, from the oldest failure


class Row(IntEnum):
    """The rows of the decision table."""

    TOLERANCE_EXCEEDED = 1
    BEFORE_END = 2
    LAST_ANALYSIS_FAILED = 3
    INCONCLUSIVE = 4
    STAGE_COMPLETED = 5


@dataclass(frozen=True, slots=True)
class Standing:
    """All that the decision table reads of the checks, taken together."""

    exceeded: bool  # some check's tolerance
    last_failed: bool  # some check's last conclusive outcome is FAIL
    inconclusive: bool  # some check's outcome, just now


def count(tolerance: Tolerance, memory: Memory, outcome: Outcome) -> Memory | None:
    """Return a check's memory after one more outcome, or None if that exceeds its tolerance.

    INCONCLUSIVE neither counts nor breaks a row nor is one of the last: it leaves the memory as it is.
    """
    if outcome is Outcome.INCONCLUSIVE:
        return memory
    failed = outcome is Outcome.FAIL
    match tolerance:
        case ConsecutiveFailures(limit):
            after = Memory(memory.failures + 1 if failed else 0, failed)
            return after if after.failures < limit else None
        case TotalFailures(limit):
            after = Memory(memory.failures + failed, failed)
            return after if after.failures < limit else None
        case FailuresOfLast(limit, of_last):
            looked_at = (*memory.recent, failed)
            recent = _without_leading_passes(looked_at[1:] if len(looked_at) == of_last else looked_at)
            return Memory(sum(recent), failed, recent) if sum(looked_at) < limit else None


def _without_leading_passes(recent: tuple[bool, ...]) -> tuple[bool, ...]:
    """Drop what can no longer matter, so that equal futures have equal memories."""
    return recent[recent.index(True) :] if True in recent else ()


def decide(on_inconclusive: OnInconclusive, standing: Standing, position: Position) -> tuple[Row, Decision]:
    """Return the first row of the table that fits, and its decision."""
    if standing.exceeded:
        return Row.TOLERANCE_EXCEEDED, Decision.ROLL_BACK
    if position is Position.BEFORE_END:
        return Row.BEFORE_END, Decision.HOLD
    hold = Decision.PAUSE if position is Position.LAST else Decision.HOLD
    if standing.last_failed:
        return Row.LAST_ANALYSIS_FAILED, hold
    if standing.inconclusive:
        return Row.INCONCLUSIVE, {
            OnInconclusive.PAUSE: Decision.PAUSE,
            OnInconclusive.ROLL_BACK: Decision.ROLL_BACK,
            OnInconclusive.PROMOTE: Decision.ADVANCE,
            OnInconclusive.EXTEND: hold,
        }[on_inconclusive]
    return Row.STAGE_COMPLETED, Decision.ADVANCE


def behind(decision: Decision, has_gate: bool, is_last: bool) -> Decision:
    """Return what a decision is to those outside: behind a completed stage lies a gate, the next stage, or the end."""
    if decision is not Decision.ADVANCE:
        return decision
    if has_gate:
        return Decision.PAUSE
    return Decision.COMPLETE if is_last else Decision.ADVANCE


def position_of(analysis: int, analyses: int) -> Position:
    """Return where analysis number `analysis` (from 1) stands in a stage of `analyses` of them."""
    if analysis < analyses:
        return Position.BEFORE_END
    return Position.AT_END if analysis < HOLD_FACTOR * analyses else Position.LAST


@dataclass(frozen=True, slots=True)
class Verdict:
    """What `advance` returns: the memories, None where a tolerance is exceeded, the row and the decision."""

    memories: tuple[Memory | None, ...]
    row: Row
    decision: Decision


def advance(rules: Rules, memories: Sequence[Memory], outcomes: Sequence[Outcome], position: Position) -> Verdict:
    """Count one analysis and decide; `memories` and `outcomes` hold one entry per check."""
    after = tuple(count(t, m, o) for t, m, o in zip(rules.tolerances, memories, outcomes, strict=True))
    standing = Standing(
        exceeded=None in after,
        last_failed=any(m is not None and m.last_failed for m in after),
        inconclusive=Outcome.INCONCLUSIVE in outcomes,
    )
    return Verdict(after, *decide(rules.on_inconclusive, standing, position))
