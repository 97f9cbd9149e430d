"""What the visits of all stages share: the rollouts of one block, and how far they have come."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from canary_runner.compiling.classes import Edges
from canary_runner.engines.branches import Branches
from canary_runner.engines.draws import no_counts
from canary_runner.engines.program import program_of
from canary_runner.engines.streams import BLOCK, FEW
from canary_runner.engines.windows import BothArms, collapsed
from canary_runner.model.outcomes import State
from canary_runner.model.plan import Plan

Rows = NDArray[np.intp]
Ints = NDArray[np.int64]

ENDINGS = (State.COMPLETED, State.ROLLED_BACK, State.PAUSED)
"""How a walk can end, by its code."""

NEVER = -1


@dataclass(frozen=True, slots=True, eq=False)
class Walks:
    """What became of rollouts; every array has one entry per rollout in its last axis."""

    rows: Ints  # rollout numbers
    endings: NDArray[np.int8]  # indices into ENDINGS
    ended_at_s: Ints
    stages_completed: Ints
    entered_at_s: Ints  # (stages, rollouts); NEVER where a stage was not reached
    deciding: NDArray[np.bool_]  # (checks of the last stage entered, padded; rollouts): who rolled back


class Block:
    """What the visits of all stages share: the rollouts of one block and how far they have come."""

    def __init__(self, plan: Plan, seed: int, number: int, rows: Rows) -> None:
        self.plan, self.seed, self.number, self.rows = plan, seed, number, rows
        self.program = program_of(plan)
        self.is_lone = rows.size <= FEW
        self.clock_s = np.zeros(len(rows), np.int64)
        self.entered_at_s = np.full((len(plan.stages), len(rows)), NEVER, np.int64)
        self.endings = np.zeros(len(rows), np.int8)
        self.stages_completed = np.zeros(len(rows), np.int64)
        self.deciding = np.zeros((max(len(s.checks) for s in plan.stages), len(rows)), np.bool_)
        self.branches: Branches | None = None  # where a rare ending is sought
        self._carried = tuple(no_counts(len(edges), len(rows)) for edges in self._carried_edges_us())

    def end(self, rows: Rows, state: State, at_s: Ints) -> None:
        """Let rollouts end."""
        self.endings[rows] = ENDINGS.index(state)
        self.clock_s[rows] = at_s
        if self.branches is not None:
            self.branches.note_ended(rows)

    def copy(self, onto: Rows, parents: Rows) -> None:
        """Let rollouts be copies of others, up to now."""
        for array in (self.clock_s, self.entered_at_s, self.stages_completed):
            array[..., onto] = array[..., parents]
        self.deciding[:, onto] = False
        for counts in self._carried:
            for array in (counts.requests, counts.errors, counts.latency):
                array[..., onto] = array[..., parents]

    def finish(self, rows: Rows) -> None:
        """Let the rollouts that have left the last stage be completed."""
        self.end(rows, State.COMPLETED, self.clock_s[rows])

    def carry(self, rows: Rows, interval: BothArms, edges_us: tuple[Edges, Edges]) -> None:
        """Add what rollouts report to what they have reported since their start."""
        onto_us = self._carried_edges_us()
        for total, counts, of, onto in zip(self._carried, interval, edges_us, onto_us, strict=True):
            total.requests[rows] += counts.requests
            total.errors[rows] += counts.errors
            total.latency[:, rows] += collapsed(counts, of, onto).latency

    def carried(self, edges_us: tuple[Edges, Edges]) -> BothArms:
        """Return what rollouts have reported since their start, by the classes of a stage."""
        of_us = self._carried_edges_us()
        canary, baseline = (collapsed(*one) for one in zip(self._carried, of_us, edges_us, strict=True))
        return canary, baseline

    def _carried_edges_us(self) -> tuple[Edges, Edges]:
        return self.program.carried_edges_us

    def walks(self) -> Walks:
        """Return what became of all of them."""
        return Walks(
            rows=self.number * BLOCK + self.rows.astype(np.int64),
            endings=self.endings,
            ended_at_s=self.clock_s,
            stages_completed=self.stages_completed,
            entered_at_s=self.entered_at_s,
            deciding=self.deciding,
        )
