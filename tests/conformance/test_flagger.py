"""Every recorded case of Flagger's scheduler, one test each, named by the case."""

import json

import pytest

from tests.conformance import flagger

DOCUMENT = json.loads(flagger.OUR_CASES.read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", [pytest.param(case, id=name) for name, case in flagger.cases(DOCUMENT)])
def test_recorded_case(case):
    flagger.check(case)
