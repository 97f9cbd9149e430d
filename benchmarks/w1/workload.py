"""Workload W1, the same for every side: stages of 1, 5, 25, 50 and 100 %, ten windows of a minute each, 1,000 rps.

A window fails if more than 1 % of the canary's requests are errors, if their 99th percentile is above 400 ms, or if
their error rate is more than twice the baseline's (not asked at 100 %). A percentile by nearest rank is above a limit
exactly when more than 1 % of the requests are slower, so no side needs a latency: it needs the count of slow requests.

Two rules read the windows. W1: more than two windows of a stage that fail anything roll back, and a stage is never
held. W1n: the native controller with `total_failures: 3`, where each check counts its own failures and a stage whose
last window failed is held, for ten windows at most.
"""

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

WINDOW_S = 60
WINDOWS = 10
"""Windows of a stage."""
TOLERATED = 2
"""Windows of a stage that may fail; one more rolls back."""
ERROR_PERCENT, SLOW_PERCENT = 1, 1
"""The canary's errors and its requests beyond `LIMIT_MS` may be this share of its requests."""
TIMES_BASELINE = 2

MEDIAN_MS, SIGMA, LIMIT_MS = 100, 0.5, 400
SLOW_SHARE = math.erfc(math.log(LIMIT_MS / MEDIAN_MS) / SIGMA / math.sqrt(2)) / 2
"""The share of requests beyond the limit, of a lognormal latency."""
BASELINE_ERRORS = Fraction(5, 1000)

DAY_H, MEAN_RISING_H = 24, 8
"""The daily swing is at its mean, rising, at eight."""


@dataclass(frozen=True)
class Window:
    """What is true for a minute: mean requests of both arms and their errors per request."""

    canary: float
    canary_errors: float
    baseline: float  # 0 at 100 %
    baseline_errors: float = float(BASELINE_ERRORS)
    slow_share: float = SLOW_SHARE


@dataclass(frozen=True)
class Workload:
    """W1 with one release in it."""

    name: str
    canary_errors: Fraction = BASELINE_ERRORS
    rate_rps: int = 1000
    is_poisson: bool = True  # or the number of requests is the mean
    percents: tuple[int, ...] = (1, 5, 25, 50, 100)
    daily_swing: Fraction = Fraction(0)  # amplitude of 24 hourly factors of a sine
    start_at_s: int = MEAN_RISING_H * 3600  # time of day
    ramp_errors: Fraction = Fraction(0)  # added to the canary's error rate by the end, linearly from the start

    @property
    def length_s(self) -> int:
        """The length of a rollout that is never held."""
        return len(self.percents) * WINDOWS * WINDOW_S

    @cached_property
    def stages(self) -> tuple[tuple[Window, ...], ...]:
        """The windows of each stage, of a rollout that is never held."""
        return tuple(
            tuple(self._window(percent, stage * WINDOWS + number) for number in range(WINDOWS))
            for stage, percent in enumerate(self.percents)
        )

    def _window(self, percent: int, number: int) -> Window:
        hour = (self.start_at_s + number * WINDOW_S) // 3600
        factor = 1 + float(self.daily_swing) * math.sin(2 * math.pi * (hour - MEAN_RISING_H) / DAY_H)
        requests = self.rate_rps * WINDOW_S * factor
        errors = self.canary_errors + self.ramp_errors * Fraction((2 * number + 1) * WINDOW_S, 2 * self.length_s)
        return Window(requests * percent / 100, float(errors), requests * (100 - percent) / 100)


HEALTHY = Workload("healthy")
REGRESSED = Workload("regressed", Fraction(8, 1000))
BAD = Workload("bad", Fraction(20, 1000))
FIXED = Workload("healthy, fixed requests", is_poisson=False)
SWING = Workload("healthy, daily swing", daily_swing=Fraction(2, 5), start_at_s=10 * 3600 + 55 * 60)
RAMP = Workload("a ramp of errors", ramp_errors=Fraction(3, 1000))
