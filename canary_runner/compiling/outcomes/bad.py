"""Absolute limits as what they count: bad requests among all, be they errors or slower than a limit."""

from fractions import Fraction
from typing import Any

import numpy as np

from canary_runner.judges import MAX, asked_limits
from canary_runner.model.histogram import TOP_US
from canary_runner.model.policy import Check, ErrorCheck
from canary_runner.model.service import Service
from canary_runner.scenarios.latency import mixed_chances
from canary_runner.scenarios.world import ArmRates
from canary_runner.stats.outward import Ints


def slower_than_us(check: Check) -> int | None:
    """Return the latency beyond which a request is bad; None if errors are. Checks that agree count the same."""
    return None if isinstance(check, ErrorCheck) else check.max_us


def bad_chance(check: Check, service: Service, rates: ArmRates) -> float:
    """Return the chance that a request is bad, 0..1."""
    limit_us = slower_than_us(check)
    if limit_us is None:
        return float(rates.error_rate)
    return mixed_chances(service.latency, rates.slowness, (limit_us, TOP_US))[1]


def allowed_share(check: Check) -> Fraction:
    """Return the largest share of bad requests that passes, 0..1."""
    share: Fraction = _judge_of(check).allowed_share(check)
    return share


def allowed_bad(check: Check, requests: Ints) -> Ints:
    """Return how many bad ones among `requests` pass, elementwise."""
    allowed: Ints = _judge_of(check).allowed(check, requests)
    return allowed


def fewest_good(check: Check, bad: Ints, low: int, high: int) -> Ints:
    """Return the fewest good requests, from `low` to `high`, beside which so many bad ones pass; `high` if none do.

    The judge is bisected: who passes does so beside more good ones, too.
    """
    least, most = np.full(bad.shape, low, np.int64), np.full(bad.shape, high, np.int64)
    for _ in range((high - low).bit_length()):
        middle = (least + most) >> 1
        passes = bad <= allowed_bad(check, bad + middle)
        least, most = np.where(passes, least, np.minimum(middle + 1, most)), np.where(passes, middle, most)
    return least


def _judge_of(check: Check) -> Any:
    return dict(asked_limits(check, compares=False))[MAX]
