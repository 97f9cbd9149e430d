"""The score test against the closed form of its source, and its true level by enumeration."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import special, stats

from canary_runner.stats.farrington_manning import _slope, has_evidence
from canary_runner.stats.normal import critical_z

LEVEL = Fraction(99, 100)


def closed_form(x1: int, n1: int, x2: int, n2: int, delta: float) -> float:
    """The second rate given p1 = p2 + delta, as Farrington and Manning (1990) give it: by a cosine."""
    theta, e1, e2 = n2 / n1, x1 / n1, x2 / n2
    a = 1 + theta
    b = -(1 + theta + e1 + theta * e2 + delta * (theta + 2))
    c = delta**2 + delta * (2 * e1 + theta + 1) + e1 + theta * e2
    d = -e1 * delta * (1 + delta)
    v = b**3 / (3 * a) ** 3 - b * c / (6 * a**2) + d / (2 * a)
    u = math.copysign(math.sqrt(max(b**2 / (3 * a) ** 2 - c / (3 * a), 0)), v)
    w = (math.pi + math.acos(min(1, max(-1, v / u**3)))) / 3
    return 2 * u * math.cos(w) - b / (3 * a) - delta


def finds(x1: int, n1: int, x2: int, n2: int, delta: Fraction) -> bool:
    return bool(has_evidence(*(np.array([a]) for a in (x1, n1, x2, n2)), delta, LEVEL)[0])


ARM = st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


def bisected(x1, n1, x2, n2, delta: Fraction, level: Fraction):
    """The test as it is defined: the most likely rate by 60 halvings, then the statistic; elementwise."""
    d, z = float(delta), critical_z(level)
    low, high = np.full(x1.shape, max(0.0, -d)), np.full(x1.shape, min(1.0, 1 - d))
    for _ in range(60):
        p = (low + high) / 2
        up = (1 - p) * (1 - p - d) * (x1 * p + x2 * (p + d))
        down = p * (p + d) * ((n1 - x1) * (1 - p) + (n2 - x2) * (1 - p - d))
        low, high = np.where(up > down, p, low), np.where(up > down, high, p)
    q2 = (low + high) / 2
    q1 = q2 + d
    excess = x1 / n1 - x2 / n2 - d
    return (excess > 0) & (excess > z * np.sqrt(np.maximum(q1 * (1 - q1) / n1 + q2 * (1 - q2) / n2, 0.0)))


@pytest.mark.parametrize("delta", [Fraction(0), Fraction(1, 1000), Fraction(1, 20), Fraction(1, 2), Fraction(-1, 30)])
@pytest.mark.parametrize("level", [Fraction(1, 2), Fraction(9, 10), Fraction(99, 100), Fraction(9999, 10000)])
@pytest.mark.parametrize(("most", "highest"), [(4, 1.0), (60, 1.0), (1000, 0.3), (50_000, 0.01)])
def test_no_halving_is_needed(most, highest, level, delta) -> None:
    """20,000 pairs of arms of seed 3, some of them without errors or without anything else: not one is told apart."""
    rng = np.random.default_rng(3)
    n1, n2 = rng.integers(1, most + 1, (2, 20_000))
    x1, x2 = (rng.binomial(n, highest * rng.random(n.size)) for n in (n1, n2))
    found = has_evidence(x1, n1, x2, n2, delta, level)
    assert found.tolist() == bisected(x1, n1, x2, n2, delta, level).tolist()


@given(ARM, ARM, st.floats(0.001, 0.9))
def test_the_slope_turns_at_the_root_of_the_closed_form(one, other, delta: float) -> None:
    # Where the root of the cubic is double the cosine loses half its digits.
    rate, near = closed_form(*one, *other, delta), 2e-6
    for p, sign in ((rate - near, 1), (rate + near, -1)):
        if 0 < p < 1 - delta:
            assert sign * slope_at(p, one, other, delta) > 0


@given(ARM, ARM, st.floats(0.001, 0.9), st.floats(0.01, 0.99))
def test_the_slope_is_that_of_the_likelihood(one, other, delta: float, part: float) -> None:
    p = part * (1 - delta)
    step = 1e-3 * min(p, 1 - delta - p)
    rise = log_likelihood(one, other, p + step, delta) - log_likelihood(one, other, p - step, delta)
    weight = p * (1 - p) * (p + delta) * (1 - p - delta)
    terms = (one[1] + other[1]) * (1 - p) * (p + delta)
    assert slope_at(p, one, other, delta) == pytest.approx(rise / (2 * step) * weight, abs=1e-5 * terms)


def slope_at(p: float, one, other, delta: float) -> float:
    return float(_slope(np.array([p]), *(np.array([a]) for a in (*one, *other)), delta)[0])


def log_likelihood(one, other, rate: float, delta: float) -> float:
    pairs = ((one, min(rate + delta, 1.0)), (other, rate))
    return float(sum(special.xlogy(x, p) + special.xlog1py(n - x, -p) for (x, n), p in pairs))


@given(ARM, ARM, st.fractions(Fraction(1, 1000), Fraction(1, 5), max_denominator=1000))
def test_evidence_is_the_statistic_beyond_its_critical_value(one, other, delta: Fraction) -> None:
    (x1, n1), (x2, n2) = one, other
    q2 = min(max(closed_form(*one, *other, float(delta)), 0.0), 1 - float(delta))
    q1 = q2 + float(delta)
    deviation = math.sqrt(q1 * (1 - q1) / n1 + q2 * (1 - q2) / n2)
    excess = x1 / n1 - x2 / n2 - float(delta)
    needed = stats.norm.ppf(0.99) * deviation
    assume(abs(excess - needed) > 1e-4 * abs(needed) + 1e-9)
    assert finds(x1, n1, x2, n2, delta) == (excess > needed)


@pytest.mark.parametrize(
    ("x1", "n1", "x2", "n2", "delta", "expected"),
    [
        pytest.param(0, 100, 0, 100, Fraction(1, 200), False, id="no errors in either arm"),
        pytest.param(0, 100, 0, 100, Fraction(0), False, id="no errors, no margin"),
        pytest.param(100, 100, 100, 100, Fraction(1, 200), False, id="only errors in both arms"),
        pytest.param(100, 100, 100, 100, Fraction(0), False, id="only errors, no margin"),
        pytest.param(100, 100, 0, 100, Fraction(1, 200), True, id="only errors against none"),
        pytest.param(100, 100, 0, 100, Fraction(0), True, id="only errors against none, no margin"),
        pytest.param(0, 100, 100, 100, Fraction(1, 200), False, id="none against only errors"),
        pytest.param(100, 100, 99, 100, Fraction(1, 2), False, id="the margin pushes the rate above 1"),
        pytest.param(100, 100, 0, 100, Fraction(1), False, id="a margin of everything"),
        pytest.param(1, 1, 0, 1, Fraction(1, 200), False, id="one request each"),
    ],
)
def test_ends(x1, n1, x2, n2, delta, expected) -> None:
    assert finds(x1, n1, x2, n2, delta) is expected


@given(ARM, ARM, st.fractions(0, Fraction(1, 5), max_denominator=1000))
def test_more_canary_errors_are_more_evidence(one, other, delta: Fraction) -> None:
    n1 = one[1]
    errors = np.unique(np.linspace(0, n1, 50).astype(int))
    found = has_evidence(errors, np.array([n1]), np.array([other[0]]), np.array([other[1]]), delta, LEVEL)
    assert (np.diff(found.astype(int)) >= 0).all()


def true_level(n1: int, n2: int, p2: float, delta: Fraction, level: Fraction) -> float:
    """P(evidence) when p1 - p2 = delta, over all pairs of counts that matter."""
    p1 = p2 + float(delta)
    x1 = np.arange(stats.binom.ppf(1e-12, n1, p1), stats.binom.ppf(1 - 1e-12, n1, p1) + 1).astype(int)[:, None]
    x2 = np.arange(stats.binom.ppf(1e-12, n2, p2), stats.binom.ppf(1 - 1e-12, n2, p2) + 1).astype(int)[None, :]
    found = has_evidence(x1, np.array([[n1]]), x2, np.array([[n2]]), delta, level)
    return float((found * stats.binom.pmf(x1, n1, p1) * stats.binom.pmf(x2, n2, p2)).sum())


@pytest.mark.parametrize(
    ("n1", "n2", "p2", "percent"),
    [
        (50, 50, 0.002, 0.0),
        (300, 300, 0.002, 0.31),
        (2000, 2000, 0.002, 1.35),
        (2000, 2000, 0.02, 0.99),
        (50, 450, 0.002, 3.83),
        (300, 2700, 0.002, 2.14),
        (2000, 18_000, 0.002, 1.45),
        (2000, 18_000, 0.02, 1.23),
    ],
)
def test_the_true_level_is_what_the_docs_say(n1: int, n2: int, p2: float, percent: float) -> None:
    """At a margin of 0.5 points and a nominal level of 1 %."""
    assert 100 * true_level(n1, n2, p2, Fraction(1, 200), LEVEL) == pytest.approx(percent, abs=0.005)
