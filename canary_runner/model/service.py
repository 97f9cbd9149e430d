"""What a service normally is: its traffic, error rate and latency."""

from dataclasses import dataclass
from enum import Enum
from fractions import Fraction

MEAN_RISING_S = 8 * 3600
"""The time of day, seconds after midnight, at which the daily swing is at its mean and rising; rollouts start then
unless told otherwise. The peak is six hours later, the trough six hours before."""


class Arrivals(Enum):
    """How requests arrive; the values are the words of a service file."""

    POISSON = "poisson"
    CONSTANT = "constant"


@dataclass(frozen=True, slots=True)
class Latency:
    """A lognormal latency, by two percentiles in whole microseconds; 0 < p50_us < p99_us."""

    p50_us: int
    p99_us: int


@dataclass(frozen=True, slots=True)
class Service:
    """The traffic of a service and its normal rates."""

    name: str
    rate_rps: Fraction  # requests per second, both arms together; > 0
    arrivals: Arrivals
    daily_swing: Fraction  # amplitude of the hourly factors as a share of the mean, 0 <= swing < 1
    error_rate: Fraction  # errors per request, 0 <= rate <= 1
    latency: Latency
    burstiness: Fraction  # intra-class correlation of errors inside one check interval, 0 <= icc < 1


GENERIC_WEB = Service(
    name="generic-web",
    rate_rps=Fraction(100),
    arrivals=Arrivals.POISSON,
    daily_swing=Fraction(0),
    error_rate=Fraction(1, 1000),
    latency=Latency(p50_us=80_000, p99_us=400_000),
    burstiness=Fraction(0),
)
"""The service that is assumed where none is given."""
