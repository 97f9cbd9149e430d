"""Estimates as a person reads them: no chance that the engine keeps, above 1e-14, is told as 0%."""

import re
from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction

from canary_runner.model import words
from canary_runner.model.scenario import Scenario
from canary_runner.model.shown import shown
from canary_runner.model.study import Characteristics, Estimate, Input, Method

NEVER = "never"
NONE = "-"
NUMBERED = re.compile(r" \([0-9]+\)$")
"""The end of a name that `studies.names` told apart from another."""

SMALLEST = 1e-9
"""Chances below this are told as below it."""


def chance(estimate: Estimate) -> str:
    """Return a probability: `69.2%`, `0.00042%`, `>99.99%`; sampled `2.7% ±0.2`, or `<0.1%` where none was seen."""
    value, low, high = estimate.value, estimate.low, estimate.high
    if value is None or low is None or high is None:
        return NONE
    if estimate.method is not Method.EXACT:
        if value == 0:
            return f"<{words.percent(Fraction(high), 2)}"
        if value == 1:
            return f">{_near_one(low)}"
        spread = words.decimal(Fraction(high - low) * 50, 2)
        places = len(spread.partition(".")[2])
        return f"{words.decimal(round(Fraction(value) * 100, places))}% ±{spread}"
    return plain_chance(value)


def plain_chance(value: float) -> str:
    """Return a probability without its error."""
    if value <= SMALLEST:
        return "0%" if value == 0 else f"<{words.percent(Fraction(1, 10**9))}"
    if value >= 1:
        return "100%"
    if value > 0.9999:
        return ">99.99%"
    return _near_one(value) if value > 0.99 else words.percent(Fraction(value), 3 if value >= 0.001 else 2)


def _near_one(value: float) -> str:
    """Show so many nines that what is missing has two digits."""
    missing = Fraction(words.decimal(1 - Fraction(value), 2))
    return words.percent(1 - missing)


def time(estimate: Estimate) -> str:
    """Return seconds as a duration, whole; `never` where more than the percentile's share never ends."""
    if estimate.value is None:
        return NEVER if estimate.is_infinite else NONE
    return words.duration(round(estimate.value))


def amount(estimate: Estimate) -> str:
    """Return a count: `42,563`, `0.3`."""
    return NONE if estimate.value is None else plain_amount(estimate.value)


def plain_amount(value: float) -> str:
    """Return a count with three digits below a thousand, whole above."""
    if abs(value) >= 1000:
        return f"{round(value):,}"
    return words.decimal(Fraction(value), 3)


def how_obtained(results: Iterable[Characteristics], seed: int) -> list[str]:
    """Return sentences that say how the numbers of some results were obtained, each once."""
    said = []
    for one in results:
        if one.method is Method.EXACT:
            said.append("exact: no sampling error")
            continue
        because = f"; not exact because {one.not_exact}" if one.not_exact else ""
        rollback = one.rollback_probability
        is_sought = rollback.method is Method.SPLITTING
        runs = (one.completion_probability if is_sought else rollback).runs or 0
        said.append(f"sampled: {words.counted(runs, 'rollout')} of seed {seed}, ± is half a 95% interval{because}")
        if is_sought:
            said.append(f"rare rollbacks: by splitting, {rollback.runs or 0:,} rollouts that branch where one is near")
    return list(dict.fromkeys(said))


def redefined(scenarios: Iterable[Scenario], builtin: Iterable[Scenario]) -> list[str]:
    """Say which scenarios have the name of a built-in one and are another."""
    known = {one.name: one for one in builtin}
    asked = [one for one in scenarios if one.name in known]
    names = [one.name for one in asked if replace(known[one.name], summary=one.summary) != one]
    return [f"{', '.join(names)}: as the file says, not as built in"] if names else []


def named_alike(inputs: Iterable[Input]) -> list[str]:
    """Say which file stands behind a name that was numbered because several call themselves so."""
    return [f"{one.name} is {shown(one.file)}" for one in inputs if one.file and NUMBERED.search(one.name)]
