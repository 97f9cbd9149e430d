"""AppConfig: a configuration spreads by the clock, then bakes; an alarm rolls it back, and so does one without data.

| # | condition                                                                           | what follows         |
|---|-------------------------------------------------------------------------------------|----------------------|
| 1 | the deployment has ended                                                            | nothing              |
| 2 | a person stops it, or an alarm whose actions are enabled is in ALARM or             | ROLLED_BACK          |
|   | INSUFFICIENT_DATA                                                                   |                      |
| 3 | duration and bake are over                                                          | COMPLETE             |
| 4 | the duration is over                                                                | BAKING               |
| 5 |                                                                                     | DEPLOYING            |

Shares are of the hosts that fetch the configuration, not of requests. How the steps are spaced is documented nowhere:
duration / steps, the first at once, gives the spacing in the predefined names; `step_s` overrides it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from fractions import Fraction
from typing import Final

from canary_runner.controllers.aws.alarms import AlarmState
from canary_runner.controllers.aws.schedule import ALL, Schedule, exponential, linear, percent_at, spaced
from canary_runner.model import outcomes


class Growth(Enum):
    """How the share grows, in upstream's words."""

    LINEAR = "LINEAR"
    EXPONENTIAL = "EXPONENTIAL"


SHARES: Final[Mapping[Growth, Callable[[Fraction], tuple[Fraction, ...]]]] = {
    Growth.LINEAR: linear,
    Growth.EXPONENTIAL: exponential,
}


@dataclass(frozen=True, slots=True)
class Spec:
    """A deployment strategy."""

    growth: Growth
    growth_factor: Fraction  # percent, 1 to 100
    duration_s: Fraction
    bake_s: Fraction = Fraction(0)
    step_s: Fraction | None = None  # from one step to the next; None: the duration divided by the steps

    @property
    def schedule(self) -> Schedule:
        """When which share of the hosts has the new configuration."""
        percents = SHARES[self.growth](self.growth_factor)
        return spaced(percents, self.duration_s / len(percents) if self.step_s is None else self.step_s)


class Phase(Enum):
    """Where a deployment stands, in upstream's words."""

    DEPLOYING = "DEPLOYING"
    BAKING = "BAKING"
    COMPLETE = "COMPLETE"
    ROLLED_BACK = "ROLLED_BACK"


OURS: Final[Mapping[Phase, outcomes.State]] = {
    Phase.DEPLOYING: outcomes.State.PROGRESSING,
    Phase.BAKING: outcomes.State.PROGRESSING,
    Phase.COMPLETE: outcomes.State.COMPLETED,
    Phase.ROLLED_BACK: outcomes.State.ROLLED_BACK,
}
"""Our word for each phase."""


@dataclass(frozen=True, slots=True)
class State:
    """What is in force until the next look."""

    phase: Phase = Phase.DEPLOYING
    percent: Fraction = Fraction(0)  # of the hosts


@dataclass(frozen=True, slots=True)
class Observed:
    """What one look sees."""

    elapsed_s: Fraction  # since the deployment began
    alarms: tuple[AlarmState, ...] = ()  # of the environment, those whose actions are enabled
    is_stopped: bool = False  # by a person


def advance(spec: Spec, state: State, seen: Observed) -> State:
    """Return the state after one look."""
    if state.phase in (Phase.COMPLETE, Phase.ROLLED_BACK):
        return state
    if seen.is_stopped or any(alarm is not AlarmState.OK for alarm in seen.alarms):
        return State(Phase.ROLLED_BACK)
    if seen.elapsed_s < spec.duration_s:
        return replace(state, percent=percent_at(spec.schedule, seen.elapsed_s))
    is_over = seen.elapsed_s >= spec.duration_s + spec.bake_s
    return State(Phase.COMPLETE if is_over else Phase.BAKING, ALL)


def _minutes(growth: Growth, factor: int, duration: int, bake: int) -> Spec:
    return Spec(growth, Fraction(factor), Fraction(60 * duration), Fraction(60 * bake))


PREDEFINED: dict[str, Spec] = {
    "AppConfig.Linear20PercentEvery6Minutes": _minutes(Growth.LINEAR, 20, 30, 30),
    "AppConfig.Canary10Percent20Minutes": _minutes(Growth.EXPONENTIAL, 10, 20, 10),
    "AppConfig.Linear50PercentEvery30Seconds": _minutes(Growth.LINEAR, 50, 1, 1),
    "AppConfig.AllAtOnce": _minutes(Growth.LINEAR, 100, 0, 10),
}
"""The strategies of AWS by their names."""
