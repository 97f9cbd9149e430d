"""Rollouts, one or a million, by the same code: draw, judge, look up, move on.

Rows are rollouts of one block. Within a stage all of them have the same age, so an analysis is one draw, one judgement
and one step of the automaton for all that are still in the stage. A lone run is the same walk with one row, watched.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from canary_runner.compiling.automaton import DECISIONS, Automaton, SideBySide, compile_automaton
from canary_runner.compiling.laws import arm_law
from canary_runner.compiling.series import BASELINE, CANARY
from canary_runner.controllers.native import position_of
from canary_runner.engines.draws import draw, no_counts
from canary_runner.engines.streams import BLOCK, Stream
from canary_runner.engines.windows import BothArms, Windows, collapsed, rows_of
from canary_runner.judges import judge
from canary_runner.judges.counts import ArmCounts
from canary_runner.model.histogram import coarse_edges_us, fine_edges_us
from canary_runner.model.outcomes import Decision, Outcome, Position, State
from canary_runner.model.plan import Plan, StagePlan
from canary_runner.model.policy import LatencyCheck
from canary_runner.scenarios.world import Conditions, Moment, World
from canary_runner.stats.distinct import distinct_columns

Rows = NDArray[np.intp]
Ints = NDArray[np.int64]

ENDINGS = (State.COMPLETED, State.ROLLED_BACK, State.PAUSED)
"""How a walk can end, by its code."""

NEVER = -1
HOLD, ADVANCE, PAUSE, ROLL_BACK = range(len(DECISIONS))


@dataclass(frozen=True, slots=True, eq=False)
class Walks:
    """What became of rollouts; every array has one entry per rollout in its last axis."""

    rows: Ints  # rollout numbers
    endings: NDArray[np.int8]  # indices into ENDINGS
    ended_at_s: Ints
    stages_completed: Ints
    entered_at_s: Ints  # (stages, rollouts); NEVER where a stage was not reached
    deciding: NDArray[np.bool_]  # (checks of the last stage entered, padded; rollouts): who rolled back


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """One analysis as a watcher sees it, for all rollouts in the stage."""

    stage: StagePlan
    number: int  # from 1
    at_s: Ints
    is_paused: NDArray[np.bool_]
    conditions: Conditions  # of the first rollout
    interval: BothArms
    window: BothArms
    edges_us: tuple[int, ...]
    outcomes: NDArray[np.int8]  # (checks, rollouts)
    states: NDArray[np.int32]  # of the automaton, before
    position: Position  # of those that are not paused
    codes: NDArray[np.int8]  # indices into DECISIONS


Watcher = Callable[[Seen], None]


def walk(plan: Plan, seed: int, first: int, count: int) -> Iterator[Walks]:
    """Walk rollouts `first` to `first + count - 1`, block by block."""
    while count > 0:
        block, offset = divmod(first, BLOCK)
        size = min(count, BLOCK - offset)
        yield walk_block(plan, seed, block, np.arange(offset, offset + size))
        first, count = first + size, count - size


def walk_block(plan: Plan, seed: int, block: int, rows: Rows, watcher: Watcher | None = None) -> Walks:
    """Walk some rollouts of one block; with a watcher, the baseline is drawn even where no check reads it."""
    walker = _Walker(plan, seed, block, rows, watcher)
    alive = np.arange(len(rows))
    for stage in plan.stages:
        if alive.size == 0:
            break
        alive = _Visit(walker, stage, alive).run()
    walker.finish(alive)
    return walker.walks()


def stage_edges_us(plan: Plan, stage: StagePlan) -> tuple[int, ...]:
    """Return the latency classes in which a stage draws: fine where percentiles of the two arms are compared."""
    compares = any(isinstance(c, LatencyCheck) and c.over_baseline is not None for c in stage.checks)
    return (fine_edges_us if compares else coarse_edges_us)(plan.edges_us)


class _Walker:
    """What the visits of all stages share: the rollouts of one block and how far they have come."""

    def __init__(self, plan: Plan, seed: int, block: int, rows: Rows, watcher: Watcher | None) -> None:
        self.plan, self.seed, self.block, self.rows, self.watcher = plan, seed, block, rows, watcher
        self.world = World(plan)
        self.clock_s = np.zeros(len(rows), np.int64)
        self.entered_at_s = np.full((len(plan.stages), len(rows)), NEVER, np.int64)
        self.endings = np.zeros(len(rows), np.int8)
        self.stages_completed = np.zeros(len(rows), np.int64)
        self.deciding = np.zeros((max(len(s.checks) for s in plan.stages), len(rows)), np.bool_)
        self.carries = any(s.window_is_rollout for s in plan.stages)
        coarse = len(coarse_edges_us(plan.edges_us))
        self.carried = (no_counts(coarse, len(rows)), no_counts(coarse, len(rows)))

    def end(self, rows: Rows, state: State, at_s: Ints) -> None:
        self.endings[rows] = ENDINGS.index(state)
        self.clock_s[rows] = at_s

    def finish(self, rows: Rows) -> None:
        self.end(rows, State.COMPLETED, self.clock_s[rows])

    def carry(self, rows: Rows, interval: BothArms, edges_us: tuple[int, ...]) -> None:
        onto = coarse_edges_us(self.plan.edges_us)
        for total, counts in zip(self.carried, interval, strict=True):
            total.requests[rows] += counts.requests
            total.errors[rows] += counts.errors
            total.latency[:, rows] += collapsed(counts, edges_us, onto).latency

    def walks(self) -> Walks:
        return Walks(
            rows=self.block * BLOCK + self.rows.astype(np.int64),
            endings=self.endings,
            ended_at_s=self.clock_s,
            stages_completed=self.stages_completed,
            entered_at_s=self.entered_at_s,
            deciding=self.deciding,
        )


class _Visit:
    """One stage: the rollouts that are in it, and what they remember."""

    def __init__(self, walker: _Walker, stage: StagePlan, rows: Rows) -> None:
        self.walker, self.stage, self.rows = walker, stage, rows
        walker.entered_at_s[stage.index, rows] = walker.clock_s[rows]
        self.entered_s = walker.clock_s[rows]
        self.edges_us = stage_edges_us(walker.plan, stage)
        self.automaton: Automaton | SideBySide = compile_automaton(stage.rules)
        self.states = self.automaton.start(len(rows))
        self.approved_at_s = np.full(len(rows), NEVER, np.int64)  # a gate's pause ends then
        carried = tuple(rows_of(c, rows) for c in walker.carried) if stage.window_is_rollout else None
        self.windows = Windows(stage.window_analyses, carried)  # type: ignore[arg-type]
        self.moments, self.groups = self._moments()
        self.reads_baseline = walker.watcher is not None or any(c.over_baseline for c in stage.checks)
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
        pasts = self.walker.entered_at_s[: self.stage.index + 1, self.rows]
        first, which = distinct_columns(pasts)
        moments = [self.walker.world.moment([int(s) for s in past]) for past in pasts[:, first].T]
        numbers = {moment: i for i, moment in enumerate(dict.fromkeys(moments))}
        return tuple(numbers), np.array([numbers[m] for m in moments], np.intp)[which]

    def _analyse(self, number: int) -> None:
        stage, walker = self.stage, self.walker
        at_s = self.entered_s + number * stage.check_every_s
        interval = self._interval(number)
        if walker.carries:
            walker.carry(self.rows, interval, self.edges_us)
        window = self.windows.push(interval)
        outcomes = self._outcomes(window)
        position = position_of(number, stage.analyses)
        is_paused = self.approved_at_s != NEVER
        states, codes = self.automaton.step(position, self.states, outcomes)
        if is_paused.any():
            paused_codes = self.automaton.step(Position.BEFORE_END, self.states, outcomes)[1]
            codes = np.where(is_paused, paused_codes, codes)
        if walker.watcher is not None:
            conditions = walker.world.conditions(stage, self.moments[self.groups[0]], number)
            walker.watcher(
                Seen(stage, number, at_s, is_paused, conditions, interval, window, self.edges_us,
                     outcomes, self.states, position, codes)
            )  # fmt: skip
        self._note_deciding(outcomes, codes)
        self.states = states
        self._move(at_s, codes)

    def _interval(self, number: int) -> BothArms:
        """Draw what both arms report in the interval before an analysis, group by group."""
        if len(self.moments) == 1:
            return self._drawn(self.moments[0], number, self.rows)
        classes, size = len(self.edges_us), self.rows.size
        found = (no_counts(classes, size), no_counts(classes, size))
        for group, moment in enumerate(self.moments):
            members = np.flatnonzero(self.groups == group)
            for into, counts in zip(found, self._drawn(moment, number, self.rows[members]), strict=True):
                into.requests[members] = counts.requests
                into.errors[members] = counts.errors
                into.latency[:, members] = counts.latency
        return found

    def _drawn(self, moment: Moment, number: int, rows: Rows) -> BothArms:
        walker, service = self.walker, self.walker.plan.service
        conditions = walker.world.conditions(self.stage, moment, number)
        stream = Stream(walker.seed, self.stage.index, walker.block)
        numbers = walker.rows[rows]
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
            self.walker.deciding[: len(exceeded), self.rows[rolled]] = exceeded | unread

    def _move(self, at_s: Ints, codes: NDArray[np.int8]) -> None:
        walker, delay_s = self.walker, self.walker.plan.approval.delay_s
        stays = codes == HOLD
        for code, state in ((ROLL_BACK, State.ROLLED_BACK), (PAUSE, State.PAUSED)):
            chosen = codes == code
            walker.end(self.rows[chosen], state, at_s[chosen])
        done = codes == ADVANCE
        walker.stages_completed[self.rows[done]] += 1
        if not self.stage.has_gate or delay_s == 0:
            self._leave(done, at_s)
        elif delay_s is None:
            walker.end(self.rows[done], State.PAUSED, at_s[done])
        else:
            self.approved_at_s = np.where(done, at_s + delay_s, self.approved_at_s)
            stays |= done
        self._keep(stays)

    def _let_approved_go(self, number: int) -> None:
        """Open the gate for those whose approval comes before the next analysis."""
        due = (self.approved_at_s != NEVER) & (self.approved_at_s < self.entered_s + number * self.stage.check_every_s)
        if due.any():
            self._leave(due, self.approved_at_s)
            self._keep(~due)

    def _leave(self, chosen: NDArray[np.bool_], at_s: Ints) -> None:
        rows = self.rows[chosen]
        self.walker.clock_s[rows] = at_s[chosen]
        self.gone.append(rows)

    def _keep(self, stays: NDArray[np.bool_]) -> None:
        if stays.all():
            return
        self.rows, self.entered_s = self.rows[stays], self.entered_s[stays]
        self.states, self.groups = self.states[..., stays], self.groups[stays]
        self.approved_at_s = self.approved_at_s[stays]
        self.windows.keep(stays)


def decision_of(code: int) -> Decision:
    """Return the decision of a code."""
    return DECISIONS[code]


__all__ = ["ENDINGS", "ArmCounts", "Seen", "Walks", "decision_of", "stage_edges_us", "walk", "walk_block"]
