"""What to write instead: values of one key, growing, each with the stage that it makes. Rules ask which of them holds.

Every alternative is `key: value` as a file has it, so that a test can apply what a help line says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction

from canary_runner.linting.amounts import ROUND, first_of_rising, lasting, lengths_from
from canary_runner.linting.facts import MAX, MAX_OVER_BASELINE, PolicyFacts, StageFacts, absolute_of
from canary_runner.model import words
from canary_runner.model.policy import (
    Check,
    ConsecutiveFailures,
    ErrorCheck,
    FailuresOfLast,
    Micros,
    Points,
    Ratio,
    Stage,
    WindowKind,
)

Option = tuple[str, Stage]
"""`check_every: 10m`, and the stage with it."""

PERCENTS = (1, 2, 3, 5, 7, 10, 15, 20, 25, 30, 40, 50, 60, 75, 90)
MOST_FAILURES = 5
"""A tolerance of more is no advice: a bad release would be served for too long."""
TIMES = (Fraction(3, 2), 2, 3, 4, 6, 8)

RATES = (Fraction(1, 10_000), Fraction(1))
LATENCIES_US = (Fraction(1000), Fraction(60_000_000))
EXCESSES = (Fraction(1, 10), Fraction(20))
"""From where to where round values are looked for: rates, microseconds, ratios beyond 1."""


def tolerance_failures(stage: Stage) -> int:
    """Return how many failures exceed the tolerance."""
    return stage.rollback_after.failures


def tolerance_words(stage: Stage, failures: int) -> str:
    """Return the tolerance of a stage with another number of failures, as a file has it."""
    match stage.rollback_after:
        case FailuresOfLast(_, of_last):
            return f"{{failures: {failures}, of_last: {of_last}}}"
        case ConsecutiveFailures():
            return f"{{consecutive_failures: {failures}}}"
        case _:
            return f"{{total_failures: {failures}}}"


def rarer_checks(stage: Stage) -> Sequence[Option]:
    """Return the stage with longer `check_every`, as long as its duration and its tolerance allow."""
    lengths = [
        every
        for every in lengths_from(stage.check_every_s + 1)
        if stage.duration_s % every == 0 and stage.duration_s // every >= tolerance_failures(stage)
    ]
    if stage.window.kind is WindowKind.SLIDING:
        lengths = []
    return [(f"check_every: {words.duration(every)}", replace(stage, check_every_s=every)) for every in lengths]


def more_failures(stage: Stage) -> Sequence[Option]:
    """Return the stage with tolerances of more failures, growing, that its duration can still reach."""
    analyses, tolerance = stage.duration_s // stage.check_every_s, stage.rollback_after
    most = min(tolerance.of_last if isinstance(tolerance, FailuresOfLast) else MOST_FAILURES, analyses)
    return _tolerances(stage, range(tolerance.failures + 1, most + 1))


def fewer_failures(stage: Stage) -> Sequence[Option]:
    """Return the stage with tolerances of fewer failures, shrinking."""
    return _tolerances(stage, range(stage.rollback_after.failures - 1, 0, -1))


def _tolerances(stage: Stage, failures: Iterable[int]) -> Sequence[Option]:
    return [
        (f"rollback_after: {tolerance_words(stage, n)}", replace(stage, rollback_after=replace(tolerance, failures=n)))
        for tolerance in (stage.rollback_after,)
        for n in failures
    ]


def round_above(least: Fraction) -> Fraction:
    """Return the first round rate above `least`."""
    return _above(least, RATES)[0]


def longer(stage: Stage) -> Sequence[Option]:
    """Return the stage with longer durations; where it has one analysis that grows with it."""
    found = []
    for times in TIMES:
        seconds = stage.duration_s * times
        if seconds % stage.check_every_s == 0:
            found.append(replace(stage, duration_s=int(seconds)))
    return [(f"duration: {words.duration(one.duration_s)}", one) for one in found]


def more_traffic(policy: PolicyFacts, facts: StageFacts) -> Sequence[Option]:
    """Return the stage with more traffic, below that of the next stage."""
    later = policy.stages[facts.index + 1 : facts.index + 2]
    most = later[0].stage.traffic if later else Fraction(1)
    shares = [Fraction(n, 100) for n in PERCENTS if facts.stage.traffic < Fraction(n, 100) < most]
    return [(f"traffic_percent: {words.decimal(share * 100)}", replace(facts.stage, traffic=share)) for share in shares]


def looser_limits(stage: Stage, index: int, key: str) -> Sequence[Option]:
    """Return the stage with larger round values of one limit of its check number `index`."""
    check = stage.checks[index]
    return [(f"{key}: {text}", with_check(stage, index, one)) for text, one in _looser(check, key)]


def tighter_limits(stage: Stage, index: int, key: str) -> Sequence[Option]:
    """Return the stage with the round values below one limit of its check number `index`, growing; not for ratios."""
    check, tiny = stage.checks[index], Fraction(1, 10**6)
    if key == MAX:
        limit = check.max_ratio if isinstance(check, ErrorCheck) else check.max_us
        floor = replace(check, max_ratio=tiny) if isinstance(check, ErrorCheck) else replace(check, max_us=1)
        found = [(text, one) for text, one in _looser_max(floor) if (absolute_of(one) or 0) < (limit or 0)]
    else:
        floor = _comparing(check, Points(tiny) if isinstance(check, ErrorCheck) else Micros(1))
        found = [(text, one) for text, one in _looser_comparison(floor) if _is_less(one, check)]
    return [(f"{key}: {text}", with_check(stage, index, one)) for text, one in found]


def _is_less(one: Check, other: Check) -> bool:
    match one.over_baseline, other.over_baseline:
        case Points(less), Points(more):
            return less < more
        case Micros(less_us), Micros(more_us):
            return less_us < more_us
        case _:
            return False


def sooner_checks(stage: Stage) -> Sequence[Option]:
    """Return the stage with shorter `check_every`, shrinking."""
    lengths = [every for every in lengths_from(1) if every < stage.check_every_s and stage.duration_s % every == 0]
    if stage.window.kind is WindowKind.SLIDING:
        lengths = []
    return [(f"check_every: {words.duration(n)}", replace(stage, check_every_s=n)) for n in reversed(lengths)]


def less_traffic(stage: Stage) -> Sequence[Option]:
    """Return the stage with less traffic, shrinking."""
    shares = [Fraction(n, 100) for n in reversed(PERCENTS) if Fraction(n, 100) < stage.traffic]
    return [(f"traffic_percent: {words.decimal(share * 100)}", replace(stage, traffic=share)) for share in shares]


def smaller_minimums(stage: Stage) -> Sequence[Option]:
    """Return the stage with smaller round minimums, shrinking."""
    values = sorted({int(n * 10**power) for n in ROUND for power in range(7)}, reverse=True)
    return [
        (f"min_canary_requests: {n}", replace(stage, min_canary_requests=n))
        for n in values
        if n < stage.min_canary_requests
    ]


def with_check(stage: Stage, index: int, check: Check) -> Stage:
    """Return the stage with another check in place of its check number `index`."""
    return replace(stage, checks=(*stage.checks[:index], check, *stage.checks[index + 1 :]))


def _looser(check: Check, key: str) -> Iterator[tuple[str, Check]]:
    return _looser_max(check) if key == MAX else _looser_comparison(check)


def _looser_max(check: Check) -> Iterator[tuple[str, Check]]:
    if isinstance(check, ErrorCheck):
        for ratio in _above(check.max_ratio, RATES):
            yield words.percent(ratio), replace(check, max_ratio=ratio)
    else:
        for latency in _above(check.max_us, LATENCIES_US):
            yield words.milliseconds(latency), replace(check, max_us=int(latency))


def _looser_comparison(check: Check) -> Iterator[tuple[str, Check]]:
    match check.over_baseline:
        case Points(difference):
            for more in _above(difference, RATES):
                yield words.points(more), _comparing(check, Points(more))
        case Ratio(factor):
            for excess in _above(factor - 1, EXCESSES):
                yield words.factor(1 + excess), _comparing(check, Ratio(1 + excess))
        case Micros(difference_us):
            for more in _above(difference_us, LATENCIES_US):
                yield f"+{words.milliseconds(more)}", _comparing(check, Micros(int(more)))


def _comparing(check: Check, limit: Points | Ratio | Micros | None) -> Check:
    """Return the check with another comparison of a kind that it can have."""
    return replace(check, over_baseline=limit)  # type: ignore[arg-type]


def _above(least: Fraction | int | None, reach: tuple[Fraction, Fraction]) -> Sequence[Fraction]:
    """Return round numbers above `least` within a reach, growing; none where there is no limit."""
    if least is None:
        return []
    power, most = reach
    found = []
    while power <= most:
        found += [n * power for n in ROUND if least < n * power <= most]
        power *= 10
    return found


def first_looser(options: Sequence[Option], holds: Callable[[Stage], bool]) -> Iterator[str]:
    """Yield the first option that holds, of options that hold from some point on whatever luck says."""
    found = first_of_rising(options, lambda option: holds(option[1]))
    if found is not None:
        yield found[0]


def first_looser_pair(stage: Stage, index: int, holds: Callable[[Stage], bool]) -> Iterator[str]:
    """Yield larger values of both limits of a check that hold together: `max: 2% with max_over_baseline: 1pp`.

    The comparison first, as if the absolute limit were no matter; then both, the comparison a round value looser each
    time, for what is left of the chance.
    """
    far = looser_limits(stage, index, MAX)[-1:]
    for _, free in far:
        comparisons = looser_limits(free, index, MAX_OVER_BASELINE)
        least = first_of_rising(comparisons, lambda option: holds(option[1]))
        at = comparisons.index(least) if least is not None else len(comparisons)
        for text, loose in comparisons[at : at + 3]:
            over = loose.checks[index].over_baseline
            pairs = [
                (f"{one} with {text}", with_check(changed, index, _comparing(changed.checks[index], over)))
                for one, changed in looser_limits(stage, index, MAX)
            ]
            found = list(first_looser(pairs, holds))
            if found:
                yield found[0]
                return


def first_lasting(options: Sequence[Option], holds: Callable[[Stage], bool]) -> Iterator[str]:
    """Yield the first option from which on all hold."""
    found = lasting(options, lambda option: holds(option[1]))
    if found is not None:
        yield found[0]


def written(alternatives: Sequence[str], otherwise: str) -> str:
    """Return a help line: `write max: 2%, or check_every: 5m`."""
    return f"write {', or '.join(alternatives)}" if alternatives else otherwise
