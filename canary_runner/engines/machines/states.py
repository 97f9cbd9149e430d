"""The states that a machine was met in, each worked out once: its table is filled as rollouts come by."""

from collections.abc import Hashable, Sequence
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from canary_runner.engines.block import ENDINGS
from canary_runner.model.machine import Look, Machine, Standing
from canary_runner.model.outcomes import State

Ints = NDArray[np.int64]

GOES_ON = -1
"""The ending of a state that is none."""


class States:
    """A machine's states, by number in the order in which they were met; 0 is its start. Threads may share it."""

    def __init__(self, machine: Machine[Any]) -> None:
        self._machine = machine
        self._numbers: dict[Hashable, int] = {}
        self._states: list[Any] = []
        self._following: dict[tuple[int, ...], int] = {}
        self._lock = Lock()
        self.looks: list[Look | None] = []
        self.standings: list[Standing] = []
        self.endings: list[int] = []
        self._number_of(machine.start())

    def after(self, number: int, letters: tuple[int, ...]) -> int:
        """Return the number of the state that follows one, given a letter for each of the questions it asks."""
        key = (number, *letters)
        found = self._following.get(key)
        if found is None:
            state = self._machine.advance(self._states[number], letters)
            found = self._following[key] = self._number_of(state)
        return found

    def waits_ticks(self, numbers: Ints) -> Ints:
        """Return how many ticks each state waits; of one that ends, 0."""
        tick_s = self._machine.tick_s
        looks = (self.looks[number] for number in numbers.tolist())
        return np.array([0 if look is None else look.after_s // tick_s for look in looks], np.int64)

    def segments(self, numbers: Ints) -> Ints:
        """Return the segment of each state."""
        return np.array([self.standings[number].segment for number in numbers.tolist()], np.int64)

    def ending_codes(self, numbers: Ints) -> NDArray[np.int8]:
        """Return the index of each state's ending in ENDINGS, or GOES_ON."""
        return np.array([self.endings[number] for number in numbers.tolist()], np.int8)

    def asks(self, number: int) -> Sequence[int]:
        """Return the questions that a state's next look asks."""
        look = self.looks[number]
        return () if look is None else look.asks

    def _number_of(self, state: Hashable) -> int:
        with self._lock:
            found = self._numbers.get(state)
            if found is None:
                found = len(self._states)
                standing, look = self._machine.standing(state), self._machine.look(state)
                self._states.append(state)
                self.standings.append(standing)
                self.looks.append(look)
                self.endings.append(_ending(standing, look))
                self._numbers[state] = found
        return found


def _ending(standing: Standing, look: Look | None) -> int:
    """Return the ending of a state: a final one, or one in which nothing ever happens again."""
    if standing.state.is_final:
        return ENDINGS.index(standing.state)
    return GOES_ON if look is not None else ENDINGS.index(State.PAUSED)
