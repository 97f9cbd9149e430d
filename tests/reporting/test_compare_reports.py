"""A comparison in every format: whole outputs in golden files, and differences at the edges."""

import csv
import io
import json
from dataclasses import replace

import pytest
from jsonschema import Draft202012Validator

from canary_runner.cli.commands.schema import bundled
from canary_runner.model.comparison import Built, CompareResult, Comparison, Difference, Interval, Strategy
from canary_runner.model.study import NUMBERS, Estimate, Input, Method, Spread
from canary_runner.reporting.compare_json import compare_csv, compare_json
from canary_runner.reporting.compare_markdown import compare_markdown
from canary_runner.reporting.compare_table import compare_text
from canary_runner.reporting.compare_words import rows
from canary_runner.reporting.look import Look
from canary_runner.reporting.study_json import flat_name
from tests.builders import policy, stage
from tests.reporting.studied import NEVER, exact, inputs, one, sampled
from tests.reporting.test_schemas import closed

NOTHING = Difference(Estimate(None, None, None, Method.EXACT, None, "careful: no rollout is completed"), None)


def bounds(value, off=0.0):
    return Difference(exact(value, off), Interval.BOUNDS)


def paired(value, low, high, interval=Interval.PAIRED):
    return Difference(Estimate(value, low, high, Method.SAMPLED, 8192), interval)


def comparison(policy, reference, **given):
    """Return a comparison whose differences are 0 but for those given."""
    found = {path: bounds(0.0) for path in NUMBERS} | {path.replace("__", "."): d for path, d in given.items()}
    return Comparison(policy, reference, found)


CAREFUL, BOLD = one(), one("bo|ld", rollback=exact(0.1), time_to_rollback_s=Spread(NEVER, NEVER, exact(600.0)))
CAREFUL_BAD = one(scenario="bad", rollback=exact(1.0), completion_probability=exact(0.0))
BOLD_BAD = one("bo|ld", "bad", sampled(0.9, 0.894, 0.906), completion_probability=sampled(0.1, 0.094, 0.106),
               method=Method.SAMPLED, not_exact="stage canary reads windows that overlap")  # fmt: skip
BUILT = Built(
    Strategy.ROLLING, "careful", policy(stage("all", 100), name="rolling"), 300,
    ("25, 50, 75 % of replicas and traffic for 1m15s each, then all", "a sentence " + "with many words " * 8),
)  # fmt: skip
COMPARED = CompareResult(
    (CAREFUL, CAREFUL_BAD, BOLD, BOLD_BAD),
    (
        comparison(BOLD, CAREFUL, rollback_probability=bounds(-0.6213456789, 1e-7), time_to_rollback_s__p50=NOTHING,
                   time_to_rollback_s__p95=NOTHING, extra_errors__mean=bounds(1234.5)),
        comparison(BOLD_BAD, CAREFUL_BAD, rollback_probability=paired(-0.1, -0.106, -0.094, Interval.SHIFTED),
                   completion_probability=paired(0.1, 0.094, 0.106), canary_requests__mean=paired(12.0, -8.0, 32.0),
                   rollout_duration_s__p50=paired(60.0, -30.0, 120.0, Interval.SUMMED),
                   time_to_rollback_s__p95=paired(60.0, 10.0, None, Interval.SUMMED)),
    ),
    (BUILT,),
    inputs(policies=(Input("careful", "a/careful.yaml", "ab" * 32), Input("bo|ld", None, "cd" * 32))),
)  # fmt: skip
FORMATS = {
    "compare.txt": lambda result: compare_text(result, Look(width=100)),
    "compare-60.txt": lambda result: compare_text(result, Look(width=60, symbols=False)),
    "compare.json": compare_json,
    "compare.csv": compare_csv,
    "compare.md": compare_markdown,
}


@pytest.mark.parametrize("name", FORMATS)
def test_a_comparison(golden, name):
    golden(name, FORMATS[name](COMPARED))


def test_a_long_name_takes_no_room_from_what_is_compared():
    first, *_ = COMPARED.comparisons
    long = replace(
        first, policy=replace(first.policy, policy="a-policy-with-a-name-that-is-longer-than-most-tables-are-wide")
    )
    found = compare_text(replace(COMPARED, comparisons=(long,)), Look(width=80))
    title, head, *_ = found.splitlines()
    assert long.policy.policy in title
    assert "a-policy-wit…" in head
    assert {"difference", "differs"} <= set(head.split())


def test_the_json_fits_its_schema_and_every_key_is_described():
    found = json.loads(compare_json(COMPARED))
    schema = json.loads(bundled("compare-result"))
    Draft202012Validator(schema).validate(found)
    Draft202012Validator(closed(schema)["$defs"]["comparison"] | {"$defs": closed(schema)["$defs"]}).validate(
        found["comparisons"][0]
    )
    assert [one["differences"]["rollback_probability"]["excludes_zero"] for one in found["comparisons"]] == [True, True]
    assert found["comparisons"][0]["differences"]["time_to_rollback_s"]["p50"] == {
        "value": None, "low": None, "high": None, "method": "exact", "reason": "careful: no rollout is completed",
        "interval": None, "excludes_zero": None,
    }  # fmt: skip


def test_the_csv_has_every_number_of_every_comparison():
    found = list(csv.DictReader(io.StringIO(compare_csv(COMPARED))))
    names = [flat_name(path) for path in NUMBERS]
    assert [row["number"] for row in found] == names * len(COMPARED.comparisons)
    assert {row["excludes_zero"] for row in found} == {"yes", "no", ""}


@pytest.mark.parametrize(
    ("path", "difference", "cells"),
    [
        ("rollback_probability", bounds(-0.6213456789, 1e-7), ("-62.1pp", "yes", "exact")),
        ("rollback_probability", bounds(1e-15, 1e-12), ("0", "no", "exact")),
        ("rollback_probability", bounds(1.5e-10, 1e-13), ("<0.0000001pp", "yes", "exact")),
        ("rollback_probability", bounds(-1.8e-7, 1e-13), ("-0.000018pp", "yes", "exact")),
        ("rollback_probability", paired(0.0123, 0.0101, 0.0145), ("+1.23pp", "yes", "+1.01pp to +1.45pp")),
        ("rollback_probability", paired(0.0023, -0.0001, 0.0047), ("+0.23pp", "unsure", "-0.01pp to +0.47pp")),
        ("rollback_probability", paired(0.0, -0.0005, 0.0005), ("0pp", "unsure", "-0.05pp to +0.05pp")),
        ("extra_errors.mean", paired(0.0, 0.0, 0.0), ("0", "no", "0 to 0")),
        ("extra_errors.mean", bounds(1234.5), ("+1,234", "yes", "exact")),
        ("extra_errors.mean", paired(-66.31, -67.62, -65.0), ("-66.3", "yes", "-67.6 to -65")),
        ("time_to_rollback_s.p50", bounds(-90.0), ("-1m30s", "yes", "exact")),
        ("time_to_rollback_s.p50", paired(60.0, 10.0, None), ("+1m", "yes", "+10s or more")),
        ("time_to_rollback_s.p50", paired(60.0, None, 90.0), ("+1m", "unsure", "+1m30s or less")),
        ("time_to_rollback_s.p50", paired(60.0, None, None), ("+1m", "unsure", "unknown")),
        ("time_to_rollback_s.p50", NOTHING, ("-", "-", "-")),
    ],
)
def test_a_difference_is_told_with_what_is_known_of_it(path, difference, cells):
    policy = one(time_to_rollback_s=Spread(exact(240.0), exact(240.0), exact(240.0)))
    told = {
        row.number: row
        for row in rows([Comparison(policy, CAREFUL, {p: bounds(0.0) for p in NUMBERS} | {path: difference})])
    }
    name = {"rollback_probability": "rolls back", "extra_errors.mean": "extra errors"}.get(path, "caught p50")
    assert (told[name].difference, told[name].differs, told[name].interval) == cells


def test_what_is_nothing_for_both_is_left_out():
    told = [row.number for row in rows([comparison(CAREFUL, CAREFUL)])]
    assert "pauses" not in told
    quiet = one(rollback=exact(0.0))
    assert next(row.number for row in rows([comparison(quiet, quiet)])) == "rolls back"


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_text_keeps_to_the_line(width):
    assert max(map(len, compare_text(COMPARED, Look(width=width)).splitlines())) <= max(width, 50)
