"""The decision table of the native controller, row by row, and the memories behind it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary_runner.controllers.native import Memory, Row, Standing, advance, count, decide, position_of
from canary_runner.model.outcomes import Decision, Outcome, Position
from canary_runner.model.plan import Rules
from canary_runner.model.policy import ConsecutiveFailures, FailuresOfLast, OnInconclusive, TotalFailures

P, F, I = Outcome.PASS, Outcome.FAIL, Outcome.INCONCLUSIVE  # noqa: E741
BEFORE, END, LAST = Position.BEFORE_END, Position.AT_END, Position.LAST
OF = {"P": P, "F": F, "I": I}


def exceeds_at(tolerance, letters):
    """Return the number of the analysis that exceeds a tolerance, or None."""
    memory = Memory()
    for number, letter in enumerate(letters, start=1):
        after = count(tolerance, memory, OF[letter])
        if after is None:
            return number
        memory = after
    return None


@pytest.mark.parametrize(
    ("tolerance", "outcomes", "at"),
    [
        (ConsecutiveFailures(1), "F", 1),
        (ConsecutiveFailures(3), "FFF", 3),
        (ConsecutiveFailures(3), "FFPFF", None),
        (ConsecutiveFailures(3), "FFPFFF", 6),
        (ConsecutiveFailures(2), "FIF", 3),  # INCONCLUSIVE breaks no row
        (ConsecutiveFailures(2), "FIII", None),  # and does not count
        (TotalFailures(3), "FPFPF", 5),
        (TotalFailures(3), "FIPIF", None),
        (TotalFailures(1), "PPPF", 4),
        (FailuresOfLast(3, 5), "FPFPF", 5),
        (FailuresOfLast(3, 5), "FPPFPF", None),  # the first has left the last five
        (FailuresOfLast(3, 5), "FPIIFIPF", 8),  # INCONCLUSIVE is none of the last five
        (FailuresOfLast(3, 3), "FFPFFF", 6),
        (FailuresOfLast(2, 3), "FPPFPF", 6),
        (FailuresOfLast(2, 3), "FPPFPPF", None),
        (FailuresOfLast(1, 1), "PF", 2),
    ],
)
def test_tolerance_is_exceeded_by(tolerance, outcomes, at):
    assert exceeds_at(tolerance, outcomes) == at


@given(st.integers(1, 4), st.integers(0, 3), st.text("PFI", max_size=14))
def test_tolerances_by_counting_the_whole_past(failures, more, letters):
    conclusive = [[o for o in letters[: n + 1] if o != "I"] for n in range(len(letters)) if letters[n] != "I"]
    numbers = [n for n in range(1, len(letters) + 1) if letters[n - 1] != "I"]
    span = failures + more
    plain = {
        ConsecutiveFailures(failures): lambda past: past[-failures:] == ["F"] * failures,
        TotalFailures(failures): lambda past: past.count("F") >= failures,
        FailuresOfLast(failures, span): lambda past: past[-span:].count("F") >= failures,
    }
    for tolerance, is_exceeded in plain.items():
        first = next((n for n, past in zip(numbers, conclusive, strict=True) if is_exceeded(past)), None)
        assert exceeds_at(tolerance, letters) == first


TABLE = [
    # on_inconclusive, exceeded, last_failed, inconclusive, position -> row, decision
    ("pause", True, True, True, BEFORE, 1, "ROLL_BACK"),
    ("pause", True, False, False, END, 1, "ROLL_BACK"),
    ("promote", True, True, True, LAST, 1, "ROLL_BACK"),
    ("pause", False, True, True, BEFORE, 2, "HOLD"),
    ("rollback", False, False, True, BEFORE, 2, "HOLD"),
    ("promote", False, True, False, END, 3, "HOLD"),
    ("promote", False, True, True, END, 3, "HOLD"),  # missing data does not launder a failure
    ("rollback", False, True, True, END, 3, "HOLD"),
    ("promote", False, True, False, LAST, 3, "PAUSE"),
    ("pause", False, False, True, END, 4, "PAUSE"),
    ("rollback", False, False, True, END, 4, "ROLL_BACK"),
    ("promote", False, False, True, END, 4, "ADVANCE"),
    ("extend", False, False, True, END, 4, "HOLD"),
    ("extend", False, False, True, LAST, 4, "PAUSE"),
    ("pause", False, False, False, END, 5, "ADVANCE"),
    ("extend", False, False, False, LAST, 5, "ADVANCE"),
]


@pytest.mark.parametrize(("word", "exceeded", "failed", "unread", "position", "row", "decision"), TABLE)
def test_decision_table(word, exceeded, failed, unread, position, row, decision):
    found = decide(OnInconclusive(word), Standing(exceeded, failed, unread), position)
    assert found == (Row(row), Decision(decision))


@pytest.mark.parametrize(("analysis", "position"), [(1, BEFORE), (2, BEFORE), (3, END), (5, END), (6, LAST), (7, LAST)])
def test_position_in_a_stage_of_three_analyses(analysis, position):
    assert position_of(analysis, 3) is position


def test_one_check_beyond_its_tolerance_outranks_what_the_others_say():
    rules = Rules((ConsecutiveFailures(2), ConsecutiveFailures(2)), OnInconclusive.PROMOTE)
    verdict = advance(rules, [Memory(1, True), Memory()], [F, I], BEFORE)
    assert verdict.memories == (None, Memory())
    assert verdict.decision is Decision.ROLL_BACK
