"""What becomes of a healthy release under a machine, sampled: the rollouts that `study --method sample` draws."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from canary_runner.compiling.plan import make_plan
from canary_runner.engines.block import ENDINGS
from canary_runner.engines.machines.walk import walk_machine
from canary_runner.linting.chances import HEALTHY
from canary_runner.model.outcomes import State
from canary_runner.model.plan import Approval
from canary_runner.stats.intervals import wilson

if TYPE_CHECKING:
    from canary_runner.model.foreign import ForeignPolicy
    from canary_runner.model.service import Service

RUNS: Final = 1_000
SEED: Final = 0
Z: Final = 3.0
"""Standard errors that a share must be clear of a limit: by luck alone one in 700 is."""


@dataclass(frozen=True, slots=True)
class Fate:
    """How RUNS healthy releases ended."""

    rolled_back: int
    by_question: tuple[int, ...]  # rolled back, this question among those that decided


def healthy_fate(policy: ForeignPolicy, service: Service) -> Fate:
    """Return how healthy releases end, every gate opened at once."""
    plan = make_plan(policy, service, HEALTHY, approval=Approval(0))
    walks = walk_machine(plan, SEED, 0, np.arange(RUNS, dtype=np.intp))
    rolled = walks.endings == ENDINGS.index(State.ROLLED_BACK)
    assert plan.machine is not None
    asked = len(plan.machine.questions)
    return Fate(int(rolled.sum()), tuple(int((walks.deciding[index] & rolled).sum()) for index in range(asked)))


def is_above(count: int, limit: float) -> bool:
    """Tell whether a share of RUNS is above a limit, clear of luck (Wilson's interval)."""
    return wilson(count, RUNS, Z)[0] > limit
