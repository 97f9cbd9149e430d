"""One stage: the rollouts that are in it, what they see, and how they leave it.

Within a stage all rollouts have the same age, so an analysis is one draw, one judgement and one step of the automaton
for all that are still in it. Those that have left are drawn along, unread, until they are many.
"""

from collections import deque

import numpy as np
from numpy.typing import NDArray

from canary_runner.compiling.automaton import ADVANCE, PAUSE, ROLL_BACK
from canary_runner.compiling.series import CANARY
from canary_runner.controllers.native import position_of
from canary_runner.engines.block import ENDINGS, Block, Ints, Rows
from canary_runner.engines.branches import LEFT, Branches, levels
from canary_runner.engines.crowd import Crowd
from canary_runner.engines.foresight import Foresight
from canary_runner.engines.intervals import Intervals
from canary_runner.engines.nearness import nearness
from canary_runner.engines.panel import Panel
from canary_runner.engines.seen import Show, Watcher
from canary_runner.engines.steps import Moved, steps_of
from canary_runner.engines.streams import Purpose, Stream
from canary_runner.engines.windows import BothArms, Windows, rows_of
from canary_runner.model.outcomes import Position, State
from canary_runner.model.plan import StagePlan

NOBODY = np.zeros(0, np.intp)


class Visit:
    """One stage: the rollouts that are in it, and what they remember."""

    def __init__(self, block: Block, stage: StagePlan, rows: Rows, watcher: Watcher | None) -> None:
        self.block, self.stage = block, stage
        self.show = None if watcher is None else Show(watcher, block.program, stage)
        block.entered_at_s[stage.index, rows] = block.clock_s[rows]
        self.moments, groups = block.program.weather.moments(block.entered_at_s[: stage.index + 1, rows])
        self.steps = steps_of(stage.rules)
        only_inside = watcher is not None or block.branches is not None
        self.crowd = Crowd(rows, block.clock_s, groups, self.steps, only_inside=only_inside)
        self.edges_us = block.program.edges_us[stage.index]
        self.windows = Windows(stage.window_analyses, self._carried())
        self.panel = Panel(stage, self.edges_us)
        reads_baseline = watcher is not None or any(c.over_baseline for c in stage.checks)
        stream = Stream(block.seed, stage.index, block.number)
        self.intervals = Intervals(block.program, stage, stream, reads_baseline, block.is_lone)
        self.carries = stage.index < block.program.carries_before
        are_only_judged = stage.window_analyses == 1 and not (only_inside or self.carries)  # what windows hold
        is_simple = bool(stage.checks) and groups is None and not block.is_lone
        self.foresight = Foresight(self.steps, stage.analyses) if are_only_judged and is_simple else None
        delay_s = block.plan.approval.delay_s
        self.waits_s = delay_s if stage.has_gate and delay_s else 0  # at the stage's gate, once it is completed
        self.foreseen: deque[NDArray[np.int8]] = deque()  # outcomes of the next analyses
        self.gone: list[Rows] = []
        self._picked = (NOBODY, NOBODY)

    def run(self) -> Rows:
        """Make the stage's analyses until nobody is left in it; return who goes on, in order."""
        number = 0
        while self.crowd.inside:
            number += 1
            if self.waits_s:
                self._let_approved_go(number)
            if self.crowd.inside:
                self._analyse(number)
        return np.sort(np.concatenate([NOBODY, *self.gone]))

    def _carried(self) -> BothArms | None:
        if not self.stage.window_is_rollout:
            return None
        canary, baseline = (rows_of(counts, self.crowd.rows) for counts in self.block.carried(self.edges_us))
        return canary, baseline

    def _analyse(self, number: int) -> None:
        crowd = self.crowd
        reported = None
        outcomes = self._foreseen(number, self.foresight) if self.foresight else None
        if outcomes is None:
            interval = self._interval(number, None)
            reported = interval, self.windows.push(interval)
            outcomes = self.panel.outcomes(reported[1])
        position = position_of(number, self.stage.analyses)
        states, moved, codes = self._step(position, outcomes)
        if self.show is not None and reported is not None:
            every = np.zeros(crowd.rows.size, np.int8)
            every[moved] = codes
            self.show.analysis(
                number, crowd.entered_s + number * self.stage.check_every_s, crowd.is_waiting,
                self.moments[crowd.group], reported, outcomes, self.steps.numbers(crowd.states), position,
                every,
            )  # fmt: skip
        if moved.size:
            self._note_deciding(outcomes, moved[codes == ROLL_BACK])
        crowd.states = states
        if moved.size:
            self._move(moved, codes, crowd.entered_s[moved] + number * self.stage.check_every_s)
        if self.block.branches is not None:
            self._branch(self.block.branches, number)

    def _foreseen(self, number: int, foresight: Foresight) -> NDArray[np.int8] | None:
        """Return the outcomes of an analysis without its counts, if that is possible and sooner."""
        if not self.foreseen:
            numbers = range(number, number + foresight.analyses(number, self.crowd.inside))
            found = self.intervals.sifted(self.panel, self.moments[0], numbers, self._crowd_in_block())
            if found is None:
                return None
            self.foreseen.extend(found)
        return self.foreseen.popleft()

    def _branch(self, branches: Branches, number: int) -> None:
        """Let the rollouts nearest to a rollback be many, and the others few."""
        crowd, block = self.crowd, self.block
        branches.reap(self.stage.index, block.endings == ENDINGS.index(State.ROLLED_BACK), block.deciding)
        if not crowd.inside:
            return
        left = self.steps.automaton.failures_left(self.steps.numbers(crowd.states))
        window = self.windows.now if self.stage.window_analyses != 1 else None
        near = None if window is None else nearness(self.stage.checks, window[CANARY], self.edges_us[CANARY])
        left_us = np.concatenate([NOBODY, *self.gone])
        members = np.concatenate((crowd.rows, left_us))
        bins = np.concatenate((levels(left, near), np.full(left_us.size, LEFT)))
        stream = Stream(block.seed, self.stage.index, block.number, Purpose.BRANCH)
        rows, parents = branches.chosen(stream, number, members, bins)
        block.copy(rows, members[parents])
        stays = parents < crowd.rows.size
        self.gone = [rows[~stays]]
        crowd.become(rows[stays], parents[stays])
        self.windows.keep(parents[stays])

    def _step(self, position: Position, outcomes: NDArray[np.int8]) -> Moved:
        """Return the states, and who does not stay with the codes of their decisions; who waits only rolls back."""
        crowd = self.crowd
        states, moved, codes = self.steps.step(position, crowd.states, outcomes)
        if self.waits_s and (is_waiting := crowd.is_waiting).any():
            _, waited, waited_codes = self.steps.step(Position.BEFORE_END, crowd.states, outcomes)
            free, waiting = ~is_waiting[moved], is_waiting[waited]
            moved = np.concatenate((moved[free], waited[waiting]))
            codes = np.concatenate((codes[free], waited_codes[waiting]))
        if moved.size and crowd.inside < crowd.rows.size:
            is_in = crowd.is_in[moved]
            moved, codes = moved[is_in], codes[is_in]
        return states, moved, codes

    def _interval(self, number: int, chosen: Rows | None, length_s: int | None = None) -> BothArms:
        """Draw what both arms report to all rows, or to the chosen ones, and let windows of later stages have it."""
        crowd = self.crowd
        rows = crowd.rows if chosen is None else crowd.rows[chosen]
        groups = crowd.groups if chosen is None or crowd.groups is None else crowd.groups[chosen]
        in_block = self._crowd_in_block() if chosen is None else self.block.rows[rows]
        found = self.intervals.draw(self.moments, groups, number, in_block, length_s)
        if self.carries:
            is_in = np.flatnonzero(crowd.is_in if chosen is None else crowd.is_in[chosen])
            self.block.carry(rows[is_in], (rows_of(found[0], is_in), rows_of(found[1], is_in)), self.edges_us)
        return found

    def _crowd_in_block(self) -> Rows:
        """Return the crowd's rows in the block; most analyses have the same crowd as the one before."""
        if self._picked[0] is not self.crowd.rows:
            self._picked = (self.crowd.rows, self.block.rows[self.crowd.rows])
        return self._picked[1]

    def _note_deciding(self, outcomes: NDArray[np.int8], rolled: Rows) -> None:
        """Remember who rolls back: the checks whose tolerance is exceeded, else those that could not be read."""
        if rolled.size:
            found = self.steps.deciding(self.crowd.states[..., rolled], outcomes[:, rolled])
            self.block.deciding[: len(found), self.crowd.rows[rolled]] = found

    def _move(self, moved: Rows, codes: NDArray[np.int8], at_s: Ints) -> None:
        """Let rollouts end, wait or go on."""
        block, crowd = self.block, self.crowd
        for code, state in ((ROLL_BACK, State.ROLLED_BACK), (PAUSE, State.PAUSED)):
            chosen = codes == code
            block.end(crowd.rows[moved[chosen]], state, at_s[chosen])
        is_done = codes == ADVANCE
        done, done_at_s = moved[is_done], at_s[is_done]
        block.stages_completed[crowd.rows[done]] += 1
        if self.waits_s:
            crowd.approved_at_s[done] = done_at_s + self.waits_s
            self._forget(moved[~is_done])
            return
        if self.stage.has_gate and block.plan.approval.delay_s is None:
            block.end(crowd.rows[done], State.PAUSED, done_at_s)
        else:
            self._leave(done, done_at_s)
        self._forget(moved)

    def _let_approved_go(self, number: int) -> None:
        """Open the gate for those whose approval comes before the next analysis."""
        crowd = self.crowd
        at_s = crowd.approved_at_s
        is_due = crowd.is_waiting & (at_s < crowd.entered_s + number * self.stage.check_every_s) & crowd.is_in
        if is_due.any():
            due = np.flatnonzero(is_due)
            self._serve_rest(number, due)
            self._leave(due, at_s[due])
            self._forget(due)

    def _serve_rest(self, number: int, due: Rows) -> None:
        """Count what was served from the last analysis until the approval; it is the same time for all of them."""
        length_s = self.waits_s % self.stage.check_every_s
        if length_s == 0 or not (self.carries or self.show):
            return
        interval = self._interval(number, due, length_s)
        if self.show:
            states = self.steps.numbers(self.crowd.states[..., due])
            moment = self.moments[self.crowd.group]
            self.show.rest(number, self.crowd.approved_at_s[due], moment, length_s, interval, states)

    def _leave(self, chosen: Rows, at_s: Ints) -> None:
        rows = self.crowd.rows[chosen]
        self.block.clock_s[rows] = at_s
        self.gone.append(rows)

    def _forget(self, left: Rows) -> None:
        stays = self.crowd.forget(left)
        if stays is not None:
            self.windows.keep(stays)
            self.foreseen = deque(outcomes[:, stays] for outcomes in self.foreseen)
