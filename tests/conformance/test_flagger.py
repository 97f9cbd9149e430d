"""Every recorded case of Flagger's scheduler, one test each, named by the case."""

import json

import pytest

from tests.conformance import flagger

DOCUMENT = json.loads(flagger.OUR_CASES.read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", [pytest.param(case, id=name) for name, case in flagger.cases(DOCUMENT)])
def test_recorded_case(case):
    flagger.check(case)


@pytest.mark.parametrize(
    "spoilt",
    [
        {"policy": {"analysis": {"stepWeightt": 3}}},
        {"policy": {"analysis": {"stepWeight": 30}}},
        {"inputs": [{"metricss": {}}]},
        {"expect": [{"phase": "Progressing", "weight": 0, "novel": 1}]},
        {"expect": []},
        {"weight_sequence": [0, 20]},
    ],
)
def test_a_case_that_is_not_understood_or_not_met_does_not_pass(spoilt):
    _, case = flagger.cases(DOCUMENT)[0]
    assert flagger.holds(case)
    assert not flagger.holds({**case, **spoilt})
