"""Cheap lower bounds of what a stage catches: where one is large enough no exact chance is asked for.

A stage rolls back if one check fails its tolerance's number of analyses in a row, at its start or later. How likely one
analysis is to miss what a limit promises is bounded by `stats.share_bounds`; a comparison that does not fail has one
arm on the wrong side of any point between the two. Nothing here is printed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction

from canary_runner.linting.facts import MAX, PolicyFacts, arms
from canary_runner.linting.promises import Promise
from canary_runner.model.histogram import TOP_US
from canary_runner.model.policy import Check, ErrorCheck, LatencyCheck, Micros, Points, Ratio, Stage, WindowKind
from canary_runner.model.scenario import Change
from canary_runner.scenarios.latency import class_chances
from canary_runner.stats.normal import critical_z
from canary_runner.stats.share_bounds import (
    Means,
    count_at_least,
    count_at_most,
    divergence,
    evident_share,
    fewest,
    most_of,
    share_at_least,
    share_at_most,
)

CUTS = tuple(n / 12 for n in range(1, 12))
"""Where between the two arms a comparison is cut; the best cut counts."""

BUCKET = 1.0201
"""A percentile reads as its bucket's upper edge, at most so many times as much."""

SPARE = 2e-3
"""Chance given away to each count that is beyond what a test of evidence is reckoned with."""


def caught_at_least(policy: PolicyFacts, stage: Stage, start_at_s: int, check: Check, promise: Promise) -> float:
    """Return a bound of the chance that a stage rolls back the release of a promise: never more than it is."""
    analyses, failures = stage.duration_s // stage.check_every_s, stage.rollback_after.failures
    if policy.service.burstiness > 0 or failures > analyses:
        return 0.0

    def misses(length_s: int) -> float:
        return _misses(policy, stage, check, promise, *arms(policy.service, stage, start_at_s, length_s))

    match stage.window.kind:
        case WindowKind.SINCE_LAST_CHECK:
            miss = misses(stage.check_every_s)
            return float(1 - (1 - (1 - miss) ** failures) ** (analyses // failures))
        case WindowKind.SLIDING:
            return 0.0  # no exact chance either
        case _:
            lengths = (k * stage.check_every_s for k in range(analyses - failures + 1, analyses + 1))
            return max(0.0, 1 - sum(misses(length_s) for length_s in lengths))


def _misses(policy: PolicyFacts, stage: Stage, check: Check, promise: Promise, canary: Means, baseline: Means) -> float:
    """Return a bound of the chance that one analysis does not fail."""
    least = stage.min_canary_requests
    unread = count_at_most(canary[0], least - 1)
    if promise.key != MAX:
        unread += count_at_most(baseline[0], least - 1)
    if isinstance(check, ErrorCheck):
        passes = _errors(policy, check, promise, canary, baseline)
    else:
        passes = _latency(policy, check, promise, canary, baseline)
    return min(1.0, unread + min(passes, default=1.0))


def _errors(
    policy: PolicyFacts, check: ErrorCheck, promise: Promise, canary: Means, baseline: Means
) -> Iterator[float]:
    effect = promise.scenario.canary
    assert effect is not None
    assert effect.error_rate is not None
    p1, p0 = float(effect.error_rate.amount), float(policy.service.error_rate)
    if promise.key == MAX:
        yield _passes_max(canary, p1, float(check.max_ratio or 0), check)
        return
    match check.over_baseline:
        case Points(difference) if check.confidence is None:
            d = float(difference)
            cuts = (p0 + a * (p1 - d - p0) for a in CUTS)
            yield from (share_at_most(canary, p1, cut + d) + share_at_least(baseline, p0, cut) for cut in cuts)
        case Ratio(factor) if check.confidence is None:
            r = float(factor)
            cuts = (p0 * (p1 / r / p0) ** a for a in CUTS)
            yield from (share_at_most(canary, p1, cut * r) + share_at_least(baseline, p0, cut) for cut in cuts)
        case Points(difference):
            yield from _passes_score(check, float(difference), (canary, p1), (baseline, p0))
        case Ratio(factor):
            yield from _passes_binomial(check, float(factor), (canary, p1), (baseline, p0))


def _passes_max(means: Means, p: float, allowed: float, check: Check) -> float:
    """Return a bound of the chance that bad requests stay within an absolute limit, by the point or by evidence."""
    if check.confidence is None:
        return share_at_most(means, p, allowed)
    share = evident_share(fewest(means[0], SPARE), allowed, float(1 - check.confidence))
    return SPARE + share_at_most(means, p, share)


def _passes_score(
    check: ErrorCheck, d: float, canary: tuple[Means, float], baseline: tuple[Means, float]
) -> Iterator[float]:
    """Yield bounds for the score test: rates within reach are evidence, by the widest error that they can have.

    The likeliest rate of the baseline under the limit lies between its own and the canary's less the margin.
    """
    assert check.confidence is not None
    (n1, p1), (n0, p0), z = canary, baseline, critical_z(check.confidence)
    m1, m0 = fewest(n1[0], SPARE), fewest(n0[0], SPARE)
    for a in CUTS if min(m1, m0) > 0 else ():
        high = p0 + a * (p1 - d - p0)
        if high + d >= 0.5:
            continue
        low, excess = high + d, 0.0
        for _ in range(30):  # the least rate of the canary that is evidence against `high`
            error = math.sqrt(low * (1 - low) / m1 + (low - d) * (1 - low + d) / m0)
            low, excess = min(high + d + z * error, 0.5), low - high - d
        if excess > 0 and low < p1:
            yield 2 * SPARE + share_at_most(n1, p1, low * (1 + 1e-9)) + share_at_least(n0, p0, high)


def _passes_binomial(
    check: ErrorCheck, r: float, canary: tuple[Means, float], baseline: tuple[Means, float]
) -> Iterator[float]:
    """Yield a bound for the binomial test given the total, every count at the least helpful end of its range."""
    assert check.confidence is not None
    (n1, p1), (n0, p0) = canary, baseline
    x, y = math.floor(fewest(n1[0] * p1, SPARE)), math.ceil(most_of(n0[1] * p0, SPARE))
    wide = r * most_of(n1[1], SPARE)
    theta = wide / (wide + max(fewest(n0[0], SPARE), 1e-9))
    share = x / (x + y)
    if share > theta and (x + y) * divergence(share, theta) >= -math.log(float(1 - check.confidence)):
        yield 2 * SPARE + count_at_most(n1[0] * p1, x - 1) + count_at_least(n0[1] * p0, y + 1)


def _latency(
    policy: PolicyFacts, check: LatencyCheck, promise: Promise, canary: Means, baseline: Means
) -> Iterator[float]:
    effect = promise.scenario.canary
    assert effect is not None
    assert effect.latency is not None
    is_factor = effect.latency.change is Change.MULTIPLY
    amount = effect.latency.amount
    factor, shift = (amount, Fraction(0)) if is_factor else (Fraction(1), amount)
    beyond, normal_us = float(1 - check.quantile), float(policy.normal_value(check))

    def slower(limit_us: float) -> float:
        edges = (max(round(limit_us), 1), TOP_US)
        return class_chances(policy.service.latency, factor, shift, edges)[1]

    if promise.key == MAX:
        yield _passes_max(canary, slower(check.max_us or 0), beyond, check)
        return
    true_us = normal_us * float(factor) + float(shift)
    for cut, above in _reach(check, normal_us, true_us):
        if above < TOP_US / 2:
            normal = float(policy.normal_slow_share(max(round(cut), 1)))
            yield share_at_most(canary, slower(above), beyond) + share_at_least(baseline, normal, beyond)


def _reach(check: LatencyCheck, normal_us: float, true_us: float) -> Iterator[tuple[float, float]]:
    """Yield pairs: it fails where the baseline's percentile is at most the one and the canary's is above the other."""
    match check.over_baseline:
        case Ratio(factor):
            most = true_us / float(factor) / BUCKET
            for a in CUTS:
                cut = normal_us + a * (most - normal_us)
                yield cut, (cut + 1) * BUCKET * float(factor) + 1
        case Micros(difference_us):
            most = (true_us - difference_us) / BUCKET
            for a in CUTS:
                cut = normal_us + a * (most - normal_us)
                yield cut, (cut + 1) * BUCKET + difference_us + 1
