"""The cases of `flagger-scheduler-cases/1`: the recorded inputs of each tick, and what must be in force after it."""

from dataclasses import replace

from canary_runner.controllers.flagger.metrics import Metric, Range, passes
from canary_runner.controllers.flagger.scheduler import tick
from canary_runner.controllers.flagger.spec import Hook, HookType, Spec
from canary_runner.controllers.flagger.status import Observed, Readiness, State

POLICY = {"provider", "skip_analysis", "suspend", "analysis"}
WITHOUT_EFFECT = {
    "interval",
    "alerts",
    "sessionAffinity",
    "mirrorWeight",
    "primaryReadyThreshold",
    "canaryReadyThreshold",
}
NUMBERS = {
    "threshold": "threshold", "maxWeight": "max_weight", "stepWeight": "step_weight", "iterations": "iterations",
    "stepWeightPromotion": "step_weight_promotion",
}  # fmt: skip
LISTS = {"stepWeights", "match", "mirror", "metrics", "webhooks"}
INPUTS = {"metrics", "hooks", "canary", "primary", "new_revision", "suspend"}


def sections(document):
    """Return (section, cases) of every section, here one; each case is named by its id."""
    return [("scheduler", [{"name": case["id"], **case} for case in document["cases"]])]


def check(_section, case):
    """Assert that every tick of a case leaves what was recorded."""
    shown, expected = list(rows(case)), [without_default(row) for row in case["expect"]]
    assert len(shown) == len(expected)
    assert [{key: row.get(key) for key in wanted} for row, wanted in zip(shown, expected, strict=True)] == expected
    for key in ("phase", "weight"):
        assert [row[key] for row in shown] == case.get(f"{key}_sequence", [row[key] for row in shown])


def rows(case):
    """Yield what is in force after each tick, in the words of the file."""
    spec, state, revision = read_spec(case["policy"]), State(), 1
    for given in case["inputs"]:
        revision += bool(given.get("new_revision", False))
        seen = read_inputs(case["policy"], spec, given, revision)
        state = tick(spec, state, seen)
        yield {
            "phase": state.phase.value,
            "weight": state.weight,
            "failed_checks": state.failed_checks,
            "iterations": state.iterations,
            "mirrored": state.mirrored,
            "primary_updated": state.primary_updated,
            "canary_replicas": int(state.is_scaled_up),
            "status_weight": state.status_weight,
        }


def without_default(row):
    """Return a row with the weight in the status, which the file leaves out where it is the routed one."""
    return {"status_weight": row["weight"], **row}


def only(given, known):
    """Refuse a field that this reader does not know: what is not read must not look as if it passed."""
    assert set(given) <= known, f"unknown fields {sorted(set(given) - known)}"
    return given


def read_spec(policy):
    """Return the spec of a case's policy."""
    analysis = only(policy, POLICY).get("analysis")
    shared = Spec(provider=policy.get("provider", ""), skip_analysis=policy.get("skip_analysis", False) or not analysis)
    if not analysis:
        return shared
    only(analysis, WITHOUT_EFFECT | NUMBERS.keys() | LISTS)
    return replace(
        shared,
        **{field: analysis.get(key) or 0 for key, field in NUMBERS.items()},
        step_weights=tuple(analysis.get("stepWeights") or ()),
        has_match=bool(analysis.get("match")),
        mirror=bool(analysis.get("mirror")),
        metrics=tuple(map(read_metric, analysis.get("metrics") or ())),
        hooks=tuple(Hook(h["name"], HookType(h.get("type") or "rollout")) for h in analysis.get("webhooks") or ()),
    )


def read_metric(given):
    """Return a metric of a case."""
    bounds = given.get("thresholdRange")
    return Metric(
        name=given["name"],
        range=None if bounds is None else Range(bounds.get("min"), bounds.get("max")),
        threshold=given.get("threshold") or 0.0,
        has_query=bool(given.get("query")),
        has_template=given.get("templateRef") is not None,
    )


def read_inputs(policy, spec, given, revision):
    """Return what one tick sees; hooks that are not named let through, those that ask for a rollback do not ask."""
    only(given, INPUTS)
    values = {name: None if value == "error" else value for name, value in given.get("metrics", {}).items()}
    answers = given.get("hooks", {})
    return Observed(
        metrics=tuple(passes(metric, values.get(metric.name)) for metric in spec.metrics),
        hooks=tuple(answers.get(hook.name, hook.type is not HookType.ROLLBACK) for hook in spec.hooks),
        revision=revision,
        canary=Readiness(given.get("canary", "ready")),
        primary=Readiness(given.get("primary", "ready")),
        is_suspended=given.get("suspend", policy.get("suspend", False)),
    )
