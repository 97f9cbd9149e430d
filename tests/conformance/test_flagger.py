"""The checker of Flagger's cases can fail; the cases themselves are in `test_cases`."""

import json

import pytest

from tests.conformance import flagger, formats

DOCUMENT = json.loads((formats.OUR_CASES / "flagger-cases.json").read_text(encoding="utf-8"))


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
    ((section, (case, *_)),) = flagger.sections(DOCUMENT)
    flagger.check(section, case)
    with pytest.raises((AssertionError, TypeError, ValueError)):
        flagger.check(section, {**case, **spoilt})
