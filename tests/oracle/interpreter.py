"""The oracle: one rollout, played request by request, written from LANGUAGE.md sections 1 and 4 alone.

Slow and obvious on purpose. It shares nothing with the engines but the words of `canary_runner.model`.

The parts, from the bottom up: the world serves requests and keeps what the arms report (`World`), an analysis reads a
window of it (`outcome_of`), the table of LANGUAGE section 4 decides (`decide`), a rollout goes through its stages
(`follow`).
"""

import math
from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from random import Random
from statistics import NormalDist

from canary_runner.model.histogram import fine_edges_us
from canary_runner.model.outcomes import Decision, Outcome, State
from canary_runner.model.policy import (
    Check,
    ConsecutiveFailures,
    ErrorCheck,
    LatencyCheck,
    Micros,
    OnInconclusive,
    Points,
    Policy,
    Ratio,
    Stage,
    Tolerance,
    TotalFailures,
    WindowKind,
)
from canary_runner.model.scenario import Change, Effect, Scenario
from canary_runner.model.service import Arrivals, Service

# --------------------------------------------------------------------------------------------------------- results


@dataclass(frozen=True)
class Analysed:
    """One analysis: when, in which stage (from 0), what every check said, what was decided."""

    at_s: int
    stage: int
    outcomes: dict[str, Outcome]
    decision: Decision


@dataclass
class Path:
    """What the controller did. `final_state` is None until the rollout has ended."""

    final_state: State | None = None
    ended_at_s: int = 0
    stages_completed: int = 0
    stage_of_decision: int | None = None  # the stage in which the rollout was rolled back or paused
    deciding_checks: tuple[str, ...] = ()
    stage_started_at_s: list[int] = field(default_factory=list)
    analyses: list[Analysed] = field(default_factory=list)

    def end(self, state, at_s, stage=None, checks=()):
        self.final_state = state
        self.ended_at_s = at_s
        self.stage_of_decision = stage
        self.deciding_checks = tuple(checks)


@dataclass(frozen=True)
class OracleResult:
    """What a rollout did. Requests and errors are those that the arms reported, data of pauses included."""

    final_state: State
    ended_at_s: int
    stages_completed: int
    stage_of_decision: int | None
    deciding_checks: tuple[str, ...]
    stage_started_at_s: list[int]
    canary_requests: int
    canary_errors: int
    baseline_requests: int
    baseline_errors: int
    analyses: list[Analysed]


def rollout(
    policy: Policy,
    service: Service,
    scenario: Scenario,
    seed: int,
    *,
    approval_delay_s: int | None = None,
    start_at_s: int = 28800,
) -> OracleResult:
    """Play one rollout."""
    world = World(policy, service, scenario, Random(seed), start_at_s)
    path = follow(policy.stages, world, approval_delay_s)
    canary, baseline = pooled([pair for pair, _ in world.intervals])
    return OracleResult(
        final_state=path.final_state,
        ended_at_s=path.ended_at_s,
        stages_completed=path.stages_completed,
        stage_of_decision=path.stage_of_decision,
        deciding_checks=path.deciding_checks,
        stage_started_at_s=path.stage_started_at_s,
        canary_requests=canary.requests,
        canary_errors=canary.errors,
        baseline_requests=baseline.requests,
        baseline_errors=baseline.errors,
        analyses=path.analyses,
    )


# ------------------------------------------------------------------------------------------------------ controller


def follow(stages: tuple[Stage, ...], world, approval_delay_s: int | None) -> Path:
    """Go through the stages. `world` has enter(stage, at_s), serve(begin_s, end_s) and outcomes()."""
    path = Path()
    now = 0
    for index, stage in enumerate(stages):
        path.stage_started_at_s.append(now)
        world.enter(index, now)
        history = {}  # metric -> its outcomes in this stage, in their order
        now = _progress(stage, index, now, history, world, path)
        if path.final_state is None and stage.wait_for_approval:
            now = _wait(stage, index, now, approval_delay_s, history, world, path)
        if path.final_state is not None:
            return path
    path.end(State.COMPLETED, now)
    return path


def _progress(stage, index, now, history, world, path):
    """Analyse until the stage is completed or the rollout ends; return when."""
    entered = now
    while True:
        world.serve(now, now + stage.check_every_s)
        now += stage.check_every_s
        outcomes = _note(world.outcomes(), history)
        decision, checks = decide(stage, now - entered, history)
        path.analyses.append(Analysed(now, index, outcomes, decision))
        if decision is Decision.ROLL_BACK:
            path.end(State.ROLLED_BACK, now, index, checks)
            return now
        if decision is Decision.PAUSE:
            path.end(State.PAUSED, now, index, checks)
            return now
        if decision is Decision.ADVANCE:  # row 5: the stage is completed; its gate, if any, lies behind it
            path.stages_completed += 1
            return now


def _wait(stage, index, now, approval_delay_s, history, world, path):
    """Stand PAUSED at the stage's gate; return the moment of the approval."""
    if approval_delay_s is None:
        path.end(State.PAUSED, now, index)
        return now
    approved_at = now + approval_delay_s
    while now + stage.check_every_s <= approved_at:
        world.serve(now, now + stage.check_every_s)
        now += stage.check_every_s
        outcomes = _note(world.outcomes(), history)
        spent = spent_checks(stage.rollback_after, history)
        path.analyses.append(Analysed(now, index, outcomes, Decision.ROLL_BACK if spent else Decision.HOLD))
        if spent:
            path.end(State.ROLLED_BACK, now, index, spent)
            return now
    if now < approved_at:
        world.serve(now, approved_at)  # requests that no analysis of this stage sees
    return approved_at


def _note(outcomes, history):
    for metric, outcome in outcomes.items():
        history.setdefault(metric, []).append(outcome)
    return outcomes


def decide(stage: Stage, elapsed_s: int, history: dict[str, list[Outcome]]) -> tuple[Decision, list[str]]:
    """The table of LANGUAGE section 4, and the checks that decide. ADVANCE stands for row 5, also after the last."""
    spent = spent_checks(stage.rollback_after, history)
    if spent:  # row 1
        return Decision.ROLL_BACK, spent
    if elapsed_s < stage.duration_s:  # row 2
        return Decision.HOLD, []
    hold = Decision.PAUSE if elapsed_s >= 2 * stage.duration_s else Decision.HOLD
    failed = [metric for metric, seen in history.items() if conclusive(seen)[-1:] == [Outcome.FAIL]]
    if failed:  # row 3
        return hold, failed if hold is Decision.PAUSE else []
    unread = [metric for metric, seen in history.items() if seen[-1] is Outcome.INCONCLUSIVE]
    if unread and stage.on_inconclusive is OnInconclusive.PAUSE:  # row 4
        return Decision.PAUSE, unread
    if unread and stage.on_inconclusive is OnInconclusive.ROLL_BACK:
        return Decision.ROLL_BACK, unread
    if unread and stage.on_inconclusive is OnInconclusive.EXTEND:
        return hold, unread if hold is Decision.PAUSE else []
    return Decision.ADVANCE, []  # row 5, and row 4 with `promote`


def conclusive(seen: list[Outcome]) -> list[Outcome]:
    return [outcome for outcome in seen if outcome is not Outcome.INCONCLUSIVE]


def spent_checks(tolerance: Tolerance, history: dict[str, list[Outcome]]) -> list[str]:
    return [metric for metric, seen in history.items() if is_exceeded(tolerance, seen)]


def is_exceeded(tolerance: Tolerance, seen: list[Outcome]) -> bool:
    """Whether a check has failed once too often, given its outcomes in this stage."""
    counted = conclusive(seen)
    if isinstance(tolerance, ConsecutiveFailures):
        return counted[-tolerance.failures :] == [Outcome.FAIL] * tolerance.failures
    if isinstance(tolerance, TotalFailures):
        return counted.count(Outcome.FAIL) >= tolerance.failures
    return counted[-tolerance.of_last :].count(Outcome.FAIL) >= tolerance.failures


# ---------------------------------------------------------------------------------------------------------- judges


@dataclass
class Arm:
    """What one arm reported: requests, errors, and requests by the upper edge of their latency's class."""

    requests: int = 0
    errors: int = 0
    latencies: Counter = field(default_factory=Counter)

    def percentile_us(self, quantile: Fraction) -> int:
        """Nearest rank: the smallest edge with at least the share `quantile` of the requests at or below it."""
        rank = math.ceil(quantile * self.requests)
        for edge in sorted(self.latencies):
            rank -= self.latencies[edge]
            if rank <= 0:
                return edge
        raise AssertionError("a rank beyond the last request")

    def slower_than(self, limit_us: int) -> int:
        return sum(number for edge, number in self.latencies.items() if edge > limit_us)


def pooled(pairs: list[tuple[Arm, Arm]]) -> tuple[Arm, Arm]:
    """Add up what the two arms reported in several intervals."""
    sums = Arm(), Arm()
    for pair in pairs:
        for total, part in zip(sums, pair, strict=True):
            total.requests += part.requests
            total.errors += part.errors
            total.latencies.update(part.latencies)
    return sums


def asks_comparison(check: Check, traffic: Fraction) -> bool:
    """A comparison needs baseline traffic."""
    return check.over_baseline is not None and traffic < 1


def absolute_limit(check: Check) -> Fraction | int | None:
    return check.max_ratio if isinstance(check, ErrorCheck) else check.max_us


def outcome_of(check: Check, canary: Arm, baseline: Arm, minimum: int, traffic: Fraction) -> Outcome | None:
    """Return what a check says of a window; None if it has nothing to ask."""
    canary_is_enough = canary.requests > 0 and canary.requests >= minimum
    baseline_is_enough = baseline.requests > 0 and baseline.requests >= minimum
    outcomes = []
    if absolute_limit(check) is not None:
        if not canary_is_enough:
            outcomes.append(Outcome.INCONCLUSIVE)
        else:
            outcomes.append(Outcome.FAIL if exceeds_absolute(check, canary) else Outcome.PASS)
    if asks_comparison(check, traffic):
        if not (canary_is_enough and baseline_is_enough):
            outcomes.append(Outcome.INCONCLUSIVE)
        else:
            outcomes.append(Outcome.FAIL if exceeds_baseline(check, canary, baseline) else Outcome.PASS)
    for worst in (Outcome.FAIL, Outcome.INCONCLUSIVE, Outcome.PASS):
        if worst in outcomes:
            return worst
    return None


def exceeds_absolute(check: Check, canary: Arm) -> bool:
    if isinstance(check, ErrorCheck):
        if check.confidence is None:
            return Fraction(canary.errors, canary.requests) > check.max_ratio
        return at_least(canary.errors, canary.requests, check.max_ratio) <= 1 - check.confidence
    if check.confidence is None:
        return canary.percentile_us(check.quantile) > check.max_us
    return at_least(canary.slower_than(check.max_us), canary.requests, 1 - check.quantile) <= 1 - check.confidence


def exceeds_baseline(check: Check, canary: Arm, baseline: Arm) -> bool:
    limit = check.over_baseline
    if isinstance(check, LatencyCheck):
        ours, theirs = canary.percentile_us(check.quantile), baseline.percentile_us(check.quantile)
        if isinstance(limit, Ratio):
            return ours > limit.factor * theirs
        assert isinstance(limit, Micros)
        return ours > theirs + limit.difference_us
    if isinstance(limit, Ratio):
        if check.confidence is None:
            return canary.errors * baseline.requests > limit.factor * baseline.errors * canary.requests
        share = limit.factor * canary.requests / (limit.factor * canary.requests + baseline.requests)
        return at_least(canary.errors, canary.errors + baseline.errors, share) <= 1 - check.confidence
    assert isinstance(limit, Points)
    ours = Fraction(canary.errors, canary.requests)
    theirs = Fraction(baseline.errors, baseline.requests)
    if check.confidence is None:
        return ours - theirs > limit.difference
    score = farrington_manning(ours, canary.requests, theirs, baseline.requests, limit.difference)
    return score >= NormalDist().inv_cdf(float(check.confidence))


@cache
def at_least(successes: int, trials: int, chance: Fraction) -> Fraction:
    """P(Bin(trials, chance) >= successes), exactly."""
    a, b = chance.numerator, chance.denominator
    fewer = sum(math.comb(trials, k) * a**k * (b - a) ** (trials - k) for k in range(successes))
    return 1 - Fraction(fewer, b**trials)


def farrington_manning(p1: Fraction, n1: int, p2: Fraction, n2: int, difference: Fraction) -> float:
    """The score for "p1 - p2 is above `difference`": variance at the rates that fit best with just that difference.

    Farrington and Manning 1990: these rates solve a cubic; its middle root in closed form.
    """
    theta = Fraction(n2, n1)
    a = 1 + theta
    b = -(1 + theta + p1 + theta * p2 + difference * (theta + 2))
    c = difference**2 + difference * (2 * p1 + theta + 1) + p1 + theta * p2
    d = -p1 * difference * (1 + difference)
    v = (b / (3 * a)) ** 3 - b * c / (6 * a**2) + d / (2 * a)
    u = math.copysign(math.sqrt(max(0, (b / (3 * a)) ** 2 - c / (3 * a))), v)
    w = (math.pi + math.acos(max(-1.0, min(1.0, float(v) / u**3)))) / 3 if u else 0.0
    best1 = 2 * u * math.cos(w) - float(b / (3 * a))
    best1 = max(float(max(0, difference)), min(float(min(1, 1 + difference)), best1))
    best2 = best1 - float(difference)
    variance = best1 * (1 - best1) / n1 + best2 * (1 - best2) / n2
    excess = float(p1 - p2 - difference)
    if variance <= 0:
        return math.copysign(math.inf, excess) if excess else 0.0
    return excess / math.sqrt(variance)


# ----------------------------------------------------------------------------------------------------------- world


@dataclass(frozen=True)
class Nature:
    """What is true of one arm during one interval."""

    error_rate: Fraction  # the mean of its seconds
    slowness: tuple[
        tuple[float, float], ...
    ]  # factor of every latency and then shift in microseconds, second by second
    reported: Fraction  # share of its requests that the arm reports


class World:
    """Serves requests interval by interval and keeps what the two arms reported."""

    def __init__(self, policy, service, scenario, dice, start_at_s):
        self.policy, self.service, self.scenario = policy, service, scenario
        self.dice, self.start_at_s = dice, start_at_s
        self.edges = fine_edges_us(
            check.max_us
            for stage in policy.stages
            for check in stage.checks
            if isinstance(check, LatencyCheck) and check.max_us is not None
        )
        self.mu = math.log(service.latency.p50_us)
        self.sigma = math.log(service.latency.p99_us / service.latency.p50_us) / NormalDist().inv_cdf(0.99)
        self.intervals = []  # ((canary, baseline), stage), since the rollout's start
        self.entered = []  # when each stage began

    # What the controller calls.

    def enter(self, index, at_s):
        assert index == len(self.entered)
        self.entered.append(at_s)

    def serve(self, begin_s, end_s):
        """Play the requests of an interval."""
        traffic = self.stage.traffic
        canary = self._report(traffic, self._nature(self.scenario.canary, begin_s, end_s), begin_s, end_s)
        baseline = self._report(1 - traffic, self._nature(self.scenario.baseline, begin_s, end_s), begin_s, end_s)
        self.intervals.append(((canary, baseline), self.index))

    def outcomes(self):
        """Analyse: what every check says of its window, at the end of the latest interval."""
        stage = self.stage
        canary, baseline = pooled(self._window())
        said = {
            check.metric: outcome_of(check, canary, baseline, stage.min_canary_requests, stage.traffic)
            for check in stage.checks
        }
        return {metric: outcome for metric, outcome in said.items() if outcome is not None}

    @property
    def index(self):
        return len(self.entered) - 1

    @property
    def stage(self):
        return self.policy.stages[self.index]

    def _window(self):
        window = self.stage.window
        if window.kind is WindowKind.ROLLOUT:
            return [pair for pair, _ in self.intervals]
        of_stage = [pair for pair, index in self.intervals if index == self.index]
        if window.kind is WindowKind.STAGE:
            return of_stage
        if window.kind is WindowKind.SLIDING:
            return of_stage[-(window.length_s // self.stage.check_every_s) :]
        return of_stage[-1:]

    # Requests.

    def _report(self, share, nature, begin_s, end_s):
        """Draw the requests of one arm, one by one."""
        arm = Arm()
        error_rate = self._drawn_rate(nature.error_rate)
        for _ in range(self._number(share, nature.reported, begin_s, end_s)):
            arm.requests += 1
            if self.dice.random() < error_rate:
                arm.errors += 1
            which = 0 if len(nature.slowness) == 1 else self.dice.randrange(len(nature.slowness))
            factor, shift_us = nature.slowness[which]  # of the second in which it comes
            latency = self.dice.lognormvariate(self.mu, self.sigma) * factor + shift_us
            arm.latencies[self.edges[min(bisect_left(self.edges, latency), len(self.edges) - 1)]] += 1
        return arm

    def _drawn_rate(self, rate):
        rho = self.service.burstiness
        if rho == 0 or rate in (0, 1):
            return float(rate)
        return self.dice.betavariate(float(rate * (1 - rho) / rho), float((1 - rate) * (1 - rho) / rho))

    def _number(self, share, reported, begin_s, end_s):
        """How many requests of an arm are reported in an interval."""
        if self.service.arrivals is Arrivals.CONSTANT:
            entered = self.entered[-1]
            arrived = math.floor(share * self._requests(entered, end_s)) - math.floor(
                share * self._requests(entered, begin_s)
            )
            return math.floor(arrived * reported)
        mean = float(share * self._requests(begin_s, end_s) * reported)
        number, clock = 0, self.dice.expovariate(1)
        while clock < mean:
            number += 1
            clock += self.dice.expovariate(1)
        return number

    def _requests(self, begin_s, end_s):
        """Requests of both arms that are expected between two moments: the integral of the rate."""
        rate, swing = self.service.rate_rps, self.service.daily_swing
        if swing == 0:
            return rate * (end_s - begin_s)
        expected = Fraction(0)
        clock, last = self.start_at_s + begin_s, self.start_at_s + end_s
        while clock < last:
            hour = clock // 3600
            until = min(last, (hour + 1) * 3600)
            expected += rate * (until - clock) * (1 + swing * hourly_sine(hour % 24))
            clock = until
        return expected

    # Effects.

    def _nature(self, own: Effect | None, begin_s, end_s) -> Nature:
        """The normal arm, changed by `both` and then by the arm's own effect, second by second."""
        effects = [effect for effect in (self.scenario.both, own) if effect is not None]
        seconds = range(begin_s, end_s) if effects else range(begin_s, begin_s + 1)
        rates, slowness = zip(*(self._at(effects, second) for second in seconds), strict=True)
        assert all(0 <= rate <= 1 for rate in rates)
        silent = [effect for effect in effects if effect.metrics_missing]
        missing = sum(any(self._is_on(effect, t) for effect in silent) for t in range(begin_s, end_s))
        if len(set(slowness)) == 1:
            slowness = slowness[:1]
        return Nature(sum(rates) / len(rates), slowness, 1 - Fraction(missing, end_s - begin_s))

    def _at(self, effects, second):
        """The error rate and the slowness in the middle of a second."""
        rate, factor, shift = self.service.error_rate, Fraction(1), Fraction(0)
        for effect in effects:
            strength = self._strength(effect, second)
            if effect.error_rate is not None:
                rate = changed(rate, effect.error_rate, strength)
            if effect.latency is not None and effect.latency.change is Change.MULTIPLY:
                grown = 1 + strength * (effect.latency.amount - 1)
                factor, shift = factor * grown, shift * grown
            elif effect.latency is not None:
                shift += strength * effect.latency.amount
        return rate, (float(factor), float(shift))

    def _strength(self, effect, second):
        """The strength in the middle of a second."""
        if not self._is_on(effect, second):
            return 0
        halves = 2 * (second - self._onset(effect)) + 1
        if halves >= 2 * effect.ramp_over_s:
            return 1
        return Fraction(halves, 2 * effect.ramp_over_s)

    def _is_on(self, effect, second):
        onset = self._onset(effect)
        if onset is None or second < onset:
            return False
        return effect.lasting_s is None or second < onset + effect.lasting_s

    def _onset(self, effect):
        """When the effect starts; None if it has not been let loose yet."""
        if effect.from_traffic is None:
            return effect.starting_after_s
        for stage, entered in zip(self.policy.stages, self.entered, strict=False):
            if stage.traffic >= effect.from_traffic:
                return max(effect.starting_after_s, entered)
        return None


def changed(rate, effect, strength):
    """An error rate under an effect of some strength."""
    if effect.change is Change.ADD:
        return rate + strength * effect.amount
    if effect.change is Change.MULTIPLY:
        return rate * (1 + strength * (effect.amount - 1))
    return rate + strength * (effect.amount - rate)


@cache
def hourly_sine(hour: int) -> Fraction:
    """The sine of the daily swing in a clock hour, to twelve decimals: at its mean and rising at eight o'clock."""
    return Fraction(round(10**12 * math.sin(2 * math.pi * (hour - 8) / 24)), 10**12)
