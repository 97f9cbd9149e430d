"""W1: the reference against an enumeration, and every side against the reference, on small traffic where all are fast.

Sampled: 4.5 standard errors, seed 1, as in the benchmark itself. Exact: 2e-5, the goal of the benchmark.
"""

import sys
from dataclasses import replace
from fractions import Fraction as F

import numpy as np
import pytest
from scipy import stats

from benchmarks.w1 import exactness, generator, ours, per_request, plain, reference, simpy_loop, speeds
from benchmarks.w1.agreement import DisagreementError, require
from benchmarks.w1.sides import PEERS, SEED, SMALL, words_of
from benchmarks.w1.workload import BAD, FIXED, HEALTHY, RAMP, REGRESSED, SWING, Window
from canary_runner.model.outcomes import Decision, Outcome, Position

LARGER = replace(HEALTHY, rate_rps=100, percents=(5, 100))
"""Where a window without a request, which only the native controller knows as inconclusive, has no chance."""

SIMPY = tuple(peer for peer in PEERS if peer.name.startswith("SimPy"))

needs_simpy = pytest.mark.skipif(not simpy_loop.is_installed(), reason="the extra bench is not installed")


def enumerated(window, totals, others):
    """Return P(neither check fails) as the plainest sum there is, over given likely totals of both arms."""
    passes = 0.0
    for n, chance in totals:
        quick = stats.binom.cdf(n // 100, n, window.slow_share)
        for e in range(n // 100 + 1):
            right = 0.0
            for m, other_chance in others:
                b = np.arange(m + 1)
                right += other_chance * stats.binom.pmf(b, m, window.baseline_errors)[e * m <= 2 * b * n].sum()
            passes += chance * quick * stats.binom.pmf(e, n, window.canary_errors) * right
    return passes


def poisson_totals(mean):
    return [(k, stats.poisson.pmf(k, mean)) for k in range(int(mean + 9 * mean**0.5 + 10)) if abs(k - mean) < 60]


@pytest.mark.parametrize(
    "window",
    [Window(40.0, 0.01, 60.0, 0.02, 0.005), Window(120.0, 0.02, 30.0, 0.05, 0.004), Window(6.0, 0.3, 9.0, 0.2, 0.1)],
)
def test_the_reference_is_the_plain_sum(window):
    """To 1e-7: the plain sum leaves out totals more than 60 from their mean."""
    poisson = enumerated(window, poisson_totals(window.canary), poisson_totals(window.baseline))
    assert reference.window_law(window, True).neither == pytest.approx(poisson, abs=1e-7)
    fixed = enumerated(window, [(round(window.canary), 1.0)], [(round(window.baseline), 1.0)])
    assert reference.window_law(window, False).neither == pytest.approx(fixed, abs=1e-9)


@pytest.mark.parametrize(("window", "is_poisson"), [(Window(300.0, 0.005, 5700.0), True), (SMALL.stages[1][0], False)])
def test_the_chances_of_a_window_add_up(window, is_poisson):
    law = reference.window_law(window, is_poisson)
    assert law.neither + law.errors + law.slow + law.both == pytest.approx(1, abs=1e-8)


@pytest.mark.parametrize(
    ("workload", "published"),
    [
        (HEALTHY, 0.02724),
        (REGRESSED, 0.6873),
        (BAD, 1.0),
        (FIXED, 0.0185),
        (replace(FIXED, canary_errors=REGRESSED.canary_errors), 0.624),
    ],
)
def test_w1_has_its_published_chances(workload, published):
    """Half a unit of the last digit shown; our engine within 2e-5 of the same reference."""
    digits = len(str(published).split(".")[1])
    found = reference.by_w1(workload).rollback
    assert found == pytest.approx(published, abs=0.51 * 10**-digits)
    assert ours.exact_rollback(ours.plan_of(workload)) == pytest.approx(found, abs=exactness.FARTHEST)


@pytest.mark.parametrize(
    ("count", "rollouts"),
    [
        (plain.rollbacks, 5_000),
        (plain.counting_rollbacks, 5_000),
        (plain.frugal_rollbacks, 5_000),
        (per_request.rollbacks, 200),
        pytest.param(simpy_loop.rollbacks, 2_000, marks=needs_simpy),
        pytest.param(simpy_loop.rollbacks_of_parts, 1_000, marks=needs_simpy),
        (generator.rollbacks, 50_000),
        (lambda w, n, seed: ours.sampled_rollbacks(ours.plan_of(w), n, seed), 50_000),
    ],
    ids=["plain", "counting", "frugal", "per request", "simpy", "simpy parts", "generator", "ours"],
)
@pytest.mark.parametrize("errors", [F(1, 200), F(1, 20)], ids=["healthy", "bad"])
def test_every_side_agrees(count, rollouts, errors):
    workload = replace(SMALL, canary_errors=errors)
    require("this side", count(workload, rollouts, SEED), rollouts, reference.by_w1(workload).rollback)


@pytest.mark.parametrize("errors", [F(1, 200), F(1, 125)], ids=["healthy", "regressed"])
def test_both_native_sides_agree(errors):
    workload = replace(LARGER, canary_errors=errors)
    expected = reference.by_w1n(workload).rollback
    require("plain", plain.native_rollbacks(workload, 5_000, SEED), 5_000, expected)
    plan = ours.native_plan(workload)
    require("ours", ours.sampled_rollbacks(plan, 50_000, SEED), 50_000, expected)
    assert ours.exact_rollback(plan) == pytest.approx(expected, abs=exactness.FARTHEST)


@pytest.mark.parametrize("world", [HEALTHY, FIXED, SWING, RAMP], ids=lambda w: w.name)
def test_worlds_are_the_same_on_both_sides(world):
    workload = replace(world, rate_rps=20, percents=(5, 100))
    expected = reference.by_w1(workload).rollback
    plan = ours.plan_of(workload)
    assert ours.exact_rollback(plan) == pytest.approx(expected, abs=exactness.FARTHEST)
    if workload.is_poisson:
        require("plain", plain.rollbacks(workload, 3_000, SEED), 3_000, expected)
    require("ours", ours.sampled_rollbacks(plan, 20_000, SEED), 20_000, expected)


@pytest.mark.parametrize(
    ("failing", "position", "decision"),
    [
        (2, Position.BEFORE_END, Decision.HOLD),
        (2, Position.AT_END, Decision.ADVANCE),
        (3, Position.BEFORE_END, Decision.ROLL_BACK),
        (3, Position.AT_END, Decision.ROLL_BACK),
    ],
)
def test_the_rule_of_w1_never_holds_a_stage(failing, position, decision):
    assert ours.decide(failing, position) is decision


@pytest.mark.parametrize(
    ("outcomes", "after"),
    [
        ((Outcome.PASS, Outcome.PASS), 1),
        ((Outcome.FAIL, Outcome.PASS), 2),
        ((Outcome.FAIL, Outcome.FAIL), 2),
        ((Outcome.INCONCLUSIVE, Outcome.PASS), 1),
    ],
)
def test_a_window_counts_once(outcomes, after):
    assert ours.count(1, outcomes) == after


def test_a_wrong_side_is_not_timed():
    require("right", 272, 10_000, 0.0272)
    with pytest.raises(DisagreementError, match=r"0\.036000; the reference says 0\.027200"):
        require("wrong", 360, 10_000, 0.0272)


def test_a_cold_question_finds_nothing():
    ours.exact_rollback(ours.plan_of(SMALL))
    ours.sampled_rollbacks(ours.plan_of(SMALL), 10, SEED)
    ours.forget_everything()
    caches = {
        f"{name}.{key}": value.cache_info().currsize
        for name, module in sys.modules.items()
        if name.startswith("canary_runner")
        for key, value in vars(module).items()
        if hasattr(value, "cache_info")
    }
    assert len(caches) > 10
    assert set(caches.values()) == {0}


def test_words_are_counted_for_the_windows_that_are_lived():
    """Six a window and four at 100 %: 280 for a rollout of W1 that goes to the end."""
    assert words_of([10.0] * 5, HEALTHY) == 280
    assert words_of(reference.by_w1(BAD).windows, BAD) == pytest.approx(6 * 3.08, abs=0.1)


def test_without_simpy_its_rows_say_so(monkeypatch):
    monkeypatch.setattr(speeds, "PEERS", tuple(replace(p, is_installed=lambda: False) for p in SIMPY))
    monkeypatch.setattr(speeds, "OURS", replace(speeds.OURS, checked=4096))
    rows = list(speeds._compared(REGRESSED, 1))
    assert [row.mark for row in rows] == ["NOT MEASURED: it is not installed, the extra `bench` brings it"] * 2
    assert [row.against for row in rows] == [p.name for p in SIMPY]
