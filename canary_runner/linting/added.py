"""What a stage catches that the stages before it let pass, over regressions of many sizes."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import cache

from canary_runner.linting.facts import CheckFacts, PolicyFacts, StageFacts
from canary_runner.model.policy import ErrorCheck, Micros, Points, Ratio, Stage
from canary_runner.model.scenario import Change, Effect, ErrorRateEffect, LatencyEffect, Scenario

TIMES = tuple(Fraction(n, 20) for n in (20, 25, 30, 40, 15, 60, 10, 120))
"""Sizes of a regression, in distances from the normal value to the limit; those that tell most come first."""


class Added:
    """The stages of one policy, compared with those before them."""

    def __init__(self, policy: PolicyFacts) -> None:
        self._policy = policy
        self.sizes = cache(self._sizes)

    def may_be_little(self, facts: StageFacts) -> bool:
        """Tell whether each limit of a stage was asked before it, as strictly and of as many requests.

        Where that is not so the stage is taken to see something new, and nothing is reckoned.
        """
        before = self._policy.stages[: facts.index]
        return all(
            any(_is_no_sharper(facts, limit, earlier, other) for earlier in before for other in _limits(earlier))
            for limit in _limits(facts)
        )

    def most(self, facts: StageFacts, stage: Stage, enough: float) -> float | None:
        """Return the largest share of releases of one size that pass the stages before and are rolled back in `stage`.

        The first share of `enough` or more ends the search. None where no exact answer is.
        """
        found = 0.0
        for scenario in self.sizes(facts):
            share = 1.0
            for earlier in self._policy.stages[: facts.index]:
                odds = self._policy.chances.of_stage(earlier.stage, earlier.start_at_s, scenario)
                if odds is None:
                    return None
                share *= 1 - odds.rolled_back - odds.paused
            odds = self._policy.chances.tried(stage, facts.start_at_s, scenario) if share >= found else None
            if share >= found and odds is None:
                return None
            found = max(found, share * odds.rolled_back) if odds is not None else found
            if found >= enough:
                break
        return found

    def _sizes(self, facts: StageFacts) -> tuple[Scenario, ...]:
        """Return regressions of the values that a stage checks, about the size that its limits forbid."""
        found: dict[Scenario, None] = {}
        for times in TIMES:
            for asked in facts.checks:
                for far in _distances(self._policy, facts, asked):
                    found[_regression(self._policy, asked, times * far)] = None
        return tuple(found)


def _limits(facts: StageFacts) -> Iterator[tuple[str, str, Fraction, Fraction, Fraction]]:
    """Yield metric, kind, value, confidence and requests of each limit that is asked.

    The requests of a comparison are the harmonic sum of both arms': its variance goes with their reciprocals.
    """
    canary, baseline = facts.canary_requests(facts.window_s), facts.baseline_requests(facts.window_s)
    for asked in facts.checks:
        sure = asked.check.confidence or Fraction(0)
        if asked.absolute is not None:
            yield asked.metric, "absolute", asked.absolute, sure, canary
        match asked.check.over_baseline if facts.compares else None:
            case Points(value) | Ratio(value) | Micros(value) as limit:
                both = canary * baseline / (canary + baseline)
                yield asked.metric, type(limit).__name__, Fraction(value), sure, both


def _is_no_sharper(
    facts: StageFacts,
    limit: tuple[str, str, Fraction, Fraction, Fraction],
    earlier: StageFacts,
    other: tuple[str, str, Fraction, Fraction, Fraction],
) -> bool:
    metric, kind, value, sure, requests = limit
    return (
        (metric, kind) == other[:2]
        and value >= other[2]
        and sure >= other[3]
        and requests <= other[4]
        and facts.analyses <= earlier.analyses
    )


def _distances(policy: PolicyFacts, facts: StageFacts, asked: CheckFacts) -> Iterator[Fraction]:
    """Yield how far each limit of a check is above the normal value; none below it."""
    normal = policy.normal_value(asked.check)
    far = [asked.absolute - normal] if asked.absolute is not None else []
    match asked.check.over_baseline if facts.compares else None:
        case Points(value) | Micros(value):
            far.append(Fraction(value))
        case Ratio(factor):
            far.append(normal * (factor - 1))
    yield from (one for one in far if one > 0)


def _regression(policy: PolicyFacts, asked: CheckFacts, more: Fraction) -> Scenario:
    """Return a release whose errors, or percentile, are so much above normal; to a thousandth for latency."""
    if isinstance(asked.check, ErrorCheck):
        rate = min(policy.service.error_rate + more, Fraction(1))
        return Scenario("regression", canary=Effect(error_rate=ErrorRateEffect(Change.SET, rate)))
    normal = policy.normal_value(asked.check)
    factor = Fraction(round(1000 * (normal + more) / normal), 1000)
    return Scenario("regression", canary=Effect(latency=LatencyEffect(Change.MULTIPLY, factor)))
