"""One rollout, analysis by analysis, as section 4 of LANGUAGE.md reads."""

import random
from dataclasses import dataclass, field

from canary_runner.model.histogram import fine_edges_us
from canary_runner.model.outcomes import Decision, Outcome, State
from canary_runner.model.policy import (
    ConsecutiveFailures,
    FailuresOfLast,
    LatencyCheck,
    OnInconclusive,
    Policy,
    TotalFailures,
    WindowKind,
)
from canary_runner.model.scenario import Scenario
from canary_runner.model.service import Service
from tests.oracle.judging import is_asked, outcome_of
from tests.oracle.world import draw, requests_between, together, truth_of

EIGHT_O_CLOCK_S = 8 * 3600

GATE, HELD, INCONCLUSIVE, SPENT = "gate", "held", "inconclusive", "tolerance_exceeded"


@dataclass
class OracleResult:
    """What one rollout did. Requests and errors are the reported ones, of the whole rollout."""

    final_state: State = State.PROGRESSING
    ended_at_s: int = 0
    stages_completed: int = 0
    stage_of_decision: int | None = None  # index of the stage that rolled back or paused; None: COMPLETED
    deciding_checks: tuple[str, ...] = ()  # their metrics, in the stage's order; none for a gate
    pause_kind: str | None = None  # GATE, HELD (row 3) or INCONCLUSIVE (row 4); None unless PAUSED
    stage_started_at_s: list[int] = field(default_factory=list)
    stage_ended_at_s: list[int] = field(default_factory=list)  # a gate's pause belongs to its stage
    canary_requests: int = 0
    canary_errors: int = 0
    baseline_requests: int = 0
    baseline_errors: int = 0
    analyses: list[tuple[int, int, tuple[Outcome, ...]]] = field(default_factory=list)  # at_s, stage, outcomes


def rollout(
    policy: Policy,
    service: Service,
    scenario: Scenario,
    seed: int,
    *,
    approval_delay_s: int | None = None,
    start_at_s: int = EIGHT_O_CLOCK_S,
) -> OracleResult:
    """Play one rollout.

    Args:
        approval_delay_s: how long after a gate's pause began it is approved; None: the run stops there.
        start_at_s: time of the day at which the rollout starts, in seconds after midnight.
    """
    return _Rollout(policy, service, scenario, random.Random(seed), approval_delay_s, start_at_s).play()


class _Rollout:
    def __init__(self, policy, service, scenario, rng, approval_delay_s, start_at_s):
        self.policy, self.service, self.rng = policy, service, rng
        self.approval_delay_s, self.start_at_s = approval_delay_s, start_at_s
        self.canary_effects = [effect for effect in (scenario.both, scenario.canary) if effect is not None]
        self.baseline_effects = [effect for effect in (scenario.both, scenario.baseline) if effect is not None]
        checks = [check for stage in policy.stages for check in stage.checks]
        self.edges_us = fine_edges_us(c.max_us for c in checks if isinstance(c, LatencyCheck) and c.max_us is not None)
        self.now_s = 0
        self.intervals = []  # (canary, baseline) as reported, one pair per interval since the rollout's start
        self.result = OracleResult()

    def play(self):
        for index, stage in enumerate(self.policy.stages):
            self.result.stage_started_at_s.append(self.now_s)
            state = self.play_stage(index, stage)
            self.result.stage_ended_at_s.append(self.now_s)
            if state is not State.PROGRESSING:
                self.result.stage_of_decision = index
                return self.ended(state)
        return self.ended(State.COMPLETED)

    def ended(self, state):
        result = self.result
        result.final_state, result.ended_at_s = state, self.now_s
        canary = together(canary for canary, _ in self.intervals)
        baseline = together(baseline for _, baseline in self.intervals)
        result.canary_requests, result.canary_errors = canary.requests, canary.errors
        result.baseline_requests, result.baseline_errors = baseline.requests, baseline.errors
        return result

    def play_stage(self, index, stage):
        """Stay in a stage until it is left; return PROGRESSING if the next one may begin."""
        started_s, first_interval = self.now_s, len(self.intervals)
        checks = [check for check in stage.checks if is_asked(check, stage.traffic)]
        seen = {check.metric: [] for check in checks}  # the outcomes of each check in this stage
        leave_at_s = None  # set when the stage is completed: at once, or when its gate is approved
        while True:
            next_analysis_s = self.now_s + stage.check_every_s
            if leave_at_s is not None and leave_at_s < next_analysis_s:
                self.serve(stage, started_s, leave_at_s)  # the rest of the pause: no analysis is made of it alone
                return State.PROGRESSING

            self.serve(stage, started_s, next_analysis_s)
            canary, baseline = self.window(stage, first_interval)
            for check in checks:
                seen[check.metric].append(
                    outcome_of(check, canary, baseline, stage.min_canary_requests, has_baseline=stage.traffic < 1)
                )
            self.result.analyses.append((self.now_s, index, tuple(outcomes[-1] for outcomes in seen.values())))

            is_paused = leave_at_s is not None
            decision, why, deciding = decide(stage, self.now_s - started_s, seen, is_paused)
            if decision is Decision.ROLL_BACK:
                self.result.deciding_checks = deciding
                return State.ROLLED_BACK
            if decision is Decision.PAUSE:
                self.result.pause_kind, self.result.deciding_checks = why, deciding
                return State.PAUSED
            if decision is Decision.ADVANCE:
                self.result.stages_completed += 1
                leave_at_s = self.now_s
                if stage.wait_for_approval and self.approval_delay_s is None:
                    self.result.pause_kind = GATE
                    return State.PAUSED
                if stage.wait_for_approval:
                    leave_at_s += self.approval_delay_s
            if leave_at_s == self.now_s:
                return State.PROGRESSING

    def serve(self, stage, stage_started_s, until_s):
        """Let time pass to `until_s` and note what both arms report of it."""
        before = requests_between(self.service, self.start_at_s, stage_started_s, self.now_s)
        after = before + requests_between(self.service, self.start_at_s, self.now_s, until_s)
        arms = []
        for share, effects in ((stage.traffic, self.canary_effects), (1 - stage.traffic, self.baseline_effects)):
            truth = truth_of(
                effects, self.service, self.policy.stages, self.result.stage_started_at_s, self.now_s, until_s
            )
            arms.append(draw(self.rng, self.service, truth, share * before, share * after, self.edges_us))
        self.intervals.append(tuple(arms))
        self.now_s = until_s

    def window(self, stage, first_interval):
        """Return what both arms reported in the window of an analysis made now."""
        of_stage = self.intervals[first_interval:]
        match stage.window.kind:
            case WindowKind.SINCE_LAST_CHECK:
                chosen = of_stage[-1:]
            case WindowKind.SLIDING:
                chosen = of_stage[-(stage.window.length_s // stage.check_every_s) :]
            case WindowKind.STAGE:
                chosen = of_stage
            case WindowKind.ROLLOUT:
                chosen = self.intervals
        return together(canary for canary, _ in chosen), together(baseline for _, baseline in chosen)


def decide(stage, age_s, seen, is_paused):
    """Return (decision, why, deciding checks): the first row of the table that fits.

    Args:
        age_s: seconds since the stage began.
        seen: for each check its outcomes in this stage, the newest last.
        is_paused: whether the stage is completed and waits at its gate.
    """
    spent = tuple(metric for metric, outcomes in seen.items() if is_exceeded(stage.rollback_after, outcomes))
    failed = tuple(metric for metric, outcomes in seen.items() if conclusive(outcomes)[-1:] == [Outcome.FAIL])
    unread = tuple(metric for metric, outcomes in seen.items() if outcomes[-1] is Outcome.INCONCLUSIVE)
    hold = Decision.HOLD if age_s < 2 * stage.duration_s else Decision.PAUSE

    if spent:  # row 1
        return Decision.ROLL_BACK, SPENT, spent
    if is_paused or age_s < stage.duration_s:  # row 2
        return Decision.HOLD, None, ()
    if failed:  # row 3
        return hold, HELD, failed
    if unread and stage.on_inconclusive is not OnInconclusive.PROMOTE:  # row 4
        decision = {
            OnInconclusive.PAUSE: Decision.PAUSE,
            OnInconclusive.ROLL_BACK: Decision.ROLL_BACK,
            OnInconclusive.EXTEND: hold,
        }[stage.on_inconclusive]
        return decision, INCONCLUSIVE, unread
    return Decision.ADVANCE, None, ()  # row 5


def conclusive(outcomes):
    return [outcome for outcome in outcomes if outcome is not Outcome.INCONCLUSIVE]


def is_exceeded(tolerance, outcomes):
    """Tell whether a check's outcomes in this stage exceed its tolerance."""
    failed = [outcome is Outcome.FAIL for outcome in conclusive(outcomes)]
    match tolerance:
        case ConsecutiveFailures(failures):
            return len(failed) >= failures and all(failed[-failures:])
        case TotalFailures(failures):
            return sum(failed) >= failures
        case FailuresOfLast(failures, of_last):
            return sum(failed[-of_last:]) >= failures
