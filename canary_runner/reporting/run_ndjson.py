"""A run as a log: one JSON object a line, in the order of time, schema/run-event.schema.json.

Every line says in `event` what it is; the last one is the result.
"""

from collections.abc import Mapping

from canary_runner.model.results import RunResult
from canary_runner.reporting.json_text import dumps
from canary_runner.reporting.run_json import analysis_object, run_object, transition_object


def run_ndjson(result: RunResult) -> str:
    """Return every analysis and transition, then the result without analyses."""
    lines = [*events(result), {"event": "result", **run_object(result)}]
    return "".join(dumps(line) for line in lines)


def events(result: RunResult) -> list[Mapping[str, object]]:
    """Return analyses and transitions in order of time; at one moment an analysis comes before what follows from it."""
    found = [(a.at_s, 0, {"event": "analysis", **analysis_object(a)}) for a in result.analyses]
    found += [(t.at_s, 1, {"event": "transition", **transition_object(t)}) for t in result.transitions]
    return [event for _, _, event in sorted(found, key=lambda entry: entry[:2])]
