"""The service's normal behaviour: traffic over the day, latency by class."""

import math
from fractions import Fraction as F
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from canary_runner.model.histogram import fine_edges_us
from canary_runner.model.service import Arrivals, Latency, Service
from canary_runner.scenarios.latency import class_chances
from canary_runner.scenarios.traffic import DAY_S, HOUR_S, hourly_factors, mean_rate_rps


def service(swing):
    return Service("s", F(100), Arrivals.POISSON, swing, F(1, 1000), Latency(80_000, 400_000), F(0))


def test_the_swing_is_at_its_mean_and_rising_at_eight():
    factors = hourly_factors(F(2, 5))
    assert factors[8] == 1
    assert factors[9] > 1
    assert factors[14] == max(factors) == F(7, 5)
    assert factors[2] == min(factors) == F(3, 5)


def test_a_whole_day_has_the_mean_rate():
    rate = mean_rate_rps(service(F(2, 5)), 5 * HOUR_S + 7, 11, 11 + DAY_S)
    assert abs(rate - 100) < F(1, 10**9)


@given(st.integers(0, DAY_S), st.integers(0, 2 * DAY_S), st.integers(1, 3 * HOUR_S))
def test_mean_rate_is_a_plain_mean_over_seconds(start, begin, length):
    factors = hourly_factors(F(1, 3))
    step = max(1, length // 50)
    bounds = [*range(begin, begin + length, step), begin + length]
    plain = sum(factors[(start + s) % DAY_S // HOUR_S] for a, b in pairwise(bounds) for s in range(a, b))
    assert mean_rate_rps(service(F(1, 3)), start, begin, begin + length) == 100 * plain / length


@pytest.mark.parametrize(("factor", "shift"), [(F(1), F(0)), (F(3, 2), F(0)), (F(1), F(50_000)), (F(3), F(7_000))])
def test_class_chances_are_those_of_the_lognormal(factor, shift):
    edges = fine_edges_us([500_000])
    chances = class_chances(Latency(80_000, 400_000), factor, shift, edges)
    assert sum(chances) == pytest.approx(1, abs=1e-11)
    law = stats.lognorm(s=math.log(400 / 80) / stats.norm.ppf(0.99), scale=80_000)
    upto = 0.0
    for edge, chance in zip(edges[:-1], chances, strict=False):
        upto += chance
        assert upto == pytest.approx(law.cdf(float((edge - shift) / factor)), abs=1e-8)


def test_the_named_percentiles_are_kept():
    chances = class_chances(Latency(80_000, 400_000), F(1), F(0), (80_000, 400_000, 3_600_000_000))
    assert chances[0] == pytest.approx(0.5, abs=1e-12)
    assert chances[2] == pytest.approx(0.01, abs=1e-12)
