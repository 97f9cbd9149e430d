"""The cases of `argo-rollouts-cases/1`: what each section holds, read and held against the controller."""

import re
from dataclasses import replace
from fractions import Fraction

from canary_runner.controllers.argo import canary as canaries
from canary_runner.controllers.argo import metric as metrics
from canary_runner.controllers.argo import rollout as rollouts
from canary_runner.controllers.argo.expression.values import Vector
from canary_runner.controllers.argo.measurement import judge
from canary_runner.controllers.argo.phases import Phase, worst
from canary_runner.controllers.argo.replicas import (
    DEFAULT_LIMIT,
    CanaryScale,
    Pods,
    Routed,
    limits,
    next_basic,
    next_routed,
    scale_in_force,
    settle,
    target,
)
from canary_runner.controllers.argo.rollout_validation import refuse_endless, refuse_rollout
from canary_runner.controllers.argo.run import RunSpec, aggregate, next_at_s, settled, start
from canary_runner.controllers.argo.validation import refuse_metrics

NOT_SECTIONS = ("format", "upstream", "how_obtained", "conventions")
NUMBERS = {"NaN", "+Inf", "-Inf"}


def sections(document):
    """Return (section, cases) of every section; a table becomes one case per row."""
    for name, section in document.items():
        if name in NOT_SECTIONS:
            continue
        if isinstance(section, list):
            yield name, section
        elif "rows" in section:
            yield name, [dict(zip(section["columns"], row, strict=True)) for row in section["rows"]]
        else:
            yield name, section["cases"]


def check(section, case):
    """Assert that a case holds."""
    CHECKS[section](case)


def value(token):
    """Return what a query answered: the file's tokens as values of the condition language."""
    if isinstance(token, str):
        return float(token) if token in NUMBERS else token
    if isinstance(token, bool) or token is None:
        return token
    if isinstance(token, int | float):
        return float(token)
    if isinstance(token, dict):
        return token["string"] if set(token) == {"string"} else {k: value(v) for k, v in token.items()}
    found = tuple(value(one) for one in token)
    return Vector(found) if all(isinstance(one, float) for one in found) else found


METRIC = {
    "name": "name", "successCondition": "success_condition", "failureCondition": "failure_condition",
    "interval": "interval", "initialDelay": "initial_delay",
}  # fmt: skip
LIMITS_OF_METRICS = {
    "count": "count", "failureLimit": "failure_limit", "inconclusiveLimit": "inconclusive_limit",
    "consecutiveErrorLimit": "consecutive_error_limit", "consecutiveSuccessLimit": "consecutive_success_limit",
}  # fmt: skip


def given_of(fields):
    """Return the fields that have a value: null is as good as left out."""
    return {key: one for key, one in fields.items() if one is not None}


def only(fields, known):
    """Refuse fields that no check would read."""
    assert not set(fields) - set(known), f"not read: {sorted(set(fields) - set(known))}"


def read_metric(fields):
    """Return a metric of a case; limits may be text, as templates render them: one without a number is 0."""
    given = given_of(fields)
    only(given, [*METRIC, *LIMITS_OF_METRICS, "provider"])
    texts = {METRIC[key]: one for key, one in given.items() if key in METRIC}
    limits_given = {name: int_value(given[key]) for key, name in LIMITS_OF_METRICS.items() if key in given}
    return metrics.Metric(**{"name": "", **texts, **limits_given})


def int_value(limit):
    """Return a limit as `intstr.IntOrString.IntValue` reads it."""
    text = str(limit)
    return int(text) if re.fullmatch(r"[+-]?[0-9]+", text, re.ASCII) else 0


def expression(case):
    found = judge(value(case["result"]), case.get("successCondition", ""), case.get("failureCondition", ""))
    assert found.phase.value == case["expected"], found
    if "error_class" in case:
        assert found.cause.value == case["error_class"], found


def analysis_run(case):
    spec = RunSpec(tuple(map(read_metric, case["metrics"])), tuple(case.get("dryRun", ())))
    taken = []
    state = played(spec, case, taken)
    expected = case["expected"]
    measured = {m.name: s for m, s in zip(spec.metrics, state.metrics, strict=True) if s is not None}
    assert {
        "run_phase": state.phase.value,
        "ended_at_s": state.ended_at_s,
        "measurements": taken,
        "metric_phases": {name: s.phase.value for name, s in measured.items()},
        "counters": {
            name: {key: getattr(measured[name].counters, key) for key in wanted}
            for name, wanted in expected.get("counters", {}).items()
        },
    } == {"counters": {}, **{key: expected[key] for key in expected if key != "message"}}
    if "message" in expected:
        assert state.message == expected["message"]


def played(spec, case, taken):
    """Run a case to its end, its termination or the end of the observation; `taken` collects the measurements."""
    answers = {name: [value(one) for one in given] for name, given in case["values"].items()}
    now = Fraction(0)

    def measure(index):
        one = spec.metrics[index]
        number = sum(name == one.name for _, name, _ in taken)
        given = answers[one.name]
        judged = judge(given[min(number, len(given) - 1)], one.success_condition, one.failure_condition)
        taken.append([now, one.name, judged.phase.value])
        return judged

    state = settled(spec, start(spec), now, measure)
    stops_at = case.get("terminate_at_s")
    while (due := next_at_s(spec, state)) is not None and due < case.get("observe_until_s", float("inf")):
        if stops_at is not None and stops_at <= due:
            now = Fraction(stops_at)
            return settled(spec, replace(state, is_terminated=True), now, measure)
        now = due
        state = settled(spec, state, now, measure)
    return state


COUNTERS = {
    "successful": "successful", "failed": "failed", "inconclusive": "inconclusive", "error": "error", "count": "count",
    "consecutiveError": "consecutive_error", "consecutiveSuccess": "consecutive_success",
}  # fmt: skip


def metric_state(case):
    metric = read_metric(case["metric"])
    counters = metrics.Counters(**{COUNTERS[key]: n for key, n in (case.get("counters") or {}).items()})
    last = None if case.get("last_measurement") is None else Phase(case["last_measurement"])
    found = [metrics.assess(metric, counters, last, ending).value for ending in (False, True)]
    assert found == [case["expected_phase"], case["expected_phase_if_terminating"]]


def run_aggregation(case):
    if "order" in case:
        order = [Phase(name) for name in case["order"]]
        assert [worst(order[: i + 1]) for i in range(len(order))] == order
        return
    phases = [Phase(name) for name in case["metric_phases"]]
    looks_on = case.get("dry_run", [False] * len(phases))
    assert aggregate(phases, looks_on).value == case["expected_run"]


def metric_validation(case):
    refusal = refuse_metrics([read_metric(one) for one in case["metrics"]])
    agrees([] if refusal is None else [refusal], case["expected"])


def agrees(refusals, expected):
    """Assert that something is refused as a case says: for this reason among others."""
    assert (not refusals) == expected["valid"], refusals
    if refusals and "error_kind" in expected:
        assert expected["error_kind"] in {one.kind for one in refusals}, refusals


def rollout_validation(case):
    spec = dict(case.get("spec", {}))
    template = spec.pop("AnalysisTemplate", {"metrics": []})
    refusals = refuse_rollout({**spec, "strategy": case["strategy"]})
    if must_end(case["strategy"]):
        refusals += refuse_endless([read_metric(one) for one in template["metrics"]])
    agrees(refusals, case["expected"])


def must_end(strategy):
    """Tell whether the template of a case is used where an analysis has to end: not in the background."""
    steps = (strategy.get("canary") or {}).get("steps") or []
    promotions = ("prePromotionAnalysis", "postPromotionAnalysis")
    return any("analysis" in one for one in steps) or any(
        one in (strategy.get("blueGreen") or {}) for one in promotions
    )


MAX_WEIGHT = 100


def replicas_weight_approximation(case):
    found = target(case["replicas"], case["weight"], case["maxWeight"], case["maxSurge"])
    assert found == (case["canary"], case["stable"])


def read_limits(case):
    given = [given_of(case).get(key, "default") for key in LIMITS]
    return limits(case["replicas"], *(DEFAULT_LIMIT if str(one).startswith("default") else one for one in given))


LIMITS = ("maxSurge", "maxUnavailable")


def pods(given):
    """Return pods of a version; none of one that there is not yet."""
    return Pods(given["desired"], given["available"]) if given else Pods(0, 0)


def replicas_single_step(case):
    expected = case["expected"]
    is_full = case.get("promoteFull", False)
    weight = MAX_WEIGHT if is_full else case["setWeight"]
    if case.get("trafficRouting"):
        given = None if is_full else case.get("setCanaryScale")
        scale = (
            given and not given.get("matchTrafficWeight") and CanaryScale(given.get("replicas"), given.get("weight"))
        )
        aborted = case.get("aborted", False)
        routed = Routed(
            case["replicas"],
            is_dynamic=case.get("dynamicStableScale", False),
            min_pods=case.get("minPodsPerReplicaSet") or 0,
            is_aborted=aborted,
        )
        kept = scale_in_force(scale or None, True, aborted, case.get("abortScaleDownDelaySeconds"))
        found = next_routed(routed, weight, kept)
    else:
        bounds = read_limits(case)
        wanted = target(case["replicas"], weight, MAX_WEIGHT, bounds.surge)
        older = [pods(case["older"])] if case.get("older") else []
        found = next_basic(case["replicas"], wanted, bounds, pods(case.get("canary")), pods(case["stable"]), older)
    assert found == (expected["canary"], expected["stable"])


def replicas_settled(case):
    bounds = read_limits(case)
    assert [bounds.surge, bounds.unavailable] == [case["resolved_maxSurge"], case["resolved_maxUnavailable"]]
    path = settle(case["replicas"], target(case["replicas"], case["setWeight"], MAX_WEIGHT, bounds.surge), bounds)
    assert [list(one) for one in path] == case["path"]
    canary, stable = path[-1] if path else (0, case["replicas"])
    share = round(100 * canary / (canary + stable), 2) if canary + stable else 0.0
    assert {"canary": canary, "stable": stable, "actual_weight_pct": share} == case["expected"]


def replicas_traffic_routed(case):
    rollout = Routed(
        case["replicas"],
        is_dynamic=case.get("dynamicStableScale") or False,
        min_pods=case.get("minPodsPerReplicaSet") or 0,
        is_aborted=case.get("aborted") or False,
    )
    found = next_routed(rollout, case["setWeight"], routed_weight=case.get("current_canary_weight"))
    assert found == (case["expected"]["canary"], case["expected"]["stable"])


STATUS = {
    "progressing_reason": "progressing_reason", "spec.paused": "is_paused", "updatedReplicas": "updated_replicas",
    "availableReplicas": "available_replicas", "replicas": "replicas", "replicas_spec": "wanted_replicas",
    "activeSelector": "active", "currentPodHash": "current", "stableRS": "stable",
}  # fmt: skip


STRATEGIES = {one.value: one for one in rollouts.Strategy}


def rollout_phase(case):
    given = dict(case["status"])
    given.pop("postPromotionAnalysis", None)  # what is waited for; the phase is the same for all of it
    strategy = given.pop("strategy", rollouts.Strategy.ROUTED_CANARY.value)
    assert strategy in STRATEGIES, f"strategy {strategy} is none of {sorted(STRATEGIES)}"
    read = {
        "has_invalid_spec": given.pop("condition", "") == "InvalidSpec",
        "pause_reasons": tuple(given.pop("pauseConditions", ())),
        "strategy": STRATEGIES[strategy],
        "is_restarting": given.pop("restarting", False),
    }
    status = rollouts.Status(**read, **{STATUS[key]: one for key, one in given.items()})
    assert rollouts.phase(status).value == case["expected"]


CLAUSES = {
    "not restarted": lambda v: v.is_over,
    "later steps run unwatched": lambda v: v.is_over,
    "no abort": lambda v: v.action is not rollouts.Action.ABORT,
    **{one.value: lambda v, one=one: v.active is one for one in rollouts.Active},
}
"""What an expected action may add after its first words."""


def rollout_action(case):
    if "where" in case:
        return run_action(case)
    return event_action(case)


def run_action(case):
    found = rollouts.verdict(rollouts.Place(case["where"]), Phase(case["run_phase"]))
    words = found.action.value + (f"({found.pause_reason})" if found.pause_reason else "")
    first, *rest = (one.strip() for one in re.split("[;,]", case["expected"]))
    assert words == first
    assert all(CLAUSES[one](found) for one in rest)


EVENTS = {
    "abort": lambda c, _: canaries.aborted(c),
    "retry": lambda c, _: canaries.retried(c),
    "edit steps": lambda c, _: canaries.with_steps(c, c.steps + 1),
    "new template": lambda c, _: canaries.applied(c, "another template"),
    "create": lambda c, _: canaries.applied(c, c.current),
    "promote": lambda c, _: canaries.promoted(c),
    "promote --full": lambda c, _: canaries.promoted_in_full(c),
    "tick": lambda c, given: canaries.pause_step(
        c, Fraction(given["pause_elapsed_s"]), seconds_or_none(given.get("pause_duration_s"))
    ),
}


def seconds_or_none(duration_s):
    return None if duration_s is None else Fraction(duration_s)


def event_action(case):
    given, event = case["state"], case["event"]
    before = read_canary(given)
    if event.startswith("apply "):
        after = canaries.applied(before, event.removeprefix("apply "))
    else:
        after = EVENTS[event](before, given)
    for key, wanted in case["expected"].items():
        wanted = {"unchanged": before.step, "+1": before.step + 1}.get(wanted, wanted) if key == "stepIndex" else wanted
        assert SHOWN[key](after) == wanted, key


def read_canary(given):
    """Return where a rollout stands; what a case leaves out is an update from A to B at its first step of many."""
    step = given.get("stepIndex", 0)
    pausing = "pause_elapsed_s" in given
    reasons = tuple(given.get("pauseConditions", ["CanaryPauseStep"] if pausing else []))
    return canaries.Canary(
        steps=given.get("steps", step + 2),
        step=step,
        current=given.get("current", "B"),
        stable=given.get("stable", "A"),
        pause_reasons=reasons,
        is_controller_paused=given.get("controllerPause", pausing),
        is_paused=given.get("spec.paused", False),
        is_aborted=given.get("aborted", False),
        step_run=Phase.INCONCLUSIVE if rollouts.INCONCLUSIVE_RUN in reasons else None,
    )


SHOWN = {
    "stepIndex": lambda c: c.step,
    "setWeight": lambda c: canaries.current_weight((None,) * c.steps, c),
    "phase": lambda c: c.phase.value,
    "aborted": lambda c: c.is_aborted,
    "promoted": lambda c: c.skips_steps,
    "pauseConditions": lambda c: list(c.pause_reasons),
    "controllerPause": lambda c: c.is_controller_paused,
    "stepIndex_after_reconcile": lambda c: canaries.pause_step(c, Fraction(0), None).step,
    "analysis": lambda c: "cancelled" if c.skips_steps else "running",
    "pauses": lambda c: "skipped" if c.skips_steps and not c.pause_reasons else "kept",
}


CHECKS = {
    "expression": expression,
    "analysis_run": analysis_run,
    "metric_state": metric_state,
    "run_aggregation": run_aggregation,
    "metric_validation": metric_validation,
    "replicas_weight_approximation": replicas_weight_approximation,
    "replicas_single_step": replicas_single_step,
    "replicas_settled": replicas_settled,
    "replicas_traffic_routed": replicas_traffic_routed,
    "rollout_validation": rollout_validation,
    "rollout_phase": rollout_phase,
    "rollout_action": rollout_action,
}
