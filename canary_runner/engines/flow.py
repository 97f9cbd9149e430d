"""Unit mass through one stage: when and how it leaves."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from canary_runner.compiling.automaton import ADVANCE, PAUSE, ROLL_BACK, Automaton, outcomes_of
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
    """Where an analysis takes a rollout, for one position: edges from a live state to a place, of some symbols each.

    Places are the live states, then the exits: one for each set of checks that decides a rollback, PAUSE, and where no
    gate waits ADVANCE; behind a gate the live states once more, with which its pause begins.
    """

    sources: NDArray[np.intp]  # of each edge
    places: NDArray[np.intp]  # of each edge
    symbols: NDArray[np.intp]  # of each symbol of an edge
    edges: NDArray[np.intp]  # of each symbol of an edge
    exits: tuple[tuple[int, int], ...]  # kind, and of a rollback the checks that decide it


@cache
def _moves(automaton: Automaton, position: Position, has_gate: bool) -> _Moves:
    live, symbols = automaton.live, automaton.table.shape[2]
    landed = automaton.table[position, :live].reshape(-1)
    counted = automaton.table[Position.BEFORE_END, :live].reshape(-1)
    kind = np.maximum(landed - (live - 1), 0)
    state, symbol = np.divmod(np.arange(live * symbols), symbols)
    bits = automaton.deciding(state.astype(np.int32), outcomes_of(symbol, len(automaton.checks)))
    mask = (bits * (1 << np.arange(len(bits), dtype=np.int64))[:, None]).sum(axis=0)
    masks = sorted(set(mask[kind == ROLL_BACK].tolist()))
    exits = [*((ROLL_BACK, one) for one in masks), (PAUSE, 0), *([] if has_gate else [(ADVANCE, 0)])]
    advanced = counted + live + len(exits) if has_gate else np.full(landed.size, live + len(exits) - 1)
    rolled = live + np.searchsorted(masks, mask)
    paused = np.full(landed.size, live + len(masks))
    place = np.choose(kind, (landed, advanced, paused, rolled))
    edge, edges = np.unique(state * (2 * live + len(exits)) + place, return_inverse=True)
    sources, places = np.divmod(edge, 2 * live + len(exits))
    return _Moves(sources, places, symbol, edges.reshape(-1), tuple(exits))


def flow_of(outlook: Outlook, stage: StagePlan, moments: Sequence[Moment], automaton: Automaton) -> Flow:
    """Carry unit mass, entering at each moment, through a stage. Raises NotExact."""
    return _Carrier(outlook, stage, moments, automaton).run()


class _Carrier:
    def __init__(self, outlook: Outlook, stage: StagePlan, moments: Sequence[Moment], automaton: Automaton) -> None:
        self.outlook, self.stage, self.moments, self.automaton = outlook, stage, moments, automaton
        self.gate = Gate.of(outlook.weather.plan, stage)
        self.mass = np.zeros((2 * len(moments), automaton.live))  # by the fine rule, then by the coarse one
        self.mass[:, 0] = 1.0
        self.paused = [np.zeros_like(self.mass) for _ in range(self.gate.analyses)]  # by analyses still to be made
        self.chances = np.zeros(0)
        self.edge_chances: dict[Position, Floats] = {}  # of the present chances
        self.found: list[tuple[int, int, int]] = []  # kind, age and deciding checks
        self.left: list[Floats] = []  # of each of them the mass, shape (rows,)

    def run(self) -> Flow:
        laws: list[SymbolLaw] = []
        for number in range(1, self.stage.last_analysis + self.gate.analyses + 1):
            if max(float(np.maximum.reduce(part, axis=None)) for part in (self.mass, *self.paused)) < SPENT:
                break
            before, laws = laws, [self.outlook.law(self.stage, moment, number) for moment in self.moments]
            if before != laws:  # laws are compared by what they are, not by what they say
                self.chances = np.stack([*(law.chances for law in laws), *(law.coarse for law in laws)])
                self.edge_chances = {}
            self._wait(number)
            if number <= self.stage.last_analysis:
                self._analyse(number)
        return self._flow()

    def _analyse(self, number: int) -> None:
        live = self.automaton.live
        moved, exits = self._moved(self.mass, position_of(number, self.stage.analyses))
        self.mass = moved[:, :live]
        self._leave(exits, number, moved[:, live : live + len(exits)])
        if self.paused:
            self.paused[-1] += moved[:, live + len(exits) :]

    def _wait(self, number: int) -> None:
        """Analyse what waits at the gate: only a spent tolerance acts there."""
        if not self.paused:
            return
        live, after = self.automaton.live, []
        for part in self.paused:
            moved, exits = self._moved(part, Position.BEFORE_END)
            self._leave(exits, number, moved[:, live : live + len(exits)])
            after.append(moved[:, :live])
        self._leave(((ADVANCE, 0),), number, sums(after[0], 1)[:, None])
        self.paused = [*after[1:], np.zeros_like(self.mass)]

    def _moved(self, mass: Floats, position: Position) -> tuple[Floats, tuple[tuple[int, int], ...]]:
        """Return the mass at each place after an analysis, shape (rows, places), and the exits among them."""
        has_gate = bool(self.paused)
        moves = _moves(self.automaton, position, has_gate)
        if position not in self.edge_chances:
            self.edge_chances[position] = _added_up(self.chances[:, moves.symbols], moves.edges, moves.sources.size)
        carried = mass[:, moves.sources] * self.edge_chances[position]
        size = self.automaton.live * (1 + has_gate) + len(moves.exits)
        return _added_up(carried, moves.places, size), moves.exits

    def _leave(self, exits: Sequence[tuple[int, int]], number: int, mass: Floats) -> None:
        """Note what leaves; `mass` has the shape (rows, exits)."""
        for (kind, mask), part in zip(exits, mass.T, strict=True):
            rest_s = self.gate.rest_s if kind == ADVANCE else 0
            self.found.append((kind, number * self.stage.check_every_s + rest_s, mask))
            self.left.append(part)

    def _flow(self) -> Flow:
        mass = np.array(self.left).reshape(len(self.left), 2, -1)  # (exits, rules, moments)
        which, groups = np.nonzero(np.maximum.reduce(mass, axis=1))
        kinds, ages_s, deciding = np.array(self.found, np.int64).T[:, which]
        return Flow(groups, kinds, ages_s, deciding, mass[which, :, groups].T, np.zeros(len(self.moments)))


def _added_up(values: Floats, places: NDArray[np.intp], size: int) -> Floats:
    """Add up the columns that have one place, shape (rows, size)."""
    rows = len(values)
    at = (np.arange(rows)[:, None] * size + places).reshape(-1)
    added: Floats = np.bincount(at, weights=values.reshape(-1), minlength=rows * size).astype(np.float64, copy=False)
    return added.reshape(rows, size)
