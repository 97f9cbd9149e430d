"""Flagger beyond the recorded cases: what is read out of a spec, metrics at their bounds, gates, laws of a run."""

from fractions import Fraction
from itertools import groupby, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary_runner.controllers.flagger.metrics import Metric, Range, passes
from canary_runner.controllers.flagger.scheduler import CONDITIONS, EFFECTS, Row, decide, tick
from canary_runner.controllers.flagger.spec import Hook, HookType, Spec, Strategy
from canary_runner.controllers.flagger.status import Observed, Phase, Readiness, State, our_state
from canary_runner.model import outcomes

ERRORS = Metric("errors", has_query=True)
NAN, INF = float("nan"), float("inf")
RATE, DURATION = "request-success-rate", "request-duration"


def seen(spec, passed=True, revision=1, **more):
    """Return what a tick sees: all metrics pass or fail, every hook lets through unless `closed` names its type."""
    closed = more.pop("closed", ()) or ()
    hooks = tuple((h.type is not HookType.ROLLBACK) is (h.type.value not in closed) for h in spec.hooks)
    return Observed((passed,) * len(spec.metrics), hooks, revision, **more)


def run(spec, *ticks, state=None):
    """Return the states after each tick; a tick is what `seen` takes beside the spec."""
    states = [state or State()]
    for one in ticks:
        states.append(tick(spec, states[-1], seen(spec, **one)))
    return states[1:]


def gate(kind):
    return (Hook("gate", HookType(kind)),)


@pytest.mark.parametrize(
    ("weights", "from_to"),
    [
        ({"step_weight": 20, "step_weights": (1, 2)}, {0: 20, 20: 40, 90: 110}),  # stepWeight wins
        ({"step_weights": (1, 2, 10, 80)}, {0: 1, 1: 2, 2: 10, 10: 80, 80: 100, 100: 101}),
        ({"step_weights": (10, 10, 20)}, {0: 10, 10: 10}),  # stuck
        ({"step_weights": (20, 10)}, {0: 20, 20: 10}),  # stuck: a step below 0
        ({"step_weights": (30, 60)}, {50: 100}),  # a weight that the list does not know
        ({"step_weights": (150,)}, {0: 100}),
        ({}, {0: 0}),
    ],
)
def test_next_weight(weights, from_to):
    spec = Spec(**weights)
    assert {weight: weight + spec.next_step(weight) for weight in from_to} == from_to


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, (1, 100, Fraction(60), Strategy.CANARY)),
        ({"threshold": -3, "interval_s": Fraction(1)}, (1, 100, Fraction(10), Strategy.CANARY)),
        ({"threshold": 5, "max_weight": 50, "interval_s": Fraction(90)}, (5, 50, Fraction(90), Strategy.CANARY)),
        ({"max_weight": 50, "step_weights": (10, 70)}, (1, 70, Fraction(60), Strategy.CANARY)),
        ({"step_weights": (10, 170)}, (1, 100, Fraction(60), Strategy.CANARY)),
        ({"iterations": 2}, (1, 100, Fraction(60), Strategy.BLUE_GREEN)),
        ({"iterations": 2, "has_match": True}, (1, 100, Fraction(60), Strategy.AB_TESTING)),
        ({"has_match": True}, (1, 100, Fraction(60), Strategy.CANARY)),
        ({"iterations": 2, "has_match": True, "provider": "kubernetes"}, (1, 100, Fraction(60), Strategy.BLUE_GREEN)),
        ({"step_weight": 5, "provider": "kubernetes"}, (1, 100, Fraction(60), Strategy.BLUE_GREEN)),
    ],
)
def test_what_is_read_out_of_a_spec(fields, expected):
    spec = Spec(**fields)
    assert (spec.failed_checks_allowed, spec.promotion_weight, spec.tick_s, spec.strategy) == expected


@pytest.mark.parametrize(
    ("metric", "passing", "failing"),
    [
        (Metric(RATE, Range(min=99)), (99.0, 100.0), (98.999, None, NAN)),
        (Metric(RATE, Range(max=50)), (50.0,), (50.1,)),
        (Metric(RATE, threshold=99), (99.0,), (98.9,)),
        (Metric(RATE), (0.0,), (None,)),  # no bound: only no data fails
        (Metric(RATE, Range(), threshold=99), (0.0,), (None,)),  # an empty range outranks the threshold
        (Metric(DURATION, Range(max=500)), (500.0, 500.9), (501.0, None)),
        (Metric(DURATION, Range(max=0.5)), (0.0, 0.9), (1.0, 120.0)),
        (Metric(DURATION, Range(min=2.7)), (2.0,), (1.9,)),
        (Metric(DURATION, threshold=500), (500.0,), (501.0,)),
        (Metric(DURATION), (0.0,), (1.0,)),
        (Metric("own", has_template=True), (0.0, -1.0), (0.1, None, NAN, INF)),
        (Metric("own", threshold=5, has_query=True), (5.0,), (5.1,)),
        (Metric("own", Range(1, 2), has_query=True), (1.0, 2.0), (0.9, 2.1)),
        (Metric("own", Range(max=5)), (), (1.0,)),  # neither query nor template
        (Metric(RATE, has_query=True), (0.0,), (1.0,)),  # checked twice: as built in, and as own with maximum 0
    ],
)
def test_metric(metric, passing, failing):
    assert [value for value in passing if not passes(metric, value)] == []
    assert [value for value in failing if passes(metric, value)] == []


def test_a_closed_rollout_gate_waits_and_no_rollback_hook_is_asked_meanwhile():
    spec = Spec(step_weight=50, hooks=(*gate("confirm-rollout"), Hook("back", HookType.ROLLBACK)))
    waiting, still, begun = run(spec, {"closed": ["confirm-rollout"]}, {"closed": ["confirm-rollout", "rollback"]}, {})
    assert waiting.phase is still.phase is Phase.WAITING
    assert not still.is_scaled_up
    assert (begun.phase, begun.weight, begun.is_scaled_up) == (Phase.PROGRESSING, 0, True)


def test_a_closed_promotion_gate_makes_blue_green_repeat_its_last_iteration_every_other_tick():
    spec = Spec(iterations=2, hooks=gate("confirm-promotion"))
    closed = {"closed": ["confirm-promotion"]}
    states = run(spec, {}, {}, {}, closed, closed, closed, {}, {}, {})
    assert [(s.phase.value, s.weight, s.iterations) for s in states] == [
        ("Progressing", 0, 0),
        ("Progressing", 0, 1),
        ("Progressing", 0, 2),
        ("WaitingPromotion", 0, 1),
        ("WaitingPromotion", 0, 2),
        ("WaitingPromotion", 0, 1),
        ("WaitingPromotion", 0, 2),
        ("WaitingPromotion", 100, 3),
        ("Promoting", 100, 3),
    ]


def test_a_traffic_gate_holds_the_weight_while_checks_go_on():
    spec = Spec(threshold=2, step_weight=50, metrics=(ERRORS,), hooks=gate("confirm-traffic-increase"))
    closed = {"closed": ["confirm-traffic-increase"]}
    states = run(spec, {}, {}, closed, closed | {"passed": False}, closed | {"passed": False}, closed)
    assert [(s.weight, s.failed_checks) for s in states] == [(0, 0), (50, 0), (50, 0), (50, 1), (50, 2), (0, 0)]
    assert states[-1].phase is Phase.FAILED


def test_pre_rollout_hooks_count_as_checks_and_metrics_are_not_read_before_anything_is_reached():
    spec = Spec(threshold=2, step_weight=50, metrics=(ERRORS,), hooks=gate("pre-rollout"))
    states = run(spec, {}, {"closed": ["pre-rollout"]}, {"passed": False}, {"passed": False}, {"passed": False})
    assert [(s.phase.value, s.weight, s.failed_checks) for s in states[1:]] == [
        ("Progressing", 0, 1), ("Progressing", 50, 1), ("Progressing", 50, 2), ("Failed", 0, 0),
    ]  # fmt: skip


def test_mirroring_in_blue_green_lasts_until_everybody_is_sent_over():
    states = run(Spec(iterations=2, mirror=True), *[{}] * 6)
    assert [(s.weight, s.mirrored) for s in states] == [
        (0, False), (0, True), (0, True), (100, False), (100, False), (0, False),
    ]  # fmt: skip


def test_without_routing_nobody_meets_the_canary_and_weights_become_ten_iterations():
    states = run(Spec(step_weight=10, provider="kubernetes"), *[{}] * 15)
    assert {s.weight for s in states} == {0}
    assert [s.iterations for s in states[:12]] == [*range(12)]
    assert [s.phase.value for s in states[11:]] == ["Progressing", "Promoting", "Finalising", "Succeeded"]


def test_a_skipped_analysis_promotes_at_the_second_tick_whatever_the_primary_is():
    spec = Spec(step_weight=10, skip_analysis=True)
    states = run(spec, {"primary": Readiness.DEADLINE}, {"canary": Readiness.NOT_READY}, {})
    assert [s.phase.value for s in states] == ["Progressing", "Progressing", "Succeeded"]
    assert {s.weight for s in states} == {0}


def test_the_table_has_every_row_in_its_order():
    assert list(CONDITIONS) == list(EFFECTS) == sorted(Row)


def test_rows_of_a_rollout_that_is_rolled_back():
    spec = Spec(threshold=1, step_weight=50, metrics=(ERRORS,))
    states = [State(), *run(spec, *[{"passed": False}] * 4)]
    assert [decide(spec, state, seen(spec, passed=False)) for state in states] == [
        Row.BEGUN, Row.STEP, Row.CHECK_FAILED, Row.THRESHOLD_REACHED, Row.NO_NEW_REVISION,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("at", "more", "phase", "weight", "ours"),
    [
        (2, {"canary": Readiness.NOT_READY}, "Progressing", 50, "PROGRESSING"),
        (2, {"canary": Readiness.DEADLINE}, "Failed", 0, "ROLLED_BACK"),
        (2, {"primary": Readiness.NOT_READY}, "Progressing", 50, "PROGRESSING"),
        (2, {"primary": Readiness.DEADLINE}, "Failed", 0, "ROLLED_BACK"),
        (3, {"primary": Readiness.NOT_READY}, "Promoting", 50, "PROGRESSING"),
        (3, {"primary": Readiness.DEADLINE}, "Failed", 100, "PAUSED"),
        (3, {"canary": Readiness.DEADLINE}, "Failed", 0, "PAUSED"),  # the primary has the new version
        (4, {"primary": Readiness.DEADLINE}, "Failed", 100, "PAUSED"),
        (3, {"is_suspended": True}, "Promoting", 50, "PROGRESSING"),
        (5, {"primary": Readiness.DEADLINE}, "Succeeded", 0, "COMPLETED"),
    ],
)
def test_pods_that_are_not_ready(at, more, phase, weight, ours):
    spec = Spec(step_weight=50, max_weight=50)
    after = run(spec, *[{}] * at, more)[-1]
    assert (after.phase.value, after.weight, our_state(after)) == (phase, weight, outcomes.State(ours))


@pytest.mark.parametrize(
    ("revisions", "phases"),
    [
        ([0], ["Initialized"]),
        ([1, 1, 1, 1, 1, 1], ["Progressing", "Progressing", "Promoting", "Finalising", "Succeeded", "Succeeded"]),
        ([1, 0], ["Progressing", "Progressing"]),  # the promoted template is no news
        ([1, 1, 1, 2, 2, 2], ["Progressing", "Progressing", "Promoting", "Finalising", "Succeeded", "Progressing"]),
    ],
)
def test_what_counts_as_a_new_revision(revisions, phases):
    states = run(Spec(step_weight=50, max_weight=50), *({"revision": r} for r in revisions))
    assert [s.phase.value for s in states] == phases


def test_a_failed_revision_is_not_tried_again_and_is_forgotten_if_the_primary_is_down_when_it_appears():
    spec = Spec(step_weight=50)
    failed = run(spec, {}, {"canary": Readiness.DEADLINE}, {})[-1]
    assert failed.phase is Phase.FAILED
    lost = run(spec, {"revision": 2, "primary": Readiness.NOT_READY}, {"revision": 2}, state=failed)
    assert [s.phase for s in lost] == [Phase.FAILED, Phase.FAILED]
    assert run(spec, {"revision": 2}, state=failed)[0].phase is Phase.PROGRESSING


@pytest.mark.parametrize(
    ("fields", "percents"),
    [
        ({"step_weight": 20, "max_weight": 50}, [0, 20, 40, 60, 100, 100, 100]),  # from Promoting on the primary too
        ({"step_weight": 100, "step_weight_promotion": 50}, [0, 100, 100, 100, 100, 100]),
        ({"iterations": 2}, [0, 0, 0, 100, 100, 100, 100]),
        ({"iterations": 1, "provider": "kubernetes"}, [0, 0, 0, 100, 100, 100]),
        ({"step_weight": 10, "skip_analysis": True}, [0, 100]),
    ],
)
def test_who_meets_the_new_version(fields, percents):
    states = run(Spec(**fields), *[{}] * len(percents))
    assert [s.new_version_percent for s in states] == percents
    assert states[-1].phase is Phase.SUCCEEDED


@given(st.lists(st.integers(-5, 130), min_size=1, max_size=6) | st.sets(st.integers(1, 100), min_size=1).map(sorted))
def test_only_a_list_of_weights_that_grows_from_above_0_visits_every_weight_and_ends(weights):
    wanted = [min(weight, 100) for weight in weights]
    grows = wanted[0] > 0 and all(a < b for a, b in pairwise(wanted))
    states = run(Spec(step_weights=tuple(weights)), *[{}] * (len(weights) + 8))
    visited = [weight for weight, _ in groupby(s.weight for s in states if s.phase is Phase.PROGRESSING and s.weight)]
    assert (visited == wanted and states[-1].phase is Phase.SUCCEEDED) == grows
    assert states[-1] == states[-2]


@pytest.mark.parametrize(
    ("weights", "visited", "end"),
    [
        ((10, 10, 20), [10], "Progressing"),
        ((10, 20, 20), [10, 20], "Progressing"),
        ((0, 10), [], "Progressing"),
        ((20, 10), [20], "Progressing"),
        ((10, 40, 5), [10], "Succeeded"),  # the last weight is the maximum, and 10 is beyond it
        ((10, 0), [], "Succeeded"),  # so is no traffic at all
        ((50, 100, 100), [50, 100], "Succeeded"),
    ],
)
def test_lists_of_weights_that_do_not_grow_hang_or_promote_early(weights, visited, end):
    states = run(Spec(step_weights=weights, metrics=(ERRORS,)), *[{}] * 12)
    assert sorted({s.weight for s in states} - {0}) == visited
    assert states[-1].phase.value == end


@given(st.integers(1, 100), st.integers(1, 100))
def test_a_healthy_run_takes_three_ticks_more_than_it_has_weights(step, maximum):
    spec = Spec(step_weight=step, max_weight=maximum)
    weights = -(-maximum // step)
    states = run(spec, *[{}] * (weights + 4))
    assert [s.phase for s in states].index(Phase.SUCCEEDED) == weights + 3
    assert max(s.weight for s in states) == min(weights * step, 100)


@given(st.integers(1, 8), st.integers(1, 50))
def test_a_regression_from_the_first_weight_on_is_exposed_for_one_interval_more_than_the_threshold(threshold, step):
    spec = Spec(threshold=threshold, step_weight=step, metrics=(ERRORS,))
    states = run(spec, *[{"passed": False}] * (threshold + 4))
    assert sum(s.weight > 0 for s in states) == threshold + 1
    assert our_state(states[-1]) is outcomes.State.ROLLED_BACK


@given(st.lists(st.booleans(), max_size=40), st.integers(1, 6))
def test_failed_checks_add_up_and_never_fall_before_the_end(passed, threshold):
    spec = Spec(threshold=threshold, step_weight=5, metrics=(ERRORS,))
    state = run(spec, {})[0]
    for one in passed:
        after = tick(spec, state, seen(spec, one))
        if after.phase is not Phase.PROGRESSING:
            assert (after.phase is Phase.FAILED) == (state.failed_checks == threshold)
            return
        assert 0 <= after.failed_checks - state.failed_checks <= 1
        assert after.weight >= state.weight
        state = after
