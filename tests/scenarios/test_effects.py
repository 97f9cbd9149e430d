"""Strengths over time: their means are exact, and equal a plain sum over fine steps."""

from dataclasses import replace
from fractions import Fraction as F

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary_runner.model.scenario import Change, Effect, ErrorRateEffect
from canary_runner.scenarios.averages import mean_error_rate
from canary_runner.scenarios.effects import changed_error_rate, onset_s, share_reported, strength


def effect(**times):
    return Effect(error_rate=ErrorRateEffect(Change.ADD, F(1, 50)), **times)


@pytest.mark.parametrize(
    ("times", "onset", "begin", "end", "strength"),
    [
        pytest.param({}, 0, 0, 60, F(1), id="from the start and for good"),
        pytest.param({}, None, 0, 60, F(0), id="no onset yet"),
        pytest.param({}, 60, 0, 60, F(0), id="begins when the interval ends"),
        pytest.param({}, 45, 0, 60, F(1, 4), id="begins within the interval"),
        pytest.param({"ramp_over_s": 60}, 0, 0, 60, F(1, 2), id="a whole ramp is half of the effect"),
        pytest.param({"ramp_over_s": 60}, 0, 30, 60, F(3, 4), id="the second half of a ramp"),
        pytest.param({"ramp_over_s": 60}, 0, 30, 90, F(7, 8), id="a ramp that ends within"),
        pytest.param({"lasting_s": 30}, 0, 0, 60, F(1, 2), id="ends within the interval"),
        pytest.param({"lasting_s": 30}, 0, 30, 60, F(0), id="is over"),
        pytest.param({"lasting_s": 30, "ramp_over_s": 60}, 0, 0, 60, F(1, 8), id="ends before its ramp does"),
    ],
)
def test_mean_strength(times, onset, begin, end, strength):
    assert mean_strength(effect(**times), onset, begin, end) == strength


def mean_strength(subject, onset, begin, end):
    """Return the mean rate of an effect that sets errors from 0 to 1: that is its mean strength."""
    whole = replace(subject, error_rate=ErrorRateEffect(Change.SET, F(1)))
    return mean_error_rate(F(0), [whole], {whole: onset}, begin, end)


@given(
    ramp=st.integers(0, 40), lasting=st.none() | st.integers(0, 60), onset=st.integers(0, 40),
    begin=st.integers(0, 60), length=st.integers(1, 60),
)  # fmt: skip
def test_mean_strength_is_the_mean_of_the_strength(ramp, lasting, onset, begin, length):
    """At midpoints of half seconds the sum of a linear function is its integral."""

    def strength(t):
        age = t - onset
        if age < 0 or (lasting is not None and age >= lasting):
            return F(0)
        return min(F(1), age / ramp) if ramp else F(1)

    midpoints = [begin + F(2 * k + 1, 4) for k in range(2 * length)]
    plain = sum(map(strength, midpoints)) / len(midpoints)
    subject = effect(ramp_over_s=ramp, lasting_s=lasting)
    assert mean_strength(subject, onset, begin, begin + length) == plain


def test_missing_metrics_do_not_ramp():
    gone = Effect(metrics_missing=True, ramp_over_s=60, lasting_s=90)
    assert share_reported([gone], {gone: 0}, 0, 60) == 0
    assert share_reported([gone], {gone: 0}, 60, 120) == F(1, 2)


SILENCES = st.lists(st.tuples(st.none() | st.integers(0, 50), st.none() | st.integers(0, 30)), max_size=3)


@given(SILENCES, st.integers(0, 40), st.integers(1, 30))
def test_overlapping_silences_are_one_silence(silences, begin, length):
    effects = [Effect(metrics_missing=True, starting_after_s=n, lasting_s=s[1]) for n, s in enumerate(silences)]
    onset_of = {e: s[0] for e, s in zip(effects, silences, strict=True)}

    def is_heard(second):
        return all(
            onset is None or second < onset or (lasting is not None and second >= onset + lasting)
            for onset, lasting in silences
        )

    heard = sum(map(is_heard, range(begin, begin + length)))
    assert share_reported(effects, onset_of, begin, begin + length) == F(heard, length)


class Stage:
    def __init__(self, percent):
        self.traffic = F(percent, 100)


@pytest.mark.parametrize(
    ("times", "entered", "onset"),
    [
        pytest.param({"starting_after_s": 90}, [0, 600], 90, id="counts from the rollout's start"),
        pytest.param({"from_traffic": F(1, 2)}, [0, 600], None, id="that traffic is not reached"),
        pytest.param({"from_traffic": F(1, 2)}, [0, 600, 1200], 1200, id="the stage's first moment"),
        pytest.param({"from_traffic": F(30, 100)}, [0, 600, 1200], 1200, id="the first stage at or above"),
        pytest.param({"from_traffic": F(1, 4)}, [0, 600, 1200], 600, id="an earlier stage"),
        pytest.param({"from_traffic": F(1, 4), "starting_after_s": 700}, [0, 600], 700, id="the later of both"),
        pytest.param({"from_traffic": F(1, 4), "starting_after_s": 500}, [0, 600], 600, id="again the later"),
    ],
)
def test_onset(times, entered, onset):
    stages = [Stage(10), Stage(25), Stage(50), Stage(100)]
    assert onset_s(effect(**times), stages, entered) == onset


@pytest.mark.parametrize(
    ("change", "amount", "strength", "rate"),
    [
        (Change.ADD, F(2, 100), F(1), F(21, 1000)),
        (Change.ADD, F(2, 100), F(1, 2), F(11, 1000)),
        (Change.MULTIPLY, F(5), F(1), F(5, 1000)),
        (Change.MULTIPLY, F(5), F(1, 4), F(2, 1000)),
        (Change.SET, F(3, 100), F(1), F(3, 100)),
        (Change.SET, F(3, 100), F(0), F(1, 1000)),
    ],
)
def test_changed_error_rate(change, amount, strength, rate):
    assert changed_error_rate(F(1, 1000), Effect(ErrorRateEffect(change, amount)), strength) == rate


@given(
    ramp=st.integers(0, 40), lasting=st.none() | st.integers(1, 60), onset=st.integers(0, 40), at=st.integers(0, 400),
)  # fmt: skip
def test_strength_at_a_moment(ramp, lasting, onset, at):
    """At odd quarters of a second, which are no turns."""
    at_s = F(2 * at + 1, 4)
    found = strength(effect(ramp_over_s=ramp, lasting_s=lasting), onset, at_s)
    is_over = lasting is not None and at_s > onset + lasting
    assert found == (0 if at_s < onset or is_over else 1 if at_s > onset + ramp else (at_s - onset) / ramp)
