"""The rules of a stage as a table, evaluated from the controller's own functions.

`table[position, state, symbol] -> state`. A symbol is the joint outcome of all checks of one analysis, check i being
the i-th ternary digit; a state is the joint memory of all checks in mixed radix; the last three states, ADVANCED,
PAUSED and ROLLED_BACK, absorb. An analysis in PAUSED steps from the position BEFORE_END: there only a spent tolerance
acts.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import product

import numpy as np
from numpy.typing import NDArray

from canary_runner.controllers.native import Memory, Standing, count, decide
from canary_runner.model.outcomes import Decision, Outcome, Position
from canary_runner.model.plan import Rules
from canary_runner.model.policy import OnInconclusive, Tolerance

BUDGET = 2_000_000
"""Most entries (states x symbols) of a joint table; beyond it the checks are stepped side by side."""

DECISIONS = (Decision.HOLD, Decision.ADVANCE, Decision.PAUSE, Decision.ROLL_BACK)
"""The decisions by their code; a completed last stage is an ADVANCE until its rollout is looked at."""

HOLD, ADVANCE, PAUSE, ROLL_BACK = range(len(DECISIONS))

EXCEEDED = -1


@dataclass(frozen=True, slots=True, eq=False)
class CheckTable:
    """The memory of one check as a table."""

    memories: tuple[Memory, ...]  # by number; 0 is the empty one
    after: NDArray[np.int32]  # [memory, outcome] -> memory, or EXCEEDED
    last_failed: NDArray[np.bool_]  # [memory]
    failures_left: NDArray[np.int64]  # [memory]: how many failures in a row exceed the tolerance


@cache
def check_table(tolerance: Tolerance) -> CheckTable:
    """Number every memory that a tolerance can reach, and tabulate `count` on them."""
    numbers = {Memory(): 0}
    rows: list[list[int]] = []
    queue = [Memory()]
    for memory in queue:
        row = []
        for outcome in Outcome:
            after = count(tolerance, memory, outcome)
            if after is not None and after not in numbers:
                numbers[after] = len(numbers)
                queue.append(after)
            row.append(EXCEEDED if after is None else numbers[after])
        rows.append(row)
    table = np.array(rows, np.int32)
    last_failed = np.array([m.last_failed for m in numbers], np.bool_)
    return CheckTable(tuple(numbers), table, last_failed, _failures_left(table[:, Outcome.FAIL]))


def _failures_left(failed: NDArray[np.int32]) -> NDArray[np.int64]:
    """Follow every memory through failures only, until the tolerance is exceeded."""
    left, now = np.ones(failed.size, np.int64), failed
    while (now != EXCEEDED).any():
        left += now != EXCEEDED
        now = np.where(now == EXCEEDED, EXCEEDED, failed[now])
    return left


@cache
def decision_codes(on_inconclusive: OnInconclusive) -> NDArray[np.int8]:
    """Tabulate `decide`: [position, exceeded, last_failed, inconclusive] -> index into DECISIONS."""
    codes = np.empty((len(Position), 2, 2, 2), np.int8)
    for position, *flags in product(Position, (False, True), (False, True), (False, True)):
        _, decision = decide(on_inconclusive, Standing(*flags), position)
        codes[(position, *map(int, flags))] = DECISIONS.index(decision)
    return codes


@dataclass(frozen=True, slots=True, eq=False)
class Automaton:
    """The joint table of a stage's checks."""

    table: NDArray[np.int32]  # [position, state, symbol] -> state
    sizes: tuple[int, ...]  # memories per check
    checks: tuple[CheckTable, ...]

    @property
    def live(self) -> int:
        """The number of states that do not absorb; ADVANCED is this number, then PAUSED, ROLLED_BACK."""
        return int(self.table.shape[1]) - 3

    def start(self, rows: int) -> NDArray[np.int32]:
        """Return the states of `rows` rollouts that have just entered the stage."""
        return np.zeros(rows, np.int32)

    def step(
        self, position: Position, states: NDArray[np.int32], outcomes: NDArray[np.int8]
    ) -> tuple[NDArray[np.int32], NDArray[np.int8]]:
        """Return the states after one analysis and the codes of the decisions (indices into DECISIONS).

        Args:
            position: where in the stage all rows stand.
            states: live states, shape (rows,).
            outcomes: codes of Outcome, shape (checks, rows).

        A state counts the analysis even where the decision is to advance or to pause: what a gate goes on with.
        """
        symbols = symbol_of(outcomes)
        landed = self.table[position, states, symbols]
        codes = np.maximum(landed - (self.live - 1), 0).astype(np.int8)
        counted = self.table[Position.BEFORE_END, states, symbols]
        return np.where(counted < self.live, counted, states), codes

    def exceeded(self, states: NDArray[np.int32], outcomes: NDArray[np.int8]) -> NDArray[np.bool_]:
        """Tell which check's tolerance an analysis exceeds, shape (checks, rows)."""
        return _exceeded(self.checks, self._numbers(states), outcomes)

    def failures_left(self, states: NDArray[np.int32]) -> NDArray[np.int64]:
        """Return how many failures of one check at most are missing to a rollback, shape (rows,)."""
        return _fewest_left(self.checks, self._numbers(states))

    def deciding(self, states: NDArray[np.int32], outcomes: NDArray[np.int8]) -> NDArray[np.bool_]:
        """Tell which checks decide a rollback, shape (checks, rows): see `deciding`."""
        return deciding(self.exceeded(states, outcomes), outcomes)

    def memories(self, states: NDArray[np.int32], row: int) -> tuple[Memory, ...]:
        """Return what each check remembers in one row's live state."""
        numbers = self._numbers(states[row : row + 1])
        return tuple(c.memories[int(n[0])] for c, n in zip(self.checks, numbers, strict=True))

    def _numbers(self, states: NDArray[np.int32]) -> NDArray[np.int32]:
        """Return the memory of each check by number, shape (checks, rows)."""
        numbers = np.empty((len(self.checks), len(states)), np.int32)
        for i, size in enumerate(self.sizes):
            states, numbers[i] = np.divmod(states, np.int32(size))
        return numbers


@dataclass(frozen=True, slots=True, eq=False)
class SideBySide:
    """The same rules without a joint table, for checks whose memories multiply beyond the budget."""

    on_inconclusive: OnInconclusive
    checks: tuple[CheckTable, ...]

    def start(self, rows: int) -> NDArray[np.int32]:
        """Return the memories of `rows` rollouts that have just entered the stage, shape (checks, rows)."""
        return np.zeros((len(self.checks), rows), np.int32)

    def step(
        self, position: Position, states: NDArray[np.int32], outcomes: NDArray[np.int8]
    ) -> tuple[NDArray[np.int32], NDArray[np.int8]]:
        """Return what `Automaton.step` returns, for states of shape (checks, rows)."""
        after = np.array([c.after[s, o] for c, s, o in zip(self.checks, states, outcomes, strict=True)])
        exceeded = (after == EXCEEDED).any(axis=0)
        counted = np.where(after == EXCEEDED, states, after)
        last_failed = np.array([c.last_failed[s] for c, s in zip(self.checks, counted, strict=True)]).any(axis=0)
        inconclusive = (outcomes == Outcome.INCONCLUSIVE).any(axis=0)
        codes = decision_codes(self.on_inconclusive)[
            position, exceeded.astype(np.intp), last_failed.astype(np.intp), inconclusive.astype(np.intp)
        ]
        return counted, codes

    def exceeded(self, states: NDArray[np.int32], outcomes: NDArray[np.int8]) -> NDArray[np.bool_]:
        """Tell which check's tolerance an analysis exceeds, shape (checks, rows)."""
        return _exceeded(self.checks, states, outcomes)

    def failures_left(self, states: NDArray[np.int32]) -> NDArray[np.int64]:
        """Return how many failures of one check at most are missing to a rollback, shape (rows,)."""
        return _fewest_left(self.checks, states)

    def deciding(self, states: NDArray[np.int32], outcomes: NDArray[np.int8]) -> NDArray[np.bool_]:
        """Tell which checks decide a rollback, shape (checks, rows): see `deciding`."""
        return deciding(self.exceeded(states, outcomes), outcomes)

    def memories(self, states: NDArray[np.int32], row: int) -> tuple[Memory, ...]:
        """Return what each check remembers in one row."""
        return tuple(c.memories[int(n)] for c, n in zip(self.checks, states[:, row], strict=True))


def _fewest_left(checks: tuple[CheckTable, ...], numbers: NDArray[np.int32]) -> NDArray[np.int64]:
    left = [check.failures_left[n] for check, n in zip(checks, numbers, strict=True)]
    return np.asarray(np.min(left, axis=0), np.int64)


def _exceeded(
    checks: tuple[CheckTable, ...], numbers: NDArray[np.int32], outcomes: NDArray[np.int8]
) -> NDArray[np.bool_]:
    found = np.zeros(outcomes.shape, np.bool_)
    for i, check in enumerate(checks):
        found[i] = check.after[numbers[i], outcomes[i]] == EXCEEDED
    return found


def deciding(exceeded: NDArray[np.bool_], outcomes: NDArray[np.int8]) -> NDArray[np.bool_]:
    """Tell which checks decide a rollback: those whose tolerance is exceeded, else those that could not be read."""
    unread = (outcomes == Outcome.INCONCLUSIVE) & ~exceeded.any(axis=0)
    return np.asarray(exceeded | unread, np.bool_)


def symbol_of(outcomes: NDArray[np.int8]) -> NDArray[np.int32]:
    """Return the symbols of outcomes of shape (checks, rows): check i is the i-th ternary digit."""
    symbols = np.zeros(outcomes.shape[1], np.int32)
    for digit in outcomes[::-1]:
        symbols *= 3
        symbols += digit
    return symbols


def outcomes_of(symbols: NDArray[np.int64], checks: int) -> NDArray[np.int8]:
    """Return the outcomes that symbols stand for, shape (checks, symbols): the way back from `symbol_of`."""
    digits = 3 ** np.arange(checks, dtype=np.int64)[:, None]  # none where nothing is checked
    return (symbols // digits % 3).astype(np.int8)


def joint_table(rules: Rules) -> NDArray[np.int32]:
    """Build the joint table by broadcasting the tables of the checks over states and symbols."""
    checks = [check_table(t) for t in rules.tolerances]
    sizes = [len(c.memories) for c in checks]
    live, symbols = int(np.prod(sizes, dtype=np.int64)), 3 ** len(checks)
    state_digits, symbol_digits = np.arange(live), np.arange(symbols)
    after = np.zeros((live, symbols), np.int32)
    flags = np.zeros((3, live, symbols), np.intp)  # exceeded, last_failed, inconclusive
    radix = 1
    for check, size in zip(checks, sizes, strict=True):
        state_digits, memory = np.divmod(state_digits, size)
        symbol_digits, outcome = np.divmod(symbol_digits, 3)
        number = check.after[memory[:, None], outcome[None, :]]
        flags[0] |= number == EXCEEDED
        flags[1] |= (number != EXCEEDED) & check.last_failed[number]
        flags[2] |= (outcome == Outcome.INCONCLUSIVE)[None, :]
        after += np.maximum(number, 0) * np.int32(radix)
        radix *= size
    codes = decision_codes(rules.on_inconclusive)[:, flags[0], flags[1], flags[2]]
    table = np.empty((len(Position), live + 3, symbols), np.int32)
    table[:, :live] = np.where(codes == 0, after[None], codes.astype(np.int32) + (live - 1))
    table[:, live:] = np.arange(live, live + 3, dtype=np.int32)[None, :, None]
    return table


def _native(rules: Rules) -> Automaton | SideBySide:
    """Compile the rules of the native controller."""
    checks = tuple(check_table(t) for t in rules.tolerances)
    entries = 3 ** len(checks)
    for check in checks:
        entries *= len(check.memories)
    if entries > BUDGET:
        return SideBySide(rules.on_inconclusive, checks)
    return Automaton(joint_table(rules), tuple(len(c.memories) for c in checks), checks)


COMPILERS: dict[type[Rules], Callable[[Rules], Automaton | SideBySide]] = {Rules: _native}
"""How rules become a table, by their type: each controller has its own."""


@cache
def compile_automaton(rules: Rules) -> Automaton | SideBySide:
    """Compile the rules of a stage; equal rules are compiled once."""
    return COMPILERS[type(rules)](rules)
