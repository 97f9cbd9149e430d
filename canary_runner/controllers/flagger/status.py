"""Where a Flagger rollout stands: upstream's phase and counters, and the routing in force."""

from dataclasses import dataclass, replace
from enum import Enum

from canary_runner.controllers.flagger.spec import TOTAL_WEIGHT
from canary_runner.model import outcomes


class Phase(Enum):
    """The phase in a Canary's status; the values are upstream's words."""

    INITIALIZED = "Initialized"
    WAITING = "Waiting"
    PROGRESSING = "Progressing"
    WAITING_PROMOTION = "WaitingPromotion"
    PROMOTING = "Promoting"
    FINALISING = "Finalising"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"

    @property
    def is_idle(self) -> bool:
        """Whether only a new revision leads on."""
        return self in (Phase.INITIALIZED, Phase.SUCCEEDED, Phase.FAILED)

    @property
    def is_before_analysis(self) -> bool:
        """Whether a revision that is new still has to be let in."""
        return self.is_idle or self is Phase.WAITING

    @property
    def is_analysing(self) -> bool:
        """Whether metrics are checked and hooks are asked."""
        return self in (Phase.PROGRESSING, Phase.WAITING_PROMOTION)


class Readiness(Enum):
    """What a workload's pods are; the values are the words of the recorded cases."""

    READY = "ready"
    NOT_READY = "not_ready"  # still within the progress deadline
    DEADLINE = "deadline"  # beyond it


@dataclass(frozen=True, slots=True)
class Observed:
    """What one tick sees."""

    metrics: tuple[bool, ...]  # one per metric of the spec: it passes
    hooks: tuple[bool, ...]  # one per hook of the spec: it answered with success
    revision: int  # which template the target has; the one before the first rollout is 0
    canary: Readiness = Readiness.READY
    primary: Readiness = Readiness.READY
    is_suspended: bool = False


@dataclass(frozen=True, slots=True)
class State:
    """What is in force from one tick to the next. Weights are percent; the primary gets the rest."""

    phase: Phase = Phase.INITIALIZED
    weight: int = 0  # routed to the canary; A/B: of the requests that match
    mirrored: bool = False  # requests are copied to the canary
    failed_checks: int = 0
    iterations: int = 0
    status_weight: int = 0  # what the status shows
    is_scaled_up: bool = False  # the canary
    primary_updated: bool = False  # it has the template of this rollout
    applied: int = 0  # the revision that a rollout last began with
    promoted: int = 0  # the revision that last succeeded

    @property
    def new_version_percent(self) -> int:
        """The share of the routed requests that meets the new version once the primary's pods are replaced."""
        return TOTAL_WEIGHT if self.primary_updated else self.weight

    def sees_change(self, revision: int) -> bool:
        """Tell whether a template is news; going back to the promoted one is none."""
        return revision not in (self.applied, self.promoted)


def in_phase(state: State, phase: Phase, iterations: int = 0) -> State:
    """Enter a phase as upstream's status does: only some phases keep what the status shows of the progress."""
    promoted = state.applied if phase is Phase.SUCCEEDED else state.promoted
    if phase in (Phase.PROGRESSING, Phase.WAITING, Phase.PROMOTING):
        return replace(state, phase=phase, promoted=promoted)
    return replace(state, phase=phase, promoted=promoted, status_weight=0, iterations=iterations)


def reset(state: State, phase: Phase, revision: int, status_weight: int = 0) -> State:
    """Enter a phase with every counter at zero, and take the target's template for the one in question."""
    return replace(state, phase=phase, status_weight=status_weight, failed_checks=0, iterations=0, applied=revision)


STATES = {
    Phase.INITIALIZED: outcomes.State.PENDING,
    Phase.WAITING: outcomes.State.PAUSED,
    Phase.PROGRESSING: outcomes.State.PROGRESSING,
    Phase.WAITING_PROMOTION: outcomes.State.PAUSED,
    Phase.PROMOTING: outcomes.State.PROGRESSING,
    Phase.FINALISING: outcomes.State.PROGRESSING,
    Phase.SUCCEEDED: outcomes.State.COMPLETED,
    Phase.FAILED: outcomes.State.ROLLED_BACK,
}
"""Our word for each phase; a failed promotion is the exception."""


def our_state(state: State) -> outcomes.State:
    """Return our word for where a rollout stands.

    Failed once the primary has the new template, nobody is left on the old version and a person must act: nothing was
    rolled back.
    """
    is_left_on_new_version = state.phase is Phase.FAILED and state.primary_updated
    return outcomes.State.PAUSED if is_left_on_new_version else STATES[state.phase]
