"""A run as JSON: `canary-runner/run-result/v1`, schema/run-result.schema.json."""

from collections.abc import Mapping

from canary_runner.model.results import (
    Analysis,
    ArmMetrics,
    Evidence,
    Reason,
    RunResult,
    StageResult,
    Transition,
)
from canary_runner.reporting.json_text import dumps
from canary_runner.reporting.run_inputs_json import inputs_object
from canary_runner.reporting.values import milliseconds, number, number_or_none, percent_number, ratio
from canary_runner.version import __version__

SCHEMA = "canary-runner/run-result/v1"
STREAM = 1
"""The number of the random stream that the engine draws from."""

Json = Mapping[str, object]


def run_json(result: RunResult, trace: bool = False) -> str:
    """Return the result as indented JSON; with `trace`, every analysis is in it."""
    return dumps(run_object(result, trace), indent=2)


def run_object(result: RunResult, trace: bool = False) -> Json:
    """Return the result as plain data, keys in the order of the contract."""
    exposure = result.exposure
    return {
        "schema": SCHEMA,
        "final_state": result.final_state.value,
        "stages_completed": result.stages_completed,
        "rollback_triggered": result.rollback_triggered,
        "metrics": {
            "canary": arm_object(result.canary),
            "baseline": arm_object(result.baseline),
            "exposure": {
                "canary_requests_total": exposure.canary_requests,
                "extra_errors_expected": number(exposure.extra_errors_expected),
                "peak_traffic_percent": percent_number(exposure.peak_traffic),
            },
        },
        "reason": None if result.reason is None else _reason_object(result.reason),
        "simulated_duration_s": result.simulated_duration_s,
        "stages": [_stage_object(stage) for stage in result.stages],
        "transitions": [transition_object(transition) for transition in result.transitions],
        **({"analyses": [analysis_object(analysis) for analysis in result.analyses]} if trace else {}),
        "inputs": inputs_object(result.inputs),
        "tool": {"name": "canary-runner", "version": __version__, "stream": STREAM},
    }


def arm_object(arm: ArmMetrics) -> Json:
    """Return what one arm reported; `missing` says why numbers are null."""
    return {
        "requests_total": arm.requests,
        "errors_total": arm.errors,
        "error_rate_ratio": ratio(arm.errors, arm.requests),
        "latency_p50_ms": milliseconds(arm.latency_p50_us),
        "latency_p95_ms": milliseconds(arm.latency_p95_us),
        "latency_p99_ms": milliseconds(arm.latency_p99_us),
        **({} if arm.requests else {"missing": "no request was reported"}),
    }


def transition_object(transition: Transition) -> Json:
    """Return one change of state, stage or traffic."""
    return {
        "at_s": transition.at_s,
        "from": transition.source.value,
        "to": transition.target.value,
        "stage": transition.stage,
        "traffic_percent": percent_number(transition.traffic),
        "reason": transition.reason,
        **({} if transition.phase is None else {"phase": transition.phase}),
    }


def analysis_object(analysis: Analysis) -> Json:
    """Return one look at the data, with the numbers behind each outcome."""
    return {
        "at_s": analysis.at_s,
        "stage": analysis.stage,
        "number": analysis.number,
        "state": analysis.state.value,
        "window_s": analysis.window_s,
        "canary": arm_object(analysis.canary),
        "baseline": arm_object(analysis.baseline),
        "outcomes": {check: outcome.name for check, outcome in analysis.outcomes},
        "evidence": [_evidence_object(evidence) for evidence in analysis.evidence],
        "failures": dict(analysis.failures),
        "decision": analysis.decision.value,
        "reason": analysis.reason,
    }


def _evidence_object(evidence: Evidence) -> Json:
    return {
        "check": evidence.check,
        "limit_kind": evidence.limit_kind,
        "outcome": evidence.outcome.name,
        "observed": number_or_none(evidence.observed),
        "limit": number_or_none(evidence.limit),
        "unit": evidence.unit,
    }


def _reason_object(reason: Reason) -> Json:
    return {
        "kind": reason.kind,
        "stage": reason.stage,
        "check": reason.check,
        "observed": number_or_none(reason.observed),
        "limit": number_or_none(reason.limit),
        "unit": reason.unit,
        "failures": reason.failures,
        "text": reason.text,
    }


def _stage_object(stage: StageResult) -> Json:
    return {
        "name": stage.name,
        "traffic_percent": percent_number(stage.traffic),
        "ending": stage.ending,
        "started_at_s": stage.started_at_s,
        "ended_at_s": stage.ended_at_s,
        "analyses": stage.analyses,
        "failures": stage.failures,
        "canary": arm_object(stage.canary),
        "baseline": arm_object(stage.baseline),
    }
