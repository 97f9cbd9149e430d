"""What no schema can say about the checks of a policy: which metrics each stage asks for, and with what."""

from collections.abc import Callable, Iterator
from typing import Any, Final

from canary_runner.loading.policy_view import CheckView, StageView, checks_in
from canary_runner.model.diagnostics import Diagnostic, Related, Route, Severity, error_at
from canary_runner.model.shown import shown

MAX_CHECKS = 20
_EXAMPLES: Final = {
    "the error rate": ("{metric: error_rate, max: 1%}", '{metric: error_rate, unchecked: "reason"}'),
    "a latency": ("{metric: latency_p99, max: 500ms}", '{metric: latency_p99, unchecked: "reason"}'),
}


def _duplicate_checks(data: Any, views: list[StageView]) -> Iterator[Diagnostic]:
    """Find a metric that one list asks for twice."""
    if not isinstance(data, dict):
        return
    defaults = data.get("defaults")
    lists = [checks_in(defaults, ("defaults",))] if isinstance(defaults, dict) else []
    lists += [checks_in(view.own, view.route) for view in views]
    for checks in lists:
        first: dict[str, CheckView] = {}
        for check in checks:
            if check.metric in first:
                message = f"{shown(check.metric)} is checked twice in this list"
                related = (Related((*first[check.metric].route, "metric"), "checked here first"),)
                help = "make one check of them: it may have both max and max_over_baseline"
                at = (*check.route, "metric")
                yield Diagnostic("duplicate-check", Severity.ERROR, at, message, help, related=related)
            first.setdefault(check.metric, check)


def _missing_checks(_data: Any, views: list[StageView]) -> Iterator[Diagnostic]:
    """Find stages that ask for no error rate, or for no latency; one finding if it is every stage."""
    for what, (example, reason) in _EXAMPLES.items():
        lacking = [view for view in views if not any(_asks(check, what) for check in view.checks)]
        if lacking and len(lacking) == len(views):
            at: Route = ("defaults", "checks") if "checks" in views[0].defaults else ("defaults",)
            message = f"no stage has a check of {what}"
            yield error_at("missing-check", at, message, f"add {example} to the checks in defaults, or {reason}", True)
            continue
        for view in lacking:
            message = f'stage "{shown(view.name)}" has no check of {what}'
            yield error_at(
                "missing-check", view.route, message, f"add {example} to its checks or to defaults, or {reason}"
            )


def _comparisons_at_full_traffic(_data: Any, views: list[StageView]) -> Iterator[Diagnostic]:
    """Find stages at 100 % that ask for a metric by comparison alone: there is no baseline left."""
    for view in views:
        if view.traffic_percent != 100:
            continue
        for what, (example, reason) in _EXAMPLES.items():
            asked = [check for check in view.checks if _asks(check, what)]
            if not asked or any("max" in check.data or check.is_unchecked for check in asked):
                continue
            compared = asked[0]
            if "max_over_baseline" not in compared.data:
                continue  # a check without any limit: the schema says so
            message = (
                f'at 100 % traffic no baseline is left, and stage "{shown(view.name)}" has no absolute limit for {what}'
            )
            related = (Related((*compared.route, "max_over_baseline"), "not asked at 100 %"),)
            at = (*view.route, "traffic_percent")
            is_own = compared.route[: len(view.route)] == view.route  # another of its metric would be a duplicate
            more = "" if is_own else f" or {example} to the stage's checks,"
            help = f"add max to the check of {shown(compared.metric)},{more} or {reason}"
            yield Diagnostic("no-absolute-limit", Severity.ERROR, at, message, help, related=related)


def _rollout_windows(_data: Any, views: list[StageView]) -> Iterator[Diagnostic]:
    """Find comparisons over the whole rollout; at 100 % traffic none is asked."""
    for view in views:
        if view.window != "rollout" or view.traffic_percent == 100:
            continue
        for check in view.checks:
            if "max_over_baseline" in check.data:
                message = (
                    f"window: rollout mixes stages of different traffic, so {shown(check.metric)} cannot be compared"
                )
                related = (Related((*check.route, "max_over_baseline"), "compared here"),)
                help = "write window: stage, or leave max_over_baseline out"
                yield Diagnostic(
                    "mixed-comparison", Severity.ERROR, view.place("window"), message, help, related=related
                )


def _confident_latency_comparisons(_data: Any, views: list[StageView]) -> Iterator[Diagnostic]:
    """Find relative latency limits with a confidence: there is no such test yet."""
    for view in views:
        for check in view.checks:
            if not check.is_error_rate and {"confidence", "max_over_baseline"} <= check.data.keys():
                message = f"confidence does not work with max_over_baseline of {shown(check.metric)}"
                related = (Related((*check.route, "max_over_baseline"), "this limit"),)
                help = "leave confidence out, or put max_over_baseline under another percentile"
                at = (*check.route, "confidence")
                yield Diagnostic("untested-comparison", Severity.ERROR, at, message, help, related=related)


def _too_many_checks(_data: Any, views: list[StageView]) -> Iterator[Diagnostic]:
    for view in views:
        own, shared = view.own.get("checks"), view.defaults.get("checks")
        if all(not isinstance(part, list) or len(part) <= MAX_CHECKS for part in (own, shared)):
            count = len(view.checks)
            if count > MAX_CHECKS:
                message = f'stage "{shown(view.name)}" has {count} checks with those of defaults, at most {MAX_CHECKS}'
                yield error_at("too-large", view.place("checks"), message, "check fewer percentiles")


def _asks(check: CheckView, what: str) -> bool:
    return check.is_error_rate if what == "the error rate" else check.metric.startswith("latency_p")


CHECK_RULES: Final[tuple[Callable[[Any, list[StageView]], Iterator[Diagnostic]], ...]] = (
    _duplicate_checks,
    _missing_checks,
    _comparisons_at_full_traffic,
    _rollout_windows,
    _confident_latency_comparisons,
    _too_many_checks,
)
