"""What a policy does, over many rollouts: operating characteristics as estimates."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from operator import attrgetter
from typing import Final

from canary_runner.model.scenario import Scenario
from canary_runner.model.service import Service


class Method(Enum):
    """How a number was obtained."""

    EXACT = "exact"
    SAMPLED = "sampled"
    SPLITTING = "splitting"  # sampled from rollouts that branch where a rollback is near


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number with its interval. Rates are 0..1, times seconds, requests and errors counts.

    Exact numbers lie between `low` and `high` by a numerical bound; all others have a 95 % interval.
    """

    value: float | None  # None: does not apply, for `reason`
    low: float | None
    high: float | None  # None beside a value: without end
    method: Method
    runs: int | None = None  # rollouts behind a number that is not exact
    reason: str | None = None  # why there is no value
    is_infinite: bool = False  # there is no value because it is without end; `low`, if there is one, bounds it

    @property
    def is_absent(self) -> bool:
        """Tell whether nothing has this number."""
        return self.value is None and not self.is_infinite


@dataclass(frozen=True, slots=True)
class Spread:
    """The distribution of a quantity, by two percentiles (nearest rank) and the mean."""

    p50: Estimate
    p95: Estimate
    mean: Estimate


@dataclass(frozen=True, slots=True)
class Toll:
    """A price that a rollout asks of users, given its path: the mean and the 95th percentile over rollouts."""

    mean: Estimate
    p95: Estimate


@dataclass(frozen=True, slots=True)
class Unguarded:
    """What COMPLETED exposes that no stage ever did: the traffic beyond the last stage's, per hour."""

    requests_per_hour: Estimate
    extra_errors_per_hour: Estimate


@dataclass(frozen=True, slots=True)
class DecidedIn:
    """A way to be rolled back: where, and by which checks together."""

    stage: str
    checks: tuple[str, ...]
    probability: Estimate


@dataclass(frozen=True, slots=True)
class Characteristics:
    """What one policy does in one scenario on one service."""

    policy: str
    service: str
    scenario: str
    method: Method  # of the probabilities
    not_exact: str | None  # why the probabilities are sampled; None where they are exact or sampling was asked for
    rollback_probability: Estimate
    completion_probability: Estimate
    pause_probability: Estimate
    false_rollback_probability: Estimate  # before the canary is worse; where it never can be, of all rollbacks
    detection_probability: Estimate  # of a rollback after that; with the false ones they are all
    time_to_rollback_s: Spread
    rollout_duration_s: Spread
    canary_requests: Toll
    extra_errors: Toll
    extra_slow_requests: Toll  # slower than the service's normal p99
    unguarded: Unguarded
    decided_in: tuple[DecidedIn, ...]  # most probable first; they add up to the rollback probability

    def number(self, path: str) -> Estimate:
        """Return the estimate at a path of NUMBERS."""
        found: Estimate = attrgetter(path)(self)
        return found


NUMBERS: Final = (
    "rollback_probability",
    "completion_probability",
    "pause_probability",
    "false_rollback_probability",
    "detection_probability",
    "time_to_rollback_s.p50",
    "time_to_rollback_s.p95",
    "time_to_rollback_s.mean",
    "rollout_duration_s.p50",
    "rollout_duration_s.p95",
    "rollout_duration_s.mean",
    "canary_requests.mean",
    "canary_requests.p95",
    "extra_errors.mean",
    "extra_errors.p95",
    "extra_slow_requests.mean",
    "extra_slow_requests.p95",
    "unguarded.requests_per_hour",
    "unguarded.extra_errors_per_hour",
)
"""Where the numbers of `Characteristics` stand, in the order of the contract: in attributes as in JSON."""


@dataclass(frozen=True, slots=True)
class SweepRequest:
    """Sizes of a change, from the smallest on, each as a scenario."""

    route: str  # "canary.error_rate"
    points: tuple[tuple[str, Scenario], ...]  # as written, and what it makes of the scenario


@dataclass(frozen=True, slots=True)
class SweepPoint:
    """The characteristics at one size of a change."""

    written: str  # as one would `--set` it: "+1.5pp"
    characteristics: Characteristics


@dataclass(frozen=True, slots=True)
class Sweep:
    """How the answer changes with the size of a regression."""

    route: str  # "canary.error_rate"
    points: tuple[SweepPoint, ...]
    smallest_caught: Mapping[str, str | None]  # {"50%": "+0.8pp", ...}: from there on all swept are; None: none is


@dataclass(frozen=True, slots=True)
class Input:
    """A file behind a study, or what stood in for it."""

    name: str
    file: str | None  # base name; None where it was no file
    sha256: str | None
    further: tuple[tuple[str, str], ...] = ()  # name and hash of the files read beside a manifest


PRECISION: Final = 0.005
"""Half the width of the widest 95 % interval of a probability, if nothing else is asked for."""


@dataclass(frozen=True, slots=True)
class StudyOptions:
    """How a study is made. Nothing but `method`, `runs`, the precisions and `seed` touches a sampled number."""

    method: str = "auto"  # "auto": exact where possible, else sampled; "exact" or "sample": nothing else
    runs: int | None = None  # rollouts to sample; None: as many as `precision` asks for
    precision: float | None = None  # half the width of the widest 95 % interval of a chance, 0..1; None: PRECISION
    relative_precision: float | None = None  # instead: half the width of the rollback probability's, as a share of it
    seed: int = 0
    jobs: int = 1  # threads, or the workers of an executor
    start_at_s: int | None = None  # time of day of the start, seconds after midnight; None: 8:00
    approval_delay_s: int | None = 0  # how long a gate waits for its approval; None: for ever


@dataclass(frozen=True, slots=True)
class StudyInputs:
    """All that decides the numbers of a study."""

    policies: tuple[Input, ...]
    services: tuple[tuple[Input, Service], ...]
    service_is_assumed: bool
    scenarios: tuple[Scenario, ...]
    seed: int
    method: str  # as asked: "auto", "exact" or "sample"
    runs: int | None
    precision: float | None  # half the width of the widest 95 % interval of a probability, asked for
    relative_precision: float | None  # of the rollback probability, asked for
    start_at_s: int
    approval_delay_s: int | None


@dataclass(frozen=True, slots=True)
class StudyResult:
    """The answer of a study: one entry per policy, service and scenario, in that order."""

    results: tuple[Characteristics, ...]
    sweeps: tuple[Sweep, ...]  # one per policy and service, if asked for
    inputs: StudyInputs
    is_complete: bool = True  # False: stopped by Ctrl-C; what is finished is here
