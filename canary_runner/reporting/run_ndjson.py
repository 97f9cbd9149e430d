"""A run as a log: one JSON object a line, in the order of time; the last line is the result itself."""

from collections.abc import Mapping

from canary_runner.model.results import RunResult
from canary_runner.reporting.run_json import analysis_object, dumps, run_object, transition_object


def run_ndjson(result: RunResult) -> str:
    """Return every analysis and transition, each with its kind in `event`, then the result without analyses."""
    lines = [*events(result), run_object(result)]
    return "".join(dumps(line) for line in lines)


def events(result: RunResult) -> list[Mapping[str, object]]:
    """Return analyses and transitions in order of time; at one moment an analysis comes before what follows from it."""
    found = [(a.at_s, 0, {"event": "analysis", **analysis_object(a)}) for a in result.analyses]
    found += [(t.at_s, 1, {"event": "transition", **transition_object(t)}) for t in result.transitions]
    return [event for _, _, event in sorted(found, key=lambda entry: entry[:2])]
