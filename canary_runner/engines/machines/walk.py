"""Rollouts under a machine, one or a million, by the same code: wait, draw what is read, ask, look up, move on."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from canary_runner.engines.block import ENDINGS, NEVER, Walks
from canary_runner.engines.identity import Itself
from canary_runner.engines.machines.answers import chosen, edges_of, reader_of
from canary_runner.engines.machines.states import GOES_ON, States
from canary_runner.engines.machines.ticks import Tick, Ticks
from canary_runner.engines.streams import BLOCK
from canary_runner.engines.weather import Weather
from canary_runner.engines.windows import BothArms
from canary_runner.model.machine import Standing
from canary_runner.model.outcomes import State
from canary_runner.model.plan import Plan
from canary_runner.model.query import Sees
from canary_runner.stats.distinct import distinct_columns

Rows = NDArray[np.intp]
Ints = NDArray[np.int64]

HORIZON_S: Final = 7 * 24 * 3600
"""A rollout that nothing has ended by then is told as PAUSED."""

UNASKED: Final = -1


@dataclass(frozen=True, slots=True)
class Looked:
    """One look of a lone rollout: what was asked and answered, and where it led."""

    at_s: int
    before: Standing
    asked: tuple[int, ...]
    letters: tuple[int, ...]
    windows: tuple[BothArms, ...]  # of each question
    are_born: tuple[bool, ...]
    after: Standing


@dataclass(slots=True)
class Record:
    """A lone rollout, as it is watched."""

    looks: list[Looked]
    ticks: list[Tick]
    start: Standing | None = None


class Rig:
    """A plan's machine made ready: what all blocks share. Threads may share it."""

    def __init__(self, plan: Plan) -> None:
        assert plan.machine is not None
        self.plan, self.machine, self.weather = plan, plan.machine, Weather(plan)
        self.states = States(plan.machine)
        questions = plan.machine.questions
        self.edges_us = edges_of(questions)
        self.readers = tuple(reader_of(question, self.edges_us) for question in questions)
        self.lengths = tuple(q.query.window_s // plan.machine.tick_s for q in questions)
        self.reads_baseline = any(q.query.sees is not Sees.CANARY for q in questions)


@lru_cache(maxsize=16)
def _rig(key: Itself[Plan]) -> Rig:
    return Rig(key.value)


def rig_of(plan: Plan) -> Rig:
    """Return the rig of a plan, made once for the plans of late."""
    return _rig(Itself(plan))


def walk_machine(plan: Plan, seed: int, block: int, rows: Rows, record: Record | None = None) -> Walks:
    """Walk some rollouts of one block; with a record, one rollout is watched and its baseline is drawn too."""
    return _Walk(rig_of(plan), seed, block, rows, record).run()


class _Walk:
    """The rollouts of one block, and how far they have come; times are in ticks."""

    def __init__(self, rig: Rig, seed: int, block: int, rows: Rows, record: Record | None) -> None:
        self._rig, self._record, self._block, self._rows = rig, record, block, rows
        size, segments = rows.size, len(rig.machine.segments)
        watched = None if record is None else record.ticks
        reads_baseline = rig.reads_baseline or record is not None
        longest = max(rig.lengths, default=0)
        self._ticks = Ticks(
            rig.weather, rig.edges_us, longest, reads_baseline, rig.reads_baseline, seed, block, rows, watched
        )
        self._numbers = np.zeros(size, np.int64)  # states
        self._entered = np.full((segments, size), NEVER, np.int64)
        self._segments = np.full(size, -1, np.int64)
        self._due = np.zeros(size, np.int64)
        self._endings = np.full(size, ENDINGS.index(State.PAUSED), np.int8)
        self._ended = np.zeros(size, np.int64)
        self._deciding = np.zeros((max(1, len(rig.machine.questions)), size), np.bool_)
        if record is not None:
            record.start = rig.states.standings[0]

    def run(self) -> Walks:
        """Let them all come to their ends."""
        alive = self._moved(np.arange(self._rows.size), 0)
        horizon = HORIZON_S // self._rig.machine.tick_s
        while alive.size:
            due = self._due[alive]
            tick = int(due.min())
            if tick > horizon:
                self._ended[alive] = horizon
                break
            now = alive[due == tick]
            self._look(now, tick, alive)
            gone = self._moved(now, tick)
            if gone.size < now.size:
                is_in = np.zeros(self._rows.size, np.bool_)
                is_in[alive], is_in[now] = True, False
                is_in[gone] = True
                alive = np.flatnonzero(is_in)
        return self._walks()

    def _look(self, now: Rows, tick: int, alive: Rows) -> None:
        """Let the states of those that look now become those that follow."""
        letters = self._letters(now, tick, alive)
        table = np.vstack((self._numbers[now][None], letters))
        first, which = distinct_columns(table)
        states, following = self._rig.states, []
        for number, *said in table[:, first].T.tolist():
            asks = states.asks(number)
            following.append(states.after(number, tuple(said[question] for question in asks)))
        found = np.array(following, np.int64)[which]
        if self._record is not None:
            self._note(int(self._numbers[now[0]]), tick, letters[:, 0], int(found[0]))
        self._numbers[now] = found

    def _letters(self, now: Rows, tick: int, alive: Rows) -> Ints:
        """Return the letters of all questions, shape (questions, rollouts that look); UNASKED where none is asked."""
        letters = np.full((len(self._rig.readers), now.size), UNASKED, np.int64)
        distinct, which = np.unique(self._numbers[now], return_inverse=True)
        asked = [frozenset(self._rig.states.asks(number)) for number in distinct.tolist()]
        if not any(asked):
            return letters
        self._ticks.draw_until(tick, self._entered, alive)
        for question in sorted(frozenset().union(*asked)):
            asks = np.array([question in some for some in asked])[which]
            rows = now[asks]
            window = self._ticks.window(tick, self._rig.lengths[question], rows)
            reader = self._rig.readers[question]
            counts = chosen(reader.question.query, *window)
            letters[question, asks] = reader.letters(counts, self._born(question, rows, tick))
        return letters

    def _born(self, question: int, rows: Rows, tick: int) -> NDArray[np.bool_]:
        """Tell whether there has ever been a request that the question sees.

        What no window reached was not drawn: there, a canary with traffic is taken to have had one.
        """
        if self._rig.readers[question].question.query.sees is not Sees.CANARY:
            return np.ones(rows.size, np.bool_)
        had_traffic = np.zeros(rows.size, np.bool_)
        for segment, entered in zip(self._rig.machine.segments, self._entered[:, rows], strict=True):
            if segment.traffic or segment.copied or segment.synthetic_rps:
                had_traffic |= (entered != NEVER) & (entered < tick - self._ticks.longest)
        return had_traffic | self._ticks.ever(rows)

    def _note(self, number: int, tick: int, letters: Ints, following: int) -> None:
        assert self._record is not None
        rig, row = self._rig, np.zeros(1, np.intp)
        asked = tuple(rig.states.asks(number))
        windows = tuple(self._ticks.window(tick, rig.lengths[question], row) for question in asked)
        born = tuple(bool(self._born(question, row, tick)[0]) for question in asked)
        said = tuple(int(letters[question]) for question in asked)
        before, after = rig.states.standings[number], rig.states.standings[following]
        self._record.looks.append(Looked(tick * rig.machine.tick_s, before, asked, said, windows, born, after))

    def _moved(self, rows: Rows, tick: int) -> Rows:
        """Note what the new states of some rollouts mean, and return those that go on."""
        states, numbers = self._rig.states, self._numbers[rows]
        distinct, which = np.unique(numbers, return_inverse=True)
        segments = states.segments(distinct)[which]
        for segment in range(len(self._entered)):
            enters = rows[(self._segments[rows] < segment) & (segment <= segments)]
            self._entered[segment, enters] = tick
        self._segments[rows] = np.maximum(self._segments[rows], segments)
        self._due[rows] = tick + states.waits_ticks(distinct)[which]
        endings = states.ending_codes(distinct)[which]
        ends = endings != GOES_ON
        self._endings[rows[ends]], self._ended[rows[ends]] = endings[ends], tick
        for number in sorted(set(numbers[ends].tolist())):
            for question in states.standings[number].decided_by:
                self._deciding[question, rows[ends & (numbers == number)]] = True
        stay: Rows = rows[~ends]
        return stay

    def _walks(self) -> Walks:
        tick_s, completed = self._rig.machine.tick_s, self._endings == ENDINGS.index(State.COMPLETED)
        return Walks(
            rows=self._block * BLOCK + self._rows.astype(np.int64),
            endings=self._endings,
            ended_at_s=self._ended * tick_s,
            stages_completed=np.where(completed, len(self._entered), self._segments),
            entered_at_s=np.where(self._entered == NEVER, NEVER, self._entered * tick_s),
            deciding=self._deciding & (self._endings == ENDINGS.index(State.ROLLED_BACK)),
        )


__all__ = ["HORIZON_S", "Looked", "Record", "rig_of", "walk_machine"]
