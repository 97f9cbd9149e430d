"""Unit mass through one stage: when and how it leaves."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from canary_runner.compiling.automaton import ADVANCE, HOLD, PAUSE, ROLL_BACK, Automaton
from canary_runner.compiling.outcomes.totals import sums
from canary_runner.compiling.outcomes.window import SymbolLaw
from canary_runner.controllers.native import position_of
from canary_runner.engines.outlook import Outlook
from canary_runner.engines.paths import Ints
from canary_runner.model.outcomes import Position
from canary_runner.model.plan import Plan, StagePlan
from canary_runner.scenarios.world import Moment
from canary_runner.stats.outward import Floats

SPENT = 1e-17
"""When less than this is left in a stage nobody is."""


@dataclass(frozen=True, slots=True, eq=False)
class Flow:
    """The exits from one stage, of unit mass that enters it at each of some moments."""

    groups: Ints  # the moment of each exit
    kinds: Ints  # ADVANCE, PAUSE or ROLL_BACK
    ages_s: Ints  # seconds since the stage was entered
    deciding: Ints  # bit i: check i rolled back
    mass: Floats  # shape (2, exits): by the fine and by the coarse rule
    dropped: Floats  # mass of each moment that is in no exit


@dataclass(frozen=True, slots=True)
class Gate:
    """How long those wait that have completed a stage."""

    analyses: int  # whole check intervals
    rest_s: int  # and so many seconds

    @classmethod
    def of(cls, plan: Plan, stage: StagePlan) -> "Gate":
        """Return the gate of a stage: none, or one that nobody opens, takes no time."""
        delay_s = (plan.approval.delay_s or 0) if stage.has_gate else 0
        return cls(*divmod(delay_s, stage.check_every_s))


@dataclass(frozen=True, slots=True, eq=False)
class _Moves:
    """The cells (state, symbol) of a table by what they lead to, for one position."""

    cells: tuple[NDArray[np.intp], ...]  # by kind: HOLD, ADVANCE, PAUSE
    targets: tuple[NDArray[np.intp], ...]  # the state, or the one that is kept
    rolls: tuple[tuple[int, NDArray[np.intp]], ...]  # by the checks that decide a rollback


@cache
def _moves(automaton: Automaton, position: Position) -> _Moves:
    live, symbols = automaton.live, automaton.table.shape[2]
    landed = automaton.table[position, :live].reshape(-1)
    counted = automaton.table[Position.BEFORE_END, :live].reshape(-1)
    kind = np.maximum(landed - (live - 1), 0)
    cells = tuple(np.flatnonzero(kind == k) for k in range(4))
    states, symbol = np.divmod(cells[ROLL_BACK], symbols)
    places = 3 ** np.arange(len(automaton.checks), dtype=np.int64)[:, None]  # none where nothing is checked
    outcomes = (symbol // places % 3).astype(np.int8)
    bits = automaton.deciding(states.astype(np.int32), outcomes)
    found = (bits * (1 << np.arange(len(bits), dtype=np.int64))[:, None]).sum(axis=0)
    rolls = tuple((mask, cells[ROLL_BACK][found == mask]) for mask in sorted(set(found.tolist())))
    targets = (landed[cells[HOLD]], counted[cells[ADVANCE]], counted[cells[PAUSE]])
    return _Moves(cells[:ROLL_BACK], tuple(t.astype(np.intp) for t in targets), rolls)


def flow_of(outlook: Outlook, stage: StagePlan, moments: Sequence[Moment], automaton: Automaton) -> Flow:
    """Carry unit mass, entering at each moment, through a stage. Raises NotExact."""
    return _Carrier(outlook, stage, moments, automaton).run()


class _Carrier:
    def __init__(self, outlook: Outlook, stage: StagePlan, moments: Sequence[Moment], automaton: Automaton) -> None:
        self.outlook, self.stage, self.moments, self.automaton = outlook, stage, moments, automaton
        self.gate = Gate.of(outlook.weather.plan, stage)
        self.mass = np.zeros((2 * len(moments), automaton.live))  # by the fine rule, then by the coarse one
        self.mass[:, 0] = 1.0
        self.row_starts = np.arange(len(self.mass))[:, None] * automaton.live
        self.paused = [np.zeros_like(self.mass) for _ in range(self.gate.analyses)]  # by analyses still to be made
        self.found: list[tuple[Ints, int, int, int, Floats]] = []

    def run(self) -> Flow:
        laws: list[SymbolLaw] = []
        chances = np.zeros(0)
        for number in range(1, self.stage.last_analysis + self.gate.analyses + 1):
            if max(float(np.maximum.reduce(part, axis=None)) for part in (self.mass, *self.paused)) < SPENT:
                break
            before, laws = laws, [self.outlook.law(self.stage, moment, number) for moment in self.moments]
            if before != laws:  # laws are compared by what they are, not by what they say
                chances = np.stack([*(law.chances for law in laws), *(law.coarse for law in laws)])
            self._wait(number, chances)
            if number <= self.stage.last_analysis:
                self._analyse(number, chances)
        return self._flow()

    def _analyse(self, number: int, chances: Floats) -> None:
        moves = _moves(self.automaton, position_of(number, self.stage.analyses))
        mass, self.mass = self._spread(self.mass, chances), np.zeros_like(self.mass)
        if moves.cells[HOLD].size:
            self.mass = self._landed(mass, moves, HOLD)
        self._roll_back(mass, moves, number)
        if moves.cells[PAUSE].size:
            self._leave(PAUSE, number * self.stage.check_every_s, sums(mass.take(moves.cells[PAUSE], axis=1), 1))
        if not moves.cells[ADVANCE].size:
            return
        done = self._landed(mass, moves, ADVANCE)
        if self.paused:
            self.paused[-1] += done
        else:
            self._leave(ADVANCE, number * self.stage.check_every_s + self.gate.rest_s, sums(done, 1))

    def _wait(self, number: int, chances: Floats) -> None:
        """Analyse what waits at the gate: only a spent tolerance acts there."""
        if not self.paused:
            return
        moves = _moves(self.automaton, Position.BEFORE_END)
        moved = []
        for part in self.paused:
            mass = self._spread(part, chances)
            self._roll_back(mass, moves, number)
            moved.append(self._landed(mass, moves, HOLD))
        self._leave(ADVANCE, number * self.stage.check_every_s + self.gate.rest_s, moved[0].sum(axis=1))
        self.paused = [*moved[1:], np.zeros_like(self.mass)]

    def _spread(self, mass: Floats, chances: Floats) -> Floats:
        """Return the mass of every state and symbol, shape (rows, states x symbols)."""
        return (mass[:, :, None] * chances[:, None, :]).reshape(len(mass), -1)

    def _landed(self, mass: Floats, moves: _Moves, kind: int) -> Floats:
        """Add up what lands in each live state."""
        size = self.automaton.live
        places = (self.row_starts + moves.targets[kind]).reshape(-1)
        weights = mass.take(moves.cells[kind], axis=1).reshape(-1)
        landed = np.bincount(places, weights=weights, minlength=len(mass) * size).astype(np.float64, copy=False)
        return landed.reshape(-1, size)

    def _roll_back(self, mass: Floats, moves: _Moves, number: int) -> None:
        for mask, cells in moves.rolls:
            share = sums(mass.take(cells, axis=1), 1)
            self._leave(ROLL_BACK, number * self.stage.check_every_s, share, mask)

    def _leave(self, kind: int, age_s: int, mass: Floats, mask: int = 0) -> None:
        both = mass.reshape(2, -1)
        some = np.flatnonzero(np.maximum.reduce(both, axis=0))
        if some.size:
            self.found.append((some, kind, age_s, mask, both[:, some]))

    def _flow(self) -> Flow:
        sizes = [one[0].size for one in self.found]

        def column(index: int) -> Ints:
            return np.repeat(np.array([one[index] for one in self.found], np.int64), sizes)

        groups = np.concatenate([one[0] for one in self.found])
        mass = np.concatenate([one[4] for one in self.found], axis=1)
        return Flow(groups, column(1), column(2), column(3), mass, np.zeros(len(self.moments)))
