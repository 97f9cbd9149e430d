"""One stage: the rollouts that are in it, what they see, and how they leave it.

Within a stage all rollouts have the same age, so an analysis is one draw, one judgement and one step of the automaton
for all that are still in it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from canary_runner.compiling.automaton import DECISIONS, Automaton, SideBySide, compile_automaton
from canary_runner.compiling.laws import arm_law
from canary_runner.compiling.series import BASELINE, CANARY
from canary_runner.controllers.native import position_of
from canary_runner.engines.block import NEVER, Block, Ints, Rows
from canary_runner.engines.draws import draw, no_counts
from canary_runner.engines.streams import Stream
from canary_runner.engines.windows import BothArms, Windows, rows_of
from canary_runner.judges import judge
from canary_runner.model.histogram import coarse_edges_us, fine_edges_us
from canary_runner.model.outcomes import Outcome, Position, State
from canary_runner.model.plan import Plan, StagePlan
from canary_runner.model.policy import LatencyCheck
from canary_runner.scenarios.world import Conditions, Moment
from canary_runner.stats.distinct import distinct_columns

HOLD, ADVANCE, PAUSE, ROLL_BACK = range(len(DECISIONS))


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """One interval and its analysis as a watcher sees them, for all rollouts in the stage.

    A rest is what a gate's approval leaves of an interval: its data count, but nobody analyses them.
    """

    stage: StagePlan
    number: int  # of the analysis, from 1
    is_rest: bool
    at_s: Ints
    is_paused: NDArray[np.bool_]
    conditions: Conditions  # of the first rollout
    interval: BothArms
    window: BothArms  # of a rest: the interval
    edges_us: tuple[int, ...]
    outcomes: NDArray[np.int8]  # (checks, rollouts); no checks in a rest
    states: NDArray[np.int32]  # of the automaton, before
    position: Position  # of those that are not paused
    codes: NDArray[np.int8]  # indices into DECISIONS


Watcher = Callable[[Seen], None]


def stage_edges_us(plan: Plan, stage: StagePlan) -> tuple[int, ...]:
    """Return the latency classes in which a stage draws: fine where percentiles of the two arms are compared."""
    compares = any(isinstance(c, LatencyCheck) and c.over_baseline is not None for c in stage.checks)
    return (fine_edges_us if compares else coarse_edges_us)(plan.edges_us)


class Visit:
    """One stage: the rollouts that are in it, and what they remember."""

    def __init__(self, block: Block, stage: StagePlan, rows: Rows, watcher: Watcher | None) -> None:
        self.block, self.stage, self.rows, self.watcher = block, stage, rows, watcher
        block.entered_at_s[stage.index, rows] = block.clock_s[rows]
        self.entered_s = block.clock_s[rows]
        self.edges_us = stage_edges_us(block.plan, stage)
        self.automaton: Automaton | SideBySide = compile_automaton(stage.rules)
        self.states = self.automaton.start(len(rows))
        self.approved_at_s = np.full(len(rows), NEVER, np.int64)  # a gate's pause ends then
        carried = tuple(rows_of(c, rows) for c in block.carried) if stage.window_is_rollout else None
        self.windows = Windows(stage.window_analyses, carried)  # type: ignore[arg-type]
        self.moments, self.groups = self._moments()
        self.reads_baseline = self.watcher is not None or any(c.over_baseline for c in stage.checks)
        self.gone: list[Rows] = []

    def run(self) -> Rows:
        """Make the stage's analyses until nobody is left in it; return who goes on, in order."""
        number = 0
        while self.rows.size:
            number += 1
            self._let_approved_go(number)
            if self.rows.size:
                self._analyse(number)
        return np.sort(np.concatenate([np.zeros(0, np.intp), *self.gone]))

    def _moments(self) -> tuple[Sequence[Moment], NDArray[np.intp]]:
        """Group the rollouts by what the stage's conditions depend on."""
        pasts = self.block.entered_at_s[: self.stage.index + 1, self.rows]
        first, which = distinct_columns(pasts)
        moments = [self.block.world.moment([int(s) for s in past]) for past in pasts[:, first].T]
        numbers = {moment: i for i, moment in enumerate(dict.fromkeys(moments))}
        return tuple(numbers), np.array([numbers[m] for m in moments], np.intp)[which]

    def _analyse(self, number: int) -> None:
        stage, block = self.stage, self.block
        at_s = self.entered_s + number * stage.check_every_s
        interval = self._interval(number, np.ones(self.rows.size, np.bool_))
        if block.carries:
            block.carry(self.rows, interval, self.edges_us)
        window = self.windows.push(interval)
        outcomes = self._outcomes(window)
        position = position_of(number, stage.analyses)
        is_paused = self.approved_at_s != NEVER
        states, codes = self.automaton.step(position, self.states, outcomes)
        if is_paused.any():
            paused_codes = self.automaton.step(Position.BEFORE_END, self.states, outcomes)[1]
            codes = np.where(is_paused, paused_codes, codes)
        if self.watcher is not None:
            conditions = block.world.conditions(stage, self.moments[self.groups[0]], number)
            self.watcher(
                Seen(
                    stage,
                    number,
                    False,
                    at_s,
                    is_paused,
                    conditions,
                    interval,
                    window,
                    self.edges_us,
                    outcomes,
                    self.states,
                    position,
                    codes,
                )
            )
        self._note_deciding(outcomes, codes)
        self.states = states
        self._move(at_s, codes)

    def _interval(self, number: int, chosen: NDArray[np.bool_], length_s: int | None = None) -> BothArms:
        """Draw what both arms report to some rollouts in the interval before an analysis, group by group."""
        rows, groups = self.rows[chosen], self.groups[chosen]
        if len(self.moments) == 1:
            return self._drawn(self.moments[0], number, rows, length_s)
        classes, size = len(self.edges_us), rows.size
        found = (no_counts(classes, size), no_counts(classes, size))
        for group in sorted(set(groups.tolist())):
            members = np.flatnonzero(groups == group)
            drawn = self._drawn(self.moments[group], number, rows[members], length_s)
            for into, counts in zip(found, drawn, strict=True):
                into.requests[members] = counts.requests
                into.errors[members] = counts.errors
                into.latency[:, members] = counts.latency
        return found

    def _drawn(self, moment: Moment, number: int, rows: Rows, length_s: int | None) -> BothArms:
        block, service = self.block, self.block.plan.service
        conditions = block.world.conditions(self.stage, moment, number, length_s)
        stream = Stream(block.seed, self.stage.index, block.number)
        numbers = block.rows[rows]
        canary_law = arm_law(service, conditions.canary, CANARY, self.edges_us)
        canary = draw(canary_law, stream, number - 1, numbers)
        if not self.reads_baseline or self.stage.traffic == 1:
            return canary, no_counts(len(self.edges_us), len(rows))
        baseline_law = arm_law(service, conditions.baseline, BASELINE, self.edges_us)
        return canary, draw(baseline_law, stream, number - 1, numbers)

    def _outcomes(self, window: BothArms) -> NDArray[np.int8]:
        stage = self.stage
        outcomes = [
            judge(check, *window, self.edges_us, stage.min_canary_requests, stage.traffic < 1) for check in stage.checks
        ]
        return np.array(outcomes, np.int8).reshape(len(stage.checks), self.rows.size)

    def _note_deciding(self, outcomes: NDArray[np.int8], codes: NDArray[np.int8]) -> None:
        """Remember who rolls back: the checks whose tolerance is exceeded, else those that could not be read."""
        rolled = np.flatnonzero(codes == ROLL_BACK)
        if rolled.size:
            exceeded = self.automaton.exceeded(self.states[..., rolled], outcomes[:, rolled])
            unread = (outcomes[:, rolled] == Outcome.INCONCLUSIVE) & ~exceeded.any(axis=0)
            self.block.deciding[: len(exceeded), self.rows[rolled]] = exceeded | unread

    def _move(self, at_s: Ints, codes: NDArray[np.int8]) -> None:
        block, delay_s = self.block, self.block.plan.approval.delay_s
        stays = codes == HOLD
        for code, state in ((ROLL_BACK, State.ROLLED_BACK), (PAUSE, State.PAUSED)):
            chosen = codes == code
            block.end(self.rows[chosen], state, at_s[chosen])
        done = codes == ADVANCE
        block.stages_completed[self.rows[done]] += 1
        if not self.stage.has_gate or delay_s == 0:
            self._leave(done, at_s)
        elif delay_s is None:
            block.end(self.rows[done], State.PAUSED, at_s[done])
        else:
            self.approved_at_s = np.where(done, at_s + delay_s, self.approved_at_s)
            stays |= done
        self._keep(stays)

    def _let_approved_go(self, number: int) -> None:
        """Open the gate for those whose approval comes before the next analysis."""
        due = (self.approved_at_s != NEVER) & (self.approved_at_s < self.entered_s + number * self.stage.check_every_s)
        if due.any():
            self._serve_rest(number, due)
            self._leave(due, self.approved_at_s)
            self._keep(~due)

    def _serve_rest(self, number: int, due: NDArray[np.bool_]) -> None:
        """Count what was served from the last analysis until the approval; it is the same time for all of them."""
        block = self.block
        length_s = (block.plan.approval.delay_s or 0) % self.stage.check_every_s
        if length_s == 0 or not (block.carries or self.watcher):
            return
        interval = self._interval(number, due, length_s)
        if block.carries:
            block.carry(self.rows[due], interval, self.edges_us)
        if self.watcher:
            moment = self.moments[self.groups[due][0]]
            conditions = block.world.conditions(self.stage, moment, number, length_s)
            size = int(due.sum())
            self.watcher(
                Seen(
                    self.stage,
                    number,
                    True,
                    self.approved_at_s[due],
                    np.ones(size, np.bool_),
                    conditions,
                    interval,
                    interval,
                    self.edges_us,
                    np.zeros((0, size), np.int8),
                    self.states[..., due],
                    Position.BEFORE_END,
                    np.zeros(size, np.int8),
                )
            )

    def _leave(self, chosen: NDArray[np.bool_], at_s: Ints) -> None:
        rows = self.rows[chosen]
        self.block.clock_s[rows] = at_s[chosen]
        self.gone.append(rows)

    def _keep(self, stays: NDArray[np.bool_]) -> None:
        if stays.all():
            return
        self.rows, self.entered_s = self.rows[stays], self.entered_s[stays]
        self.states, self.groups = self.states[..., stays], self.groups[stays]
        self.approved_at_s = self.approved_at_s[stays]
        self.windows.keep(stays)
