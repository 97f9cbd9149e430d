"""The table of docs/model.md that says what is exact and what is sampled: a study's method, cell by cell."""

import re
from fractions import Fraction as F
from pathlib import Path

import pytest

from canary_runner.model.policy import ErrorCheck, LatencyCheck, Micros, Points, Ratio, Window, WindowKind
from canary_runner.model.scenario import Change, Effect, ErrorRateEffect, Scenario
from canary_runner.model.service import Arrivals
from canary_runner.model.study import Method
from canary_runner.studies.sampling import Effort
from canary_runner.studies.study import Way, characterise
from tests.builders import ERRORS, SLOW, plan, policy, service, stage

PAGE = Path(__file__).parents[2] / "docs" / "model.md"
ROW = re.compile(r"^\| (.+?) \| (exact|sampled) \| (exact|sampled) \| (exact|sampled) \|$", re.MULTILINE)
COMPARED = ErrorCheck("error_rate", F(1, 100), Points(F(1, 200)))
SURE = ErrorCheck("error_rate", F(1, 100), None, F(99, 100))
RELATIVE = LatencyCheck("latency_p95", F(95, 100), None, Micros(50_000))
SINCE, STAGE, ROLLOUT = (Window(k) for k in (WindowKind.SINCE_LAST_CHECK, WindowKind.STAGE, WindowKind.ROLLOUT))
SLIDING = Window(WindowKind.SLIDING, 240)


def one(window, *checks, back=None):
    """Return a policy of a stage, and perhaps a second one whose window is `back`."""
    stages = [stage("one", 10, window=window, checks=checks)]
    return policy(*stages, *([stage("two", 50, window=back, checks=checks)] if back else []))


POLICIES = {
    "any checks, `since_last_check`": [
        one(SINCE, COMPARED, SLOW), one(SINCE, SURE, RELATIVE),
        one(SINCE, ErrorCheck("error_rate", None, Ratio(F(2))), back=SINCE),
    ],
    "one absolute limit without `confidence`, `stage` or `rollout`": [
        one(STAGE, ERRORS), one(STAGE, SLOW, back=STAGE), one(STAGE, ERRORS, back=ROLLOUT),
        one(ROLLOUT, SLOW, back=ROLLOUT), one(ROLLOUT, ERRORS, back=SINCE),
    ],
    "`rollout` after a stage that reads or asks otherwise": [
        one(SINCE, ERRORS, back=ROLLOUT),
        policy(stage("one", 10, window=STAGE, checks=(SLOW,)), stage("two", 50, window=ROLLOUT, checks=(ERRORS,))),
    ],
    "everything else: sliding windows, several cumulative checks, cumulative with `confidence` or compared": [
        one(SLIDING, ERRORS), one(STAGE, ERRORS, SLOW), one(ROLLOUT, ERRORS, SLOW), one(STAGE, SURE),
        one(STAGE, COMPARED), one(STAGE, RELATIVE),
    ],
}  # fmt: skip
LATE = Scenario("late", canary=Effect(ErrorRateEffect(Change.ADD, F(1, 100)), starting_after_s=300))
WORLDS = [
    [({"arrivals": Arrivals.CONSTANT}, Scenario("healthy"))],
    [({}, Scenario("healthy")), ({}, Scenario("worse", canary=Effect(ErrorRateEffect(Change.MULTIPLY, F(5)))))],
    [({"daily_swing": F(2, 5)}, Scenario("healthy")), ({}, LATE), ({"burstiness": F(1, 1000)}, Scenario("healthy"))],
]
ROWS = ROW.findall(PAGE.read_text(encoding="utf-8"))
CELLS = [
    pytest.param(words, column, Method(method), id=f"{words}, column {column + 1}")
    for words, *methods in ROWS
    for column, method in enumerate(methods)
]


def test_every_row_has_its_policies():
    assert [words for words, *_ in ROWS] == list(POLICIES)


@pytest.mark.parametrize(("words", "column", "method"), CELLS)
def test_a_study_says_how_its_numbers_are_obtained(words, column, method):
    way = Way("auto", Effort(runs=16))
    for a_policy in POLICIES[words]:
        for normal, scenario in WORLDS[column]:
            found = characterise(plan(a_policy, service(**normal), scenario), way)
            assert found.method is method
            assert (found.not_exact is None) == (method is Method.EXACT)
