"""What a simulated rollout did. Counts and integers; reporters make ratios and milliseconds of them."""

from dataclasses import dataclass
from fractions import Fraction

from canary_runner.model.outcomes import Decision, Outcome, State
from canary_runner.model.policy import Policy
from canary_runner.model.scenario import Scenario
from canary_runner.model.service import Service


@dataclass(frozen=True, slots=True)
class ArmMetrics:
    """What one arm reported. Percentiles are None where it reported no request."""

    requests: int
    errors: int
    latency_p50_us: int | None
    latency_p95_us: int | None
    latency_p99_us: int | None


@dataclass(frozen=True, slots=True)
class Exposure:
    """Who met the canary."""

    canary_requests: int  # served, whether reported or not
    extra_errors_expected: Fraction  # canary's true rate minus the other arm's, times the canary's requests
    peak_traffic: Fraction


@dataclass(frozen=True, slots=True)
class Evidence:
    """One limit of one check against one window: the numbers behind an outcome.

    `observed` and `limit` are in `unit`: "ratio" (0..1), "ratio_difference", "factor", "ms" or "count"; `observed` is
    None where there was too little data to read.
    """

    check: str  # the metric
    limit_kind: str  # "max", "max_over_baseline", of a foreign policy "condition"
    outcome: Outcome
    observed: Fraction | None
    limit: Fraction | None  # None where a foreign condition has no number
    unit: str


@dataclass(frozen=True, slots=True)
class Unread(Evidence):
    """A limit that could not be read, and why in words."""

    why: str


@dataclass(frozen=True, slots=True)
class Analysis:
    """One look at the data, with everything that was seen and decided."""

    at_s: int
    stage: str
    number: int  # from 1 within the stage
    state: State  # in which it was made
    window_s: int
    canary: ArmMetrics  # of the window
    baseline: ArmMetrics
    outcomes: tuple[tuple[str, Outcome], ...]  # (check, outcome)
    evidence: tuple[Evidence, ...]
    failures: tuple[tuple[str, str], ...]  # (check, its counter in words: "2 of 3 in a row")
    decision: Decision
    reason: str  # one sentence


@dataclass(frozen=True, slots=True)
class Transition:
    """A change of the state, the stage or the traffic."""

    at_s: int
    source: State
    target: State
    stage: str | None
    traffic: Fraction
    reason: str
    phase: str | None = None  # of a foreign controller, in its words


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a rollout was rolled back or paused."""

    kind: str  # "tolerance_exceeded", "gate", "inconclusive", "held"
    stage: str
    check: str | None
    observed: Fraction | None
    limit: Fraction | None
    unit: str | None
    failures: str | None
    text: str


@dataclass(frozen=True, slots=True)
class StageResult:
    """What became of a stage that was entered."""

    name: str
    traffic: Fraction
    ending: str  # "ADVANCED", "COMPLETED", "PAUSED", "ROLLED_BACK"
    started_at_s: int
    ended_at_s: int
    analyses: int
    failures: int  # analyses in which some check failed
    canary: ArmMetrics
    baseline: ArmMetrics


@dataclass(frozen=True, slots=True)
class RunInputs:
    """What a run was made from, for its readers; files by base name and hash."""

    policy: Policy
    policy_file: str | None
    policy_sha256: str | None
    service: Service
    service_file: str | None
    service_sha256: str | None
    service_is_assumed: bool
    scenario: Scenario
    seed: int
    run: int
    start_at_s: int  # time of day
    approval_delay_s: int | None  # of every gate; None: nobody opens one
    system: str = ""  # of a foreign policy
    further: tuple[tuple[str, str], ...] = ()  # name and hash of the files read beside it


@dataclass(frozen=True, slots=True)
class RunResult:
    """One simulated rollout. Invariant: rollback_triggered == (final_state is ROLLED_BACK)."""

    final_state: State
    stages_completed: int
    canary: ArmMetrics
    baseline: ArmMetrics
    exposure: Exposure
    reason: Reason | None
    simulated_duration_s: int
    stages: tuple[StageResult, ...]
    stages_total: int
    transitions: tuple[Transition, ...]
    analyses: tuple[Analysis, ...]
    inputs: RunInputs

    @property
    def rollback_triggered(self) -> bool:
        """Whether the release was taken back."""
        return self.final_state is State.ROLLED_BACK
