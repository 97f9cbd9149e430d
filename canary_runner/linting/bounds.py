"""Cheap upper bounds of what a healthy release may suffer: where one is small enough no exact chance is asked for.

Chernoff's bounds. Of N ~ Poisson(m) requests, or of m fixed ones, each bad with chance p, the share of bad ones is a or
more (a > p), or a or less (a < p), with chance at most exp(-m (1 - exp(-D))), where D = a ln(a / p) +
(1 - a) ln((1 - a) / (1 - p)). A comparison that is exceeded has one arm beyond, or the other below, any point between.

Source: Chernoff (1952), The Annals of Mathematical Statistics 23(4), 493-507. Nothing here is printed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from canary_runner.linting.facts import CheckFacts, PolicyFacts, StageFacts
from canary_runner.model.policy import (
    ConsecutiveFailures,
    ErrorCheck,
    FailuresOfLast,
    LatencyCheck,
    Micros,
    Points,
    Ratio,
    WindowKind,
)

SPLITS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
"""Where between the two arms a comparison is cut; the best cut counts."""

BUCKET = 1.0201
"""A percentile reads as its bucket's upper edge, at most so many times as much."""


def rolled_back_at_most(policy: PolicyFacts, facts: StageFacts) -> float:
    """Return a bound of the chance that a stage rolls back a healthy release that enters it."""
    if policy.service.burstiness > 0:
        return 1.0
    analyses = 2 * facts.analyses  # held as long as it may be
    return sum(_exceeded(facts, _fails(policy, facts, asked), analyses) for asked in facts.checks)


def _exceeded(facts: StageFacts, fails: float, analyses: int) -> float:
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


def _fails(policy: PolicyFacts, facts: StageFacts, asked: CheckFacts) -> float:
    """Return a bound of the chance that one analysis of a healthy release fails a check."""
    calm = policy.service.rate_rps * (1 - policy.service.daily_swing) * facts.stage.check_every_s
    share = facts.stage.traffic
    canary, baseline = (max(float(calm * part) - 1, 0.0) for part in (share, 1 - share))
    if isinstance(asked.check, ErrorCheck):
        return sum(_errors(policy, asked.check, canary, baseline, compares=facts.compares))
    return sum(_latency(policy, asked.check, canary, baseline, compares=facts.compares))


def _errors(
    policy: PolicyFacts, check: ErrorCheck, canary: float, baseline: float, *, compares: bool
) -> Iterator[float]:
    p = float(policy.service.error_rate)
    if check.max_ratio is not None:
        yield _beyond(canary, p, float(check.max_ratio))
    match check.over_baseline if compares else None:
        case Points(difference):
            d = float(difference)
            cuts = {max(p - (1 - a) * d, 0.0) for a in SPLITS}
            yield min(_beyond(canary, p, cut + d) + _below(baseline, p, cut) for cut in cuts)
        case Ratio(factor):
            r = float(factor)
            cuts = {p * r ** (a - 1) for a in SPLITS}
            yield min(_beyond(canary, p, cut * r) + _below(baseline, p, cut) for cut in cuts)


def _latency(
    policy: PolicyFacts, check: LatencyCheck, canary: float, baseline: float, *, compares: bool
) -> Iterator[float]:
    allowed, normal_us = float(1 - check.quantile), float(policy.normal_value(check))

    def slower(latency_us: float) -> float:
        return float(policy.normal_slow_share(max(round(latency_us), 1)))

    if check.max_us is not None:
        yield _beyond(canary, slower(check.max_us), allowed)
    reach = _reach(check, normal_us) if compares else ()
    pairs = [
        _beyond(canary, slower(above), allowed) + _below(baseline, slower(below), allowed) for below, above in reach
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


def _beyond(mean: float, p: float, share: float) -> float:
    """Return a bound of P(share or more of the requests are bad)."""
    return 1.0 if share <= p else _tail(mean, p, share)


def _below(mean: float, p: float, share: float) -> float:
    """Return a bound of P(less than a share of the requests is bad)."""
    if share <= 0:
        return 0.0
    return 1.0 if share >= p else _tail(mean, p, share)


def _tail(mean: float, p: float, share: float) -> float:
    """Return exp(-m (1 - exp(-D))); at the ends, where D is not defined, what is true there."""
    if p <= 0:
        return 0.0
    if p >= 1 or share >= 1:
        return 1.0
    divergence = share * math.log(share / p) + (1 - share) * math.log((1 - share) / (1 - p))
    return math.exp(-mean * -math.expm1(-divergence))
