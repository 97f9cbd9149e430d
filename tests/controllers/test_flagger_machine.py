"""Flagger's machine against the ticks that the recorded cases hold, on random answers."""

from dataclasses import replace
from fractions import Fraction as F

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary_runner.controllers.flagger.machine import FlaggerMachine
from canary_runner.controllers.flagger.metrics import Metric, Range, cuts, passes
from canary_runner.controllers.flagger.questions import Canary, MetricQuestion, in_order_of_checks
from canary_runner.controllers.flagger.scheduler import tick
from canary_runner.controllers.flagger.spec import Hook, HookType, Spec
from canary_runner.controllers.flagger.status import Observed, State, our_state
from canary_runner.model.outcomes import State as Ours
from canary_runner.model.plan import Approval
from canary_runner.model.query import Measures, NoData, Query, Sees

SUCCESS = Query(Measures.SUCCESS_RATIO, 60, Sees.CANARY, F(100))
RATE = Metric("request-success-rate", Range(min=99))
OWN = Metric("own", Range(max=1), has_template=True)
AT_ONCE, NEVER = Approval(0), Approval(None)


def machine(spec, approval=AT_ONCE, **more):
    return FlaggerMachine(Canary(spec, (SUCCESS,) * len(spec.metrics), **more), approval)


def gate(kind):
    return (Hook("gate", HookType(kind)),)


def walk(made, letters=()):
    """Yield (seconds, state) from the start on; letters that run out are passes."""
    state, at_s, given_letters = made.start(), 0, iter(letters)
    yield at_s, state
    for _ in range(60):
        look = made.look(state)
        if look is None:
            return
        at_s += look.after_s
        state = made.advance(state, tuple(next(given_letters, 0) for _ in look.asks))
        yield at_s, state


def told(made, letters=()):
    """Return (seconds, our word, phase, percent of all requests) wherever one of them changes."""
    rows, last = [], None
    for at_s, state in walk(made, letters):
        standing = made.standing(state)
        row = (standing.state.value, standing.phase, made.segments[standing.segment].traffic * 100)
        if row != last:
            rows.append((at_s, *row))
        last = row
    return rows


SPECS = st.builds(
    Spec,
    threshold=st.integers(1, 4),
    max_weight=st.sampled_from([0, 30, 50]),
    step_weight=st.sampled_from([0, 10, 25]),
    step_weights=st.lists(st.integers(0, 100), max_size=4).map(tuple),
    step_weight_promotion=st.sampled_from([0, 40]),
    iterations=st.sampled_from([0, 0, 3]),
    has_match=st.booleans(),
    mirror=st.booleans(),
    metrics=st.sampled_from([(), (RATE,), (OWN, RATE)]),
    provider=st.sampled_from(["", "kubernetes"]),
    skip_analysis=st.sampled_from([False, False, True]),
)


@given(SPECS, st.lists(st.integers(0, 2), max_size=40))
def test_a_machine_goes_where_the_ticks_go_and_its_traffic_is_theirs(spec, letters):
    made = machine(spec, matching=F(1, 5))
    seen, status, rest = replace_nothing(spec), State(), iter(letters)
    state, segment = made.start(), 0
    status = tick(spec, status, seen((True,) * len(spec.metrics)))
    for _ in range(30):
        assert state.status == status
        standing = made.standing(state)
        assert standing.segment >= segment
        segment = standing.segment
        if not our_state(status).is_final:
            share = F(min(status.new_version_percent, 100), 100)
            is_matched = spec.strategy.value == "ab_testing" and not status.primary_updated
            assert made.segments[segment].traffic == (share * F(1, 5) if is_matched else share)
        look = made.look(state)
        if look is None:
            assert our_state(status).is_final
            return
        said = tuple(next(rest, 0) for _ in look.asks)
        state = made.advance(state, said)
        metrics = tuple(letter == 0 for letter in said) or (True,) * len(spec.metrics)
        status = tick(spec, status, seen(metrics))


def replace_nothing(spec):
    return lambda metrics: Observed(metrics, (True,) * len(spec.hooks), 1)


@pytest.mark.parametrize("weights", [1, 2, 5, 10])
def test_n_weights_take_n_and_three_intervals_from_the_tick_that_sees_the_revision(weights):
    made = machine(Spec(step_weight=10, max_weight=10 * weights, interval_s=F(30), metrics=(RATE,)))
    at_s, state = list(walk(made))[-1]
    assert (made.standing(state).state, at_s) == (Ours.COMPLETED, 30 * (weights + 3))


@pytest.mark.parametrize("threshold", [1, 2, 5])
def test_a_failure_from_the_first_weight_on_is_exposed_for_threshold_and_one_intervals(threshold):
    made = machine(Spec(threshold=threshold, step_weight=10, metrics=(RATE,)))
    at_s, state = list(walk(made, (1,) * 20))[-1]
    assert (made.standing(state).state, at_s) == (Ours.ROLLED_BACK, 60 + 60 * (threshold + 1))
    assert made.segments[made.standing(state).segment].traffic == F(10, 100)


@pytest.mark.parametrize(
    ("spec", "more", "rows"),
    [
        pytest.param(
            Spec(step_weight=20, max_weight=50, metrics=(RATE,)), {},
            [(0, "PROGRESSING", "Progressing", 0), (60, "PROGRESSING", "Progressing", 20),
             (120, "PROGRESSING", "Progressing", 40), (180, "PROGRESSING", "Progressing", 60),
             (240, "PROGRESSING", "Promoting", 100), (300, "PROGRESSING", "Finalising", 100),
             (360, "COMPLETED", "Succeeded", 100)],
            id="weights beyond the maximum, then everybody unguarded",
        ),
        pytest.param(
            Spec(iterations=2, metrics=(RATE,)), {},
            [(0, "PROGRESSING", "Progressing", 0), (180, "PROGRESSING", "Progressing", 100),
             (240, "PROGRESSING", "Promoting", 100), (300, "PROGRESSING", "Finalising", 100),
             (360, "COMPLETED", "Succeeded", 100)],
            id="blue/green sends everybody over at once",
        ),
        pytest.param(
            Spec(iterations=2, has_match=True, metrics=(RATE,)), {"matching": F(1, 4)},
            [(0, "PROGRESSING", "Progressing", 0), (60, "PROGRESSING", "Progressing", 25),
             (180, "PROGRESSING", "Promoting", 100), (240, "PROGRESSING", "Finalising", 100),
             (300, "COMPLETED", "Succeeded", 100)],
            id="A/B serves those that match",
        ),
        pytest.param(
            Spec(step_weight=50, provider="kubernetes", iterations=1), {},
            [(0, "PROGRESSING", "Progressing", 0), (180, "PROGRESSING", "Promoting", 100),
             (240, "PROGRESSING", "Finalising", 100), (300, "COMPLETED", "Succeeded", 100)],
            id="without a router users meet it at the promotion",
        ),
        pytest.param(
            Spec(skip_analysis=True), {},
            [(0, "PROGRESSING", "Progressing", 0), (60, "COMPLETED", "Succeeded", 0)],
            id="a skipped analysis promotes at the next tick",
        ),
        pytest.param(
            Spec(step_weights=(10, 40, 5)), {},
            [(0, "PROGRESSING", "Progressing", 0), (60, "PROGRESSING", "Progressing", 10),
             (120, "PROGRESSING", "Promoting", 100), (180, "PROGRESSING", "Finalising", 100),
             (240, "COMPLETED", "Succeeded", 100)],
            id="the last of the weights is where promotion begins",
        ),
        pytest.param(
            Spec(step_weights=(10, 10, 20)), {},
            [(0, "PROGRESSING", "Progressing", 0), (60, "PROGRESSING", "Progressing", 10)],
            id="a list that does not grow looks on for ever",
        ),
    ],
)  # fmt: skip
def test_what_users_meet(spec, more, rows):
    assert told(machine(spec, **more)) == rows


def test_mirroring_is_seen_by_metrics_and_by_no_user():
    made = machine(Spec(iterations=2, mirror=True, metrics=(RATE,)), copied=F(3, 10))
    shown = [(s.name, s.traffic, s.copied, s.is_watched) for s in made.segments]
    assert shown == [("0%", 0, 0, True), ("mirroring", 0, F(3, 10), True), ("100%", 1, 0, True),
                     ("promotion", 1, 0, False)]  # fmt: skip


def test_load_tests_run_from_the_first_rollout_hooks_on_a_failed_check_too():
    made = machine(Spec(threshold=2, step_weight=50, max_weight=50, metrics=(RATE,)), load_rps=F(20))
    assert [(s.name, s.synthetic_rps) for s in made.segments] == [
        ("0%", 0), ("50%", 0), ("50% with load", 20), ("promotion", 0),
    ]  # fmt: skip
    segments = [made.standing(state).segment for _, state in walk(made, (1, 0))]
    assert segments == [0, 1, 2, 3, 3, 3]


@pytest.mark.parametrize(
    ("kind", "spec", "rows"),
    [
        ("confirm-rollout", Spec(step_weight=50, max_weight=50), [(0, "PAUSED", "Waiting", 0)]),
        ("confirm-traffic-increase", Spec(step_weight=50, max_weight=50),
         [(0, "PROGRESSING", "Progressing", 0), (60, "PAUSED", "Progressing", 0)]),
        ("confirm-promotion", Spec(step_weight=50, max_weight=50),
         [(0, "PROGRESSING", "Progressing", 0), (60, "PROGRESSING", "Progressing", 50),
          (120, "PAUSED", "WaitingPromotion", 50)]),
    ],
)  # fmt: skip
def test_a_gate_that_nobody_opens_pauses_and_one_that_opens_delays(kind, spec, rows):
    spec = replace(spec, hooks=gate(kind))
    assert told(machine(spec, NEVER)) == rows
    ends = {delay: list(walk(machine(spec, Approval(delay))))[-1][0] for delay in (0, 1, 60, 61)}
    assert ends == {0: 240, 1: 300, 60: 300, 61: 360}


def test_checks_go_on_at_a_closed_gate_and_roll_back():
    spec = Spec(threshold=1, step_weight=50, max_weight=50, metrics=(RATE,), hooks=gate("confirm-promotion"))
    rows = told(machine(spec, Approval(3600)), (0, 0, 1))
    assert rows[-2:] == [(120, "PAUSED", "WaitingPromotion", 50), (300, "ROLLED_BACK", "Failed", 50)]


def test_the_metric_that_ends_the_round_decides():
    spec = Spec(threshold=2, step_weight=50, metrics=(OWN, RATE))
    assert in_order_of_checks(spec) == (1, 0)
    made = machine(spec)
    last = [state for _, state in walk(made, (0, 1, 2, 1))][-1]
    standing = made.standing(last)
    assert (standing.state, standing.decided_by) == (Ours.ROLLED_BACK, (1,))
    assert standing.reason == "2 failed checks reach the threshold of 2"


def test_ticks_and_windows_need_not_agree():
    query = replace(SUCCESS, window_s=90)
    made = FlaggerMachine(Canary(Spec(interval_s=F(60), step_weight=50, metrics=(RATE,)), (query,)), AT_ONCE)
    assert made.tick_s == 30
    assert {made.look(state).after_s for _, state in list(walk(made))[:-1]} == {60}


BOUNDS = st.none() | st.floats(-5, 1000, allow_nan=False)


@given(
    st.sampled_from(["request-success-rate", "request-duration", "own"]),
    st.none() | st.builds(Range, BOUNDS, BOUNDS),
    st.floats(0, 600),
    st.floats(0, 1200),
)
def test_a_letter_changes_at_a_cut_only(name, bounds, threshold, value):
    metric = Metric(name, bounds, threshold, has_query=name == "own")
    question = MetricQuestion(metric, SUCCESS)
    assert list(question.cuts) == sorted(set(question.cuts)) == list(cuts(metric))
    beyond = [cut for cut in question.cuts if cut < value]
    below = max(beyond, default=-10.0)
    nearest = min((cut for cut in question.cuts if cut > value), default=value + 10)
    if value not in question.cuts:
        middle = (below + nearest) / 2
        if below < middle < nearest and middle >= 0:
            assert question.letter(middle) == question.letter(value)
    assert question.letter(value) == (0 if passes(metric, value) else 1)


@pytest.mark.parametrize("answer", list(NoData))
def test_no_value_is_a_failed_check_of_its_own_kind(answer):
    question = MetricQuestion(RATE, SUCCESS)
    assert question.letters[question.letter(answer)] == "no value"
    assert not passes(RATE, None)


def test_a_name_that_nothing_answers_never_passes():
    unknown = Metric("errors")
    made = FlaggerMachine(Canary(Spec(step_weight=50, metrics=(unknown,)), (None,)), AT_ONCE)
    assert {made.questions[0].letter(value) for value in (0.0, 1.0, 100.0)} == {1}
