"""A study for programs: `canary-runner/study-result/v1`, schema/study-result.schema.json; one object, or events."""

import csv
import io
from collections.abc import Callable, Mapping
from decimal import ROUND_CEILING, ROUND_FLOOR, Context
from fractions import Fraction
from typing import Any

from canary_runner.model import words
from canary_runner.model.study import NUMBERS, Characteristics, Estimate, Input, Method, StudyInputs, StudyResult, Sweep
from canary_runner.reporting.json_text import dumps
from canary_runner.reporting.run_inputs_json import further_object, scenario_object, service_object
from canary_runner.reporting.run_json import STREAM
from canary_runner.reporting.values import ALL, number
from canary_runner.version import __version__

SCHEMA = "canary-runner/study-result/v1"
DIGITS = 7
"""Significant digits of a number: exact ones are good to at least so many but for their stated bound."""

Json = Mapping[str, object]

TOOL: Json = {"name": "canary-runner", "version": __version__, "stream": STREAM}
"""What made a result."""


def study_json(result: StudyResult) -> str:
    """Return the result as indented JSON."""
    return dumps(study_object(result), indent=2)


def study_ndjson(result: StudyResult) -> str:
    """Return one line per policy, service and scenario, one per sweep, and one at the end."""
    events: list[Json] = [{"event": "result", **characteristics_object(one)} for one in result.results]
    events += [{"event": "sweep", **_sweep(one)} for one in result.sweeps]
    whole = study_object(result)
    end = {"event": "end", **{key: whole[key] for key in ("schema", "complete", "inputs", "tool")}}
    return "".join(dumps(event) for event in (*events, end))


def study_object(result: StudyResult) -> Json:
    """Return the result as plain data, keys in the order of the contract."""
    return {
        "schema": SCHEMA,
        "results": [characteristics_object(one) for one in result.results],
        **({"sweeps": [_sweep(one) for one in result.sweeps]} if result.sweeps else {}),
        "complete": result.is_complete,
        "inputs": inputs_object(result.inputs),
        "tool": TOOL,
    }


def study_csv(result: StudyResult) -> str:
    """Return one row per policy, service and scenario (or swept size): value, low and high of every number."""
    rows = [("", one) for one in result.results]
    rows += [(point.written, point.characteristics) for sweep in result.sweeps for point in sweep.points]
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\n")
    for place, (size, one) in enumerate(rows):
        flat = [(flat_name(path), one.number(path)) for path in NUMBERS]
        if place == 0:
            heads = [f"{name}{end}" for name, _ in flat for end in ("", "_low", "_high")]
            writer.writerow(["policy", "service", "scenario", "swept", "method", *heads])
        cells = [cell for _, e in flat for cell in (rounded(e.value), *rounded_ends(e))]
        head = [one.policy, one.service, one.scenario, size, one.method.value]
        writer.writerow([*head, *("" if cell is None else cell for cell in cells)])
    return target.getvalue()


def flat_name(path: str) -> str:
    """Return the name of a number in a flat table: `time_to_rollback_p50_s` of `time_to_rollback_s.p50`."""
    name, _, part = path.partition(".")
    if not part:
        return name
    return f"{name.removesuffix('_s')}_{part}{'_s' if name.endswith('_s') else ''}"


def characteristics_object(one: Characteristics) -> Json:
    """Return what a policy does in a scenario, as plain data."""
    return {
        "policy": one.policy,
        "service": one.service,
        "scenario": one.scenario,
        "method": one.method.value,
        "not_exact": one.not_exact,
        **numbers_object(lambda path: estimate_object(one.number(path))),
        "decided_in": [
            {
                "stage": way.stage,
                "check": " + ".join(way.checks),
                "checks": list(way.checks),
                "probability": estimate_object(way.probability),
            }
            for way in one.decided_in
        ],
    }


def numbers_object(leaf: Callable[[str], Json]) -> Json:
    """Return an object for every number, nested as their paths say."""
    found: dict[str, Any] = {}
    for path in NUMBERS:
        name, _, part = path.partition(".")
        if part:
            found.setdefault(name, {})[part] = leaf(path)
        else:
            found[name] = leaf(path)
    return found


def estimate_object(estimate: Estimate) -> Json:
    """Return an estimate; what does not apply is null with its reason."""
    sampled = {} if estimate.method is Method.EXACT else {"runs": estimate.runs}
    reason = {"reason": estimate.reason} if estimate.value is None else {}
    low, high = rounded_ends(estimate)
    return {
        "value": rounded(estimate.value),
        "low": low,
        "high": high,
        "method": estimate.method.value,
        **sampled,
        **reason,
    }


def rounded(value: float | None) -> int | float | None:
    """Return a number with the digits of a study."""
    return None if value is None else number(Fraction(value), DIGITS)


def rounded_ends(estimate: Estimate) -> tuple[int | float | None, int | float | None]:
    """Return the ends of an interval with the digits of a study: outward, but where it is a point."""
    if estimate.low is None or estimate.high is None or estimate.low == estimate.high:
        return rounded(estimate.low), rounded(estimate.high)
    return _towards(estimate.low, ROUND_FLOOR), _towards(estimate.high, ROUND_CEILING)


def _towards(value: float, direction: str) -> int | float:
    """Round to the digits of a study in a direction, after the last bits of a float are taken off."""
    near = Context(ALL).create_decimal_from_float(value)
    return number(Fraction(Context(DIGITS, direction).plus(near)), DIGITS)


def _sweep(sweep: Sweep) -> Json:
    return {
        "route": sweep.route,
        "points": [{"size": point.written, **characteristics_object(point.characteristics)} for point in sweep.points],
        "smallest_caught": dict(sweep.smallest_caught),
    }


def inputs_object(inputs: StudyInputs) -> Json:
    """Return all that decides the numbers, as plain data."""
    return {
        "policies": [input_object(one) for one in inputs.policies],
        "services": [
            {**input_object(one), "assumed": inputs.service_is_assumed, **service_object(service)}
            for one, service in inputs.services
        ],
        "scenarios": [{"name": one.name, **scenario_object(one)} for one in inputs.scenarios],
        "seed": inputs.seed,
        "method": inputs.method,
        "runs": inputs.runs,
        "precision": inputs.precision,
        "relative_precision": inputs.relative_precision,
        "start_at": words.time_of_day(inputs.start_at_s),
        "approval_after": None if inputs.approval_delay_s is None else words.duration(inputs.approval_delay_s),
    }


def input_object(one: Input) -> Json:
    """Return a file behind a result, as plain data; only its base name, as a result does not depend on folders."""
    file = None if one.file is None else one.file.replace("\\", "/").rstrip("/").rpartition("/")[2]
    return {"name": one.name, "file": file, "sha256": one.sha256, **further_object(one.further)}
