"""The public state machine: what each state takes, what it refuses, and what holds on every path."""

from dataclasses import replace
from fractions import Fraction as F
from itertools import pairwise

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from canary_runner.engines.rollout import EventError, Rollout, TerminalStateError
from canary_runner.model.outcomes import Decision, Outcome, State
from canary_runner.model.policy import ConsecutiveFailures, FailuresOfLast, OnInconclusive, Points, TotalFailures
from tests.builders import ERRORS, SLOW, policy, stage
from tests.engines.runs import CASES, runs

OF = {"P": Outcome.PASS, "F": Outcome.FAIL, "I": Outcome.INCONCLUSIVE}


def short(name, percent, **given):
    """Return a stage of two analyses, two minutes apart, in which a check may fail twice in a row."""
    return stage(name, percent, **{"duration_s": 240, "rollback_after": ConsecutiveFailures(3)} | given)


GATED = policy(short("one", 10), short("two", 50, wait_for_approval=True), short("three", 100))


def send(rollout, event):
    """Send `start`, `pause`, `resume`, `abort`, or an analysis: `PF` is what the error and the latency check say."""
    if event in ("start", "pause", "resume", "abort"):
        return getattr(rollout, event)()
    return rollout.advance(dict(zip(rollout.checks, (OF[letter] for letter in event), strict=True)))


def after(events, a_policy=GATED):
    """Return a rollout after some events."""
    rollout = Rollout(a_policy)
    for event in events.split():
        send(rollout, event)
    return rollout


def shown(rollout):
    """Return everything that a rollout shows."""
    return (
        rollout.state, rollout.stage, rollout.traffic, rollout.checks, rollout.stages_completed, rollout.at_s,
        rollout.history,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("events", "state", "where", "traffic", "completed", "at_s"),
    [
        ("", "PENDING", None, 0, 0, 0),
        ("start", "PROGRESSING", "one", F(1, 10), 0, 0),
        # a stage
        ("start PP", "PROGRESSING", "one", F(1, 10), 0, 120),
        ("start PP PP", "PROGRESSING", "two", F(1, 2), 1, 240),
        ("start PP PF", "PROGRESSING", "one", F(1, 10), 0, 240),  # held on a failure
        ("start PP PF PI", "PROGRESSING", "one", F(1, 10), 0, 360),  # missing data do not launder it
        ("start PP PF PP", "PROGRESSING", "two", F(1, 2), 1, 360),
        # a gate
        ("start PP PP PP PP", "PAUSED", "two", F(1, 2), 2, 480),
        ("start PP PP PP PP PP PP", "PAUSED", "two", F(1, 2), 2, 720),  # does not open itself
        ("start PP PP PP PP resume", "PROGRESSING", "three", F(1), 2, 480),
        ("start PP PP PP PP resume PP PP", "COMPLETED", "three", F(1), 3, 720),
        ("start PP PP PP PP FP FP FP", "ROLLED_BACK", "two", 0, 2, 840),  # a tolerance acts there too
        ("start PP PP PP PP abort", "ROLLED_BACK", "two", 0, 2, 480),
        # an inconclusive analysis at the end
        ("start PP PI", "PAUSED", "one", F(1, 10), 0, 240),
        ("start PP PI PP PP", "PAUSED", "one", F(1, 10), 0, 480),  # better data do not end the pause
        ("start PP PI resume", "PROGRESSING", "two", F(1, 2), 0, 240),
        ("start PP IP FP FP FP", "ROLLED_BACK", "one", 0, 0, 600),
        # held to twice the duration
        ("start PP FP PF FI", "PAUSED", "one", F(1, 10), 0, 480),
        ("start PP FP PF FI resume", "PROGRESSING", "two", F(1, 2), 0, 480),
        ("start PP FP PF PP", "PROGRESSING", "two", F(1, 2), 1, 480),
        # by hand
        ("start pause", "PAUSED", "one", F(1, 10), 0, 0),
        ("start PP pause PP PP", "PAUSED", "one", F(1, 10), 0, 360),
        ("start PP pause PP PP resume", "PROGRESSING", "one", F(1, 10), 0, 360),
        ("start pause PP PP resume PP", "PROGRESSING", "one", F(1, 10), 0, 360),  # it owes its duration
        ("start PP pause PP PP resume PP", "PROGRESSING", "two", F(1, 2), 1, 480),
        ("start PP pause FP resume IP", "PROGRESSING", "one", F(1, 10), 0, 360),  # failed in the pause: held
        ("start PP pause PI resume PP", "PROGRESSING", "two", F(1, 2), 1, 360),
        ("start pause resume pause resume PP PP", "PROGRESSING", "two", F(1, 2), 1, 240),
        ("start pause abort", "ROLLED_BACK", "one", 0, 0, 0),
        ("start abort", "ROLLED_BACK", "one", 0, 0, 0),
        # the counters
        ("start FP FP FP", "ROLLED_BACK", "one", 0, 0, 360),
        ("start FP PF FP PF", "PAUSED", "one", F(1, 10), 0, 480),  # one for each check
        ("start FP IP FP pause IP FP", "ROLLED_BACK", "one", 0, 0, 600),  # go on in PAUSED
        ("start PP FP FI II resume FP", "PROGRESSING", "two", F(1, 2), 0, 600),  # start afresh in each stage
    ],
)
def test_transitions(events, state, where, traffic, completed, at_s):
    rollout = after(events)
    assert (rollout.state, rollout.stage, rollout.traffic) == (State(state), where, traffic)
    assert (rollout.stages_completed, rollout.at_s) == (completed, at_s)


@pytest.mark.parametrize(
    ("reaction", "analyses", "decision", "state", "completed"),
    [
        ("pause", "P I", "PAUSE", "PAUSED", 0),
        ("rollback", "P I", "ROLL_BACK", "ROLLED_BACK", 0),
        ("promote", "P I", "COMPLETE", "COMPLETED", 1),
        ("extend", "P I", "HOLD", "PROGRESSING", 0),
        ("extend", "P I I P", "COMPLETE", "COMPLETED", 1),
        ("extend", "P I I I", "PAUSE", "PAUSED", 0),
        ("promote", "F I", "HOLD", "PROGRESSING", 0),
        ("promote", "F I I I", "PAUSE", "PAUSED", 0),
    ],
)
def test_reactions_to_missing_data(reaction, analyses, decision, state, completed):
    rollout = Rollout(policy(short("only", 10, on_inconclusive=OnInconclusive(reaction))))
    rollout.start()
    decisions = [send(rollout, 2 * letter) for letter in analyses.split()]
    assert decisions[-1] is Decision(decision)
    assert set(decisions[:-1]) == {Decision.HOLD}
    assert (rollout.state, rollout.stages_completed) == (State(state), completed)


def test_the_decision_says_what_lies_behind_a_stage():
    rollout = after("start")
    decisions = [send(rollout, event) for event in [*["PP"] * 5, "resume", "PP", "PP"]]
    assert [d.value if d else None for d in decisions] == [
        "HOLD", "ADVANCE", "HOLD", "PAUSE", "HOLD", None, "HOLD", "COMPLETE",
    ]  # fmt: skip


@pytest.mark.parametrize("last", [False, True])
def test_a_stage_that_could_not_end_is_left_by_resume_without_being_completed(last):
    stages = [short("one", 10), short("two", 50)][: 1 if last else 2]
    rollout = after("start PP PI resume", policy(*stages))
    assert rollout.stages_completed == 0
    assert rollout.state is (State.COMPLETED if last else State.PROGRESSING)
    assert rollout.traffic == (1 if last else F(1, 2))


@pytest.mark.parametrize(
    ("events", "refused", "error"),
    [
        ("", "PP pause resume abort", EventError),
        ("start", "start resume", EventError),
        ("start PP", "start resume", EventError),
        ("start pause", "start pause", EventError),
        ("start PP PI", "start pause", EventError),
        ("start PP PP PP PP", "start pause", EventError),
        ("start PP PP PP PP resume PP PP", "start PP pause resume abort", TerminalStateError),
        ("start FP FP FP", "start PP pause resume abort", TerminalStateError),
        ("start abort", "start PP pause resume abort", TerminalStateError),
    ],
    ids=["PENDING", "PROGRESSING", "later", "by hand", "inconclusive", "gate", "COMPLETED", "ROLLED_BACK", "aborted"],
)
def test_what_a_state_refuses_changes_nothing(events, refused, error):
    rollout = after(events)
    before = shown(rollout)
    for event in refused.split():
        with pytest.raises(error) as caught:
            send(rollout, event)
        assert caught.type is error
        assert rollout.state.value in str(caught.value)
        assert shown(rollout) == before


@pytest.mark.parametrize(
    "outcomes",
    [
        {},
        {"error_rate": Outcome.PASS},
        {"error_rate": Outcome.PASS, "latency_p99": Outcome.PASS, "latency_p50": Outcome.PASS},
        {"error_rate": Outcome.PASS, "latency_p95": Outcome.PASS},
        {"error_rate": 1, "latency_p99": Outcome.PASS},  # a code would else be read as a pass
        {"error_rate": "FAIL", "latency_p99": Outcome.PASS},
        {"error_rate": None, "latency_p99": Outcome.PASS},
    ],
)
def test_an_analysis_has_one_outcome_for_each_check(outcomes):
    rollout = after("start FP")
    before = shown(rollout)
    with pytest.raises(ValueError, match=r"wants outcomes for|an outcome is an Outcome"):
        rollout.advance(outcomes)
    assert shown(rollout) == before
    send(rollout, "FP")
    send(rollout, "FP")
    assert rollout.state is State.ROLLED_BACK  # nor did the counters change


def test_at_full_traffic_what_only_compares_is_not_asked():
    compared = replace(ERRORS, max_ratio=None, over_baseline=Points(F(1, 100)))
    rollout = Rollout(policy(short("all", 100, checks=(compared, SLOW))))
    rollout.start()
    assert rollout.checks == ("latency_p99",)


def test_history_says_why():
    told = [(t.at_s, t.target.value, t.stage, t.traffic, t.reason) for t in after(
        "start PP PF PP pause resume PP FP FP FP"
    ).history]  # fmt: skip
    assert told == [
        (0, "PROGRESSING", "one", F(1, 10), "started"),
        (360, "PROGRESSING", "two", F(1, 2), "completed after 6m"),
        (360, "PAUSED", "two", F(1, 2), "paused by hand"),
        (360, "PROGRESSING", "two", F(1, 2), "resumed by hand"),
        (840, "ROLLED_BACK", "two", 0, "tolerance exceeded: error_rate, 3 of 3 failures in a row"),
    ]
    assert after("start PP PI").history[-1].reason == "inconclusive: latency_p99"
    assert after("start PP FP FI II").history[-1].reason == (
        "held to twice its duration on a failed analysis: error_rate"
    )
    assert after("start PP FF PF PF").history[-1].reason == (
        "tolerance exceeded: latency_p99, 3 of 3 failures in a row"
    )
    assert after("start PP PP PP PP").history[-1].reason == "waits for approval"
    rollout = after("start")
    rollout.abort("the pager rang")
    assert rollout.history[-1].reason == "the pager rang"


TOLERANCES = st.one_of(
    st.builds(ConsecutiveFailures, st.integers(1, 4)),
    st.builds(TotalFailures, st.integers(1, 4)),
    st.builds(FailuresOfLast, st.just(2), st.integers(2, 4)),
)
STAGES = st.builds(
    dict,
    duration_s=st.integers(1, 3).map(lambda analyses: 120 * analyses),
    rollback_after=TOLERANCES,
    on_inconclusive=st.sampled_from(OnInconclusive),
    wait_for_approval=st.booleans(),
)
MOSTLY_PASS = st.tuples(*[st.sampled_from("PPPPFI")] * 2).map("".join)


class AnyRollout(RuleBasedStateMachine):
    """Any policy, any events; what was last seen of each check is remembered apart."""

    @initialize(stages=st.lists(STAGES, min_size=1, max_size=4))
    def begin(self, stages):
        self.policy = policy(*(stage(f"s{i}", 20 * (i + 1), **given) for i, given in enumerate(stages)))
        self.rollout = Rollout(self.policy)
        self.last, self.age_s = {}, 0
        self.is_paused_by_hand = False

    def index(self):
        return next((i for i, s in enumerate(self.policy.stages) if s.name == self.rollout.stage), -1)

    def watched(self, event):
        """Send an event and compare what was with what is."""
        was, index, traffic = self.rollout.state, self.index(), self.rollout.traffic
        completed, at_s, history = self.rollout.stages_completed, self.rollout.at_s, self.rollout.history
        before = shown(self.rollout)
        decision, refusal = None, None
        try:
            decision = send(self.rollout, event)
        except EventError as error:
            refusal = error
        assert isinstance(refusal, TerminalStateError) == was.is_final  # terminal states absorb
        if refusal:
            assert shown(self.rollout) == before
            return
        now = self.rollout
        assert self.index() - index in (0, 1)  # a stage is never skipped
        assert now.stages_completed - completed in (0, 1)
        assert now.history[: len(history)] == history
        assert len(now.history) - len(history) in (0, 1)
        is_analysis = event not in ("start", "pause", "resume", "abort")
        assert now.at_s - at_s == (120 if is_analysis else 0)
        if now.state is State.ROLLED_BACK:
            assert now.traffic == 0
            assert event == "abort" or decision is Decision.ROLL_BACK
        else:
            assert now.traffic >= traffic
        has_left = self.index() > index or now.state is State.COMPLETED
        if is_analysis:
            self.analysed(event, was, index, has_left or decision is Decision.ADVANCE)
        if event == "resume":
            assert has_left != self.is_paused_by_hand  # the next stage, but where a person only stopped to look
        self.is_paused_by_hand = now.state is State.PAUSED and (self.is_paused_by_hand or event == "pause")
        if self.index() > index:
            self.last, self.age_s = {}, 0

    def analysed(self, letters, was, index, has_left):
        self.last |= {check: x for check, x in zip(("error", "latency"), letters, strict=True) if x != "I"}
        self.age_s += 120 if was is State.PROGRESSING else 0
        if has_left:
            assert self.age_s >= self.policy.stages[index].duration_s
            assert "F" not in self.last.values()  # no stage ends on a failed analysis, unless a person lets it
        if was is State.PAUSED:
            assert self.rollout.state in (State.PAUSED, State.ROLLED_BACK)

    @rule(letters=MOSTLY_PASS)
    def analyse(self, letters):
        self.watched(letters)

    @rule(event=st.sampled_from(["start", "pause", "resume", "abort"]))
    @precondition(lambda self: self.rollout.state is State.PENDING or self.rollout.state.is_final)
    def knock(self, event):
        self.watched(event)

    @rule(event=st.sampled_from(["start", "pause", "resume", "resume"]))
    def intervene(self, event):
        self.watched(event)

    @rule()
    @precondition(lambda self: self.rollout.at_s > 1200)
    def lose_patience(self):
        self.watched("abort")

    @invariant()
    def holds(self):
        rollout = getattr(self, "rollout", None)
        if rollout is None:
            return
        assert 0 <= rollout.stages_completed <= self.index() + 1
        if rollout.state is State.COMPLETED:
            assert rollout.traffic == 1
        assert (rollout.state in (State.PENDING, State.ROLLED_BACK)) == (rollout.traffic == 0)
        states = [State.PENDING, *(t.target for t in rollout.history)]
        assert [t.source for t in rollout.history] == states[:-1]
        assert rollout.state is states[-1]
        assert all(a.at_s <= b.at_s for a, b in pairwise(rollout.history))
        assert not any(t.source.is_final for t in rollout.history)
        if rollout.history:
            assert (rollout.history[-1].stage, rollout.history[-1].traffic) == (rollout.stage, rollout.traffic)


TestAnyRollout = AnyRollout.TestCase
TestAnyRollout.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)


@pytest.mark.parametrize("case", CASES)
def test_a_rollout_that_is_told_what_a_run_saw_goes_the_same_way(case):
    for plan, result in runs(case):
        rollout = Rollout(plan.policy)
        rollout.start()
        for analysis in result.analyses:
            if rollout.state is State.PAUSED and analysis.state is State.PROGRESSING:
                rollout.resume("approved")
            assert (rollout.state, rollout.stage) == (analysis.state, analysis.stage)
            assert rollout.advance(dict(analysis.outcomes)) is analysis.decision
        if rollout.state is not result.final_state:
            assert result.final_state is State.COMPLETED  # the last stage's gate, opened after its last analysis
            rollout.resume("approved")
        assert (rollout.state, rollout.stages_completed) == (result.final_state, result.stages_completed)
        assert [(t.source, t.target, t.stage, t.traffic) for t in rollout.history] == [
            (t.source, t.target, t.stage, t.traffic) for t in result.transitions
        ]
        for ours, theirs in zip(rollout.history, result.transitions, strict=True):
            assert ours.reason.partition(":")[0] == theirs.reason.partition(":")[0]  # behind it they have numbers
        if plan.approval.delay_s != 1500:  # which opens gates in the middle of an interval
            assert [t.at_s for t in rollout.history] == [t.at_s for t in result.transitions]
