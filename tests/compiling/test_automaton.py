"""The compiled tables say what the controller's functions say, for every symbol along every path."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from canary_runner.compiling.automaton import (
    BUDGET,
    DECISIONS,
    Automaton,
    SideBySide,
    check_table,
    compile_automaton,
    joint_table,
)
from canary_runner.controllers.native import Memory, advance
from canary_runner.loading.schema import schema_text
from canary_runner.model.outcomes import Decision, Outcome, Position
from canary_runner.model.plan import Rules
from canary_runner.model.policy import ConsecutiveFailures, FailuresOfLast, OnInconclusive, TotalFailures

LONGEST_MEMORY = json.loads(schema_text("policy"))["$defs"]["tolerance"]["properties"]["of_last"]["maximum"]
TOLERANCES = st.one_of(
    st.builds(ConsecutiveFailures, st.integers(1, 4)),
    st.builds(TotalFailures, st.integers(1, 4)),
    st.integers(1, 4).flatmap(lambda k: st.builds(FailuresOfLast, st.just(k), st.integers(k, k + 3))),
)
RULES = st.builds(Rules, st.lists(TOLERANCES, min_size=1, max_size=3).map(tuple), st.sampled_from(OnInconclusive))


@given(RULES, st.data())
@settings(deadline=None)
def test_joint_and_side_by_side_tables_follow_the_controller(rules, data):
    checks = tuple(check_table(t) for t in rules.tolerances)
    joint = Automaton(joint_table(rules), tuple(len(c.memories) for c in checks), checks)
    beside = SideBySide(rules.on_inconclusive, checks)
    memories = (Memory(),) * len(checks)
    joint_states, beside_states = joint.start(1), beside.start(1)
    for _ in range(12):
        position = data.draw(st.sampled_from(Position))
        outcomes = data.draw(st.tuples(*[st.sampled_from(Outcome) for _ in checks]))
        codes = np.array(outcomes, np.int8).reshape(len(checks), 1)
        verdict = advance(rules, memories, outcomes, position)
        exceeded = [m is None for m in verdict.memories]
        assert joint.exceeded(joint_states, codes)[:, 0].tolist() == exceeded
        assert beside.exceeded(beside_states, codes)[:, 0].tolist() == exceeded
        joint_states, joint_codes = joint.step(position, joint_states, codes)
        beside_states, beside_codes = beside.step(position, beside_states, codes)
        assert DECISIONS[joint_codes[0]] is DECISIONS[beside_codes[0]] is verdict.decision
        if verdict.decision is Decision.ROLL_BACK:
            break
        memories = verdict.memories
        assert joint.memories(joint_states, 0) == memories
        assert beside.memories(beside_states, 0) == memories


@pytest.mark.parametrize(
    ("tolerance", "states"),
    [
        (ConsecutiveFailures(3), 3),
        (TotalFailures(3), 5),  # 0, 1 and 2 failures, the last two with and without a pass after them
        (FailuresOfLast(3, 5), 11),
        (FailuresOfLast(4, 10), 130),
        (FailuresOfLast(5, 10), 256),
    ],
)
def test_number_of_memories(tolerance, states):
    assert len(check_table(tolerance).memories) == states


@pytest.mark.parametrize("failures", range(1, LONGEST_MEMORY + 1))
def test_the_longest_memory_is_within_the_budget(failures):
    """It is what the schema allows; an analysis more doubles the memories."""
    table = check_table(FailuresOfLast(failures, LONGEST_MEMORY))
    assert len(table.memories) <= 2 ** (LONGEST_MEMORY - 1)
    assert 3 * len(table.memories) <= BUDGET


def test_a_stage_without_checks_advances_at_its_end():
    automaton = compile_automaton(Rules((), OnInconclusive.PAUSE))
    nothing = np.zeros((0, 2), np.int8)
    for position, decision in ((Position.BEFORE_END, Decision.HOLD), (Position.AT_END, Decision.ADVANCE)):
        states, codes = automaton.step(position, automaton.start(2), nothing)
        assert [DECISIONS[c] for c in codes] == [decision] * 2
        assert states.tolist() == [0, 0]


def test_absorbing_states_absorb():
    rules = Rules((TotalFailures(2), ConsecutiveFailures(2)), OnInconclusive.PAUSE)
    automaton = compile_automaton(rules)
    assert isinstance(automaton, Automaton)
    for state in range(automaton.live, automaton.live + 3):
        assert (automaton.table[:, state, :] == state).all()


def test_rules_beyond_the_budget_run_side_by_side():
    rules = Rules((FailuresOfLast(4, 10),) * 3, OnInconclusive.EXTEND)
    assert isinstance(compile_automaton(rules), SideBySide)
