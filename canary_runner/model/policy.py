"""What a rollout policy says, in plain values: no YAML, no positions, no open defaults."""

from dataclasses import dataclass
from enum import Enum
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Points:
    """A difference of rates to the baseline: `0.5pp` is `Points(Fraction(1, 200))`."""

    difference: Fraction


@dataclass(frozen=True, slots=True)
class Ratio:
    """A ratio to the baseline: `1.2x` is `Ratio(Fraction(6, 5))`."""

    factor: Fraction


@dataclass(frozen=True, slots=True)
class Micros:
    """A latency difference to the baseline: `+50ms` is `Micros(50_000)`."""

    difference_us: int


@dataclass(frozen=True, slots=True)
class ErrorCheck:
    """Is the canary's error rate acceptable? At least one of the two limits is set."""

    metric: str  # always "error_rate"
    max_ratio: Fraction | None  # errors per request; "2%" is Fraction(1, 50)
    over_baseline: Points | Ratio | None
    confidence: Fraction | None = None  # one-sided level per analysis, or None: the point estimate


@dataclass(frozen=True, slots=True)
class LatencyCheck:
    """Is a percentile of the canary's latency acceptable? At least one of the two limits is set."""

    metric: str  # as written: "latency_p99", "latency_p99.9"
    quantile: Fraction  # 0 < quantile < 1
    max_us: int | None  # whole microseconds
    over_baseline: Ratio | Micros | None
    confidence: Fraction | None = None  # only with `max_us` alone


Check = ErrorCheck | LatencyCheck


@dataclass(frozen=True, slots=True)
class Unchecked:
    """A metric that a stage says, with a reason, it does not check."""

    metric: str
    reason: str


@dataclass(frozen=True, slots=True)
class ConsecutiveFailures:
    """Exceeded by the `failures`-th failure in a row."""

    failures: int


@dataclass(frozen=True, slots=True)
class TotalFailures:
    """Exceeded by the `failures`-th failure in the stage."""

    failures: int


@dataclass(frozen=True, slots=True)
class FailuresOfLast:
    """Exceeded by `failures` among the last `of_last` conclusive analyses; 1 <= failures <= of_last."""

    failures: int
    of_last: int


Tolerance = ConsecutiveFailures | TotalFailures | FailuresOfLast


class OnInconclusive(Enum):
    """What an inconclusive analysis at the end of a stage leads to; the values are the policy's words."""

    PAUSE = "pause"
    EXTEND = "extend"
    PROMOTE = "promote"
    ROLL_BACK = "rollback"


class WindowKind(Enum):
    """Where the data that an analysis reads begin; the values are the policy's words."""

    SINCE_LAST_CHECK = "since_last_check"
    STAGE = "stage"
    ROLLOUT = "rollout"
    SLIDING = "sliding"


@dataclass(frozen=True, slots=True)
class Window:
    """The data that an analysis reads; `length_s` only for SLIDING, a whole number of `check_every`."""

    kind: WindowKind
    length_s: int | None = None


@dataclass(frozen=True, slots=True)
class Stage:
    """A period during which the canary keeps a fixed share of the traffic. All defaults are filled in."""

    name: str
    traffic: Fraction  # share of all requests, 0 < traffic <= 1
    duration_s: int  # a whole number of check_every_s
    check_every_s: int
    window: Window
    min_canary_requests: int
    rollback_after: Tolerance
    on_inconclusive: OnInconclusive
    wait_for_approval: bool
    checks: tuple[Check, ...]  # metrics are distinct
    unchecked: tuple[Unchecked, ...]


@dataclass(frozen=True, slots=True)
class Policy:
    """A rollout policy of the native controller; traffic grows from stage to stage."""

    name: str
    description: str
    stages: tuple[Stage, ...]
    rollback_takes_s: int = 0  # from the decision until the canary's traffic is gone; no file says it yet
