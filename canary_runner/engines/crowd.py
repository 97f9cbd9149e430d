"""The rollouts that are in one stage, and what each has brought and remembers."""

import numpy as np
from numpy.typing import NDArray

from canary_runner.engines.block import NEVER, Ints, Rows
from canary_runner.engines.steps import Joint, Single

CROWDED = 0.75
"""As long as this share of the rows is still in the stage, those that have left are drawn along."""


class Crowd:
    """Rows of a stage; those that have left it stay among them until they are many."""

    def __init__(
        self, rows: Rows, clock_s: Ints, groups: NDArray[np.intp] | None, steps: Joint | Single, *, only_inside: bool
    ) -> None:
        """Take the rollouts that enter, and the time of each of the walk; `groups` are their moments, if many.

        With `only_inside` those that leave are dropped at once.
        """
        everybody = len(clock_s)
        self.inside = len(rows)
        self._crowded = 1.0 if only_inside else CROWDED
        if groups is None and self._crowded * everybody <= len(rows) < everybody:
            self.rows = np.arange(everybody)  # a whole block needs no picking of words
            self.is_in = np.zeros(everybody, np.bool_)
            self.is_in[rows] = True
        else:
            self.rows, self.is_in = rows, np.ones(len(rows), np.bool_)
        self.groups = groups
        self.entered_s = clock_s[self.rows]
        self.states = steps.start(len(self.rows))
        self.approved_at_s = np.full(len(self.rows), NEVER, np.int64)  # a gate's pause ends then

    @property
    def is_waiting(self) -> NDArray[np.bool_]:
        """Whether each waits at a gate."""
        found: NDArray[np.bool_] = self.approved_at_s != NEVER
        return found

    @property
    def group(self) -> int:
        """The moment of the first row."""
        return 0 if self.groups is None else int(self.groups[0])

    def forget(self, left: Rows) -> Rows | None:
        """Count rows out. If few remain, drop all others and return which remained."""
        self.is_in[left] = False
        self.inside -= left.size
        if not 0 < self.inside < self._crowded * self.rows.size:
            return None
        stays = np.flatnonzero(self.is_in)
        self.rows, self.entered_s, self.is_in = self.rows[stays], self.entered_s[stays], self.is_in[stays]
        self.states, self.approved_at_s = self.states[..., stays], self.approved_at_s[stays]
        if self.groups is not None:
            self.groups = self.groups[stays]
        return stays

    def become(self, rows: Rows, parents: NDArray[np.intp]) -> None:
        """Let `rows` be in the stage, each a copy of the member of the crowd that `parents` names."""
        self.rows, self.inside = rows, rows.size
        self.is_in = np.ones(rows.size, np.bool_)
        self.entered_s, self.approved_at_s = self.entered_s[parents], self.approved_at_s[parents]
        self.states = self.states[..., parents]
        if self.groups is not None:
            self.groups = self.groups[parents]
