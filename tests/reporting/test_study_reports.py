"""A study in every format: whole outputs in golden files, and the numbers at the edges."""

import json

import pytest
from jsonschema import Draft202012Validator

from canary_runner.cli.commands.schema import bundled
from canary_runner.model.study import Method, Spread, StudyResult, Sweep, SweepPoint, Unguarded
from canary_runner.reporting.look import Look
from canary_runner.reporting.study_json import rounded, rounded_ends, study_csv, study_json, study_ndjson
from canary_runner.reporting.study_markdown import study_markdown
from canary_runner.reporting.study_notes import caught, unguarded
from canary_runner.reporting.study_table import study_text
from canary_runner.reporting.study_words import chance
from tests.reporting.studied import NONE, exact, inputs, one, sampled

BAD = one(
    scenario="bad|deploy", rollback=sampled(0.9998, 0.9991, 0.99995), method=Method.SAMPLED,
    not_exact="stage canary reads windows that overlap", rollout_duration_s=Spread(NONE, NONE, NONE), decided_in=(),
)  # fmt: skip
STUDY = StudyResult((one(), BAD), (), inputs())
POINTS = tuple(SweepPoint(f"+{size}pp", one(rollback=exact(size / 4))) for size in range(5))
SWEEP = StudyResult((), (Sweep("canary.error_rate", POINTS, {"50%": "+2pp", "99%": None}),), inputs(), False)
FORMATS = {
    "study.txt": lambda result: study_text(result, Look(width=120)),
    "study-80.txt": lambda result: study_text(result, Look(width=80, symbols=False)),
    "study.json": study_json,
    "study.ndjson": study_ndjson,
    "study.csv": study_csv,
    "study.md": study_markdown,
}


@pytest.mark.parametrize("name", FORMATS)
def test_a_study(golden, name):
    golden(name, FORMATS[name](STUDY))


@pytest.mark.parametrize("name", FORMATS)
def test_a_sweep(golden, name):
    golden(f"sweep-{name}", FORMATS[name](SWEEP))


@pytest.mark.parametrize("result", [STUDY, SWEEP])
def test_the_json_fits_its_schema(result):
    found = json.loads(study_json(result))
    Draft202012Validator(json.loads(bundled("study-result"))).validate(found)
    assert found["inputs"]["policies"][0]["file"] == "careful.yaml"
    assert found["complete"] == result.is_complete


@pytest.mark.parametrize(
    ("estimate", "words"),
    [
        (exact(0.0), "0%"),
        (exact(1.0), "100%"),
        (exact(4.2e-9), "0.00000042%"),
        (exact(4e-10), "<0.0000001%"),
        (exact(0.6917872), "69.2%"),
        (exact(0.99953), "99.953%"),
        (exact(0.99995), ">99.99%"),
        (exact(0.0272365), "2.72%"),
        (exact(0.00012345), "0.012%"),
        (sampled(0.0271, 0.024, 0.03), "2.7% ±0.3"),
        (sampled(0.9998, 0.9991, 0.99995), "99.98% ±0.043"),
        (sampled(0.0, 0.0, 0.00094), "<0.094%"),
        (sampled(1.0, 0.99906, 1.0), ">99.906%"),
        (NONE, "-"),
    ],
)
def test_a_chance_is_never_what_it_is_not(estimate, words):
    assert chance(estimate) == words


@pytest.mark.parametrize(
    ("false", "detected", "line"),
    [
        (exact(0.0214), exact(0.7), " late: 2.14% falsely, before the canary is worse"),
        (sampled(0.0214, 0.018, 0.025), exact(0.7), " late: 2.14% \u00b10.35 falsely, before the canary is worse"),
        (exact(0.0), exact(0.72), None),  # none
        (exact(0.72), exact(0.0), None),  # all
        (exact(0.72), NONE, None),  # never worse
    ],
)
def test_false_rollbacks_are_told_apart_where_they_are_some(false, detected, line):
    late = one(scenario="late", false_rollback_probability=false, detection_probability=detected)
    table, plain = (
        study_text(StudyResult((row,), (), inputs()), Look(width=120)) for row in (late, one("careful", "late"))
    )
    added = [text for text in table.splitlines() if text not in plain.splitlines()]
    assert added == ([line] if line else [])


@pytest.mark.parametrize("width", [20, 40, 60, 80, 100, 120])
def test_tables_keep_to_the_line(width):
    table = study_text(STUDY, Look(width=width)).split("\n\n")[0]
    assert max(map(len, table.splitlines())) <= max(width, 25)


def test_numbers_have_seven_digits():
    found = json.loads(study_json(STUDY))["results"][0]
    assert found["rollback_probability"]["value"] == 0.7213457
    assert found["time_to_rollback_s"]["p95"] == {
        "value": None, "low": 240, "high": None, "method": "exact",
        "reason": "more than 5 % of the rollouts are never rolled back",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("estimate", "ends"),
    [
        (sampled(5.32e-8, 1.00000004e-8, 9.99999994e-8), (1e-8, 1e-7)),
        (sampled(1 - 5.32e-8, 0.99999986, 0.99999994676), (0.9999998, 1)),
        (exact(0.1234567891), (0.1234568, 0.1234568)),  # a point
        (sampled(0.2, 0.09999999999999999, 0.30000000000000004), (0.1, 0.3)),  # last bits are no digits
        (sampled(0.0, 0.0, 0.00093802), (0, 0.00093802)),
    ],
)
def test_ends_are_rounded_outward(estimate, ends):
    assert rounded_ends(estimate) == ends
    assert rounded_ends(estimate)[0] <= rounded(estimate.value) <= rounded_ends(estimate)[1]


def test_what_completion_exposes_is_told_by_policy_where_it_differs():
    def after(policy, requests, errors):
        return one(policy, unguarded=Unguarded(exact(requests), exact(errors)))

    alike = [after("rare", 180_000.0, 180.0), after("rare", 180_000.0, 1_800.0)]
    assert unguarded(alike) == [
        "completion exposes 180,000 requests an hour that no stage carried, up to 1,800 extra errors an hour"
    ]
    told = (
        "completion of {} on checkout exposes {} requests an hour that no stage carried, up to {} extra errors an hour"
    )
    assert unguarded([*alike, after("bold", 288_000.0, 288.0), after("whole", 0.0, 0.0)]) == [
        told.format("rare", "180,000", "1,800"),
        told.format("bold", "288,000", "288"),
    ]


@pytest.mark.parametrize(
    ("smallest", "told"),
    [("+1pp", "50% caught from +1pp on"), ("+0pp", "50% caught already from +0pp, the smallest asked"),
     (None, "50% caught by none of these")],
)  # fmt: skip
def test_how_much_of_a_sweep_is_caught(smallest, told):
    assert caught(Sweep("canary.error_rate", POINTS, {"50%": smallest})) == [f" {told}"]
