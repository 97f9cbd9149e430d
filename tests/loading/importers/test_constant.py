"""Metrics that decide alike whatever is measured: told by whoever reads a manifest, of every system."""

import pytest

from canary_runner.linting.linter import lint_file
from canary_runner.model.service import GENERIC_WEB
from tests.linting.manifest_cases import text_of

ERRORS = "{name: errors, templateRef: {name: errors}, interval: 2m, thresholdRange: %s}"
TEMPLATE = """---
apiVersion: flagger.app/v1beta1
kind: MetricTemplate
metadata: {name: errors}
spec:
  provider: {type: prometheus}
  query: |
    100 * sum(rate(istio_requests_total{destination_workload="{{ target }}",response_code=~"5.*"}[{{ interval }}]))
    / sum(rate(istio_requests_total{destination_workload="{{ target }}"}[{{ interval }}]))
"""


def flagger(bounds):
    return {"base": "flagger", "change": {"    metrics:\n": f"    metrics:\n      - {ERRORS % bounds}\n"}}


def argo(*changes):
    return {"base": "argo", "change": dict(changes)}


LIMIT, RULE = "failureLimit: 1", "successCondition: result[0] <= 0.02"


@pytest.mark.parametrize(
    ("case", "said"),
    [
        (argo((RULE, "successCondition: result[0] <= 1")), '"errors" cannot fail, only a lack of data fails: every '
         "number passes, 0 to 1"),
        (argo((RULE, "failureCondition: result[0] > 1")), '"errors" cannot fail, only a lack of data fails: every '
         "number passes, 0 to 1"),
        (argo((RULE, "failureCondition: 'any(result, # > 1)'")), '"errors" cannot fail, whatever is measured: every '
         "number passes, 0 to 1"),
        (argo((RULE, "successCondition: result[0] < 1")), None),
        (argo((LIMIT, "failureLimit: 5\n      count: 5")), '"errors" cannot fail: it is complete after 5 measurements, '
         "and failureLimit 5 allows as many failures"),
        (argo((LIMIT, "failureLimit: 4\n      count: 5")), None),
        (flagger("{}"), '"errors" cannot fail, only a lack of data fails: every number passes, 0 to 100'),
        (flagger("{max: 100}"), '"errors" cannot fail, only a lack of data fails: every number passes, 0 to 100'),
        (flagger("{max: 99}"), None),
        (flagger("{min: 0}"), '"errors" cannot fail, only a lack of data fails: every number passes, 0 to 100'),
    ],
)  # fmt: skip
def test_what_cannot_fail_is_told_with_its_numbers(tmp_path, case, said):
    path = tmp_path / "manifest.yaml"
    path.write_text(text_of(case) + (TEMPLATE if case["base"] == "flagger" else ""))
    report = lint_file(str(path), GENERIC_WEB, [])
    assert report.is_valid, report.diagnostics
    assert [one.message for one in report.diagnostics if one.rule == "never-fails"] == ([said] if said else [])


def test_a_range_that_no_number_meets_is_told(tmp_path):
    path = tmp_path / "manifest.yaml"
    path.write_text(text_of(flagger("{min: 101}")) + TEMPLATE)
    report = lint_file(str(path), GENERIC_WEB, [])
    found = [one.message for one in report.diagnostics if one.rule == "never-passes"]
    assert found == ['"errors" fails for every number that its query can give, 0 to 100']
