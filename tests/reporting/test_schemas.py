"""The published schemas of results: every result fits, and every key of a result is described."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from canary_runner.reporting.diagnostics_json import diagnostics_json
from canary_runner.reporting.run_json import run_json
from tests.reporting import examples

SCHEMAS = Path(__file__).parents[2] / "schema"


def schema(name):
    return json.loads((SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8"))


def closed(node):
    """Refuse every key that the schema does not describe: readers may meet new keys, our tests may not."""
    if isinstance(node, list):
        return [closed(one) for one in node]
    if not isinstance(node, dict):
        return node
    shut = {key: closed(value) for key, value in node.items()}
    return {"additionalProperties": False, **shut} if isinstance(node.get("properties"), dict) else shut


@pytest.mark.parametrize("name", ["run-result", "diagnostics"])
def test_schema_is_one(name):
    Draft202012Validator.check_schema(schema(name))


@pytest.mark.parametrize("trace", [True, False])
@pytest.mark.parametrize("name", list(examples.RESULTS))
def test_run_results_fit(name, trace):
    found = json.loads(run_json(examples.RESULTS[name](), trace))
    Draft202012Validator(schema("run-result")).validate(found)
    Draft202012Validator(closed(schema("run-result"))).validate(found)


def test_diagnostics_fit():
    found = json.loads(diagnostics_json([examples.broken_report(), examples.valid_report()]))
    Draft202012Validator(closed(schema("diagnostics"))).validate(found)
