"""Unit mass through one stage whose one check reads all since the stage's or the rollout's start.

The outcomes of such analyses are not independent, so what was counted so far is carried beside the automaton's state:
a `Spread` for every state. An interval adds its counts, the limit parts the sum into outcomes, and the automaton says
where each goes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache

import numpy as np

from canary_runner.compiling.automaton import ADVANCE, HOLD, PAUSE, ROLL_BACK, Automaton
from canary_runner.controllers.native import position_of
from canary_runner.engines.flow import SPENT, Flow, Gate
from canary_runner.engines.paths import Ints
from canary_runner.engines.spread import Spread, added, trimmed
from canary_runner.engines.tally import Tally
from canary_runner.engines.weather import Weather
from canary_runner.model.outcomes import Outcome, Position
from canary_runner.model.plan import StagePlan
from canary_runner.scenarios.world import Conditions, Moment


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """What rollouts that enter a stage have counted, as unit mass."""

    spreads: tuple[Spread, ...]  # by the fine and by the coarse rule; one where they are the same
    served: tuple[Conditions, ...] = ()  # since their last analysis


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """The stage that is gone through."""

    weather: Weather
    stage: StagePlan
    moment: Moment
    automaton: Automaton
    tally: Tally
    is_carried_on: bool  # whether the next stage's window reaches back

    @property
    def gate(self) -> Gate:
        """Return how long the stage's gate takes."""
        return Gate.of(self.weather.plan, self.stage)

    def conditions(self, number: int, length_s: int | None = None) -> Conditions:
        """Return what is true of an interval, or of its first seconds."""
        return self.weather.conditions(self.stage, self.moment, number, length_s)


@dataclass(frozen=True, slots=True)
class Exit:
    """A way out of a stage."""

    kind: int  # ADVANCE, PAUSE or ROLL_BACK
    number: int  # analyses made
    age_s: int
    mask: int  # 1: the check rolled back


def cumulative_flow(scene: Scene, entries: Sequence[Entry]) -> tuple[Flow, list[Entry | None]]:
    """Carry each entry through a stage; entry i is the flow's group i. Raises NotExact.

    The second answer is what the rollouts of each exit have counted, if the next stage's window reaches back.
    """
    groups, exits, mass, carried, dropped = [], [], [], [], []
    for group, entry in enumerate(entries):
        found = [_Carrier(scene, rule, spread, entry.served).run() for rule, spread in enumerate(entry.spreads)]
        by_rule = [{way: sum(part.mass for part in parts) for way, parts in one.items()} for one in found]
        dropped.append(abs(1.0 - sum(by_rule[0].values())))
        for way in by_rule[0]:
            groups.append(group)
            exits.append(way)
            mass.append([by_rule[0][way], by_rule[-1].get(way, 0.0)])
            carried.append(_carried(scene, way, [one.get(way, []) for one in found]))
    return _flow(groups, exits, mass, dropped), carried


def _flow(groups: list[int], exits: list[Exit], mass: list[list[float]], dropped: list[float]) -> Flow:
    def column(values: list[int]) -> Ints:
        return np.array(values, np.int64)

    return Flow(
        column(groups),
        column([way.kind for way in exits]),
        column([way.age_s for way in exits]),
        column([way.mask for way in exits]),
        np.array(mass, np.float64).reshape(-1, 2).T,
        np.array(dropped),
    )


def _carried(scene: Scene, way: Exit, found: list[list[Spread]]) -> Entry | None:
    """Return what the rollouts of an exit bring to the next stage, as unit mass."""
    if way.kind != ADVANCE or not scene.is_carried_on:
        return None
    wholes = [added(parts or found[0]) for parts in found]
    rest_s = scene.gate.rest_s
    served = (scene.conditions(way.number + 1, rest_s),) if rest_s else ()
    return Entry(tuple(one.scaled(1 / one.mass) if one.mass > 0 else one for one in wholes), served)


@dataclass(frozen=True, slots=True, eq=False)
class _Leads:
    """Where each state and outcome leads, shape (states, outcomes)."""

    codes: Ints  # HOLD, ADVANCE, PAUSE or ROLL_BACK
    states: Ints  # after, the analysis counted
    masks: Ints  # 1: the check decides a rollback


@cache
def _leads(automaton: Automaton, position: Position) -> _Leads:
    live, size = automaton.live, len(Outcome)
    states = np.repeat(np.arange(live, dtype=np.int32), size)
    outcomes = np.tile(np.arange(size, dtype=np.int8), live)[None]
    after, codes = automaton.step(position, states, outcomes)
    masks = automaton.deciding(states, outcomes)[0]
    return _Leads(*(one.astype(np.int64).reshape(live, size) for one in (codes, after, masks)))


Mass = dict[int, Spread]
"""What the rollouts in each state have counted."""


@dataclass(slots=True, eq=False)
class _Carrier:
    scene: Scene
    rule: int
    entered: Spread
    served: Sequence[Conditions]
    exits: dict[Exit, list[Spread]] = field(default_factory=dict)

    def run(self) -> dict[Exit, list[Spread]]:
        stage, gate = self.scene.stage, self.scene.gate
        inside: Mass = {0: self.entered}
        waiting: list[Mass] = [{} for _ in range(gate.analyses)]  # by analyses still to be made
        for number in range(1, stage.last_analysis + gate.analyses + 1):
            intervals = (*(self.served if number == 1 else ()), self.scene.conditions(number))
            parts = [self._grown(part, intervals) for part in (inside, *waiting)]
            if not any(parts):
                break
            held = [self._analysed(part, Position.BEFORE_END, number)[HOLD] for part in parts[1:]]
            moved = self._analysed(parts[0], position_of(number, stage.analyses), number)
            inside = moved[HOLD]
            for state in moved[PAUSE].values():
                self._leave(PAUSE, number, 0, state)
            through = held[0] if held else moved[ADVANCE]
            for state in through.values():
                self._leave(ADVANCE, number, 0, state)
            waiting = [*held[1:], moved[ADVANCE]] if held else []
        return self.exits

    def _grown(self, part: Mass, intervals: Sequence[Conditions]) -> Mass:
        return {state: self.scene.tally.grown(spread, intervals) for state, spread in part.items()}

    def _analysed(self, part: Mass, position: Position, number: int) -> tuple[Mass, Mass, Mass]:
        """Part mass by outcome; return what holds, advances and pauses by state. Rollbacks leave."""
        leads = _leads(self.scene.automaton, position)
        found: dict[int, dict[int, list[Spread]]] = {HOLD: {}, ADVANCE: {}, PAUSE: {}}
        for state, density in part.items():
            for outcome, weights in zip(Outcome, self.scene.tally.outcomes(density, self.rule), strict=True):
                share = trimmed(Spread(density.first, density.steps, density.values * weights))
                if share.mass < SPENT:
                    continue
                code = int(leads.codes[state, outcome])
                if code == ROLL_BACK:
                    self._leave(ROLL_BACK, number, int(leads.masks[state, outcome]), share)
                else:
                    found[code].setdefault(int(leads.states[state, outcome]), []).append(share)
        hold, advance, pause = ({state: added(some) for state, some in one.items()} for one in found.values())
        return hold, advance, pause

    def _leave(self, kind: int, number: int, mask: int, share: Spread) -> None:
        gate = self.scene.gate
        rest_s = gate.rest_s if kind == ADVANCE else 0
        way = Exit(kind, number, number * self.scene.stage.check_every_s + rest_s, mask)
        self.exits.setdefault(way, []).append(share)
