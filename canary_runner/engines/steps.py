"""The automaton of a stage stepped for many rollouts: one look-up in the joint table, or check by check."""

from functools import cache, cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from canary_runner.compiling.automaton import HOLD, Automaton, SideBySide, compile_automaton, outcomes_of
from canary_runner.model.outcomes import Position
from canary_runner.model.plan import Rules

States = NDArray[Any]
Moved = tuple[States, NDArray[np.intp], NDArray[np.int8]]
"""The states after an analysis, the rows whose decision is not HOLD, and the codes of their decisions.

Whoever does not stay has the state that counts the analysis: what a gate goes on with.
"""


class Joint:
    """Rules with a joint table; a state is its number times the symbols, so that a symbol is added and looked up."""

    def __init__(self, automaton: Automaton) -> None:
        self.automaton = automaton
        symbols = automaton.table.shape[2]
        self._symbols, self._live = symbols, automaton.live
        self._end = automaton.live * symbols
        self._tables = [np.ascontiguousarray(one, np.int64).reshape(-1) * symbols for one in automaton.table]
        self._digits = np.dtype(np.uint8 if symbols < 1 << 8 else np.uint16 if symbols < 1 << 16 else np.int64)

    def start(self, rows: int) -> States:
        """Return the states of `rows` rollouts that have just entered the stage."""
        return np.zeros(rows, np.int64)

    def step(self, position: Position, states: States, outcomes: NDArray[np.int8]) -> Moved:
        """Step all rows; `outcomes` has the shape (checks, rows)."""
        places = states + self._symbols_of(outcomes)
        landed = self._tables[position].take(places)
        if landed.size == 0 or landed.max() < self._end:
            return landed, np.zeros(0, np.intp), np.zeros(0, np.int8)
        moved = np.flatnonzero(landed >= self._end)
        codes = (landed[moved] // self._symbols - (self._live - 1)).astype(np.int8)
        counted = self._tables[Position.BEFORE_END].take(places[moved])
        landed[moved] = np.where(counted < self._end, counted, states[moved])
        return landed, moved, codes

    def numbers(self, states: States) -> NDArray[np.int32]:
        """Return states as the automaton numbers them."""
        found: NDArray[np.int32] = (states // self._symbols).astype(np.int32)
        return found

    def deciding(self, states: States, outcomes: NDArray[np.int8]) -> NDArray[np.bool_]:
        """Tell which checks decide a rollback, shape (checks, rows)."""
        found: NDArray[np.bool_] = self._deciding[:, states + self._symbols_of(outcomes)]
        return found

    @cached_property
    def _deciding(self) -> NDArray[np.bool_]:
        """Which checks decide, shape (checks, states x symbols)."""
        states, symbols = np.divmod(np.arange(self._end), self._symbols)
        return self.automaton.deciding(states.astype(np.int32), outcomes_of(symbols, len(self.automaton.checks)))

    def _symbols_of(self, outcomes: NDArray[np.int8]) -> NDArray[Any]:
        """Return the symbols, check i being the i-th ternary digit, in the smallest type that holds them."""
        digits = outcomes.astype(self._digits)
        symbols = digits[-1] if len(digits) else np.zeros(outcomes.shape[1], self._digits)
        for digit in digits[-2::-1]:
            symbols *= 3
            symbols += digit
        return symbols


class Single:
    """Rules whose joint table would be too large."""

    def __init__(self, automaton: SideBySide) -> None:
        self.automaton = automaton

    def start(self, rows: int) -> States:
        """Return the memories of `rows` rollouts that have just entered the stage, shape (checks, rows)."""
        return self.automaton.start(rows)

    def step(self, position: Position, states: States, outcomes: NDArray[np.int8]) -> Moved:
        """Step all rows, shape (checks, rows)."""
        after, codes = self.automaton.step(position, states, outcomes)
        moved = np.flatnonzero(codes != HOLD)
        return after, moved, codes[moved]

    def numbers(self, states: States) -> NDArray[np.int32]:
        """Return states as the automaton numbers them."""
        return states

    def deciding(self, states: States, outcomes: NDArray[np.int8]) -> NDArray[np.bool_]:
        """Tell which checks decide a rollback, shape (checks, rows)."""
        return self.automaton.deciding(states, outcomes)


@cache
def steps_of(rules: Rules) -> Joint | Single:
    """Return how a stage with these rules is stepped."""
    automaton = compile_automaton(rules)
    return Joint(automaton) if isinstance(automaton, Automaton) else Single(automaton)
