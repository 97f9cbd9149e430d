"""What a watcher sees of a walk."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from canary_runner.compiling.classes import Edges
from canary_runner.engines.program import Program
from canary_runner.engines.windows import BothArms, spread
from canary_runner.model.outcomes import Position
from canary_runner.model.plan import StagePlan
from canary_runner.scenarios.world import Conditions, Moment


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """One interval and its analysis as a watcher sees them, for all rollouts in the stage.

    A rest is what a gate's approval leaves of an interval: its data count, but nobody analyses them.
    """

    stage: StagePlan
    number: int  # of the analysis, from 1
    is_rest: bool
    at_s: NDArray[np.int64]
    is_paused: NDArray[np.bool_]
    conditions: Conditions  # of the first rollout
    interval: BothArms
    arm_edges_us: tuple[Edges, Edges]  # of the interval's latency classes
    window: BothArms  # of a rest: the interval
    edges_us: Edges  # of the window's latency classes, for both arms
    outcomes: NDArray[np.int8]  # (checks, rollouts); no checks in a rest
    states: NDArray[np.int32]  # of the automaton, before
    position: Position  # of those that are not paused
    codes: NDArray[np.int8]  # indices into DECISIONS


Watcher = Callable[[Seen], None]


@dataclass(frozen=True, slots=True)
class Show:
    """What is told of one stage."""

    watcher: Watcher
    program: Program
    stage: StagePlan

    def analysis(
        self, number: int, at_s: NDArray[np.int64], is_paused: NDArray[np.bool_], moment: Moment,
        data: tuple[BothArms, BothArms], outcomes: NDArray[np.int8], states: NDArray[np.int32], position: Position,
        codes: NDArray[np.int8],
    ) -> None:  # fmt: skip
        """Show an analysis; `data` are its interval and its window, the other arguments are those of `Seen`."""
        conditions = self.program.weather.conditions(self.stage, moment, number)
        interval, window = data
        self._show(number, False, at_s, is_paused, conditions, interval, window, outcomes, states, position, codes)

    def rest(
        self, number: int, at_s: NDArray[np.int64], moment: Moment, length_s: int, interval: BothArms,
        states: NDArray[np.int32],
    ) -> None:  # fmt: skip
        """Show the `length_s` seconds from the last analysis to an approval."""
        conditions = self.program.weather.conditions(self.stage, moment, number, length_s)
        rows = at_s.size
        self._show(
            number, True, at_s, np.ones(rows, np.bool_), conditions, interval, interval,
            np.zeros((0, rows), np.int8), states, Position.BEFORE_END, np.zeros(rows, np.int8),
        )  # fmt: skip

    def _show(
        self, number: int, is_rest: bool, at_s: NDArray[np.int64], is_paused: NDArray[np.bool_],
        conditions: Conditions, interval: BothArms, window: BothArms, outcomes: NDArray[np.int8],
        states: NDArray[np.int32], position: Position, codes: NDArray[np.int8],
    ) -> None:  # fmt: skip
        arm_edges_us = self.program.edges_us[self.stage.index]
        edges_us = tuple(sorted({*arm_edges_us[0], *arm_edges_us[1]}))
        canary, baseline = (spread(c, of, edges_us) for c, of in zip(window, arm_edges_us, strict=True))
        self.watcher(
            Seen(
                self.stage, number, is_rest, at_s, is_paused, conditions, interval, arm_edges_us, (canary, baseline),
                edges_us, outcomes, states, position, codes,
            )
        )  # fmt: skip
