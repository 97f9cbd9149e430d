"""Differences as a person reads them: a sign, a unit, no more digits than are known, and whether there is one."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from canary_runner.model import words
from canary_runner.model.comparison import Built, Comparison, Difference, Interval
from canary_runner.model.study import Estimate, Method
from canary_runner.reporting.study_words import NONE, SMALLEST, amount, chance, plain_amount, time

DIGITS = 3
HEADS: Final = ("difference", "differs", "95% interval")


@dataclass(frozen=True, slots=True)
class Unit:
    """How a number is told, and how a difference of two."""

    alone: Callable[[Estimate], str]
    apart: Callable[[float, float], str]  # a size, and half the width of its interval: 0 where it is exact


@dataclass(frozen=True, slots=True)
class Row:
    """One number of two policies in one scenario."""

    scenario: str
    number: str
    reference: str
    policy: str
    difference: str
    differs: str  # yes, no, or unsure where the interval holds 0; a dash where there is no difference
    interval: str


def _points(size: float, half: float) -> str:
    if half <= 0 and size <= SMALLEST:
        return f"<{words.points(Fraction(1, 10**9))}" if size else "0pp"
    return f"{_known(size * 100, half * 100)}pp"


def _known(size: float, half: float) -> str:
    """Return a number with the places that two digits of half its interval have."""
    if half <= 0:
        return words.decimal(Fraction(size), DIGITS)
    places = len(words.decimal(Fraction(half), 2).partition(".")[2])
    return words.decimal(round(Fraction(size), places))


def _seconds(size: float, half: float) -> str:
    return words.duration(round(size))


def _count(size: float, half: float) -> str:
    return plain_amount(size) if half <= 0 or size >= 1000 else _known(size, half)


CHANCE, TIME, AMOUNT = Unit(chance, _points), Unit(time, _seconds), Unit(amount, _count)
NUMBERS: Final = (
    ("rolls back", "rollback_probability", CHANCE),
    ("completes", "completion_probability", CHANCE),
    ("pauses", "pause_probability", CHANCE),
    ("caught p50", "time_to_rollback_s.p50", TIME),
    ("caught p95", "time_to_rollback_s.p95", TIME),
    ("takes p50", "rollout_duration_s.p50", TIME),
    ("requests", "canary_requests.mean", AMOUNT),
    ("extra errors", "extra_errors.mean", AMOUNT),
    ("extra slow", "extra_slow_requests.mean", AMOUNT),
    ("unguarded/h", "unguarded.extra_errors_per_hour", AMOUNT),
)
"""What a table tells: a name, the path of the number, and its unit."""

ALWAYS = ("rolls back",)
"""Told even where both are nothing."""


def by_policy(comparisons: Sequence[Comparison]) -> list[list[Comparison]]:
    """Return the comparisons of each policy, in their order."""
    found: dict[str, list[Comparison]] = {}
    for one in comparisons:
        found.setdefault(one.policy.policy, []).append(one)
    return list(found.values())


def title(one: Comparison) -> str:
    """Return what is compared with what, and where."""
    return f"{one.policy.policy} against {one.reference.policy} on {one.policy.service}"


def rows(comparisons: Sequence[Comparison]) -> Iterator[Row]:
    """Yield what a table tells of some comparisons; what is nothing for both policies is left out."""
    for one in comparisons:
        for name, path, unit in NUMBERS:
            reference, policy = one.reference.number(path), one.policy.number(path)
            if name in ALWAYS or reference.value or policy.value:
                cells = _difference_cells(one.differences[path], unit)
                yield Row(one.policy.scenario, name, unit.alone(reference), unit.alone(policy), *cells)


def _difference_cells(difference: Difference, unit: Unit) -> tuple[str, str, str]:
    """Return the difference, whether there is one, and where it lies."""
    one = difference.estimate
    if one.value is None:
        return NONE, NONE, NONE
    if one.method is Method.EXACT:
        return (_signed(one.value, 0.0, unit), "yes", "exact") if difference.excludes_zero else ("0", "no", "exact")
    half = 0.0 if one.low is None or one.high is None else (one.high - one.low) / 2
    differs = "yes" if difference.excludes_zero else "no" if one.low == one.high == 0 else "unsure"
    return _signed(one.value, half, unit), differs, _ends(one, half, unit)


def _signed(value: float, half: float, unit: Unit) -> str:
    told = unit.apart(abs(value), half)
    has_sign = not told.startswith("<") and any(digit in told for digit in "123456789")
    return f"{'+' if value > 0 else '-'}{told}" if has_sign else told


def _ends(one: Estimate, half: float, unit: Unit) -> str:
    if one.low is None and one.high is None:
        return "unknown"
    if one.low is None or one.high is None:
        end = _signed(one.high if one.high is not None else one.low or 0.0, 0.0, unit)
        return f"{end} or {'less' if one.low is None else 'more'}"
    return f"{_signed(one.low, half, unit)} to {_signed(one.high, half, unit)}"


_SAID: Final = {
    Interval.PAIRED: "differences of chances and means are paired, rollout by rollout with the same luck",
    Interval.SHIFTED: "a difference of an exact and a sampled number has the sampled one's interval",
    Interval.SUMMED: "differences of percentiles lie between two intervals of 97.5%",
}


COUNTED: Final = "requests and extra errors count until a rollout ends: a bad release that completes goes on failing"


def how_compared(comparisons: Sequence[Comparison]) -> list[str]:
    """Return sentences that say how the intervals of sampled differences were obtained, each once."""
    told = {path for _, path, _ in NUMBERS}
    used = {one.differences[path].interval for one in comparisons for path in told}
    said = [sentence for interval, sentence in _SAID.items() if interval in used]
    return [*said, COUNTED] if any(_goes_on(one) for one in comparisons) else said


def _goes_on(one: Comparison) -> bool:
    """Tell whether a release that does harm may be completed by one of the two."""
    both = (one.policy, one.reference)
    return any((c.extra_errors.mean.value or 0) > 0 and (c.completion_probability.value or 0) > SMALLEST for c in both)


def assumed(built: Built) -> str:
    """Say what stands behind a strategy: the head of the list of what was assumed of it."""
    return f"{built.policy.name} is made of {built.source}:"
