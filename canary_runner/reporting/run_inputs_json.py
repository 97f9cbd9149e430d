"""What a run was made from, in the words of the language: a reader can type it back."""

from collections.abc import Mapping, Sequence

from canary_runner.model import words
from canary_runner.model.results import RunInputs
from canary_runner.model.scenario import Change, Effect, ErrorRateEffect, LatencyEffect, Scenario
from canary_runner.model.service import Service
from canary_runner.reporting.values import ALL, number, percent_number

Json = Mapping[str, object]


def inputs_object(inputs: RunInputs) -> Json:
    """Return the inputs as plain data; files by base name and hash."""
    return {
        "policy": {
            "name": inputs.policy.name,
            "file": _base_name(inputs.policy_file),
            "sha256": inputs.policy_sha256,
            **({"system": inputs.system} if inputs.system else {}),
            **further_object(inputs.further),
        },
        "service": {
            "name": inputs.service.name,
            "file": _base_name(inputs.service_file),
            "sha256": inputs.service_sha256,
            "assumed": inputs.service_is_assumed,
            **service_object(inputs.service),
        },
        "scenario": {"name": inputs.scenario.name, **scenario_object(inputs.scenario)},
        "seed": inputs.seed,
        "run": inputs.run,
        "start_at": words.time_of_day(inputs.start_at_s),
        "approval_after": None if inputs.approval_delay_s is None else words.duration(inputs.approval_delay_s),
    }


def further_object(further: Sequence[tuple[str, str]]) -> Json:
    """Return the files that were read beside a manifest; nothing if there were none."""
    return {"with": [{"file": _base_name(name), "sha256": sha256} for name, sha256 in further]} if further else {}


def _base_name(file: str | None) -> str | None:
    """Return a file's name without its folders: no path is in a result."""
    return None if file is None else file.replace("\\", "/").rstrip("/").rpartition("/")[2]


def service_object(service: Service) -> Json:
    """Return a service as its file says it."""
    return {
        "traffic": {
            "rate": words.requests_rate(service.rate_rps),
            "arrivals": service.arrivals.value,
            "daily_swing": words.percent(service.daily_swing),
        },
        "baseline": {
            "error_rate": words.percent(service.error_rate),
            "latency": {
                "p50": words.milliseconds(service.latency.p50_us),
                "p99": words.milliseconds(service.latency.p99_us),
            },
            "burstiness": number(service.burstiness, ALL),
        },
    }


def scenario_object(scenario: Scenario) -> Json:
    """Return the effects of a scenario as a test file says them; an arm without one is left out."""
    arms = {"canary": scenario.canary, "baseline": scenario.baseline, "both": scenario.both}
    return {arm: effect_object(effect) for arm, effect in arms.items() if effect is not None}


def effect_object(effect: Effect) -> Json:
    """Return one effect as a test file says it; what is as it always is, is left out."""
    said: dict[str, object] = {}
    if effect.error_rate is not None:
        said["error_rate"] = error_change(effect.error_rate)
    if effect.latency is not None:
        said["latency"] = latency_change(effect.latency)
    if effect.metrics_missing:
        said["metrics"] = "missing"
    if effect.starting_after_s:
        said["starting_after"] = words.duration(effect.starting_after_s)
    if effect.from_traffic is not None:
        said["from_traffic_percent"] = percent_number(effect.from_traffic)
    if effect.ramp_over_s:
        said["ramp_over"] = words.duration(effect.ramp_over_s)
    if effect.lasting_s is not None:
        said["lasting"] = words.duration(effect.lasting_s)
    return said


def error_change(effect: ErrorRateEffect) -> str:
    """Return a change of the error rate: `+2pp`, `5x`, `3%`."""
    match effect.change:
        case Change.ADD:
            return f"+{words.points(effect.amount)}"
        case Change.MULTIPLY:
            return words.factor(effect.amount)
        case Change.SET:
            return words.percent(effect.amount)


def latency_change(effect: LatencyEffect) -> str:
    """Return a change of the latency: `+50ms`, `1.5x`."""
    if effect.change is Change.ADD:
        return f"+{words.milliseconds(effect.amount)}"
    return words.factor(effect.amount)
