"""The oracle itself, against tables computed by hand: worlds without chance, and outcomes that are dictated."""

from fractions import Fraction as F
from random import Random
from statistics import fmean, variance

import pytest
from scipy.optimize import minimize_scalar
from scipy.stats import binom

from canary_runner.model.outcomes import Decision, Outcome, State
from canary_runner.model.policy import (
    ConsecutiveFailures,
    ErrorCheck,
    FailuresOfLast,
    LatencyCheck,
    Micros,
    OnInconclusive,
    Points,
    Ratio,
    TotalFailures,
    Window,
    WindowKind,
)
from canary_runner.model.scenario import Change, Effect, ErrorRateEffect, LatencyEffect, Scenario
from canary_runner.model.service import Arrivals, Latency
from tests.builders import policy, service, stage
from tests.oracle.interpreter import (
    Arm,
    World,
    at_least,
    exceeds_baseline,
    farrington_manning,
    follow,
    is_exceeded,
    outcome_of,
    rollout,
)

LETTERS = {"P": Outcome.PASS, "F": Outcome.FAIL, "I": Outcome.INCONCLUSIVE}
DONE, BACK, PAUSED = State.COMPLETED, State.ROLLED_BACK, State.PAUSED
NEVER_SPENT = TotalFailures(99)

# ---------------------------------------------------------------------------------------------------- the table


class Script:
    """A world in which every analysis finds what is written: `FI PP` is two analyses of two checks."""

    def __init__(self, *stages):
        self.stages, self.index, self.number = [s.split() for s in stages], -1, 0

    def enter(self, index, at_s):
        self.index, self.number = index, 0

    def serve(self, begin_s, end_s):
        assert begin_s < end_s

    def outcomes(self):
        self.number += 1
        return {f"check {i}": LETTERS[x] for i, x in enumerate(self.stages[self.index][self.number - 1])}


def told(script, approval=None, **given):
    """Follow one stage of three analyses, two minutes apart; return state, moment, stages completed."""
    fields = {"duration_s": 360, "rollback_after": NEVER_SPENT} | given
    path = follow((stage("a", 10, **fields),), Script(script), approval)
    return path.final_state, path.ended_at_s, path.stages_completed


ONE = {"rollback_after": ConsecutiveFailures(1)}
TWO = {"rollback_after": ConsecutiveFailures(2)}


@pytest.mark.parametrize(
    ("script", "given", "ending"),
    [
        # row 1: anywhere, and before every other row
        ("F", ONE, (BACK, 120, 0)),
        ("P F", ONE, (BACK, 240, 0)),
        ("P P F", ONE, (BACK, 360, 0)),
        ("P F P F F", TWO, (DONE, 360, 1)),
        ("P P F F", TWO, (BACK, 480, 0)),
        ("PP PF IF", TWO, (BACK, 360, 0)),
        # row 2: nothing ends a stage early, not even inconclusive analyses
        ("I I P", {}, (DONE, 360, 1)),
        ("F F P", {}, (DONE, 360, 1)),
        # row 3: no stage ends on a failure, and missing data does not launder it
        ("P P F P", {}, (DONE, 480, 1)),
        ("P F I P", {}, (DONE, 480, 1)),
        ("P F I I P", {"on_inconclusive": OnInconclusive.PROMOTE}, (DONE, 600, 1)),
        ("P F I I P", {"on_inconclusive": OnInconclusive.ROLL_BACK}, (DONE, 600, 1)),
        ("PP PF IP", {"on_inconclusive": OnInconclusive.PROMOTE}, (DONE, 360, 1)),
        ("PP PF PI PP", {"on_inconclusive": OnInconclusive.PROMOTE}, (DONE, 480, 1)),
        # rows 3 and 4 together hold until twice the duration
        ("F F F F F F", {}, (PAUSED, 720, 0)),
        ("F F F F F P", {}, (DONE, 720, 1)),
        ("F I I I I I", {"on_inconclusive": OnInconclusive.PROMOTE}, (PAUSED, 720, 0)),
        ("F I F I F I", {"on_inconclusive": OnInconclusive.ROLL_BACK}, (PAUSED, 720, 0)),
        ("P P I I F I", {"on_inconclusive": OnInconclusive.EXTEND}, (PAUSED, 720, 0)),
        ("P P P", {}, (DONE, 360, 1)),
        # row 4: as on_inconclusive says
        ("P P I", {"on_inconclusive": OnInconclusive.PAUSE}, (PAUSED, 360, 0)),
        ("P P I", {"on_inconclusive": OnInconclusive.ROLL_BACK}, (BACK, 360, 0)),
        ("P P I", {"on_inconclusive": OnInconclusive.PROMOTE}, (DONE, 360, 1)),
        ("I I I", {"on_inconclusive": OnInconclusive.PROMOTE}, (DONE, 360, 1)),
        ("P P I I P", {"on_inconclusive": OnInconclusive.EXTEND}, (DONE, 600, 1)),
        ("P P I I I I", {"on_inconclusive": OnInconclusive.EXTEND}, (PAUSED, 720, 0)),
        ("P P F F P I", {"on_inconclusive": OnInconclusive.PROMOTE}, (DONE, 600, 1)),
        ("P P F F F F", {"on_inconclusive": OnInconclusive.PROMOTE}, (PAUSED, 720, 0)),
        ("PP PP PF PI IP", {"on_inconclusive": OnInconclusive.ROLL_BACK}, (BACK, 600, 0)),
        # at twice the duration only a HOLD becomes a pause: the other reactions stay what they are
        ("FP FP FP FP FP PI", {"on_inconclusive": OnInconclusive.ROLL_BACK}, (BACK, 720, 0)),
        ("FP FP FP FP FP PI", {"on_inconclusive": OnInconclusive.PROMOTE}, (DONE, 720, 1)),
        # row 1 also where rows 3 and 4 hold, up to twice the duration
        ("P P I F I F", {"on_inconclusive": OnInconclusive.EXTEND, **TWO}, (BACK, 720, 0)),
    ],
)
def test_every_row_of_the_decision_table(script, given, ending):
    assert told(script, **given) == ending


@pytest.mark.parametrize(
    ("tolerance", "outcomes", "spent_at"),
    [
        (ConsecutiveFailures(1), "PF", 2),
        (ConsecutiveFailures(3), "FFPFFF", 6),
        (ConsecutiveFailures(3), "FFIIF", 5),
        (ConsecutiveFailures(3), "FFPFF", None),
        (TotalFailures(3), "FPPFPIPF", 8),
        (TotalFailures(3), "FPF", None),
        (FailuresOfLast(3, 5), "FPFPF", 5),
        (FailuresOfLast(3, 5), "FFPPPF", None),
        (FailuresOfLast(3, 5), "FFPPPFF", None),
        (FailuresOfLast(3, 5), "FFPPPFFF", 8),
        (FailuresOfLast(3, 5), "FIFIIIIF", 8),
        (FailuresOfLast(3, 5), "FFF", 3),
        (FailuresOfLast(2, 2), "FPFIF", 5),
    ],
)
def test_every_tolerance(tolerance, outcomes, spent_at):
    seen = [LETTERS[x] for x in outcomes]
    found = [i for i in range(1, len(seen) + 1) if is_exceeded(tolerance, seen[:i])]
    assert found == ([spent_at] if spent_at else [])


def test_counters_are_per_check_and_start_afresh_in_each_stage():
    assert told("FP PF FP PF PP", rollback_after=ConsecutiveFailures(2))[0] is DONE
    stages = (stage("a", 10, duration_s=240), stage("b", 20, duration_s=240))
    path = follow(stages, Script("P F P", "F P"), None)
    assert (path.final_state, path.ended_at_s, path.stage_started_at_s) == (DONE, 600, [0, 360])
    path = follow(stages, Script("PP PP", "PF FF"), None)
    assert (path.final_state, path.stage_of_decision, path.deciding_checks) == (BACK, 1, ("check 1",))


@pytest.mark.parametrize(
    ("script", "approval", "ending"),
    [
        ("P P P", None, (PAUSED, 360, 1)),
        ("P P P", 0, (DONE, 360, 1)),
        ("P P P", 100, (DONE, 460, 1)),
        ("P P P P", 120, (DONE, 480, 1)),
        ("P P P F F", 120, (DONE, 480, 1)),
        ("P P P F F", 239, (DONE, 599, 1)),
        ("P P P F F", 240, (BACK, 600, 1)),  # made at the moment of approval, and first
        ("P P P F P F I I P", 700, (DONE, 1060, 1)),  # in PAUSED only row 1 acts, also beyond twice the duration
        ("P P P F I I I F", 700, (BACK, 960, 1)),
        ("P P I", 700, (PAUSED, 360, 0)),  # not a gate: never approved
        ("P F I I I P P P P P P", 700, (DONE, 1420, 1)),  # held up to twice the duration, then the gate
        ("P P F I I I", 700, (PAUSED, 720, 0)),
    ],
)
def test_gates(script, approval, ending):
    assert told(script, approval, wait_for_approval=True, **TWO) == ending


def test_the_next_stage_begins_at_the_moment_of_approval():
    stages = (stage("a", 10, duration_s=240, wait_for_approval=True), stage("b", 20, duration_s=240))
    path = follow(stages, Script("F P F", "F P"), 150)  # the pause's failure does not count in stage b
    assert (path.final_state, path.ended_at_s, path.stage_started_at_s) == (DONE, 630, [0, 390])
    assert [a.at_s for a in path.analyses] == [120, 240, 360, 510, 630]
    path = follow(stages, Script("P P P", "F P"), 0)
    assert [a.at_s for a in path.analyses] == [120, 240, 360, 480]


# ------------------------------------------------------------------------------------------------------- judges

ENOUGH = Arm(100, 0)


def error_check(max_ratio=None, over=None, confidence=None):
    return ErrorCheck("error_rate", max_ratio, over, confidence)


@pytest.mark.parametrize(
    ("check", "canary", "baseline", "outcome"),
    [
        (error_check(F(1, 100)), (100, 1), (100, 0), "P"),  # equal passes
        (error_check(F(1, 100)), (99, 1), (100, 0), "F"),
        (error_check(F(0)), (100, 0), (100, 9), "P"),
        (error_check(F(0)), (100, 1), (100, 9), "F"),
        (error_check(None, Ratio(F(3, 2))), (200, 3), (100, 1), "P"),
        (error_check(None, Ratio(F(3, 2))), (199, 3), (100, 1), "F"),
        (error_check(None, Ratio(F(3, 2))), (999, 1), (9999, 0), "F"),
        (error_check(None, Ratio(F(3, 2))), (999, 0), (9999, 0), "P"),
        (error_check(None, Points(F(1, 100))), (100, 2), (200, 2), "P"),
        (error_check(None, Points(F(1, 100))), (100, 2), (201, 2), "F"),
        # the minimum, and two limits of one check: FAIL, else INCONCLUSIVE, else PASS
        (error_check(F(1, 100)), (50, 50), (100, 0), "F"),
        (error_check(F(1, 100)), (49, 49), (100, 0), "I"),
        (error_check(F(1, 100)), (50, 0), (0, 0), "P"),
        (error_check(None, Ratio(F(2))), (50, 50), (50, 0), "F"),
        (error_check(None, Ratio(F(2))), (50, 50), (49, 0), "I"),
        (error_check(F(1, 100), Ratio(F(2))), (100, 2), (49, 0), "F"),
        (error_check(F(1, 100), Ratio(F(2))), (100, 1), (49, 0), "I"),
        (error_check(F(1, 100), Ratio(F(2))), (100, 1), (100, 1), "P"),
        (error_check(F(1, 100), Ratio(F(2))), (100, 1), (100, 0), "F"),
    ],
)
def test_error_limits(check, canary, baseline, outcome):
    assert outcome_of(check, Arm(*canary), Arm(*baseline), 50, F(1, 2)) is LETTERS[outcome]


def test_no_data_cannot_be_read_whatever_the_minimum():
    assert outcome_of(error_check(F(1)), Arm(), ENOUGH, 0, F(1, 2)) is Outcome.INCONCLUSIVE
    assert outcome_of(error_check(None, Ratio(F(2))), ENOUGH, Arm(), 0, F(1, 2)) is Outcome.INCONCLUSIVE


def test_at_all_traffic_comparisons_are_not_asked():
    both = error_check(F(1, 100), Ratio(F(2)))
    assert outcome_of(both, Arm(100, 1), Arm(), 1, F(1)) is Outcome.PASS
    assert outcome_of(error_check(None, Ratio(F(2))), Arm(100, 99), Arm(), 1, F(1)) is None


def latencies(**by_edge):
    counts = {int(edge[1:]): number for edge, number in by_edge.items()}
    arm = Arm(sum(counts.values()))
    arm.latencies.update(counts)
    return arm


@pytest.mark.parametrize(
    ("quantile", "value"), [(F(1, 100), 10), (F(90, 100), 10), (F(91, 100), 20), (F(99, 100), 20), (F(999, 1000), 30)]
)
def test_a_percentile_is_nearest_rank_and_reads_as_its_upper_edge(quantile, value):
    assert latencies(_10=90, _20=9, _30=1).percentile_us(quantile) == value


@pytest.mark.parametrize(
    ("max_us", "over", "outcome"),
    [
        (20, None, "P"),
        (10, None, "F"),
        (None, Ratio(F(2)), "P"),
        (None, Ratio(F(19, 10)), "F"),
        (None, Micros(10), "P"),
        (None, Micros(9), "F"),
        (20, Micros(9), "F"),
        (10, Micros(10), "F"),
    ],
)
def test_latency_limits(max_us, over, outcome):
    check = LatencyCheck("latency_p95", F(95, 100), max_us, over)
    arms = latencies(_10=94, _20=6), latencies(_10=95, _20=5)
    assert outcome_of(check, *arms, 100, F(1, 2)) is LETTERS[outcome]
    assert outcome_of(check, *arms, 101, F(1, 2)) is Outcome.INCONCLUSIVE


def test_confidence_of_absolute_limits_is_binomial():
    # P(Bin(100, 1%) >= 4) = 1.84 %, >= 5: 0.34 %
    at_99 = [outcome_of(error_check(F(1, 100), None, F(99, 100)), Arm(100, x), ENOUGH, 1, F(1, 2)) for x in (1, 4, 5)]
    assert at_99 == [Outcome.PASS, Outcome.PASS, Outcome.FAIL]
    at_95 = [outcome_of(error_check(F(1, 100), None, F(95, 100)), Arm(100, x), ENOUGH, 1, F(1, 2)) for x in (3, 4)]
    assert at_95 == [Outcome.PASS, Outcome.FAIL]
    slow = LatencyCheck("latency_p99", F(99, 100), 10, None, F(99, 100))
    found = [outcome_of(slow, latencies(_10=100 - x, _20=x), ENOUGH, 1, F(1, 2)) for x in (4, 5)]
    assert found == [Outcome.PASS, Outcome.FAIL]
    assert at_least(1, 1, F(1, 20)) == F(1, 20)  # equal to one minus the level is evidence enough
    assert outcome_of(error_check(F(1, 20), None, F(95, 100)), Arm(1, 1), Arm(), 1, F(1, 2)) is Outcome.FAIL


@pytest.mark.parametrize("x", [0, 1, 2, 5, 40, 41])
def test_binomial_tails(x):
    assert float(at_least(x, 40, F(3, 70))) == pytest.approx(binom.sf(x - 1, 40, 3 / 70), rel=1e-9, abs=1e-15)


def test_confidence_of_a_ratio_is_binomial_given_the_total():
    check = error_check(None, Ratio(F(3, 2)), F(99, 100))
    # equal arms, 1.5x: the share is 3/5; all of k errors in the canary has chance (3/5)^k: 1.7 % at 8, 1.008 % at 9
    assert [exceeds_baseline(check, Arm(100, k), Arm(100, 0)) for k in (1, 8, 9, 10)] == [False, False, False, True]
    assert not exceeds_baseline(check, Arm(100, 0), Arm(100, 0))


@pytest.mark.parametrize(
    ("canary", "baseline", "points"),
    [
        ((100, 5), (900, 9), F(1, 100)),
        ((40, 1), (60, 0), F(1, 200)),
        ((40, 0), (60, 30), F(1, 50)),
        ((300, 300), (300, 0), F(1, 2)),
        ((25, 0), (700, 0), F(3, 1000)),
    ],
)
def test_the_score_of_farrington_and_manning(canary, baseline, points):
    """The cubic's root, against the likelihood maximised by search."""
    (n1, x1), (n2, x2), d = canary, baseline, float(points)

    def cost(p2):
        return -binom.logpmf(x1, n1, p2 + d) - binom.logpmf(x2, n2, p2)

    p2 = minimize_scalar(cost, bounds=(1e-12, 1 - d - 1e-12), method="bounded", options={"xatol": 1e-13}).x
    p1 = p2 + d
    by_search = (x1 / n1 - x2 / n2 - d) / (p1 * (1 - p1) / n1 + p2 * (1 - p2) / n2) ** 0.5
    assert farrington_manning(F(x1, n1), n1, F(x2, n2), n2, points) == pytest.approx(by_search, rel=1e-4)


# -------------------------------------------------------------------------------------------------------- world

CALM = service(rate_rps=F(10), arrivals=Arrivals.CONSTANT, error_rate=F(0))  # 10 %: one canary request a second


def broken(**given):
    """Every request of the arm fails."""
    return Effect(ErrorRateEffect(Change.SET, F(1)), **given)


def letters(result, metric="error_rate"):
    return "".join(outcome.name[0] for a in result.analyses for name, outcome in a.outcomes.items() if name == metric)


SECOND_INTERVAL = Scenario("second interval", canary=broken(starting_after_s=120, lasting_s=120))


@pytest.mark.parametrize(
    ("window", "limit", "found"),
    [
        (Window(WindowKind.SINCE_LAST_CHECK), F(1, 5), "PFPPP"),
        (Window(WindowKind.SLIDING, 240), F(1, 5), "PFFPP"),
        (Window(WindowKind.SLIDING, 360), F(1, 3), "PFPPP"),  # 1/2 while it is not full, then 1/3
        (Window(WindowKind.SLIDING, 360), F(32, 100), "PFFFP"),
        (Window(WindowKind.STAGE), F(1, 5), "PFFFP"),  # 0, 1/2, 1/3, 1/4, 1/5: equal passes
        (Window(WindowKind.STAGE), F(1, 4), "PFFPP"),
        (Window(WindowKind.ROLLOUT), F(1, 5), "PFFFP"),
    ],
)
def test_windows(window, limit, found):
    one = stage("a", 10, window=window, checks=(error_check(limit),), rollback_after=NEVER_SPENT)
    result = rollout(policy(one), CALM, SECOND_INTERVAL, 0)
    assert letters(result) == found
    assert (result.canary_requests, result.canary_errors) == (600, 120)
    assert (result.baseline_requests, result.baseline_errors) == (5400, 0)


@pytest.mark.parametrize(
    ("kind", "approval", "limit", "found"),
    [
        (WindowKind.ROLLOUT, 0, F(1, 8), "FPPPP"),  # 120 of 600 + 240 i: 1/7, 1/9, ...
        (WindowKind.ROLLOUT, 0, F(1, 7), "PPPPP"),
        (WindowKind.ROLLOUT, 240, F(1, 9), "PPPPP"),  # the pause's 240 requests count: 120 of 840 + 240 i
        (WindowKind.ROLLOUT, 240, F(11, 100), "FPPPP"),
        (WindowKind.ROLLOUT, 200, F(12, 104), "PPPPP"),  # also those after the pause's last analysis
        (WindowKind.ROLLOUT, 200, F(115, 1000), "FPPPP"),
        (WindowKind.STAGE, 240, F(0), "PPPPP"),
        (WindowKind.SINCE_LAST_CHECK, 240, F(0), "PPPPP"),
    ],
)
def test_only_the_rollout_window_reaches_before_its_stage(kind, approval, limit, found):
    stages = (
        stage("a", 10, checks=(error_check(F(1)),), wait_for_approval=True),
        stage("b", 20, window=Window(kind), checks=(error_check(limit),), rollback_after=NEVER_SPENT),
    )
    result = rollout(policy(*stages), CALM, SECOND_INTERVAL, 0, approval_delay_s=approval)
    assert letters(result)[-5:] == found
    assert result.canary_requests == 600 + approval + 1200


@pytest.mark.parametrize(
    ("window", "limit", "found"),
    [
        (Window(WindowKind.SLIDING, 240), F(1, 4), "FFPP"),
        (Window(WindowKind.STAGE), F(15, 100), "FPPP"),  # 1/6, 1/7, ...
    ],
)
def test_sliding_and_stage_windows_go_on_in_a_pause(window, limit, found):
    late = Scenario("late", canary=broken(starting_after_s=600, lasting_s=120))
    one = stage(
        "a", 10, window=window, checks=(error_check(limit),), rollback_after=NEVER_SPENT, wait_for_approval=True
    )
    assert letters(rollout(policy(one), CALM, late, 0, approval_delay_s=480)) == "PPPPP" + found


def test_missing_metrics_are_inconclusive_and_not_counted():
    silent = Scenario("x", canary=Effect(metrics_missing=True, starting_after_s=120, lasting_s=120))
    one = stage("a", 10, checks=(error_check(F(1, 100), Ratio(F(2))),))
    result = rollout(policy(one), CALM, silent, 0)
    assert (letters(result), result.canary_requests, result.baseline_requests) == ("PIPPP", 480, 5400)
    mute_baseline = Scenario("x", baseline=Effect(metrics_missing=True))
    result = rollout(policy(one), CALM, mute_baseline, 0)
    assert (letters(result), result.final_state, result.baseline_requests) == ("IIIII", PAUSED, 0)
    result = rollout(policy(stage("a", 10, checks=(error_check(F(1)),))), CALM, mute_baseline, 0)
    assert (letters(result), result.final_state) == ("PPPPP", DONE)


def test_data_that_are_missing_for_a_part_of_an_interval():
    """36 requests an interval; 49 of 120 seconds are not reported; the floor of 21.3 is. No ramp."""
    silent = Effect(metrics_missing=True, starting_after_s=150, lasting_s=49, ramp_over_s=40)
    for minimum, found in ((21, "PPPPP"), (22, "PIPPP")):
        one = stage("a", 3, min_canary_requests=minimum, checks=(error_check(F(1)),))
        assert letters(rollout(policy(one), CALM, Scenario("x", canary=silent), 0)) == found


def test_two_reasons_for_missing_data_are_missing_together():
    one = Effect(metrics_missing=True, lasting_s=80)
    other = Effect(metrics_missing=True, starting_after_s=40, lasting_s=80)
    world = World(policy(stage("a", 10)), CALM, Scenario("x", both=one, canary=other), Random(0), 0)
    world.enter(0, 0)
    assert world._nature(other, 0, 160).reported == F(1, 4)


def counted(a_service, percent, start_at_s=28800, **given):
    subject = policy(stage("a", percent, checks=(error_check(F(1)),), **given))
    world = World(subject, a_service, Scenario("x"), Random(0), start_at_s)
    world.enter(0, 0)
    return [world._number(F(percent, 100), F(1), t, t + 120) for t in range(0, 600, 120)]


def test_constant_arrivals_are_differences_of_floors_since_the_stage_began():
    once_a_second = service(rate_rps=F(1), arrivals=Arrivals.CONSTANT)
    assert counted(once_a_second, 7) == [8, 8, 9, 8, 9]  # floor(8.4), floor(16.8), 25.2, 33.6, 42
    one = stage("a", 7, checks=(error_check(F(1)),), wait_for_approval=True)
    result = rollout(policy(one), once_a_second, Scenario("x"), 0, approval_delay_s=17)
    assert (result.canary_requests, result.baseline_requests) == (43, 573)  # floor(43.19), floor(573.81)


def test_the_daily_swing_is_a_step_of_a_sine_each_clock_hour():
    swing = service(rate_rps=F(10), arrivals=Arrivals.CONSTANT, daily_swing=F(1, 2))
    assert counted(swing, 10) == [120] * 5  # at eight: the mean
    assert counted(swing, 10, 14 * 3600) == [180] * 5
    assert counted(swing, 10, 2 * 3600) == [60] * 5
    # the hour of 13 has 1 + sin(75°) / 2 = 1.48296: 60 of it and 60 of 1.5 are 178.98
    assert counted(swing, 10, 14 * 3600 - 60) == [178, 180, 180, 180, 180]
    assert counted(swing, 10, 86400 - 60)[1] == counted(swing, 10, 0)[0]  # midnight


def mean_strength(world, effect, begin_s):
    """Times are whole seconds and ramps are linear: the mean of two minutes' midpoints is the integral."""
    return F(sum(world._strength(effect, t) for t in range(begin_s, begin_s + 120)), 120)


@pytest.mark.parametrize(
    ("effect", "full"),
    [
        (ErrorRateEffect(Change.ADD, F(10, 100)), F(11, 100)),
        (ErrorRateEffect(Change.MULTIPLY, F(5)), F(5, 100)),
        (ErrorRateEffect(Change.SET, F(11, 100)), F(11, 100)),
    ],
)
def test_a_ramp_acts_at_its_mean_over_each_interval(effect, full):
    """From 60 s over 300 s: in the first two minutes 60 s of nothing and 60 s at 0.1 in the mean."""
    ramp = Effect(effect, starting_after_s=60, ramp_over_s=300)
    world = World(policy(stage("a", 10)), service(error_rate=F(1, 100)), Scenario("x", canary=ramp), Random(0), 0)
    world.enter(0, 0)
    strengths = [mean_strength(world, ramp, t) for t in (0, 120, 240, 360)]
    assert strengths == [F(1, 20), F(2, 5), F(4, 5), F(1)]
    found = [world._nature(ramp, t, t + 120).error_rate for t in (0, 120, 240, 360)]
    assert found == [F(1, 100) + s * (full - F(1, 100)) for s in strengths]


def test_an_effect_lasts_its_ramp_included():
    ramp = broken(starting_after_s=0, ramp_over_s=240, lasting_s=180)
    world = World(policy(stage("a", 10)), CALM, Scenario("x", canary=ramp), Random(0), 0)
    world.enter(0, 0)
    # 0 to 1/2 over two minutes; then a minute from 1/2 to 3/4 and a minute of nothing
    assert [mean_strength(world, ramp, t) for t in (0, 120, 240)] == [F(1, 4), F(5, 16), 0]


def test_each_request_comes_in_a_second_of_its_own():
    """Three times as slow for a quarter of the interval: a mixture, not one and a half times as slow."""
    slow = Effect(latency=LatencyEffect(Change.MULTIPLY, F(3)), lasting_s=30)
    world = World(policy(stage("a", 10)), CALM, Scenario("x", canary=slow), Random(0), 0)
    world.enter(0, 0)
    assert world._nature(slow, 0, 120).slowness == ((3, 0),) * 30 + ((1, 0),) * 90


def test_both_acts_before_the_arms_own_effect():
    both = Effect(ErrorRateEffect(Change.ADD, F(1, 100)), LatencyEffect(Change.ADD, F(1000)))
    own = Effect(ErrorRateEffect(Change.MULTIPLY, F(3)), LatencyEffect(Change.MULTIPLY, F(2)))
    scenario = Scenario("x", canary=own, both=both)
    world = World(policy(stage("a", 10)), service(error_rate=F(1, 100)), scenario, Random(0), 0)
    world.enter(0, 0)
    found = world._nature(own, 0, 120)
    assert (found.error_rate, found.slowness) == (F(6, 100), ((2, 2000),))
    found = world._nature(None, 0, 120)
    assert (found.error_rate, found.slowness) == (F(2, 100), ((1, 1000),))


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({}, "FF FF FF"),
        ({"starting_after_s": 360}, "PP PF FF"),
        ({"from_traffic": F(15, 100)}, "PP FF FF"),
        ({"from_traffic": F(20, 100)}, "PP FF FF"),
        ({"from_traffic": F(20, 100), "starting_after_s": 120}, "PP FF FF"),
        ({"from_traffic": F(20, 100), "starting_after_s": 360}, "PP PF FF"),
        ({"from_traffic": F(20, 100), "lasting_s": 360}, "PP FF FP"),
        ({"from_traffic": F(51, 100)}, "PP PP PP"),
    ],
)
def test_when_an_effect_starts(given, found):
    check = error_check(F(1, 2))
    stages = [stage(name, percent, checks=(check,)) for name, percent in (("a", 10), ("b", 20), ("c", 50))]
    world = World(policy(*stages), CALM, Scenario("x", canary=broken(**given)), Random(0), 0)
    seen = []
    for index in range(3):
        world.enter(index, index * 240)
        for begin in (0, 120):
            world.serve(index * 240 + begin, index * 240 + begin + 120)
            seen.append(world.outcomes()["error_rate"].name[0])
    assert "".join(seen) == found.replace(" ", "")


def test_latency_effects():
    one = stage("a", 10, checks=(LatencyCheck("latency_p50", F(1, 2), 500_000, None),), rollback_after=NEVER_SPENT)
    narrow = service(rate_rps=F(10), arrivals=Arrivals.CONSTANT, latency=Latency(80_000, 80_001))
    for effect, found in (
        (LatencyEffect(Change.MULTIPLY, F(6)), "PPPPP"),
        (LatencyEffect(Change.MULTIPLY, F(7)), "PPFPP"),
        (LatencyEffect(Change.ADD, F(419_000)), "PPPPP"),
        (LatencyEffect(Change.ADD, F(421_000)), "PPFPP"),
    ):
        scenario = Scenario("x", canary=Effect(latency=effect, starting_after_s=240, lasting_s=120))
        assert letters(rollout(policy(one), narrow, scenario, 0), "latency_p50") == found


def test_percentiles_of_the_lognormal():
    one = stage("a", 50, duration_s=600, check_every_s=600)
    world = World(policy(one), service(), Scenario("x"), Random(1), 0)
    world.enter(0, 0)
    world.serve(0, 600)
    (canary, _), _ = world.intervals[0]
    assert canary.percentile_us(F(1, 2)) == pytest.approx(80_000, rel=0.04)
    assert canary.percentile_us(F(99, 100)) == pytest.approx(400_000, rel=0.08)


def test_poisson_arrivals_and_bursts():
    """Poisson: the variance is the mean. Beta: the variance is rho p (1 - p)."""
    one = policy(stage("a", 10))
    world = World(one, service(rate_rps=F(2), burstiness=F(1, 20), error_rate=F(1, 10)), Scenario("x"), Random(1), 0)
    world.enter(0, 0)
    numbers = [world._number(F(1, 10), F(1), 0, 120) for _ in range(4000)]
    assert fmean(numbers) == pytest.approx(24, abs=0.4)
    assert variance(numbers) == pytest.approx(24, abs=2.5)
    rates = [world._drawn_rate(F(1, 10)) for _ in range(4000)]
    assert fmean(rates) == pytest.approx(0.1, abs=0.006)
    assert variance(rates) == pytest.approx(0.05 * 0.1 * 0.9, rel=0.12)


def test_a_seed_is_a_rollout():
    subject = policy(stage("a", 10, duration_s=240), stage("b", 50, duration_s=240))
    assert rollout(subject, service(rate_rps=F(5)), Scenario("x"), 4) == rollout(
        subject, service(rate_rps=F(5)), Scenario("x"), 4
    )


def test_a_check_that_has_nothing_to_ask_drops_out():
    comparison = LatencyCheck("latency_p50", F(1, 2), None, Ratio(F(1)))
    one = stage("a", 100, duration_s=240, checks=(error_check(F(1)), comparison))
    result = rollout(policy(one), CALM, Scenario("x"), 0)
    assert [set(a.outcomes) for a in result.analyses] == [{"error_rate"}] * 2
    assert (result.final_state, result.baseline_requests) == (DONE, 0)
    assert [a.decision for a in result.analyses] == [Decision.HOLD, Decision.ADVANCE]
