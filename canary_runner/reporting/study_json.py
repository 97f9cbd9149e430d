"""A study for programs: `canary-runner/study-result/v1`, schema/study-result.schema.json; one object, or events."""

import csv
import io
from collections.abc import Mapping
from fractions import Fraction

from canary_runner.model import words
from canary_runner.model.study import Characteristics, Estimate, Input, Method, StudyInputs, StudyResult, Sweep
from canary_runner.reporting.json_text import dumps
from canary_runner.reporting.run_inputs_json import scenario_object, service_object
from canary_runner.reporting.run_json import STREAM
from canary_runner.reporting.values import number
from canary_runner.version import __version__

SCHEMA = "canary-runner/study-result/v1"
DIGITS = 7
"""Significant digits of a number: exact ones are good to at least so many but for their stated bound."""

Json = Mapping[str, object]


def study_json(result: StudyResult) -> str:
    """Return the result as indented JSON."""
    return dumps(study_object(result), indent=2)


def study_ndjson(result: StudyResult) -> str:
    """Return one line per policy, service and scenario, one per sweep, and one at the end."""
    events: list[Json] = [{"event": "result", **_characteristics(one)} for one in result.results]
    events += [{"event": "sweep", **_sweep(one)} for one in result.sweeps]
    whole = study_object(result)
    end = {"event": "end", **{key: whole[key] for key in ("schema", "complete", "inputs", "tool")}}
    return "".join(dumps(event) for event in (*events, end))


def study_object(result: StudyResult) -> Json:
    """Return the result as plain data, keys in the order of the contract."""
    return {
        "schema": SCHEMA,
        "results": [_characteristics(one) for one in result.results],
        **({"sweeps": [_sweep(one) for one in result.sweeps]} if result.sweeps else {}),
        "complete": result.is_complete,
        "inputs": inputs_object(result.inputs),
        "tool": {"name": "canary-runner", "version": __version__, "stream": STREAM},
    }


def study_csv(result: StudyResult) -> str:
    """Return one row per policy, service and scenario (or swept size): value, low and high of every number."""
    rows = [("", one) for one in result.results]
    rows += [(point.written, point.characteristics) for sweep in result.sweeps for point in sweep.points]
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\n")
    for place, (size, one) in enumerate(rows):
        flat = list(_flat(one))
        if place == 0:
            heads = [f"{name}{end}" for name, _ in flat for end in ("", "_low", "_high")]
            writer.writerow(["policy", "service", "scenario", "swept", "method", *heads])
        cells = [_rounded(v) for _, e in flat for v in (e.value, e.low, e.high)]
        head = [one.policy, one.service, one.scenario, size, one.method.value]
        writer.writerow([*head, *("" if cell is None else cell for cell in cells)])
    return target.getvalue()


def _flat(one: Characteristics) -> list[tuple[str, Estimate]]:
    names = ("rollback_probability", "completion_probability", "pause_probability")
    found = [(name, getattr(one, name)) for name in names]
    for name in ("time_to_rollback", "rollout_duration"):
        spread = getattr(one, f"{name}_s")
        found += [(f"{name}_{part}_s", getattr(spread, part)) for part in ("p50", "p95", "mean")]
    for name in ("canary_requests", "extra_errors", "extra_slow_requests"):
        toll = getattr(one, name)
        found += [(f"{name}_{part}", getattr(toll, part)) for part in ("mean", "p95")]
    unguarded = one.unguarded
    return [
        *found,
        ("unguarded_requests_per_hour", unguarded.requests_per_hour),
        ("unguarded_extra_errors_per_hour", unguarded.extra_errors_per_hour),
    ]


def _characteristics(one: Characteristics) -> Json:
    return {
        "policy": one.policy,
        "service": one.service,
        "scenario": one.scenario,
        "method": one.method.value,
        "not_exact": one.not_exact,
        "rollback_probability": estimate_object(one.rollback_probability),
        "completion_probability": estimate_object(one.completion_probability),
        "pause_probability": estimate_object(one.pause_probability),
        "time_to_rollback_s": _parts(one.time_to_rollback_s, ("p50", "p95", "mean")),
        "rollout_duration_s": _parts(one.rollout_duration_s, ("p50", "p95", "mean")),
        "canary_requests": _parts(one.canary_requests, ("mean", "p95")),
        "extra_errors": _parts(one.extra_errors, ("mean", "p95")),
        "extra_slow_requests": _parts(one.extra_slow_requests, ("mean", "p95")),
        "unguarded": _parts(one.unguarded, ("requests_per_hour", "extra_errors_per_hour")),
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


def _parts(whole: object, names: tuple[str, ...]) -> Json:
    return {name: estimate_object(getattr(whole, name)) for name in names}


def estimate_object(estimate: Estimate) -> Json:
    """Return an estimate; what does not apply is null with its reason."""
    sampled = {} if estimate.method is Method.EXACT else {"runs": estimate.runs}
    reason = {"reason": estimate.reason} if estimate.value is None else {}
    return {
        "value": _rounded(estimate.value),
        "low": _rounded(estimate.low),
        "high": _rounded(estimate.high),
        "method": estimate.method.value,
        **sampled,
        **reason,
    }


def _rounded(value: float | None) -> int | float | None:
    return None if value is None else number(Fraction(value), DIGITS)


def _sweep(sweep: Sweep) -> Json:
    return {
        "route": sweep.route,
        "points": [{"size": point.written, **_characteristics(point.characteristics)} for point in sweep.points],
        "smallest_caught": dict(sweep.smallest_caught),
    }


def inputs_object(inputs: StudyInputs) -> Json:
    """Return all that decides the numbers, as plain data."""
    return {
        "policies": [_input(one) for one in inputs.policies],
        "services": [
            {**_input(one), "assumed": inputs.service_is_assumed, **service_object(service)}
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


def _input(one: Input) -> Json:
    file = None if one.file is None else one.file.replace("\\", "/").rstrip("/").rpartition("/")[2]
    return {"name": one.name, "file": file, "sha256": one.sha256}
