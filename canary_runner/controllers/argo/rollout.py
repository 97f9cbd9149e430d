"""The phase of a rollout, and what follows from the phase of an analysis, experiment or plugin run."""

from dataclasses import dataclass
from enum import Enum

from canary_runner.controllers.argo.phases import Phase

INCONCLUSIVE_RUN = "InconclusiveAnalysisRun"
INCONCLUSIVE_EXPERIMENT = "InconclusiveExperiment"
CANARY_PAUSE_STEP = "CanaryPauseStep"
ABORTED = "RolloutAborted"
TIMED_OUT = "ProgressDeadlineExceeded"


class RolloutPhase(Enum):
    """What upstream shows of a rollout."""

    HEALTHY = "Healthy"
    PROGRESSING = "Progressing"
    PAUSED = "Paused"
    DEGRADED = "Degraded"


class Strategy(Enum):
    """How a rollout replaces pods."""

    BASIC_CANARY = "canary-basic"  # traffic follows pods
    ROUTED_CANARY = "canary-routed"
    BLUE_GREEN = "blueGreen"


@dataclass(frozen=True, slots=True)
class Status:
    """All that a rollout's phase is read from; revisions are hashes of pod templates."""

    strategy: Strategy = Strategy.BASIC_CANARY
    has_invalid_spec: bool = False
    progressing_reason: str = ""
    is_paused: bool = False  # spec.paused, by hand
    pause_reasons: tuple[str, ...] = ()
    is_restarting: bool = False
    wanted_replicas: int = 1
    replicas: int = 0  # of all revisions
    updated_replicas: int = 0
    available_replicas: int = 0
    current: str = ""
    stable: str = ""
    active: str = ""  # what the active service selects, blueGreen


def phase(status: Status) -> RolloutPhase:
    """Return a rollout's phase: Degraded outranks Paused, Paused outranks Progressing."""
    if status.has_invalid_spec or status.progressing_reason in (ABORTED, TIMED_OUT):
        return RolloutPhase.DEGRADED
    if status.is_paused or status.pause_reasons:
        return RolloutPhase.PAUSED
    pods_missing = status.updated_replicas < status.wanted_replicas
    if status.is_restarting or pods_missing or status.available_replicas < status.updated_replicas:
        return RolloutPhase.PROGRESSING
    return RolloutPhase.PROGRESSING if _is_under_way(status) else RolloutPhase.HEALTHY


def _is_under_way(status: Status) -> bool:
    """Tell whether something but pods is missing: the cutover, old pods' end, or the promotion."""
    if status.strategy is Strategy.BLUE_GREEN and (status.active == "" or status.active != status.current):
        return True
    if status.strategy is Strategy.BASIC_CANARY and status.replicas > status.updated_replicas:
        return True
    return status.stable == "" or status.stable != status.current


class Place(Enum):
    """Where in a rollout something runs that has a phase."""

    STEP = "step"
    BACKGROUND = "background"
    PRE_PROMOTION = "prePromotion"
    POST_PROMOTION = "postPromotion"
    EXPERIMENT = "experiment"
    PLUGIN = "plugin"


class Action(Enum):
    """What the rollout does next."""

    WAIT = "wait"
    NO_EFFECT = "no effect"
    NEXT_STEP = "next step"
    PAUSE = "pause"
    ABORT = "abort"
    RETRY = "retry with back-off"


class Active(Enum):
    """Where an abort leaves the active service of a blueGreen rollout."""

    NEVER_SWITCHED = "active service never switched"
    BACK_TO_STABLE = "active service goes back to stable"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What follows from a run's phase."""

    action: Action
    pause_reason: str = ""
    active: Active | None = None
    is_over: bool = False  # the run has ended and is not started again: what comes later is not watched by it


ON_SUCCESS = {Place.BACKGROUND: Verdict(Action.NO_EFFECT, is_over=True)}
ON_RUNNING = {Place.BACKGROUND: Verdict(Action.NO_EFFECT)}
ON_ERROR = {Place.PLUGIN: Verdict(Action.RETRY)}
ABORTS = {
    Place.PRE_PROMOTION: Verdict(Action.ABORT, active=Active.NEVER_SWITCHED),
    Place.POST_PROMOTION: Verdict(Action.ABORT, active=Active.BACK_TO_STABLE),
}


def verdict(place: Place, found: Phase) -> Verdict:
    """Return what a rollout does about the phase of a run at a place."""
    match found:
        case Phase.SUCCESSFUL:
            return ON_SUCCESS.get(place, Verdict(Action.NEXT_STEP))
        case Phase.RUNNING | Phase.PENDING:
            return ON_RUNNING.get(place, Verdict(Action.WAIT))
        case Phase.INCONCLUSIVE:
            reason = INCONCLUSIVE_EXPERIMENT if place is Place.EXPERIMENT else INCONCLUSIVE_RUN
            return Verdict(Action.PAUSE, reason)
        case Phase.ERROR if place in ON_ERROR:
            return ON_ERROR[place]
        case _:
            return ABORTS.get(place, Verdict(Action.ABORT))
