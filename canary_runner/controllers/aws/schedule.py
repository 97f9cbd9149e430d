"""When which share of the traffic is on the new version, if nothing stops it."""

from dataclasses import dataclass
from fractions import Fraction

ALL = Fraction(100)


@dataclass(frozen=True, slots=True)
class Step:
    """From a time on, this share."""

    at_s: Fraction  # seconds after the shift began
    percent: Fraction  # of the requests, or of what else the system counts


Schedule = tuple[Step, ...]
"""Times grow, shares grow, the first time is 0 and the last share is 100."""


def percent_at(schedule: Schedule, elapsed_s: Fraction) -> Fraction:
    """Return the share at a time; before the start it is 0."""
    return max((step.percent for step in schedule if step.at_s <= elapsed_s), default=Fraction(0))


def spaced(percents: tuple[Fraction, ...], every_s: Fraction) -> Schedule:
    """Return shares at equal distances, the first at once."""
    return tuple(Step(index * every_s, percent) for index, percent in enumerate(percents))


def linear(percent: Fraction) -> tuple[Fraction, ...]:
    """Return the shares of a linear shift: multiples of a share above 0, the last cut to 100."""
    steps = -(-ALL // percent)
    return tuple(min(ALL, percent * k) for k in range(1, int(steps) + 1))


def exponential(percent: Fraction) -> tuple[Fraction, ...]:
    """Return the shares of an exponential shift: G x 2^k from k = 0, the last cut to 100."""
    shares = [percent]
    while shares[-1] < ALL:
        shares.append(min(ALL, 2 * shares[-1]))
    return tuple(min(ALL, share) for share in shares)
