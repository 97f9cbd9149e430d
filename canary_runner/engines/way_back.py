"""What a canary still serves after a rollback: its share while that takes time, then those of a drain."""

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from canary_runner.engines.weather import Weather
from canary_runner.model.plan import Plan
from canary_runner.scenarios.world import Conditions, Moment

Piece = tuple[Fraction, int]
"""A share of all requests, and for how many seconds."""


def drain_after(plan: Plan, stage: int) -> tuple[Piece, ...]:
    """Return what follows a rollback in a stage, beyond the time that every rollback of the policy takes."""
    return plan.machine.segments[stage].drain if plan.machine is not None else ()


def drain_s(plan: Plan, stage: int) -> int:
    """Return how long that is."""
    return sum(length_s for _, length_s in drain_after(plan, stage))


def way_back(plan: Plan, stage: int) -> tuple[Piece, ...]:
    """Return all that follows a rollback in a stage."""
    takes_s = plan.policy.rollback_takes_s
    return (*([(plan.stages[stage].traffic, takes_s)] if takes_s else []), *drain_after(plan, stage))


def served(weather: Weather, stage: int, moment: Moment, age_s: int, pieces: tuple[Piece, ...]) -> Iterator[Conditions]:
    """Yield what is true in each piece, the first of which begins at an age of the stage."""
    for share, length_s in pieces:
        there = replace(weather.plan.stages[stage], traffic=share)
        yield weather.between(there, moment, age_s, age_s + length_s)
        age_s += length_s
