"""Whole reports of a run, and the laws that hold for all of them."""

import json
import re

import pytest

from canary_runner.reporting.cells import width
from canary_runner.reporting.look import Look
from canary_runner.reporting.run_json import run_json
from canary_runner.reporting.run_ndjson import run_ndjson
from canary_runner.reporting.run_text import run_text
from canary_runner.reporting.timeline import timeline
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


def test_every_line_of_ndjson_says_what_it_is_and_the_last_is_the_result():
    lines = [json.loads(line) for line in run_ndjson(examples.rolled_back()).splitlines()]
    assert all(next(iter(line)) == "event" for line in lines)
    assert lines[-1] == {"event": "result", **json.loads(run_json(examples.rolled_back()))}
    assert [(event["event"], event["at_s"]) for event in lines[:-1]] == [
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
