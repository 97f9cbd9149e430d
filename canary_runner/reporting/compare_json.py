"""A comparison for programs: `canary-runner/compare-result/v1`, schema/compare-result.schema.json; or rows of CSV."""

import csv
import io

from canary_runner.model.comparison import Built, CompareResult, Comparison, Difference
from canary_runner.model.study import NUMBERS
from canary_runner.reporting.json_text import dumps
from canary_runner.reporting.study_json import (
    TOOL,
    Json,
    characteristics_object,
    estimate_object,
    flat_name,
    inputs_object,
    numbers_object,
    rounded,
    rounded_ends,
)

SCHEMA = "canary-runner/compare-result/v1"
HEADS = (
    "policy", "reference", "service", "scenario", "number",
    "value", "value_low", "value_high", "reference_value", "reference_low", "reference_high",
    "difference", "difference_low", "difference_high", "method", "interval", "excludes_zero",
)  # fmt: skip


def compare_json(result: CompareResult) -> str:
    """Return the result as indented JSON, keys in the order of the contract."""
    whole = {
        "schema": SCHEMA,
        "results": [characteristics_object(one) for one in result.results],
        "comparisons": [_comparison(one) for one in result.comparisons],
        "built": [_built(one) for one in result.built],
        "complete": result.is_complete,
        "inputs": inputs_object(result.inputs),
        "tool": TOOL,
    }
    return dumps(whole, indent=2)


def _comparison(one: Comparison) -> Json:
    return {
        "policy": one.policy.policy,
        "reference": one.reference.policy,
        "service": one.policy.service,
        "scenario": one.policy.scenario,
        "differences": numbers_object(lambda path: _difference(one.differences[path])),
    }


def _difference(one: Difference) -> Json:
    is_there = one.interval is not None
    return {
        **estimate_object(one.estimate),
        "interval": one.interval.value if one.interval else None,
        "excludes_zero": one.excludes_zero if is_there else None,
    }


def _built(one: Built) -> Json:
    return {
        "name": one.policy.name,
        "strategy": one.strategy.value,
        "made_of": one.source,
        "redeploy_s": one.redeploy_s,
        "assumptions": list(one.assumptions),
    }


def compare_csv(result: CompareResult) -> str:
    """Return one row per policy, scenario and number."""
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow(HEADS)
    for one in result.comparisons:
        names = (one.policy.policy, one.reference.policy, one.policy.service, one.policy.scenario)
        for path in NUMBERS:
            writer.writerow([*names, flat_name(path), *_cells(one, path)])
    return target.getvalue()


def _cells(one: Comparison, path: str) -> list[object]:
    difference = _difference(one.differences[path])
    estimates = (one.policy.number(path), one.reference.number(path), one.differences[path].estimate)
    numbers = [cell for each in estimates for cell in (rounded(each.value), *rounded_ends(each))]
    words = {True: "yes", False: "no", None: None}
    excludes_zero = words[one.differences[path].excludes_zero if difference["interval"] else None]
    return ["" if v is None else v for v in (*numbers, difference["method"], difference["interval"], excludes_zero)]
