"""The numbers behind the outcome of one check: what each of its limits met."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction

from canary_runner.compiling.series import BASELINE, CANARY
from canary_runner.engines.walk import Seen
from canary_runner.judges import asked_limits, judge, latency_difference, latency_ratio
from canary_runner.model.outcomes import Outcome
from canary_runner.model.policy import Check, LatencyCheck, Ratio
from canary_runner.model.results import Evidence, Unread
from canary_runner.model.words import too_little_data

PercentileOf = Callable[[int, Fraction], int | None]
"""(arm, quantile) -> the window's percentile in microseconds, from the fine histogram."""


def evidence_of(check: Check, seen: Seen, percentile_of: PercentileOf) -> Iterator[Evidence]:
    """Say what each limit of a check met in one analysis of a single rollout."""
    compares = seen.stage.traffic < 1
    canary, baseline = seen.window
    for kind, module in asked_limits(check, compares):
        alone = _alone(check, kind)
        codes = judge(alone, canary, baseline, seen.edges_us, seen.stage.min_canary_requests, compares)
        outcome = Outcome(int(codes[0]))
        if isinstance(alone, LatencyCheck):
            observed = _observed(alone, percentile_of)
        else:
            observed = module.observed(alone, canary, baseline, seen.edges_us)
        known = (check.metric, kind, outcome, observed, module.limit(alone), module.UNIT)
        yield Unread(*known, _why_unread(seen)) if outcome is Outcome.INCONCLUSIVE else Evidence(*known)


def _observed(alone: LatencyCheck, percentile_of: PercentileOf) -> Fraction | None:
    """Return what a latency limit met; a window that cannot be judged has percentiles all the same."""
    canary_us = percentile_of(CANARY, alone.quantile)
    if alone.max_us is not None:
        return None if canary_us is None else Fraction(canary_us, 1000)
    baseline_us = percentile_of(BASELINE, alone.quantile)
    if canary_us is None or baseline_us is None:
        return None
    between = latency_ratio.between if isinstance(alone.over_baseline, Ratio) else latency_difference.between
    return between(canary_us, baseline_us)


def _why_unread(seen: Seen) -> str:
    canary, baseline = (int(arm.requests[0]) for arm in seen.window)
    return too_little_data(canary, baseline, seen.stage.min_canary_requests)


def _alone(check: Check, kind: str) -> Check:
    """Return the check with one of its limits only, so that the judge says what that one meets."""
    if kind == "max":
        return replace(check, over_baseline=None)
    return replace(check, max_us=None) if isinstance(check, LatencyCheck) else replace(check, max_ratio=None)
