"""Whole reports of a run, and the laws that hold for all of them."""

import json
import re

import pytest

from canary_runner.reporting.cells import width
from canary_runner.reporting.look import Look
from canary_runner.reporting.run_json import run_json
from canary_runner.reporting.run_ndjson import run_ndjson
from canary_runner.reporting.run_text import run_text
from canary_runner.reporting.timeline import MOST_ROWS, timeline
from tests.reporting import examples

NAMES = list(examples.RESULTS)
ESCAPE = re.compile(r"\x1b\[[0-9;]*m")


def result(name):
    return examples.RESULTS[name]()


@pytest.mark.parametrize("name", NAMES)
def test_json(golden, name):
    golden(f"run-{name}.json", run_json(result(name), trace=True))


@pytest.mark.parametrize("name", NAMES)
def test_ndjson(golden, name):
    golden(f"run-{name}.ndjson", run_ndjson(result(name)))


@pytest.mark.parametrize("name", NAMES)
def test_text(golden, name):
    golden(f"run-{name}.txt", run_text(result(name), Look(width=80)))


@pytest.mark.parametrize("name", NAMES)
def test_timeline(golden, name):
    golden(f"timeline-{name}.txt", timeline(result(name), Look(width=80), ("canary-run study x.yaml", "one sample")))


@pytest.mark.parametrize("report", [run_text, timeline])
@pytest.mark.parametrize("name", NAMES)
def test_colours_add_nothing_but_colours(report, name):
    painted = report(result(name), Look(colour=True))
    assert ESCAPE.search(painted)
    assert ESCAPE.sub("", painted) == report(result(name), Look())


@pytest.mark.parametrize("report", [run_text, timeline])
@pytest.mark.parametrize("name", NAMES)
def test_without_symbols_the_text_is_ascii(report, name):
    assert report(result(name), Look(symbols=False)).isascii()


@pytest.mark.parametrize("name", NAMES)
def test_a_table_keeps_to_80_cells(name):
    table = timeline(result(name), Look(width=80)).partition(" time ")[2].partition("\n\n")[0]
    assert max(map(width, table.splitlines())) <= 80


def test_analyses_are_in_the_json_only_with_trace():
    assert "analyses" not in json.loads(run_json(examples.completed()))
    assert len(json.loads(run_json(examples.completed(), trace=True))["analyses"]) == 5


def test_the_last_line_of_ndjson_is_the_result():
    lines = run_ndjson(examples.rolled_back()).splitlines()
    assert json.loads(lines[-1]) == json.loads(run_json(examples.rolled_back()))
    events = [json.loads(line) for line in lines[:-1]]
    assert [(event["event"], event["at_s"]) for event in events] == [
        ("transition", 0), ("analysis", 120), ("analysis", 240), ("analysis", 360), ("transition", 360),
    ]  # fmt: skip


def test_an_arm_without_requests_says_so_instead_of_zero():
    canary = json.loads(run_json(examples.paused_without_data()))["metrics"]["canary"]
    assert canary == {
        "requests_total": 0, "errors_total": 0, "error_rate_ratio": None, "latency_p50_ms": None,
        "latency_p95_ms": None, "latency_p99_ms": None, "missing": "no request was reported",
    }  # fmt: skip


def test_no_folder_is_in_the_json():
    assert json.loads(run_json(examples.completed()))["inputs"]["policy"]["file"] == "standard.yaml"


@pytest.mark.parametrize(("outcome", "lines"), [("PASS", 0), ("INCONCLUSIVE", 1), ("FAIL", 1)])
def test_an_analysis_that_pauses_is_a_line_unless_all_went_well(outcome, lines):
    """A gate is a transition already; what could not be read or failed is worth a line of its own."""
    gate = examples.analysis(
        600, 5, examples.arm(1_000, 1), examples.Outcome[outcome], decision=examples.Decision.PAUSE
    )
    short = examples.replace(examples.paused_without_data(), analyses=())
    more = timeline(examples.replace(short, analyses=(gate,)), Look()).splitlines()
    assert len(more) - len(timeline(short, Look()).splitlines()) == lines


def test_a_long_timeline_keeps_its_ends():
    short = examples.rolled_back()
    failed = [examples.analysis(60 * n, n, examples.arm(1_000, 30), examples.Outcome.FAIL) for n in range(1, 101)]
    long = examples.replace(short, analyses=tuple(failed))
    shown = timeline(long, Look()).splitlines()
    assert any("62 lines left out" in line for line in shown)
    assert len(shown) < MOST_ROWS + 12
    assert shown[4].startswith("    0s  ⟳ canary")
    assert shown[-5].startswith(" 1h40m")
