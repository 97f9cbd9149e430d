"""Cheap upper bounds of what a healthy release may suffer: where one is small enough no exact chance is asked for.

The shares of bad requests are bounded by `stats.share_bounds`. A comparison that is exceeded has one arm beyond, or the
other below, any point between. Nothing here is printed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from canary_runner.linting.facts import PolicyFacts, StageFacts, arms
from canary_runner.model.plan import HOLD_FACTOR
from canary_runner.model.policy import (
    Check,
    ConsecutiveFailures,
    ErrorCheck,
    FailuresOfLast,
    LatencyCheck,
    Micros,
    OnInconclusive,
    Points,
    Ratio,
    WindowKind,
)
from canary_runner.stats.share_bounds import Means, count_at_least, share_at_least, share_below

SPLITS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
"""Where between the two arms a comparison is cut; the best cut counts."""

BUCKET = 1.0201
"""A percentile reads as its bucket's upper edge, at most so many times as much."""


def rolled_back_at_most(policy: PolicyFacts, facts: StageFacts, wait_s: int = 0) -> float:
    """Return a bound of the chance that a stage rolls back a healthy release that enters it.

    It is analysed on while it waits `wait_s` seconds for an approval.
    """
    if policy.service.burstiness > 0:
        return 1.0
    analyses = HOLD_FACTOR * facts.analyses + wait_s // facts.stage.check_every_s  # held as long as it may be
    return sum(
        exceeded_at_most(facts, fails_at_most(policy, facts, asked.check, wait_s), analyses) for asked in facts.checks
    )


def paused_at_most(policy: PolicyFacts, facts: StageFacts) -> float:
    """Return a bound of the chance that a stage pauses a healthy release that enters it.

    At its end an analysis is inconclusive, if that is what pauses; or it is held, for the analysis at its end and the
    next are both no pass.
    """
    if policy.service.burstiness > 0:
        return 1.0
    fails = sum(fails_at_most(policy, facts, asked.check) for asked in facts.checks)
    unread = policy.unread(facts, facts.stage)
    if facts.stage.window.kind is not WindowKind.SINCE_LAST_CHECK:
        return fails + unread
    held = min(fails + unread, 1.0) ** 2
    return held + (unread if facts.stage.on_inconclusive is OnInconclusive.PAUSE else 0.0)


def exceeded_at_most(facts: StageFacts, fails: float, analyses: int) -> float:
    """Return a bound of the chance that a tolerance is exceeded, from one of the chance that an analysis fails."""
    if facts.stage.window.kind is not WindowKind.SINCE_LAST_CHECK:
        return analyses * fails  # windows overlap: one failure at least
    match facts.stage.rollback_after:
        case ConsecutiveFailures(failures):
            ways = analyses
        case FailuresOfLast(failures, of_last):
            ways = analyses * math.comb(of_last - 1, failures - 1)
        case total:
            failures, ways = total.failures, math.comb(analyses, total.failures)
    return float(ways * fails**failures)


def fails_at_most(policy: PolicyFacts, facts: StageFacts, check: Check, wait_s: int = 0) -> float:
    """Return a bound of the chance that one analysis of a healthy release, since the last, fails a check."""
    canary, baseline = arms(policy.service, facts.stage, facts.start_at_s, facts.stage.check_every_s, wait_s)
    if isinstance(check, ErrorCheck):
        fails = sum(_errors(policy, check, canary, baseline, compares=facts.compares))
    else:
        fails = sum(_latency(policy, check, canary, baseline, compares=facts.compares))
    return min(fails, count_at_least(canary[1], facts.stage.min_canary_requests))


def _errors(
    policy: PolicyFacts, check: ErrorCheck, canary: Means, baseline: Means, *, compares: bool
) -> Iterator[float]:
    p = float(policy.service.error_rate)
    if check.max_ratio is not None:
        yield _exceeds_max(canary, p, float(check.max_ratio), check)
    match check.over_baseline if compares else None:
        case Points(difference):
            d = float(difference)
            cuts = {max(p - (1 - a) * d, 0.0) for a in SPLITS}
            yield min(share_at_least(canary, p, cut + d) + share_below(baseline, p, cut) for cut in cuts)
        case Ratio(factor):
            r = float(factor)
            cuts = {p * r ** (a - 1) for a in SPLITS}
            yield min(share_at_least(canary, p, cut * r) + share_below(baseline, p, cut) for cut in cuts)


def _exceeds_max(canary: Means, p: float, allowed: float, check: Check) -> float:
    """Return a bound of the chance that an absolute limit is exceeded: the test of evidence keeps its level."""
    level = 1.0 if check.confidence is None or p > allowed else float(1 - check.confidence)
    return min(level, share_at_least(canary, p, allowed))


def _latency(
    policy: PolicyFacts, check: LatencyCheck, canary: Means, baseline: Means, *, compares: bool
) -> Iterator[float]:
    allowed, normal_us = float(1 - check.quantile), float(policy.normal_value(check))

    def slower(latency_us: float) -> float:
        return float(policy.normal_slow_share(max(round(latency_us), 1)))

    if check.max_us is not None:
        yield _exceeds_max(canary, slower(check.max_us), allowed, check)
    reach = _reach(check, normal_us) if compares else ()
    pairs = [
        share_at_least(canary, slower(above), allowed) + share_below(baseline, slower(below), allowed)
        for below, above in reach
    ]
    if pairs:
        yield min(pairs)


def _reach(check: LatencyCheck, normal_us: float) -> list[tuple[float, float]]:
    """Return pairs: it passes where the baseline's percentile is at least the one, the canary's at most the other."""
    match check.over_baseline:
        case Ratio(factor):
            r = float(factor)
            cuts = [normal_us * r ** (a - 1) for a in SPLITS]
            return [(cut, (cut * r - 1) / BUCKET) for cut in cuts]
        case Micros(difference_us):
            cuts = [normal_us - (1 - a) * difference_us for a in SPLITS]
            return [(cut, (cut + difference_us - 1) / BUCKET) for cut in cuts if cut > 1]
        case _:
            return []
