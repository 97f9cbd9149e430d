"""What a query of a monitoring system measures: the meaning of its number, not its text."""

from dataclasses import dataclass
from enum import Enum
from fractions import Fraction


class Measures(Enum):
    """What the number is."""

    ERROR_RATIO = "error ratio"  # errors / requests, 0..1
    SUCCESS_RATIO = "success ratio"  # 1 - errors / requests
    LATENCY_QUANTILE = "latency quantile"  # seconds, nearest rank
    REQUESTS = "requests"  # a count in the window
    ERRORS = "errors"  # a count in the window


class Sees(Enum):
    """Whose requests are in it."""

    CANARY = "canary"
    BASELINE = "baseline"
    BOTH = "both arms"  # the canary's share of it is its share of the traffic: a regression is diluted


class NoData(Enum):
    """What is answered instead of a number."""

    NAN = "NaN"
    EMPTY = "nothing"  # an empty vector, nil, no datapoint


Answer = float | NoData


@dataclass(frozen=True, slots=True)
class Query:
    """One number about the last `window_s` seconds, in the query's own unit: `factor` times what it measures."""

    measures: Measures
    window_s: int
    sees: Sees
    factor: Fraction = Fraction(1)  # 100: percent of a ratio; 1000: milliseconds of a latency; 1/60: a rate of counts
    quantile: Fraction | None = None  # of LATENCY_QUANTILE, 0 < quantile < 1
    idle: Answer = NoData.NAN  # ratio or latency of no request; counts are 0
    unborn: Answer = NoData.EMPTY  # of an arm that has never had a request, counts too
    counts_idle: bool = False  # a count too is `idle` where there was no request, and not 0
    zero_is_missing: bool = False  # what is measured is EMPTY where it would be 0
