"""A valid policy document to a Policy, with every default filled in."""

from fractions import Fraction
from typing import Any, Final

from canary_runner.loading.policy_view import CheckView, StageView, stage_views
from canary_runner.loading.quantities import (
    CONFIDENCE,
    ERROR_DIFFERENCE,
    LATENCY,
    LATENCY_DIFFERENCE,
    RATE,
    Quantity,
    T,
)
from canary_runner.model.diagnostics import Document
from canary_runner.model.policy import (
    Check,
    ConsecutiveFailures,
    ErrorCheck,
    FailuresOfLast,
    LatencyCheck,
    OnInconclusive,
    Policy,
    Stage,
    Tolerance,
    TotalFailures,
    Unchecked,
    Window,
    WindowKind,
)

_DEFAULT_MINIMUM: Final = 1
_DEFAULT_TOLERANCE: Final = {"consecutive_failures": 1}


def policy_from(document: Document) -> Policy:
    """Return the policy in a document without findings; anything else is a bug of the caller."""
    data: Any = document.data
    stages = tuple(_stage(view) for view in stage_views(data))
    return Policy(data["name"], data.get("description", ""), stages)


def _stage(view: StageView) -> Stage:
    if view.duration_s is None or view.check_every_s is None or view.traffic_percent is None:
        raise AssertionError("the schema lets no stage pass without duration and traffic")
    tolerance = view.value("rollback_after")
    return Stage(
        name=view.own["name"],
        traffic=Fraction(view.traffic_percent) / 100,
        duration_s=view.duration_s,
        check_every_s=view.check_every_s,
        window=_window(view.window),
        min_canary_requests=view.value("min_canary_requests") or _DEFAULT_MINIMUM,
        rollback_after=_tolerance(_DEFAULT_TOLERANCE if tolerance is None else tolerance),
        on_inconclusive=OnInconclusive(view.value("on_inconclusive") or "pause"),
        wait_for_approval=view.own.get("then") == "wait_for_approval",
        checks=tuple(_check(check) for check in view.checks if not check.is_unchecked),
        unchecked=tuple(
            Unchecked(check.metric, check.data["unchecked"]) for check in view.checks if check.is_unchecked
        ),
    )


def _window(window: str | int | None) -> Window:
    if isinstance(window, int):
        return Window(WindowKind.SLIDING, window)
    return Window(WindowKind(window))


def _tolerance(data: dict[str, int]) -> Tolerance:
    if "consecutive_failures" in data:
        return ConsecutiveFailures(data["consecutive_failures"])
    if "total_failures" in data:
        return TotalFailures(data["total_failures"])
    return FailuresOfLast(data["failures"], data["of_last"])


def _check(check: CheckView) -> Check:
    data = check.data
    confidence = _optional(CONFIDENCE, data.get("confidence"))
    over_baseline = data.get("max_over_baseline")
    if check.is_error_rate:
        limit = _optional(RATE, data.get("max"))
        return ErrorCheck(check.metric, limit, _optional(ERROR_DIFFERENCE, over_baseline), confidence)
    quantile = Fraction(check.metric.removeprefix("latency_p")) / 100
    max_us = _optional(LATENCY, data.get("max"))
    return LatencyCheck(check.metric, quantile, max_us, _optional(LATENCY_DIFFERENCE, over_baseline), confidence)


def _optional(kind: Quantity[T], text: str | None) -> T | None:
    return None if text is None else kind.parse(text)
