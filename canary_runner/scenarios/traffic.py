"""Traffic over the day: 24 hourly factors of a sine."""

import math
from fractions import Fraction
from functools import cache

from canary_runner.model.service import MEAN_RISING_S, Service

HOUR_S = 3600
DAY_S = 24 * HOUR_S


@cache
def hourly_factors(daily_swing: Fraction) -> tuple[Fraction, ...]:
    """Return the factor of each clock hour from midnight; their mean is 1 but for the last printed digit.

    The sine comes from the machine's library and is rounded to 12 digits, so that it is the same everywhere.
    """
    sines = (math.sin(2 * math.pi * (hour - MEAN_RISING_S // HOUR_S) / 24) for hour in range(24))
    return tuple(1 + daily_swing * Fraction(f"{sine:.12f}") for sine in sines)


def mean_rate_rps(service: Service, start_at_s: int, begin_s: int, end_s: int) -> Fraction:
    """Return the mean request rate over [begin_s, end_s) of a rollout that starts at `start_at_s`."""
    if service.daily_swing == 0:
        return service.rate_rps
    factors = hourly_factors(service.daily_swing)
    begin, end = start_at_s + begin_s, start_at_s + end_s
    total, at = Fraction(0), begin
    while at < end:
        following = min(end, (at // HOUR_S + 1) * HOUR_S)
        total += factors[at % DAY_S // HOUR_S] * (following - at)
        at = following
    return service.rate_rps * total / (end - begin)
