"""Parts of studies made by hand."""

from canary_runner.model.scenario import Scenario
from canary_runner.model.service import GENERIC_WEB
from canary_runner.model.study import (
    Characteristics,
    DecidedIn,
    Estimate,
    Input,
    Method,
    Spread,
    StudyInputs,
    Toll,
    Unguarded,
)


def exact(value, off=0.0):
    return Estimate(value, value - off, value + off, Method.EXACT)


def sampled(value, low, high, runs=8192):
    return Estimate(value, low, high, Method.SAMPLED, runs)


NONE = Estimate(None, None, None, Method.EXACT, None, "no rollout is completed")
NEVER = Estimate(None, 240.0, None, Method.EXACT, None, "more than 5 % of the rollouts are never rolled back", True)


def one(policy="careful", scenario="healthy", rollback=None, **given):
    fields = {
        "method": Method.EXACT,
        "not_exact": None,
        "rollback_probability": rollback or exact(0.7213456789, 1e-7),
        "completion_probability": exact(0.2786543211, 1e-7),
        "pause_probability": exact(0.0),
        "false_rollback_probability": rollback or exact(0.7213456789, 1e-7),
        "detection_probability": Estimate(None, None, None, Method.EXACT, None, "the canary is never worse"),
        "time_to_rollback_s": Spread(exact(240.0), NEVER, exact(301.5)),
        "rollout_duration_s": Spread(exact(2400.0), exact(2640.0), exact(2410.25)),
        "canary_requests": Toll(exact(110871.25), exact(120000.0)),
        "extra_errors": Toll(exact(57.6), exact(99.9)),
        "extra_slow_requests": Toll(exact(0.0), exact(0.0)),
        "unguarded": Unguarded(exact(180000.0), exact(3600.0)),
        "decided_in": (DecidedIn("canary", ("error_rate", "latency_p99"), exact(0.6)),),
    } | given
    return Characteristics(policy=policy, service="checkout", scenario=scenario, **fields)


def inputs(**given):
    fields = {
        "policies": (Input("careful", "/home/me/careful.yaml", "ab" * 32),),
        "services": ((Input("generic-web", None, None), GENERIC_WEB),),
        "service_is_assumed": True,
        "scenarios": (Scenario("healthy"),),
        "seed": 3, "method": "auto", "runs": None, "precision": 0.005,
        "relative_precision": None, "start_at_s": 28800, "approval_delay_s": 0,
    } | given  # fmt: skip
    return StudyInputs(**fields)
