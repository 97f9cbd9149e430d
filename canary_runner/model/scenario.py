"""What a release truly does: the effects of a scenario on the two arms."""

from dataclasses import dataclass
from enum import Enum
from fractions import Fraction


class Change(Enum):
    """How a value changes the normal one: `+2pp` adds, `5x` multiplies, `3%` sets."""

    ADD = "add"
    MULTIPLY = "multiply"
    SET = "set"


@dataclass(frozen=True, slots=True)
class ErrorRateEffect:
    """A change of the error rate; `amount` is a rate, a difference of rates or a factor."""

    change: Change
    amount: Fraction


@dataclass(frozen=True, slots=True)
class LatencyEffect:
    """A change of every request's latency: a factor (MULTIPLY), or microseconds (ADD)."""

    change: Change
    amount: Fraction


@dataclass(frozen=True, slots=True)
class Effect:
    """What happens to one arm, and when. With no time given, from the start and for good."""

    error_rate: ErrorRateEffect | None = None
    latency: LatencyEffect | None = None
    metrics_missing: bool = False  # the arm serves requests and reports none
    starting_after_s: int = 0  # from the start of the rollout
    from_traffic: Fraction | None = None  # from the first moment of the first stage with this share
    ramp_over_s: int = 0  # from no effect to the full one, linearly; missing metrics do not ramp
    lasting_s: int | None = None  # from the effect's start, the ramp included; None: for good


@dataclass(frozen=True, slots=True)
class Scenario:
    """A named truth about a release. `both` acts on the two arms, before `canary` and `baseline`."""

    name: str
    summary: str = ""
    canary: Effect | None = None
    baseline: Effect | None = None
    both: Effect | None = None
