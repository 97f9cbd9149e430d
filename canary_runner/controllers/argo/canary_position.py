"""Where a canary of Argo stands for the engines."""

from dataclasses import dataclass, replace

from canary_runner.controllers.argo.canary import Canary
from canary_runner.controllers.argo.rollout import INCONCLUSIVE_EXPERIMENT, INCONCLUSIVE_RUN
from canary_runner.controllers.argo.tracking import Tracked


@dataclass(frozen=True, slots=True)
class Position:
    """Where a rollout stands; seconds are told from now."""

    canary: Canary
    waited_s: int = 0  # in the present step, while it waits for time
    step_run: Tracked | None = None
    background: Tracked | None = None
    has_background: bool = False  # it was created; it is not created again
    moment: int = 0  # of the present step's course: how far its pods are
    moved_s: int = 0  # since the present moment began
    segment: int = 0
    decided_by: tuple[int, ...] = ()
    message: str = ""


def is_held(canary: Canary) -> bool:
    """Tell whether an analysis that could not tell keeps the pods where they are."""
    return bool({INCONCLUSIVE_RUN, INCONCLUSIVE_EXPERIMENT} & set(canary.pause_reasons))


def is_deaf(canary: Canary) -> bool:
    """Tell whether an analysis that could not tell keeps every other one from being read."""
    return INCONCLUSIVE_RUN in canary.pause_reasons


def at(position: Position, canary: Canary) -> Position:
    """Return a rollout that stands elsewhere; a new step has not waited yet."""
    if canary.step == position.canary.step and not canary.is_aborted:
        return replace(position, canary=canary)
    return replace(position, canary=canary, waited_s=0, step_run=None, moment=0, moved_s=0)


def forgetting(position: Position) -> Position:
    """Return a rollout that is over, without what never matters again."""
    return replace(position, waited_s=0, step_run=None, background=None)
