"""The checker of Argo's cases can fail; the cases themselves are in `test_cases`."""

import json

import pytest

from tests.conformance import argo, formats

DOCUMENT = json.loads((formats.OUR_CASES / "argo-cases.json").read_text(encoding="utf-8"))
FIRST = {section: next(iter(cases)) for section, cases in argo.sections(DOCUMENT)}


@pytest.mark.parametrize(
    ("section", "spoilt"),
    [
        ("expression", {"expected": "Error"}),
        ("analysis_run", {"metrics": [{"name": "m", "failureLimt": 3}], "values": {"m": [[1]]}}),
        ("metric_state", {"counters": {"failedd": 3}}),
        ("metric_state", {"expected_phase": "Failed"}),
        ("run_aggregation", {"order": ["Failed", "Successful"]}),
        ("metric_validation", {"expected": {"valid": False}, "metrics": [{"name": "m", "provider": {}}]}),
        ("replicas_weight_approximation", {"canary": 99}),
        ("replicas_single_step", {"expected": {"canary": 99, "stable": 0}}),
        ("replicas_settled", {"path": []}),
        ("replicas_traffic_routed", {"expected": {"canary": 99, "stable": 0}}),
        ("rollout_validation", {"expected": {"valid": False}, "strategy": {"canary": {}}}),
        ("rollout_phase", {"status": {"strategy": "canary"}}),
        ("rollout_action", {"expected": "nothing at all"}),
    ],
)
def test_a_case_that_is_not_understood_or_not_met_does_not_pass(section, spoilt):
    argo.check(section, FIRST[section])
    with pytest.raises((AssertionError, KeyError)):
        argo.check(section, {**FIRST[section], **spoilt})
