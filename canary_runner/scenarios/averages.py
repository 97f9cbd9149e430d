"""Means over an interval in which rates change: each request of it meets the world at a moment of its own."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import cache
from itertools import pairwise
from math import ceil
from typing import Final

from canary_runner.model.scenario import Effect
from canary_runner.scenarios.effects import changed_error_rate, changed_latency, strength, turns_s

Slowness = tuple[Fraction, Fraction]
"""(factor, shift): every latency is `factor * X + shift` microseconds, X being a normal one."""

Mix = tuple[tuple[Fraction, Slowness], ...]
"""Shares of the requests of an interval, which add up to 1, and how slow each is."""

NORMAL: Final[Slowness] = (Fraction(1), Fraction(0))

ALL_NORMAL: Final[Mix] = ((Fraction(1), NORMAL),)

OPEN: Final = ((Fraction(1, 4), Fraction(2, 3)), (Fraction(1, 2), Fraction(-1, 3)), (Fraction(3, 4), Fraction(2, 3)))
"""Milne's rule, (place, weight): exact for cubics. An error rate under two effects is a quadratic between turns."""

MIDDLE: Final = ((Fraction(1, 2), Fraction(1)),)
"""Enough where nothing moves between turns."""

GAUSS: Final = tuple(
    (Fraction(place), Fraction(weight))
    for place, weight in (
        ("0.033765242898", "0.085662246190"),
        ("0.169395306767", "0.180380786524"),
        ("0.380690406958", "0.233956967286"),
        ("0.619309593042", "0.233956967286"),
        ("0.830604693233", "0.180380786524"),
        ("0.966234757102", "0.085662246190"),
    )
)
"""Gauss-Legendre with six points, for latencies while they ramp; the weights add up to 1 exactly."""

MOST_PIECES: Final = 32

OnsetOf = Mapping[Effect, int | None]


def pieces(effects: Iterable[Effect], onset_of: OnsetOf, begin_s: int, end_s: int) -> Iterator[tuple[int, int]]:
    """Cut [begin_s, end_s) where the strength of an effect turns."""
    turns = {turn for effect in effects for turn in turns_s(effect, onset_of[effect]) if begin_s < turn < end_s}
    return pairwise([begin_s, *sorted(turns), end_s])


def error_rate_at(normal: Fraction, effects: Sequence[Effect], onset_of: OnsetOf, at_s: Fraction) -> Fraction:
    """Return the error rate of an arm at a moment that is no turn of its effects."""
    for effect in effects:
        normal = changed_error_rate(normal, effect, strength(effect, onset_of[effect], at_s))
    return normal


def slowness_at(effects: Sequence[Effect], onset_of: OnsetOf, at_s: Fraction) -> Slowness:
    """Return how slow an arm is at a moment that is no turn of its effects."""
    found = NORMAL
    for effect in effects:
        found = changed_latency(found, effect, strength(effect, onset_of[effect], at_s))
    return found


def mean_error_rate(
    normal: Fraction, effects: Sequence[Effect], onset_of: OnsetOf, begin_s: int, end_s: int
) -> Fraction:
    """Return the mean of an arm's error rate over an interval, exactly."""
    if all(effect.error_rate is None for effect in effects):
        return normal
    total = Fraction(0)
    rule = OPEN if any(effect.ramp_over_s for effect in effects) else MIDDLE
    for begin, end in pieces(effects, onset_of, begin_s, end_s):
        moments = [(begin + place * (end - begin), weight) for place, weight in rule]
        mean = sum(weight * error_rate_at(normal, effects, onset_of, at_s) for at_s, weight in moments)
        total += mean * (end - begin)
    return total / (end_s - begin_s)


def mixed_slowness(effects: Sequence[Effect], onset_of: OnsetOf, begin_s: int, end_s: int, median_us: int = 1) -> Mix:
    """Return how slow the requests of an interval are: in shares, as each comes at a moment of its own.

    While latency ramps, a part is cut until the median moves by half of itself at most in each piece, and six points
    stand for a piece: the share of requests beyond any limit is then right to about 1e-6.

    Args:
        effects: that act on the arm, in their order.
        onset_of: when each began.
        begin_s, end_s: the interval.
        median_us: of the normal latency.
    """
    found: dict[Slowness, Fraction] = {}
    if all(effect.latency is None for effect in effects):
        return ALL_NORMAL
    moves = any(effect.ramp_over_s and effect.latency is not None for effect in effects)
    for begin, end in pieces(effects, onset_of, begin_s, end_s):
        ends = (OPEN[0], OPEN[2]) if moves else MIDDLE * 2
        low, high = (slowness_at(effects, onset_of, begin + place * (end - begin)) for place, _ in ends)
        rule = _composite(_cuts(low, high, median_us)) if low != high else MIDDLE
        share = Fraction(end - begin, end_s - begin_s)
        for place, weight in rule:
            slowness = slowness_at(effects, onset_of, begin + place * (end - begin))
            found[slowness] = found.get(slowness, Fraction(0)) + share * weight
    return tuple((weight, slowness) for slowness, weight in found.items())


def _cuts(low: Slowness, high: Slowness, median_us: int) -> int:
    """Return into how many pieces a ramp is cut whose slowness at a quarter and at three quarters is known."""
    early, late = (factor * median_us + shift_us for factor, shift_us in (low, high))
    first, last = (3 * early - late) / 2, (3 * late - early) / 2
    moves = abs(last - first) / max(min(first, last), Fraction(1))
    return min(max(1, ceil(2 * moves)), MOST_PIECES)


@cache
def _composite(cuts: int) -> tuple[tuple[Fraction, Fraction], ...]:
    return tuple(((cut + place) / cuts, weight / cuts) for cut in range(cuts) for place, weight in GAUSS)
