"""The oracle and the engine, on small worlds that between them use every rule of LANGUAGE section 4.

Each world is played some hundred times by the oracle and 8,192 times by the engine; the means of everything that both
can tell are compared: endings, who decided in which stage, stages entered and completed, the end, requests, errors.

False alarms: the seeds are fixed, so a test that passes keeps passing. With fresh seeds, each of some 240 comparisons
at |z| < 5 would be wrong once in 1.7 million if it were normal; a frequency is compared only where at least ten cases
are expected or found, and then its skew makes that at worst about one in 50,000 (Poisson, mean 10). In all less than
one in 200.
"""

from dataclasses import dataclass
from fractions import Fraction as F
from functools import cache
from math import inf, sqrt
from statistics import fmean, pvariance

import numpy as np
import pytest

from canary_runner.engines.streams import BLOCK
from canary_runner.engines.walk import ENDINGS, walk_block
from canary_runner.model.outcomes import Decision, Outcome, State
from canary_runner.model.policy import (
    ConsecutiveFailures,
    ErrorCheck,
    FailuresOfLast,
    LatencyCheck,
    Micros,
    OnInconclusive,
    Points,
    Policy,
    Ratio,
    TotalFailures,
    Window,
    WindowKind,
)
from canary_runner.model.scenario import Change, Effect, ErrorRateEffect, LatencyEffect, Scenario
from canary_runner.model.service import Arrivals, Service
from tests.builders import plan, policy, service, stage
from tests.oracle import interpreter

pytestmark = pytest.mark.slow

ENGINE_RUNS = 8192
BOUND = 5

SINCE = Window(WindowKind.SINCE_LAST_CHECK)
STAGE = Window(WindowKind.STAGE)
ROLLOUT = Window(WindowKind.ROLLOUT)


def sliding(seconds):
    return Window(WindowKind.SLIDING, seconds)


def errors(max_ratio=None, over=None, confidence=None):
    return ErrorCheck("error_rate", max_ratio, over, confidence)


def latency(percent, max_us=None, over=None, confidence=None):
    return LatencyCheck(f"latency_p{percent}", F(percent, 100), max_us, over, confidence)


def plus(points, **given):
    return Effect(ErrorRateEffect(Change.ADD, F(points) / 100), **given)


@dataclass(frozen=True)
class Tried:
    """A world small enough for the oracle."""

    policy: Policy
    service: Service
    scenario: Scenario
    approval_delay_s: int | None = None
    start_at_s: int = 28800
    runs: int = 600


def stages(*percents, gate=None, **given):
    """Return stages that differ in their traffic only; the one numbered `gate` has a gate."""
    fields = {"check_every_s": 30, "duration_s": 90} | given
    return policy(*(stage(f"at {p}", p, wait_for_approval=i == gate, **fields) for i, p in enumerate(percents)))


WORLDS = {
    "consecutive failures since the last check": Tried(
        stages(
            20,
            60,
            duration_s=150,
            min_canary_requests=10,
            rollback_after=ConsecutiveFailures(2),
            checks=(errors(F(1, 10)), latency(90, 250_000)),
        ),
        service(rate_rps=F(2), error_rate=F(1, 50)),
        Scenario("x", canary=plus(4)),
    ),
    "total failures, sliding, points, all traffic": Tried(
        stages(
            30,
            70,
            100,
            duration_s=120,
            window=sliding(60),
            min_canary_requests=25,
            rollback_after=TotalFailures(3),
            on_inconclusive=OnInconclusive.EXTEND,
            checks=(errors(F(1, 10), Points(F(1, 40))), latency(50, None, Ratio(F(6, 5)))),
        ),
        service(rate_rps=F(3), error_rate=F(1, 25)),
        Scenario("x", canary=plus(1)),
    ),
    "failures of the last, ratio": Tried(
        stages(
            25,
            50,
            duration_s=240,
            window=SINCE,
            min_canary_requests=20,
            rollback_after=FailuresOfLast(2, 3),
            on_inconclusive=OnInconclusive.PROMOTE,
            checks=(errors(None, Ratio(F(2))),),
        ),
        service(rate_rps=F(3), error_rate=F(1, 20)),
        Scenario("x", canary=plus(2)),
        runs=1500,
    ),
    "rollout, a gate opened at an analysis": Tried(
        stages(
            20,
            50,
            gate=0,
            window=ROLLOUT,
            min_canary_requests=20,
            rollback_after=ConsecutiveFailures(2),
            on_inconclusive=OnInconclusive.EXTEND,
            checks=(errors(F(1, 20)), latency(95, 320_000)),
        ),
        service(rate_rps=F(5), error_rate=F(1, 40)),
        Scenario("x", canary=plus(1)),
        approval_delay_s=60,
    ),
    "latency against the baseline": Tried(
        stages(
            40,
            60,
            min_canary_requests=30,
            rollback_after=ConsecutiveFailures(2),
            checks=(latency(90, None, Ratio(F(13, 10))), latency(50, None, Micros(10_000))),
        ),
        service(rate_rps=F(3)),
        Scenario("x", canary=Effect(latency=LatencyEffect(Change.ADD, F(5000)))),
        runs=1500,
    ),
    "confidence of absolute limits": Tried(
        stages(
            30,
            60,
            window=sliding(60),
            min_canary_requests=5,
            on_inconclusive=OnInconclusive.PROMOTE,
            rollback_after=ConsecutiveFailures(2),
            checks=(errors(F(1, 50), None, F(9, 10)), latency(95, 250_000, None, F(19, 20))),
        ),
        service(rate_rps=F(4), error_rate=F(1, 40)),
        Scenario("x", canary=plus(1)),
    ),
    "confidence of a ratio": Tried(
        stages(
            40,
            60,
            window=STAGE,
            rollback_after=ConsecutiveFailures(1),
            min_canary_requests=1,
            checks=(errors(None, Ratio(F(3, 2)), F(9, 10)),),
        ),
        service(rate_rps=F(5), error_rate=F(1, 20)),
        Scenario("x", canary=plus(5)),
    ),
    "confidence of points": Tried(
        stages(
            20,
            50,
            duration_s=180,
            rollback_after=TotalFailures(2),
            checks=(errors(F(1, 5), Points(F(1, 50)), F(9, 10)),),
        ),
        service(rate_rps=F(5), error_rate=F(1, 20)),
        Scenario("x", canary=plus(4)),
    ),
    "constant arrivals": Tried(
        stages(
            20,
            50,
            min_canary_requests=25,
            rollback_after=ConsecutiveFailures(2),
            on_inconclusive=OnInconclusive.PROMOTE,
            checks=(errors(F(1, 25), Ratio(F(2))), latency(90, 240_000)),
        ),
        service(rate_rps=F(25, 6), arrivals=Arrivals.CONSTANT, error_rate=F(1, 40)),
        Scenario("x", baseline=plus(1)),
    ),
    "bursts": Tried(
        stages(
            25,
            50,
            window=STAGE,
            min_canary_requests=35,
            rollback_after=TotalFailures(2),
            on_inconclusive=OnInconclusive.ROLL_BACK,
            checks=(errors(F(1, 10), Points(F(1, 25))),),
        ),
        service(rate_rps=F(4), error_rate=F(1, 20), burstiness=F(1, 50)),
        Scenario("x", canary=plus(1)),
    ),
    "a daily swing": Tried(
        stages(
            30,
            60,
            check_every_s=1500,
            duration_s=6000,
            min_canary_requests=45,
            rollback_after=ConsecutiveFailures(2),
            on_inconclusive=OnInconclusive.EXTEND,
            window=SINCE,
            checks=(errors(F(1, 20)), latency(90, 300_000)),
        ),
        service(rate_rps=F(1, 8), error_rate=F(1, 30), daily_swing=F(4, 5)),
        Scenario("x", canary=plus(1)),
        start_at_s=18 * 3600 + 1234,
    ),
    "a daily swing of constant arrivals": Tried(
        stages(
            30,
            60,
            check_every_s=1500,
            duration_s=6000,
            min_canary_requests=17,
            rollback_after=ConsecutiveFailures(2),
            on_inconclusive=OnInconclusive.PROMOTE,
            window=sliding(3000),
            checks=(errors(F(1, 20), Points(F(1, 50))),),
        ),
        service(rate_rps=F(1, 8), error_rate=F(1, 30), daily_swing=F(4, 5), arrivals=Arrivals.CONSTANT),
        Scenario("x", canary=plus(1)),
        start_at_s=18 * 3600 + 1234,
    ),
    "ramps, from a share of traffic, both arms": Tried(
        stages(
            20,
            40,
            60,
            window=sliding(60),
            rollback_after=ConsecutiveFailures(2),
            min_canary_requests=10,
            on_inconclusive=OnInconclusive.EXTEND,
            checks=(errors(F(1, 5), Ratio(F(4))), latency(75, 200_000)),
        ),
        service(rate_rps=F(4), error_rate=F(1, 25)),
        Scenario(
            "x",
            canary=Effect(
                ErrorRateEffect(Change.MULTIPLY, F(3)),
                LatencyEffect(Change.MULTIPLY, F(3, 2)),
                starting_after_s=25,
                from_traffic=F(3, 10),
                ramp_over_s=100,
                lasting_s=135,
            ),
            both=Effect(
                ErrorRateEffect(Change.SET, F(1, 8)),
                LatencyEffect(Change.ADD, F(20_000)),
                starting_after_s=100,
                ramp_over_s=40,
                lasting_s=70,
            ),
        ),
    ),
    "missing data": Tried(
        stages(
            30,
            60,
            duration_s=150,
            min_canary_requests=20,
            rollback_after=FailuresOfLast(2, 3),
            on_inconclusive=OnInconclusive.EXTEND,
            checks=(errors(F(8, 100), Points(F(3, 50))), latency(90, None, Ratio(F(2)))),
        ),
        service(rate_rps=F(3), error_rate=F(1, 25)),
        Scenario(
            "x",
            canary=plus(2, metrics_missing=True, starting_after_s=50, lasting_s=35),
            baseline=Effect(metrics_missing=True, from_traffic=F(1, 2), starting_after_s=170, lasting_s=40),
        ),
    ),
    "missing data of constant arrivals": Tried(
        stages(
            30,
            60,
            duration_s=150,
            min_canary_requests=20,
            rollback_after=TotalFailures(2),
            on_inconclusive=OnInconclusive.EXTEND,
            checks=(errors(F(8, 100), Points(F(3, 50))),),
        ),
        service(rate_rps=F(3), error_rate=F(1, 20), arrivals=Arrivals.CONSTANT),
        Scenario(
            "x",
            canary=plus(2, metrics_missing=True, starting_after_s=50, lasting_s=13),
            both=Effect(metrics_missing=True, starting_after_s=57, lasting_s=17),
        ),
    ),
    "a gate opened between analyses": Tried(
        stages(
            20,
            50,
            gate=0,
            window=STAGE,
            min_canary_requests=10,
            rollback_after=ConsecutiveFailures(2),
            on_inconclusive=OnInconclusive.EXTEND,
            checks=(errors(F(1, 12), Ratio(F(3))),),
        ),
        service(rate_rps=F(4), error_rate=F(1, 30)),
        Scenario(
            "x",
            canary=plus(5, from_traffic=F(1, 2), ramp_over_s=60),
            both=plus(4, starting_after_s=100, lasting_s=80),
        ),
        approval_delay_s=100,
    ),
    "a gate opened between analyses, rollout": Tried(
        stages(
            30,
            60,
            gate=0,
            window=ROLLOUT,
            min_canary_requests=20,
            rollback_after=ConsecutiveFailures(1),
            on_inconclusive=OnInconclusive.EXTEND,
            checks=(errors(F(1, 12)),),
        ),
        service(rate_rps=F(4), error_rate=F(1, 25)),
        Scenario("x", canary=plus(30, starting_after_s=91, lasting_s=28)),
        approval_delay_s=29,
    ),
}


# ---------------------------------------------------------------------------------------------------- comparison


@dataclass(frozen=True)
class Estimate:
    """A mean over rollouts."""

    mean: float
    variance: float
    runs: int
    is_frequency: bool


def frequency(cases, runs):
    return Estimate(cases / runs, cases / runs * (1 - cases / runs), runs, True)


def mean(values):
    return Estimate(fmean(values), pvariance(values), len(values), False)


COUNTS = ("canary_requests", "canary_errors", "baseline_requests", "baseline_errors")


def by_oracle(tried: Tried) -> dict[object, Estimate]:
    results = [
        interpreter.rollout(
            tried.policy,
            tried.service,
            tried.scenario,
            seed,
            approval_delay_s=tried.approval_delay_s,
            start_at_s=tried.start_at_s,
        )
        for seed in range(tried.runs)
    ]
    found: dict[object, Estimate] = {
        "end": mean([r.ended_at_s for r in results]),
        "stages completed": mean([r.stages_completed for r in results]),
    }
    for state in ENDINGS:
        found[state.name] = frequency(sum(r.final_state is state for r in results), tried.runs)
    for index, one in enumerate(tried.policy.stages):
        entered = [r for r in results if len(r.stage_started_at_s) > index]
        found["entered", index] = frequency(len(entered), tried.runs)
        found["entered at", index] = mean([(r.stage_started_at_s + [-1] * index)[index] for r in results])
        for check in one.checks:
            cases = sum(
                r.final_state is State.ROLLED_BACK
                and r.stage_of_decision == index
                and check.metric in r.deciding_checks
                for r in results
            )
            found["decided", index, check.metric] = frequency(cases, tried.runs)
    for name in COUNTS:
        found[name] = mean([getattr(r, name) for r in results])
    return found


@cache
def by_engine(name: str) -> dict[object, Estimate]:
    tried = WORLDS[name]
    subject = plan(
        tried.policy,
        tried.service,
        tried.scenario,
        approval_delay_s=tried.approval_delay_s,
        start_at_s=tried.start_at_s,
    )
    totals = dict.fromkeys(COUNTS, 0)

    def watch(seen):
        for arm, counts in zip(("canary", "baseline"), seen.interval, strict=True):
            totals[f"{arm}_requests"] += int(counts.requests.sum())
            totals[f"{arm}_errors"] += int(counts.errors.sum())

    blocks = [walk_block(subject, 1, block, np.arange(BLOCK), watch) for block in range(ENGINE_RUNS // BLOCK)]

    def every(field):
        return np.concatenate([getattr(walks, field) for walks in blocks], axis=-1)

    endings, entered_at_s, deciding = every("endings"), every("entered_at_s"), every("deciding")
    last = (entered_at_s >= 0).sum(axis=0) - 1
    found: dict[object, Estimate] = {
        "end": mean(every("ended_at_s").tolist()),
        "stages completed": mean(every("stages_completed").tolist()),
    }
    for code, state in enumerate(ENDINGS):
        found[state.name] = frequency(int((endings == code).sum()), ENGINE_RUNS)
    rolled = endings == ENDINGS.index(State.ROLLED_BACK)
    for index, one in enumerate(subject.stages):
        found["entered", index] = frequency(int((entered_at_s[index] >= 0).sum()), ENGINE_RUNS)
        found["entered at", index] = mean(entered_at_s[index].tolist())
        for number, check in enumerate(one.checks):
            cases = int((rolled & (last == index) & deciding[number]).sum())
            found["decided", index, check.metric] = frequency(cases, ENGINE_RUNS)
    for name, total in totals.items():
        found[name] = Estimate(total / ENGINE_RUNS, inf, ENGINE_RUNS, False)
    return found


def scores(tried: Tried, name: str) -> dict[object, float]:
    """Return the z of every mean that both can tell."""
    oracle, engine = by_oracle(tried), by_engine(name)
    return {
        key: score(oracle[key], engine[key]) for key in oracle if key in engine and is_told(oracle[key], engine[key])
    }


def is_told(ours, theirs):
    """A frequency is compared where at least ten cases and ten others are found, or would be."""
    if not ours.is_frequency:
        return True
    most, least = max(ours.mean, theirs.mean), min(ours.mean, theirs.mean)
    return ours.runs * most >= 10 and ours.runs * (1 - least) >= 10


def score(ours, theirs):
    difference = ours.mean - theirs.mean
    if ours.is_frequency:
        pooled = (ours.mean * ours.runs + theirs.mean * theirs.runs) / (ours.runs + theirs.runs)
        error = sqrt(pooled * (1 - pooled) * (1 / ours.runs + 1 / theirs.runs))
    else:  # the engine's totals come without a spread: the oracle's will do
        variance = ours.variance if theirs.variance == inf else theirs.variance
        error = sqrt(ours.variance / ours.runs + variance / theirs.runs)
    if error == 0:
        return 0.0 if difference == 0 else inf
    return difference / error


@pytest.mark.parametrize("name", WORLDS)
def test_oracle_and_engine_agree(name):
    assert 0.1 < by_engine(name)["ROLLED_BACK"].mean < 0.9, "a world that cannot tell"
    found = scores(WORLDS[name], name)
    print(
        f"\n{name}: roll back {by_engine(name)['ROLLED_BACK'].mean:.1%}, {len(found)} comparisons,",
        f"largest |z| {max(map(abs, found.values())):.1f}",
    )
    assert {key: z for key, z in found.items() if abs(z) >= BOUND} == {}


# --------------------------------------------------------------------------------------------------------- teeth


def minimum_off_by_one(monkeypatch):
    right = interpreter.outcome_of
    monkeypatch.setattr(interpreter, "outcome_of", lambda c, ours, theirs, m, t: right(c, ours, theirs, m + 1, t))


def equal_fails(monkeypatch):
    right = interpreter.exceeds_absolute

    def wrong(check, canary):
        if isinstance(check, ErrorCheck) and check.confidence is None:
            return F(canary.errors, canary.requests) >= check.max_ratio
        return right(check, canary)

    monkeypatch.setattr(interpreter, "exceeds_absolute", wrong)


def inconclusive_breaks_a_row(monkeypatch):
    monkeypatch.setattr(interpreter, "conclusive", lambda seen: seen)


def every_tolerance_is_consecutive(monkeypatch):
    right = interpreter.is_exceeded
    monkeypatch.setattr(
        interpreter, "is_exceeded", lambda tolerance, seen: right(ConsecutiveFailures(tolerance.failures), seen)
    )


def every_tolerance_is_total(monkeypatch):
    right = interpreter.is_exceeded
    monkeypatch.setattr(
        interpreter, "is_exceeded", lambda tolerance, seen: right(TotalFailures(tolerance.failures), seen)
    )


def sliding_as_long_as_the_stage(monkeypatch):
    def wrong(self):
        return [pair for pair, index in self.intervals if index == self.index]

    monkeypatch.setattr(interpreter.World, "_window", wrong)


def stages_end_on_failures(monkeypatch):
    right = interpreter.decide

    def wrong(stage, elapsed_s, history):
        decision, checks = right(stage, elapsed_s, history)
        ends = elapsed_s >= stage.duration_s and decision is Decision.HOLD
        failed = any(seen[-1] is Outcome.FAIL for seen in history.values())
        return (Decision.ADVANCE, []) if ends and failed else (decision, checks)

    monkeypatch.setattr(interpreter, "decide", wrong)


def one_error_less_is_evidence(monkeypatch):
    right = interpreter.at_least
    monkeypatch.setattr(interpreter, "at_least", lambda x, n, p: right(x + 1, n, p))


def nobody_looks_during_a_pause(monkeypatch):
    monkeypatch.setattr(interpreter, "spent_checks", _only_before_the_gate(interpreter.spent_checks))


def _only_before_the_gate(right):
    def wrong(tolerance, history):
        return right(tolerance, history) if len(next(iter(history.values()))) <= 3 else []

    return wrong


def pauses_leave_no_data(monkeypatch):
    right = interpreter.World._window

    def wrong(self):
        pairs = right(self)
        return pairs[:3] + pairs[4:] if self.index == 1 else pairs

    monkeypatch.setattr(interpreter.World, "_window", wrong)


def ramps_start_at_once(monkeypatch):
    monkeypatch.setattr(interpreter.World, "_strength", lambda self, effect, second: int(self._is_on(effect, second)))


def one_rate_for_all_bursts(monkeypatch):
    monkeypatch.setattr(interpreter.World, "_drawn_rate", lambda self, rate: float(rate))


def no_night(monkeypatch):
    monkeypatch.setattr(interpreter, "hourly_sine", lambda hour: F(0))


WRONG = {
    minimum_off_by_one: "constant arrivals",
    equal_fails: "constant arrivals",
    inconclusive_breaks_a_row: "consecutive failures since the last check",
    every_tolerance_is_consecutive: "confidence of points",
    every_tolerance_is_total: "failures of the last, ratio",
    sliding_as_long_as_the_stage: "total failures, sliding, points, all traffic",
    stages_end_on_failures: "latency against the baseline",
    one_error_less_is_evidence: "confidence of a ratio",
    nobody_looks_during_a_pause: "rollout, a gate opened at an analysis",
    pauses_leave_no_data: "a gate opened between analyses, rollout",
    ramps_start_at_once: "ramps, from a share of traffic, both arms",
    one_rate_for_all_bursts: "bursts",
    no_night: "a daily swing",
}


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: wrong.__name__)
def test_the_comparison_has_teeth(wrong, monkeypatch):
    """An interpreter that is altered on purpose is caught."""
    wrong(monkeypatch)
    found = scores(WORLDS[WRONG[wrong]], WRONG[wrong])
    print(f"\n{wrong.__name__}: largest |z| {max(map(abs, found.values())):.1f}")
    assert max(map(abs, found.values())) >= BOUND
