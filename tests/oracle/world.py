"""What is true of a release at each moment, and the requests that come of it, drawn one at a time."""

import math
from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from statistics import NormalDist

from canary_runner.model.scenario import Change
from canary_runner.model.service import Arrivals

HOUR_S = 3600
RISING_HOUR = 8  # the swing is at its mean then, and rises


@dataclass
class Reported:
    """What one arm reported: a latency is known by the upper edge of its histogram class."""

    requests: int = 0
    errors: int = 0
    latencies_us: Counter = field(default_factory=Counter)


def together(parts):
    """Return several reports as one."""
    total = Reported()
    for part in parts:
        total.requests += part.requests
        total.errors += part.errors
        total.latencies_us.update(part.latencies_us)
    return total


@dataclass
class Truth:
    """What is true of one arm, constant for one check interval."""

    error_rate: Fraction
    latency_factor: Fraction
    latency_shift_us: Fraction
    reported: Fraction  # share of the requests that get into the metrics


def rate_rps(service, clock_s):
    """Return the requests per second of both arms at a time of the day."""
    hour = clock_s // HOUR_S % 24
    sine = math.sin(2 * math.pi * (hour - RISING_HOUR) / 24)
    return service.rate_rps * (1 + service.daily_swing * Fraction(f"{sine:.12f}"))  # sin 30° is 0.5, not 0.4999...


@cache
def requests_between(service, start_at_s, begin_s, end_s):
    """Return the expected requests of both arms in [begin_s, end_s) of a rollout that starts at `start_at_s`."""
    return sum((rate_rps(service, start_at_s + second) for second in range(begin_s, end_s)), Fraction(0))


def onset_s(effect, stages, started_at_s):
    """Return when an effect begins, or None while it has no beginning; `started_at_s` is of the stages so far."""
    if effect.from_traffic is None:
        return effect.starting_after_s
    for stage, started in zip(stages, started_at_s, strict=False):
        if stage.traffic >= effect.from_traffic:
            return max(effect.starting_after_s, started)
    return None


def strength(effect, onset, at_s, ramp_over_s):
    """Return how strongly an effect acts at one moment, 0 to 1."""
    if onset is None or at_s < onset:
        return Fraction(0)
    if effect.lasting_s is not None and at_s >= onset + effect.lasting_s:
        return Fraction(0)
    if at_s >= onset + ramp_over_s:
        return Fraction(1)
    return (at_s - onset) / ramp_over_s


@cache
def mean_strength(effect, onset, begin_s, end_s, ramp_over_s):
    """Return the mean over [begin_s, end_s). Within a second strength is a straight line: its middle is its mean."""
    middles = (second + Fraction(1, 2) for second in range(begin_s, end_s))
    return sum(strength(effect, onset, middle, ramp_over_s) for middle in middles) / Fraction(end_s - begin_s)


def truth_of(effects, service, stages, started_at_s, begin_s, end_s):
    """Return what is true of an arm over [begin_s, end_s), one effect after the other."""
    truth = Truth(service.error_rate, Fraction(1), Fraction(0), Fraction(1))
    for effect in effects:
        onset = onset_s(effect, stages, started_at_s)
        s = mean_strength(effect, onset, begin_s, end_s, effect.ramp_over_s)
        if effect.error_rate is not None:
            truth.error_rate = changed_rate(truth.error_rate, effect.error_rate, s)
        if effect.latency is not None and effect.latency.change is Change.MULTIPLY:
            factor = 1 + s * (effect.latency.amount - 1)
            truth.latency_factor *= factor
            truth.latency_shift_us *= factor
        if effect.latency is not None and effect.latency.change is Change.ADD:
            truth.latency_shift_us += s * effect.latency.amount
        if effect.metrics_missing:
            truth.reported *= 1 - mean_strength(effect, onset, begin_s, end_s, ramp_over_s=0)
    assert 0 <= truth.error_rate <= 1, "such a scenario is refused before it runs"
    return truth


def changed_rate(rate, change, s):
    """Return an error rate under a change of strength `s`."""
    match change.change:
        case Change.ADD:
            return rate + s * change.amount
        case Change.MULTIPLY:
            return rate * (1 + s * (change.amount - 1))
        case Change.SET:
            return rate + s * (change.amount - rate)


def draw(rng, service, truth, expected_before, expected_after, edges_us):
    """Serve one arm's requests of one interval and return what it reports.

    Args:
        expected_before: the arm's expected requests since the stage's start, up to the interval.
        expected_after: the same, the interval included.
        edges_us: upper edges of the latency histogram.
    """
    if service.arrivals is Arrivals.CONSTANT:
        served = math.floor(expected_after) - math.floor(expected_before)
        reported = math.floor(served * truth.reported)
    else:
        served = poisson(rng, float(expected_after - expected_before))
        chance = float(truth.reported)
        reported = sum(rng.random() < chance for _ in range(served))
    error_rate = rate_of_this_interval(rng, truth.error_rate, service.burstiness)
    factor, shift_us = float(truth.latency_factor), float(truth.latency_shift_us)
    mu = math.log(service.latency.p50_us)
    sigma = math.log(service.latency.p99_us / service.latency.p50_us) / NormalDist().inv_cdf(0.99)
    found = Reported()
    for _ in range(reported):
        latency_us = factor * rng.lognormvariate(mu, sigma) + shift_us
        found.requests += 1
        found.errors += rng.random() < error_rate
        found.latencies_us[upper_edge(edges_us, latency_us)] += 1
    return found


def poisson(rng, mean):
    """Count arrivals, one after the other, until `mean` units of time at one a unit are over."""
    arrivals, at = 0, rng.expovariate(1)
    while at < mean:
        arrivals += 1
        at += rng.expovariate(1)
    return arrivals


def rate_of_this_interval(rng, rate, burstiness):
    """Return the chance that a request of one arm fails in one interval; burstiness makes it vary about its mean."""
    p, rho = float(rate), float(burstiness)
    if rho == 0 or p in (0, 1):
        return p
    return rng.betavariate(p * (1 - rho) / rho, (1 - p) * (1 - rho) / rho)


def upper_edge(edges_us, latency_us):
    """Return the first edge that is not below a latency; the last edge takes everything beyond."""
    return edges_us[min(bisect_left(edges_us, latency_us), len(edges_us) - 1)]
