"""What a limit promises to catch: a release that is off by twice what the limit allows, as a scenario."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from canary_runner.linting.facts import MAX, MAX_OVER_BASELINE, CheckFacts, PolicyFacts, StageFacts
from canary_runner.model import words
from canary_runner.model.policy import ErrorCheck, LatencyCheck, Micros, Points, Ratio
from canary_runner.model.scenario import Change, Effect, ErrorRateEffect, LatencyEffect, Scenario
from canary_runner.scenarios.latency import percentile_us


@dataclass(frozen=True, slots=True)
class Promise:
    """A regression that a limit should catch."""

    key: str  # of the limit
    words: str  # "2% errors, twice the max"
    scenario: Scenario


def promises_of(policy: PolicyFacts, facts: StageFacts, asked: CheckFacts) -> Iterator[Promise]:
    """Yield the promises of a check's limits; none for a limit below what is normal."""
    check = asked.check
    if policy.is_below_normal(check):
        return
    if isinstance(check, ErrorCheck):
        yield from _errors(policy, facts, check)
    else:
        yield from _latencies(policy, facts, check)


def _errors(policy: PolicyFacts, facts: StageFacts, check: ErrorCheck) -> Iterator[Promise]:
    normal = policy.service.error_rate
    if check.max_ratio:
        yield _error_promise(MAX, 2 * check.max_ratio, "twice the max")
    match check.over_baseline if facts.compares else None:
        case Points(difference):
            yield _error_promise(MAX_OVER_BASELINE, normal + 2 * difference, "twice as far over the baseline")
        case Ratio(factor) if normal > 0:
            yield _error_promise(MAX_OVER_BASELINE, normal * (2 * factor - 1), "twice as far over the baseline")


def _error_promise(key: str, rate: Fraction, why: str) -> Promise:
    ratio = min(rate, Fraction(1))
    effect = Effect(error_rate=ErrorRateEffect(Change.SET, ratio))
    return Promise(key, f"{words.percent(ratio, words.SHORT)} errors, {why}", Scenario("promise", canary=effect))


def _latencies(policy: PolicyFacts, facts: StageFacts, check: LatencyCheck) -> Iterator[Promise]:
    service, beyond = policy.service, 1 - check.quantile
    if check.max_us is not None and 2 * beyond < 1:
        factor = Fraction(round(1000 * check.max_us / percentile_us(service.latency, 1 - 2 * beyond)), 1000)
        if factor > 1:
            slow = words.percent(2 * beyond, words.SHORT)
            yield _latency_promise(MAX, Change.MULTIPLY, factor, f"{slow} slower than the max, twice what it allows")
    match check.over_baseline if facts.compares else None:
        case Ratio(ratio):
            much = 2 * ratio - 1
            text = f"{words.factor(much, words.SHORT)} the latency, twice as far over the baseline"
            yield _latency_promise(MAX_OVER_BASELINE, Change.MULTIPLY, much, text)
        case Micros(difference_us):
            more = Fraction(2 * difference_us)
            text = f"+{words.milliseconds(more, words.SHORT)}, twice as far over the baseline"
            yield _latency_promise(MAX_OVER_BASELINE, Change.ADD, more, text)


def _latency_promise(key: str, change: Change, amount: Fraction, text: str) -> Promise:
    return Promise(key, text, Scenario("promise", canary=Effect(latency=LatencyEffect(change, amount))))
