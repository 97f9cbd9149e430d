"""CodeDeploy for Lambda and ECS: traffic moves by the clock; alarms stop it.

At every look, the first row that fits decides:

| # | condition                                             | what follows                                           |
|---|-------------------------------------------------------|--------------------------------------------------------|
| 1 | the deployment has ended                              | nothing                                                |
| 2 | a person stops it                                     | Stopped; with DEPLOYMENT_STOP_ON_REQUEST rolled back   |
| 3 | an alarm is in ALARM, or alarms cannot be read and    | Stopped; with DEPLOYMENT_STOP_ON_ALARM rolled back     |
|   | that is not ignored                                   |                                                        |
| 4 | a hook fails                                          | Failed; with DEPLOYMENT_FAILURE rolled back            |
| 5 | all traffic has moved                                 | Succeeded                                              |
| 6 |                                                       | the share of the schedule                              |

Row 3 holds before the first step too, and for all at once. INSUFFICIENT_DATA stops nothing. On Lambda nothing is
watched once all traffic has moved.
"""

from dataclasses import dataclass, replace
from enum import Enum
from fractions import Fraction

from canary_runner.controllers.aws.alarms import AlarmState
from canary_runner.controllers.aws.schedule import ALL, Schedule, Step, linear, percent_at, spaced
from canary_runner.model import outcomes

MINUTE_S = 60


@dataclass(frozen=True, slots=True)
class TimeBasedCanary:
    """A share at once, the rest after the interval."""

    percent: Fraction
    interval_min: Fraction


@dataclass(frozen=True, slots=True)
class TimeBasedLinear:
    """The same share again at the start of every interval."""

    percent: Fraction
    interval_min: Fraction


@dataclass(frozen=True, slots=True)
class AllAtOnce:
    """Everybody at once."""


Routing = TimeBasedCanary | TimeBasedLinear | AllAtOnce


def schedule_of(routing: Routing) -> Schedule:
    """Return when which share of the requests reaches the new version."""
    match routing:
        case TimeBasedCanary(percent, interval_min):
            return Step(Fraction(0), percent), Step(interval_min * MINUTE_S, ALL)
        case TimeBasedLinear(percent, interval_min):
            return spaced(linear(percent), interval_min * MINUTE_S)
        case AllAtOnce():
            return (Step(Fraction(0), ALL),)


class Event(Enum):
    """What rolls a deployment back by itself; the values are upstream's words."""

    FAILURE = "DEPLOYMENT_FAILURE"
    STOP_ON_ALARM = "DEPLOYMENT_STOP_ON_ALARM"
    STOP_ON_REQUEST = "DEPLOYMENT_STOP_ON_REQUEST"


@dataclass(frozen=True, slots=True)
class Spec:
    """A deployment configuration and what its group says of alarms."""

    routing: Routing
    alarms_enabled: bool = True
    ignores_unread_alarms: bool = False
    rolls_back_on: frozenset[Event] = frozenset(Event)  # as SAM sets it; empty: automatic rollback is off


class Phase(Enum):
    """Where a deployment stands, in upstream's words."""

    IN_PROGRESS = "InProgress"
    SUCCEEDED = "Succeeded"
    STOPPED = "Stopped"
    FAILED = "Failed"


@dataclass(frozen=True, slots=True)
class State:
    """What is in force until the next look."""

    phase: Phase = Phase.IN_PROGRESS
    percent: Fraction = Fraction(0)  # of the requests, on the new version
    is_rolled_back: bool = False


@dataclass(frozen=True, slots=True)
class Observed:
    """What one look sees."""

    elapsed_s: Fraction  # since the shift began; below 0 before it
    alarms: tuple[AlarmState | None, ...] = ()  # None: cannot be read
    hook_failed: bool = False  # before or after the traffic
    is_stopped: bool = False  # by a person


def advance(spec: Spec, state: State, seen: Observed) -> State:
    """Return the state after one look."""
    if state.phase is not Phase.IN_PROGRESS:
        return state
    stopped = stop(spec, state, seen)
    if stopped is not None:
        return stopped
    percent = percent_at(schedule_of(spec.routing), seen.elapsed_s)
    return State(Phase.SUCCEEDED if percent == ALL else Phase.IN_PROGRESS, percent)


def stop(spec: Spec, state: State, seen: Observed) -> State | None:
    """Return the state if rows 2 to 4 end a deployment, whatever it moves."""
    if seen.is_stopped:
        return _ended(spec, state, Phase.STOPPED, Event.STOP_ON_REQUEST)
    if spec.alarms_enabled and _alarmed(spec, seen):
        return _ended(spec, state, Phase.STOPPED, Event.STOP_ON_ALARM)
    if seen.hook_failed:
        return _ended(spec, state, Phase.FAILED, Event.FAILURE)
    return None


def _alarmed(spec: Spec, seen: Observed) -> bool:
    return AlarmState.ALARM in seen.alarms or (None in seen.alarms and not spec.ignores_unread_alarms)


def _ended(spec: Spec, state: State, phase: Phase, event: Event) -> State:
    """End; without automatic rollback the traffic stays where it is."""
    if event in spec.rolls_back_on:
        return State(phase, Fraction(0), is_rolled_back=True)
    return replace(state, phase=phase)


def our_state(state: State) -> outcomes.State:
    """Return our word; a deployment that ended with its traffic where it was waits for a person."""
    if state.is_rolled_back:
        return outcomes.State.ROLLED_BACK
    return {
        Phase.IN_PROGRESS: outcomes.State.PROGRESSING,
        Phase.SUCCEEDED: outcomes.State.COMPLETED,
    }.get(state.phase, outcomes.State.PAUSED)


def _canary(interval_min: int) -> Routing:
    return TimeBasedCanary(Fraction(10), Fraction(interval_min))


def _linear(interval_min: int) -> Routing:
    return TimeBasedLinear(Fraction(10), Fraction(interval_min))


PREDEFINED: dict[str, Routing] = {
    "CodeDeployDefault.LambdaCanary10Percent5Minutes": _canary(5),
    "CodeDeployDefault.LambdaCanary10Percent10Minutes": _canary(10),
    "CodeDeployDefault.LambdaCanary10Percent15Minutes": _canary(15),
    "CodeDeployDefault.LambdaCanary10Percent30Minutes": _canary(30),
    "CodeDeployDefault.LambdaLinear10PercentEvery1Minute": _linear(1),
    "CodeDeployDefault.LambdaLinear10PercentEvery2Minutes": _linear(2),
    "CodeDeployDefault.LambdaLinear10PercentEvery3Minutes": _linear(3),
    "CodeDeployDefault.LambdaLinear10PercentEvery10Minutes": _linear(10),
    "CodeDeployDefault.LambdaAllAtOnce": AllAtOnce(),
    "CodeDeployDefault.ECSCanary10Percent5Minutes": _canary(5),
    "CodeDeployDefault.ECSCanary10Percent15Minutes": _canary(15),
    "CodeDeployDefault.ECSLinear10PercentEvery1Minutes": _linear(1),
    "CodeDeployDefault.ECSLinear10PercentEvery3Minutes": _linear(3),
    "CodeDeployDefault.ECSAllAtOnce": AllAtOnce(),
}
"""The configurations of AWS by their names; AWS itself matches them without regard to case."""
