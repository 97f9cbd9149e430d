"""The oracle itself, against tables worked out by hand: worlds without chance, one letter per analysis."""

import math
import random
from collections import Counter
from fractions import Fraction as F

import pytest

from canary_runner.model.histogram import fine_edges_us
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
    Stage,
    TotalFailures,
    Window,
    WindowKind,
)
from canary_runner.model.scenario import Change, Effect, ErrorRateEffect, LatencyEffect, Scenario
from canary_runner.model.service import Arrivals, Latency, Service
from tests.oracle.agreement import EngineRuns, ExactFigures, compare, disagreements, ending_of
from tests.oracle.interpreter import decide, is_exceeded, rollout
from tests.oracle.judging import likeliest_baseline_rate, outcome_of
from tests.oracle.world import Reported, changed_rate, mean_strength, poisson, rate_of_this_interval, requests_between

LETTERS = {"P": Outcome.PASS, "F": Outcome.FAIL, "I": Outcome.INCONCLUSIVE}
HEALTHY = Scenario("healthy")
ERRORS = ErrorCheck("error_rate", F(1, 100), None)
PAUSE, EXTEND, PROMOTE, ROLL_BACK = OnInconclusive
SINCE_LAST_CHECK = Window(WindowKind.SINCE_LAST_CHECK)
STAGE, ROLLOUT = Window(WindowKind.STAGE), Window(WindowKind.ROLLOUT)
TWO_ROW, NINE_TOTAL = ConsecutiveFailures(2), TotalFailures(9)


def stage(traffic=F(1, 2), checks=(ERRORS,), **given):
    """Return a stage of three analyses, ten seconds apart."""
    fields = {
        "name": "stage",
        "duration_s": 30,
        "check_every_s": 10,
        "window": SINCE_LAST_CHECK,
        "min_canary_requests": 1,
        "rollback_after": ConsecutiveFailures(1),
        "on_inconclusive": PAUSE,
        "wait_for_approval": False,
        "unchecked": (),
    } | given
    return Stage(traffic=traffic, checks=checks, **fields)


def policy(*stages):
    return Policy("tried", "", stages)


def service(rate=F(10), **given):
    """Return a service without chance: constant arrivals, no errors, every latency 80 ms (to a millionth)."""
    fields = {
        "arrivals": Arrivals.CONSTANT,
        "daily_swing": F(0),
        "error_rate": F(0),
        "latency": Latency(80_000_000, 80_000_001),
        "burstiness": F(0),
    } | given
    return Service("service", rate, **fields)


def during(begin, end, **what):
    """Return an effect from `begin` to `end`, in seconds after the rollout's start; no end: for good."""
    return Effect(starting_after_s=begin, lasting_s=None if end is None else end - begin, **what)


def world(fails=None, silent=None):
    """Return a scenario: every canary request fails from .. to; no metrics are reported from .. to."""
    everything = ErrorRateEffect(Change.SET, F(1))
    return Scenario(
        "world",
        canary=during(*fails, error_rate=everything) if fails else None,
        both=during(*silent, metrics_missing=True) if silent else None,
    )


def letters(result, index=None):
    """Return the outcomes of a rollout's only check, analysis by analysis."""
    return "".join(o.name[0] for _, of, outcomes in result.analyses for o in outcomes if index in (None, of))


def times(result):
    return [at_s for at_s, _, _ in result.analyses]


TOLERANCES = """
    tolerance          seen       exceeded?
    row 1              PP         no
    row 1              PF         yes
    row 2              FPF        no
    row 2              FF         yes
    row 2              FIF        yes
    row 3              FFPFF      no
    row 3              FIFIIF     yes
    total 3            FPFP       no
    total 3            FPFPIF     yes
    3 of 5             FFPPP      no
    3 of 5             FPFPF      yes
    3 of 5             FFPPPF     no
    3 of 5             FPPPFF     no
    3 of 5             PFPFPF     yes
    3 of 5             FIPIPIFIF  yes
    2 of 2             FPFPF      no
    1 of 3             PPF        yes
"""


@pytest.mark.parametrize("line", TOLERANCES.strip().splitlines()[1:], ids=lambda line: " ".join(line.split()))
def test_tolerances(line):
    words = line.split()
    tolerance = {
        "row": lambda: ConsecutiveFailures(int(words[1])),
        "total": lambda: TotalFailures(int(words[1])),
    }.get(words[0], lambda: FailuresOfLast(int(words[0]), int(words[2])))()
    assert is_exceeded(tolerance, [LETTERS[x] for x in words[-2]]) is (words[-1] == "yes")


# Two checks in a stage of 30 s that tolerates one failure: what they have said, the stage's age, then the decision.
DECISIONS = """
    one     other   age  on_inconclusive  decision   why                  deciding
    PFF     PPP     30   PAUSE            ROLL_BACK  tolerance_exceeded   one
    FF      FF      20   PAUSE            ROLL_BACK  tolerance_exceeded   one,other
    FF      PI      20   PAUSE            ROLL_BACK  tolerance_exceeded   one
    PPI     PFF     30   PAUSE            ROLL_BACK  tolerance_exceeded   other
    PF      II      20   ROLL_BACK        HOLD       -                    -
    PPF     PPI     30   ROLL_BACK        HOLD       held                 one
    PFI     PPP     30   ROLL_BACK        HOLD       held                 one
    PFI     PPF     30   PROMOTE          HOLD       held                 one,other
    PPPPPF  PPPPPI  60   PROMOTE          PAUSE      held                 one
    PPPPF   PPPPP   50   PROMOTE          HOLD       held                 one
    PPI     PPP     30   PAUSE            PAUSE      inconclusive         one
    PPI     PPI     30   ROLL_BACK        ROLL_BACK  inconclusive         one,other
    PPI     PPP     30   EXTEND           HOLD       inconclusive         one
    PPPPPI  PPPPPP  60   EXTEND           PAUSE      inconclusive         one
    PPI     PPP     30   PROMOTE          ADVANCE    -                    -
    PPPPPI  PPPPPP  60   PROMOTE          ADVANCE    -                    -
    IIP     FIP     30   PAUSE            ADVANCE    -                    -
"""


@pytest.mark.parametrize("line", DECISIONS.strip().splitlines()[1:], ids=lambda line: " ".join(line.split()))
def test_decision_table(line):
    one, other, age, on_inconclusive, decision, why, deciding = line.split()
    a_stage = stage(rollback_after=TWO_ROW, on_inconclusive=OnInconclusive[on_inconclusive])
    seen = {"one": [LETTERS[x] for x in one], "other": [LETTERS[x] for x in other]}
    expected = (
        Decision[decision],
        None if why == "-" else why,
        () if deciding == "-" else tuple(deciding.split(",")),
    )
    assert decide(a_stage, int(age), seen, is_paused=False) == expected


@pytest.mark.parametrize(
    ("seen", "decision"), [("PPPF", Decision.HOLD), ("PPPI", Decision.HOLD), ("PPPFF", Decision.ROLL_BACK)]
)
def test_at_a_gate_only_the_first_row_acts(seen, decision):
    a_stage = stage(rollback_after=TWO_ROW)
    assert decide(a_stage, 60, {"one": [LETTERS[x] for x in seen]}, is_paused=True)[0] is decision


ONE_STAGE = [  # id, the stage, the world, the analyses, the ending, when, kind of pause
    ("nothing happens", {}, world(), "PPP", "COMPLETED", 30, None),
    ("a failure at once", {}, world(fails=(0, None)), "F", "ROLLED_BACK", 10, None),
    ("one failure is tolerated", {"rollback_after": TWO_ROW}, world(fails=(10, 20)), "PFP", "COMPLETED", 30, None),
    ("two are not", {"rollback_after": TWO_ROW}, world(fails=(10, 30)), "PFF", "ROLLED_BACK", 30, None),
    ("held on a failure", {"rollback_after": TWO_ROW}, world(fails=(20, 30)), "PPFP", "COMPLETED", 40, None),
    ("then rolled back", {"rollback_after": TWO_ROW}, world(fails=(20, 40)), "PPFF", "ROLLED_BACK", 40, None),
    ("held to twice", {"rollback_after": NINE_TOTAL}, world(fails=(20, 60)), "PPFFFF", "PAUSED", 60, "held"),
    ("good at twice", {"rollback_after": NINE_TOTAL}, world(fails=(20, 50)), "PPFFFP", "COMPLETED", 60, None),
    (
        "silence does not launder a failure",
        {"rollback_after": TWO_ROW, "on_inconclusive": PROMOTE},
        world(fails=(20, 30), silent=(30, None)),
        "PPFIII",
        "PAUSED",
        60,
        "held",
    ),
    ("silence that ends early", {}, world(silent=(0, 20)), "IIP", "COMPLETED", 30, None),
    ("silence: pause", {"on_inconclusive": PAUSE}, world(silent=(20, None)), "PPI", "PAUSED", 30, "inconclusive"),
    ("silence: rollback", {"on_inconclusive": ROLL_BACK}, world(silent=(20, 40)), "PPI", "ROLLED_BACK", 30, None),
    ("silence: promote", {"on_inconclusive": PROMOTE}, world(silent=(20, 40)), "PPI", "COMPLETED", 30, None),
    ("silence: extend", {"on_inconclusive": EXTEND}, world(silent=(20, 40)), "PPIIP", "COMPLETED", 50, None),
    (
        "silence to twice",
        {"on_inconclusive": EXTEND},
        world(silent=(20, None)),
        "PPIIII",
        "PAUSED",
        60,
        "inconclusive",
    ),
    (
        "held by row 4, then by row 3",
        {"on_inconclusive": EXTEND, "rollback_after": TWO_ROW},
        world(fails=(30, 40), silent=(20, 30)),
        "PPIFP",
        "COMPLETED",
        50,
        None,
    ),
    (
        "both rows together to twice",
        {"on_inconclusive": EXTEND, "rollback_after": NINE_TOTAL},
        world(fails=(40, 60), silent=(20, 40)),
        "PPIIFF",
        "PAUSED",
        60,
        "held",
    ),
]


@pytest.mark.parametrize(
    ("given", "scenario", "seen", "state", "ended", "pause"),
    [row[1:] for row in ONE_STAGE],
    ids=[row[0] for row in ONE_STAGE],
)
def test_one_stage(given, scenario, seen, state, ended, pause):
    found = rollout(policy(stage(**given)), service(), scenario, 1, approval_delay_s=0)
    assert (letters(found), found.final_state.name, found.ended_at_s, found.pause_kind) == (seen, state, ended, pause)
    assert times(found) == [10 * (i + 1) for i in range(len(seen))]
    assert found.stages_completed == (state == "COMPLETED")
    assert found.stage_of_decision == (None if state == "COMPLETED" else 0)
    assert found.deciding_checks == (() if state == "COMPLETED" else ("error_rate",))


GATES = [  # id, approval after, the world, started, ended, analyses of both stages, the ending, completed stages
    ("nobody approves", None, world(), [0], [30], "PPP", "", "PAUSED", 1),
    ("at once", 0, world(), [0, 30], [30, 60], "PPP", "PPP", "COMPLETED", 2),
    ("between two analyses", 25, world(), [0, 55], [55, 85], "PPPPP", "PPP", "COMPLETED", 2),
    ("at an analysis", 20, world(), [0, 50], [50, 80], "PPPPP", "PPP", "COMPLETED", 2),
    ("tolerated in the pause", 10, world(fails=(30, 40)), [0, 40], [40, 70], "PPPF", "PPP", "COMPLETED", 2),
    ("counters start afresh", 10, world(fails=(30, 50)), [0, 40], [40, 70], "PPPF", "FPP", "COMPLETED", 2),
    ("spent in the pause", 30, world(fails=(30, 50)), [0], [50], "PPPFF", "", "ROLLED_BACK", 1),
    ("spent at the approval", 20, world(fails=(30, 50)), [0], [50], "PPPFF", "", "ROLLED_BACK", 1),
    ("just before it is spent", 19, world(fails=(30, 49)), [0, 49], [49, 79], "PPPF", "PPP", "COMPLETED", 2),
    ("silence in the pause", 20, world(silent=(30, 50)), [0, 50], [50, 80], "PPPII", "PPP", "COMPLETED", 2),
    ("no gate before the end", 0, world(silent=(20, None)), [0], [30], "PPI", "", "PAUSED", 0),
]


@pytest.mark.parametrize(
    ("delay", "scenario", "started", "ended", "first", "second", "state", "completed"),
    [row[1:] for row in GATES],
    ids=[row[0] for row in GATES],
)
def test_gates(delay, scenario, started, ended, first, second, state, completed):
    two = policy(stage(rollback_after=TWO_ROW, wait_for_approval=True), stage(traffic=F(3, 4), rollback_after=TWO_ROW))
    found = rollout(two, service(), scenario, 1, approval_delay_s=delay)
    assert (found.stage_started_at_s, found.stage_ended_at_s) == (started, ended)
    assert (letters(found, 0), letters(found, 1)) == (first, second)
    assert (found.final_state.name, found.ended_at_s, found.stages_completed) == (state, ended[-1], completed)


def test_a_gate_after_the_last_stage_completes_when_it_is_approved():
    last = policy(stage(wait_for_approval=True))
    assert rollout(last, service(), HEALTHY, 1, approval_delay_s=None).pause_kind == "gate"
    found = rollout(last, service(), HEALTHY, 1, approval_delay_s=15)
    assert (found.final_state, found.ended_at_s, times(found)) == (State.COMPLETED, 45, [10, 20, 30, 40])
    assert found.canary_requests == 45 * 5  # what is served between the last analysis and the approval included


WINDOWS = [  # 50 canary requests per interval; all fail in the first; then 100, 50, 33 % of the window
    ("since last check", SINCE_LAST_CHECK, F(1, 100), "FPP"),
    ("sliding", Window(WindowKind.SLIDING, 20), F(1, 100), "FFP"),
    ("sliding, equal passes", Window(WindowKind.SLIDING, 20), F(1, 2), "FPP"),
    ("sliding, longer than the stage so far", Window(WindowKind.SLIDING, 30), F(2, 5), "FFP"),
    ("stage", STAGE, F(2, 5), "FFP"),
    ("stage, equal passes", STAGE, F(1, 3), "FFP"),
    ("stage, held", STAGE, F(1, 4), "FFFP"),
    ("rollout", ROLLOUT, F(1, 4), "FFFP"),
]


@pytest.mark.parametrize(("window", "limit", "seen"), [row[1:] for row in WINDOWS], ids=[row[0] for row in WINDOWS])
def test_windows(window, limit, seen):
    one = stage(window=window, checks=(ErrorCheck("error_rate", limit, None),), rollback_after=NINE_TOTAL)
    assert letters(rollout(policy(one), service(), world(fails=(0, 10)), 1)) == seen


@pytest.mark.parametrize(
    ("window", "delay", "seen"),
    [
        # 25 requests per interval at a quarter, 50 at half; 25 errors, in the first interval. Limit 15 %.
        pytest.param(STAGE, 0, "PPP", id="stage starts afresh"),
        pytest.param(SINCE_LAST_CHECK, 0, "PPP", id="since last check starts afresh"),
        pytest.param(Window(WindowKind.SLIDING, 30), 0, "PPP", id="sliding never reaches before its stage"),
        pytest.param(ROLLOUT, 0, "FPP", id="rollout reaches back: 25 of 125, of 175, of 225"),
        pytest.param(ROLLOUT, 15, "FPP", id="and includes the pause: 25 of 162"),
        pytest.param(ROLLOUT, 17, "PPP", id="to the second of the approval: 25 of 167"),
    ],
)
def test_windows_of_a_second_stage(window, delay, seen):
    checks = (ErrorCheck("error_rate", F(15, 100), None),)
    first = stage(traffic=F(1, 4), checks=checks, rollback_after=NINE_TOTAL, wait_for_approval=True)
    second = stage(checks=checks, window=window, rollback_after=NINE_TOTAL)
    found = rollout(policy(first, second), service(), world(fails=(0, 10)), 1, approval_delay_s=delay)
    assert letters(found, 1) == seen


def test_at_full_traffic_comparisons_are_not_asked():
    compared = ErrorCheck("error_rate", None, Ratio(F(2)))
    both = ErrorCheck("other", F(1), Ratio(F(2)))
    found = rollout(
        policy(stage(traffic=F(1), checks=(compared, both))), service(), world(fails=(0, None)), 1
    )  # every request fails: at most 100 % do
    assert [outcomes for _, _, outcomes in found.analyses] == [(Outcome.PASS,)] * 3
    assert (found.final_state, found.baseline_requests) == (State.COMPLETED, 0)


def test_a_stage_with_nothing_to_ask_ends_in_time():
    compared = ErrorCheck("error_rate", None, Ratio(F(2)))
    found = rollout(policy(stage(traffic=F(1), checks=(compared,))), service(), world(fails=(0, None)), 1)
    assert (found.final_state, found.ended_at_s) == (State.COMPLETED, 30)


ARRIVALS = [  # id, requests per second, traffic, seconds after midnight, swing, canary and baseline requests in 30 s
    ("halves", F(10), F(1, 2), 0, F(0), (150, 150)),
    ("each arm is rounded down", F(33, 100), F(1, 2), 0, F(0), (4, 4)),
    ("a tenth", F(1), F(1, 10), 0, F(0), (3, 27)),
    ("peak of the day", F(1), F(1), 14 * 3600, F(1, 2), (45, 0)),
    ("trough of the day", F(1), F(1), 2 * 3600, F(1, 2), (15, 0)),
    ("the mean at eight", F(1), F(1), 8 * 3600, F(1, 2), (30, 0)),
    ("the next day", F(1), F(1), 32 * 3600, F(1, 2), (30, 0)),
    ("half of the swing at ten", F(2), F(1), 10 * 3600, F(1, 3), (70, 0)),
    ("from the 14th hour into the 15th", F(1), F(1), 14 * 3600 - 10, F(1, 2), (44, 0)),  # 10 x 1.4830 + 20 x 1.5
]


@pytest.mark.parametrize(
    ("rate", "traffic", "start", "swing", "requests"), [r[1:] for r in ARRIVALS], ids=[r[0] for r in ARRIVALS]
)
def test_constant_arrivals(rate, traffic, start, swing, requests):
    found = rollout(policy(stage(traffic=traffic)), service(rate, daily_swing=swing), HEALTHY, 1, start_at_s=start)
    assert (found.canary_requests, found.baseline_requests) == requests


def test_constant_arrivals_are_counted_from_the_start_of_each_stage():
    two = policy(stage(duration_s=10), stage(duration_s=10))  # 1.65 requests in each
    assert rollout(two, service(F(33, 100)), HEALTHY, 1).canary_requests == 2


def test_too_few_requests_are_inconclusive():
    one = stage(min_canary_requests=2, on_inconclusive=EXTEND)  # 1.65, 3.3, 4.95, 6.6
    assert letters(rollout(policy(one), service(F(33, 100)), HEALTHY, 1)) == "IPIP"


def test_requests_of_an_hour_sum_over_the_clock():
    assert requests_between(service(F(1), daily_swing=F(1, 2)), 14 * 3600, 0, 3600) == 5400


@pytest.mark.parametrize(
    ("silent", "reported"),
    [
        pytest.param((0, None), 0, id="always"),
        pytest.param((0, 5), 25 + 50 + 50, id="half of the first interval"),
        pytest.param((25, None), 50 + 50 + 25, id="half of the last interval"),
        pytest.param((7, 12), 35 + 40 + 50, id="across two intervals"),
        pytest.param((7, 8), 45 + 50 + 50, id="one second"),
    ],
)
def test_missing_metrics(silent, reported):
    found = rollout(policy(stage(on_inconclusive=PROMOTE)), service(), world(silent=silent), 1)
    assert found.canary_requests == reported
    assert found.baseline_requests == found.canary_requests


def test_missing_metrics_do_not_ramp():
    silent = Scenario("silent", canary=Effect(metrics_missing=True, ramp_over_s=60))
    found = rollout(policy(stage(on_inconclusive=PROMOTE)), service(), silent, 1)
    assert (found.canary_requests, found.baseline_requests) == (0, 150)


STRENGTHS = [  # id, effect, onset, begin, end, mean strength
    ("at once", Effect(), 0, 0, 10, F(1)),
    ("never", Effect(), None, 0, 10, F(0)),
    ("later", Effect(), 10, 0, 10, F(0)),
    ("from the middle on", Effect(), 5, 0, 10, F(1, 2)),
    ("ramp", Effect(ramp_over_s=10), 0, 0, 10, F(1, 2)),
    ("half of a ramp", Effect(ramp_over_s=20), 0, 0, 10, F(1, 4)),
    ("after a ramp", Effect(ramp_over_s=20), 0, 20, 30, F(1)),
    ("across the end of a ramp", Effect(ramp_over_s=4), 0, 0, 8, F(3, 4)),
    ("it ends", Effect(lasting_s=4), 3, 0, 10, F(4, 10)),
    ("it ends in its ramp", Effect(ramp_over_s=10, lasting_s=5), 0, 0, 10, F(1, 8)),
    ("it is over", Effect(lasting_s=4), 3, 7, 17, F(0)),
]


@pytest.mark.parametrize(
    ("effect", "onset", "begin", "end", "mean"), [r[1:] for r in STRENGTHS], ids=[r[0] for r in STRENGTHS]
)
def test_mean_strength(effect, onset, begin, end, mean):
    assert mean_strength(effect, onset, begin, end, effect.ramp_over_s) == mean


@pytest.mark.parametrize(
    ("change", "amount", "rate"),
    [(Change.ADD, F(2, 100), F(2, 100)), (Change.MULTIPLY, F(5), F(3, 100)), (Change.SET, F(1, 2), F(51, 200))],
)
def test_an_effect_of_half_strength_on_one_percent(change, amount, rate):
    assert changed_rate(F(1, 100), ErrorRateEffect(change, amount), F(1, 2)) == rate


ONSETS = [  # id, starting after, from traffic, failed requests in two stages of 50 and 75 per interval
    ("from the start", 0, None, 150 + 225),
    ("starting after", 20, None, 50 + 225),
    ("from the second stage", 0, F(3, 4), 225),
    ("between the stages' traffic", 0, F(51, 100), 225),
    ("from the first stage", 0, F(1, 2), 150 + 225),
    ("the later of both: stage", 20, F(3, 4), 225),
    ("the later of both: time", 50, F(3, 4), 75),
    ("never", 0, F(4, 5), 0),
]


@pytest.mark.parametrize(("after", "traffic", "errors"), [r[1:] for r in ONSETS], ids=[r[0] for r in ONSETS])
def test_onsets(after, traffic, errors):
    bad = Effect(ErrorRateEffect(Change.SET, F(1)), starting_after_s=after, from_traffic=traffic)
    allowed = (ErrorCheck("error_rate", F(1), None),)
    two = policy(stage(checks=allowed), stage(traffic=F(3, 4), checks=allowed))
    assert rollout(two, service(), Scenario("bad", canary=bad), 1).canary_errors == errors


def test_both_acts_before_the_arm():
    worse = Effect(ErrorRateEffect(Change.SET, F(1)))
    healed = Effect(ErrorRateEffect(Change.SET, F(0)))
    found = rollout(policy(stage()), service(), Scenario("both", canary=healed, both=worse), 1)
    assert (found.canary_errors, found.baseline_errors) == (0, 150)


LATENCIES = [  # id, the canary's effects in order, a limit, the outcome; normal is 80 s, read as at most 2 % more
    ("normal", [], 80_000_001, "P"),
    ("half as long again", [(Change.MULTIPLY, F(3, 2))], 119_999_999, "F"),
    ("read at the limit's own edge", [(Change.MULTIPLY, F(3, 2))], 120_000_002, "P"),
    ("ten seconds more", [(Change.ADD, F(10_000_000))], 89_999_999, "F"),
    ("and no more", [(Change.ADD, F(10_000_000))], 90_000_001, "P"),
    ("factor after shift", [(Change.ADD, F(10_000_000)), (Change.MULTIPLY, F(2))], 179_999_999, "F"),
    ("and no more than that", [(Change.ADD, F(10_000_000)), (Change.MULTIPLY, F(2))], 180_000_002, "P"),
    ("shift after factor", [(Change.MULTIPLY, F(2)), (Change.ADD, F(10_000_000))], 170_000_002, "P"),
    ("below nothing", [(Change.ADD, F(-90_000_000))], 1, "P"),
    ("beyond the hour", [(Change.MULTIPLY, F(100))], 3_599_999_999, "F"),
]


@pytest.mark.parametrize(("effects", "limit", "outcome"), [r[1:] for r in LATENCIES], ids=[r[0] for r in LATENCIES])
def test_latencies(effects, limit, outcome):
    both, canary = [None, None, *(Effect(latency=LatencyEffect(*e)) for e in effects)][-2:]
    one = stage(checks=(LatencyCheck("latency_p50", F(1, 2), limit, None),))
    assert letters(rollout(policy(one), service(), Scenario("slow", canary=canary, both=both), 1))[0] == outcome


def arm(requests, errors=0, **latencies):
    """Return a report; `us100=3` are three latencies recorded at 100 us."""
    return Reported(requests, errors, Counter({int(edge[2:]): n for edge, n in latencies.items()}))


def error_check(limit=None, over=None, confidence=None):
    return ErrorCheck("error_rate", limit, over, confidence)


def latency_check(quantile, limit=None, over=None, confidence=None):
    return LatencyCheck("latency", quantile, limit, over, confidence)


ONE_PERCENT, HALF = F(1, 100), F(1, 2)
JUDGED = [  # check, canary, baseline, minimum, outcome
    ("no data", error_check(ONE_PERCENT), arm(0), arm(0), 0, "I"),
    ("too few", error_check(F(0)), arm(9, 9), arm(0), 10, "I"),
    ("just enough", error_check(F(0)), arm(10, 1), arm(0), 10, "F"),
    ("equal passes", error_check(ONE_PERCENT), arm(100, 1), arm(0), 1, "P"),
    ("29 of 100 do not exceed 29 %", error_check(F(29, 100)), arm(100, 29), arm(0), 1, "P"),
    ("above fails", error_check(ONE_PERCENT), arm(99, 1), arm(0), 1, "F"),
    ("ratio, equal passes", error_check(over=Ratio(F(3, 2))), arm(100, 3), arm(100, 2), 1, "P"),
    ("ratio, above fails", error_check(over=Ratio(F(3, 2))), arm(99, 3), arm(100, 2), 1, "F"),
    ("one error against none", error_check(over=Ratio(F(3, 2))), arm(100, 1), arm(100, 0), 1, "F"),
    ("none against none", error_check(over=Ratio(F(3, 2))), arm(100, 0), arm(100, 0), 1, "P"),
    ("points, equal passes", error_check(over=Points(ONE_PERCENT)), arm(100, 3), arm(100, 2), 1, "P"),
    ("points, above fails", error_check(over=Points(ONE_PERCENT)), arm(100, 3), arm(101, 2), 1, "F"),
    ("baseline too small", error_check(over=Points(F(0))), arm(100, 50), arm(9), 10, "I"),
    ("fails by one limit", error_check(ONE_PERCENT, Points(F(0))), arm(100, 50), arm(9), 10, "F"),
    ("passes by one limit", error_check(HALF, Points(F(0))), arm(100, 50), arm(9), 10, "I"),
    # P(Bin(10, 1/2) >= 9) = 11/1024 = 0.0107
    ("max, evidence", error_check(HALF, confidence=F(98, 100)), arm(10, 9), arm(0), 1, "F"),
    ("max, not enough", error_check(HALF, confidence=F(99, 100)), arm(10, 9), arm(0), 1, "P"),
    ("max, exactly 1 - confidence", error_check(HALF, confidence=1 - F(11, 1024)), arm(10, 9), arm(0), 1, "F"),
    ("max, one of one", error_check(ONE_PERCENT, confidence=F(99, 100)), arm(1, 1), arm(0), 1, "F"),
    ("max of nothing", error_check(F(0), confidence=F(99, 100)), arm(100, 1), arm(0), 1, "F"),
    ("max of everything", error_check(F(1), confidence=F(99, 100)), arm(100, 100), arm(0), 1, "P"),
    # of 10 errors 9 are the canary's, half expected with equal arms; with 3 x and n_b = 3 n_c too
    ("ratio, evidence", error_check(over=Ratio(F(1)), confidence=F(98, 100)), arm(50, 9), arm(50, 1), 1, "F"),
    ("ratio, not enough", error_check(over=Ratio(F(1)), confidence=F(99, 100)), arm(50, 9), arm(50, 1), 1, "P"),
    ("ratio, unequal arms", error_check(over=Ratio(F(3)), confidence=F(98, 100)), arm(50, 9), arm(150, 1), 1, "F"),
    ("ratio, unequal, no", error_check(over=Ratio(F(3)), confidence=F(99, 100)), arm(50, 9), arm(150, 1), 1, "P"),
    ("ratio, no errors", error_check(over=Ratio(F(1)), confidence=HALF), arm(50, 0), arm(50, 0), 1, "P"),
    # z = 0.10 / sqrt(0.15 x 0.85 x 2 / 100) = 1.980; the quantile of 97.5 % is 1.960, of 97.7 % 1.995
    ("points, evidence", error_check(over=Points(F(0)), confidence=F(975, 1000)), arm(100, 20), arm(100, 10), 1, "F"),
    ("points, not enough", error_check(over=Points(F(0)), confidence=F(977, 1000)), arm(100, 20), arm(100, 10), 1, "P"),
    ("points, no excess", error_check(over=Points(F(1, 10)), confidence=HALF), arm(100, 20), arm(100, 10), 1, "P"),
    ("points, all fail", error_check(over=Points(HALF), confidence=F(9, 10)), arm(100, 100), arm(100, 10), 1, "F"),
    # nearest rank: of 10 requests p50 is the 5th, p51 the 6th
    ("p50", latency_check(HALF, 100), arm(10, us100=5, us102=5), arm(0), 1, "P"),
    ("p51", latency_check(F(51, 100), 100), arm(10, us100=5, us102=5), arm(0), 1, "F"),
    ("p99 of one", latency_check(F(99, 100), 100), arm(1, us102=1), arm(0), 1, "F"),
    ("slower, equal passes", latency_check(HALF, over=Ratio(F(2))), arm(3, us100=3), arm(3, us50=3), 1, "P"),
    ("slower by a factor", latency_check(HALF, over=Ratio(F(19, 10))), arm(3, us100=3), arm(3, us50=3), 1, "F"),
    ("later, equal passes", latency_check(HALF, over=Micros(50)), arm(3, us100=3), arm(3, us50=3), 1, "P"),
    ("later", latency_check(HALF, over=Micros(49)), arm(3, us100=3), arm(3, us50=3), 1, "F"),
    ("no baseline latency", latency_check(HALF, over=Micros(49)), arm(3, us100=3), arm(0), 1, "I"),
    ("slow, evidence", latency_check(HALF, 100, None, F(98, 100)), arm(10, us100=1, us102=9), arm(0), 1, "F"),
    ("slow, not enough", latency_check(HALF, 100, None, F(99, 100)), arm(10, us100=1, us102=9), arm(0), 1, "P"),
]


@pytest.mark.parametrize(
    ("check", "canary", "baseline", "minimum", "outcome"), [r[1:] for r in JUDGED], ids=[r[0] for r in JUDGED]
)
def test_judging(check, canary, baseline, minimum, outcome):
    assert outcome_of(check, canary, baseline, minimum, has_baseline=True) is LETTERS[outcome]


@pytest.mark.parametrize(("canary", "baseline"), [((100, 20), (100, 10)), ((50, 9), (400, 0)), ((30, 30), (20, 3))])
def test_likeliest_rates_are_the_best_of_a_fine_grid(canary, baseline):
    difference, (n, x), (m, y) = 0.05, canary, baseline

    def log_likelihood(p):
        q = p + difference
        terms = ((x, q), (n - x, 1 - q), (y, p), (m - y, 1 - p))
        return sum(count * math.log(chance) for count, chance in terms if count)

    best = max((i / 20_000 for i in range(1, 19_000)), key=log_likelihood)
    assert likeliest_baseline_rate(arm(n, x), arm(m, y), difference) == pytest.approx(best, abs=1e-4)


def test_every_limit_of_the_policy_is_an_edge():
    assert 123_457 in fine_edges_us([123_457])


def test_poisson_arrivals_have_their_mean_and_variance():
    rng = random.Random(1)
    counts = [poisson(rng, 3.0) for _ in range(20_000)]
    mean = sum(counts) / len(counts)
    assert mean == pytest.approx(3, abs=0.06)
    assert sum((c - mean) ** 2 for c in counts) / len(counts) == pytest.approx(3, abs=0.15)


def test_burstiness_is_the_correlation_of_two_requests_of_an_interval():
    rng, p, rho = random.Random(1), 0.2, 0.1
    rates = [rate_of_this_interval(rng, F(1, 5), F(1, 10)) for _ in range(20_000)]
    assert sum(rates) / len(rates) == pytest.approx(p, abs=0.005)
    assert sum((r - p) ** 2 for r in rates) / len(rates) == pytest.approx(rho * p * (1 - p), rel=0.05)


def some_runs(rate, seeds):
    """Return rollouts of 20 canary requests an analysis that roll back with some chance."""
    noisy = service(F(4), error_rate=rate, arrivals=Arrivals.POISSON)
    one = stage(checks=(ErrorCheck("error_rate", F(1, 10), None),), rollback_after=TWO_ROW)
    return [rollout(policy(one), noisy, HEALTHY, seed) for seed in seeds]


def as_engine(results):
    engine = EngineRuns()
    for result in results:
        engine.add(ending_of(result), result.ended_at_s, result.canary_requests)
    return engine


def test_agreement_is_found_with_the_same_world_and_not_with_another():
    ours = some_runs(F(8, 100), range(600))
    assert not disagreements(compare("same", ours, as_engine(some_runs(F(8, 100), range(600, 2000)))))
    assert disagreements(compare("other", ours, as_engine(some_runs(F(12, 100), range(600, 2000)))))


def test_agreement_with_exact_figures():
    ours = some_runs(F(0), range(100))
    completed = ExactFigures({"COMPLETED": {30: 1.0}}, {"COMPLETED": 60.0})
    assert list(compare("exact", ours, completed)) == [
        "exact: P(COMPLETED)",
        "exact: mean end of COMPLETED",
        "exact: mean canary requests of COMPLETED",
    ]
    assert not disagreements(compare("exact", ours, completed))
    assert disagreements(compare("late", ours, ExactFigures({"COMPLETED": {40: 1.0}})))
    assert disagreements(compare("never", ours, ExactFigures({"PAUSED in stage 0": {30: 1.0}})))
