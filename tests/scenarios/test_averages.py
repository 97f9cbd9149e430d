"""Means over an interval in which rates change: against sums over fine steps, and against known mixtures."""

from fractions import Fraction as F

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from canary_runner.model.scenario import Change, Effect, ErrorRateEffect, LatencyEffect
from canary_runner.model.service import Latency
from canary_runner.scenarios.averages import GAUSS, OPEN, error_rate_at, mean_error_rate, mixed_slowness
from canary_runner.scenarios.latency import class_chances, mixed_chances

NORMAL = F(1, 1000)
LATENCY = Latency(80_000, 400_000)
EDGES_US = (100_000, 400_000, 600_000, 3_600_000_000)


def test_rules_are_the_known_ones():
    places, weights = np.polynomial.legendre.leggauss(len(GAUSS))
    assert [float(place) for place, _ in GAUSS] == pytest.approx((places + 1) / 2, abs=1e-12)
    assert [float(weight) for _, weight in GAUSS] == pytest.approx(weights / 2, abs=1e-12)
    assert sum(weight for _, weight in GAUSS) == sum(weight for _, weight in OPEN) == 1
    for power in range(4):
        assert sum(weight * place**power for place, weight in OPEN) == F(1, power + 1)


TIMES = {
    "starting_after_s": st.integers(0, 50),
    "ramp_over_s": st.integers(0, 40),
    "lasting_s": st.none() | st.integers(1, 60),
}
CHANGES = st.sampled_from(
    [
        ErrorRateEffect(Change.ADD, F(1, 20)),
        ErrorRateEffect(Change.MULTIPLY, F(7)),
        ErrorRateEffect(Change.SET, F(3, 100)),
    ]
)
EFFECTS = st.builds(Effect, error_rate=CHANGES, **TIMES)


@settings(deadline=None, max_examples=60)
@given(both=EFFECTS, own=EFFECTS, begin=st.integers(0, 60), length=st.integers(1, 40))
def test_the_mean_of_two_effects_is_that_of_their_product(both, own, begin, length):
    """Between whole seconds the rate is a quadratic: Simpson's rule on each second is exact, from inside its ends."""
    effects = tuple(dict.fromkeys((both, own)))
    onset_of = {effect: effect.starting_after_s for effect in effects}

    def at(moment):
        return error_rate_at(NORMAL, effects, onset_of, moment)

    total = F(0)
    for second in range(begin, begin + length):
        low, middle, high = (at(second + F(k, 4)) for k in (1, 2, 3))
        total += (2 * low - middle + 2 * high) / 3
    assert mean_error_rate(NORMAL, effects, onset_of, begin, begin + length) == total / length


def test_two_effects_that_never_meet_do_not_multiply():
    """+5pp in the first half, five times in the second: (5.1 % + 0.5 %) / 2."""
    both = Effect(ErrorRateEffect(Change.ADD, F(5, 100)), lasting_s=300)
    own = Effect(ErrorRateEffect(Change.MULTIPLY, F(5)), starting_after_s=300)
    onset_of = {both: 0, own: 300}
    assert mean_error_rate(NORMAL, (both, own), onset_of, 0, 600) == F(28, 1000)


def test_a_slow_start_is_a_mixture():
    """Three times as slow for two of ten minutes: a fifth of the requests."""
    cold = Effect(latency=LatencyEffect(Change.MULTIPLY, F(3)), lasting_s=120)
    mix = mixed_slowness((cold,), {cold: 0}, 0, 600)
    assert mix == ((F(1, 5), (3, 0)), (F(4, 5), (1, 0)))
    slow, normal = (class_chances(LATENCY, F(factor), F(0), EDGES_US) for factor in (3, 1))
    found = mixed_chances(LATENCY, mix, EDGES_US)
    assert found == pytest.approx([0.2 * a + 0.8 * b for a, b in zip(slow, normal, strict=True)], rel=1e-14)
    assert sum(found) == pytest.approx(1, abs=1e-15)


@pytest.mark.parametrize(
    "change",
    [
        LatencyEffect(Change.MULTIPLY, F(5)),
        LatencyEffect(Change.ADD, F(300_000)),
        LatencyEffect(Change.ADD, F(1_000_000)),
    ],
)
def test_a_ramp_of_latency_is_the_mean_over_its_moments(change):
    """Pieces of six points against a hundred thousand moments, for a whole ramp in one interval: to 2e-6."""
    ramp = Effect(latency=change, starting_after_s=100, ramp_over_s=400)
    onset_of = {ramp: 100}
    found = mixed_chances(LATENCY, mixed_slowness((ramp,), onset_of, 0, 600, LATENCY.p50_us), EDGES_US)
    spread = np.log(5) / stats.norm.ppf(0.99)
    strengths = np.clip(((np.arange(100_000) + 0.5) * 0.006 - 100) / 400, 0, 1)
    is_factor = change.change is Change.MULTIPLY
    factor = 1 + strengths * (float(change.amount) - 1) if is_factor else 1.0
    shift_us = 0.0 if is_factor else strengths * float(change.amount)
    for at, edge_us in enumerate(EDGES_US[:3], 1):
        unshifted = np.maximum(edge_us - shift_us, 1e-9) / factor / LATENCY.p50_us
        assert sum(found[:at]) == pytest.approx(stats.norm.cdf(np.log(unshifted) / spread).mean(), abs=2e-6)
