"""Laws that every judge obeys, and a slow obvious oracle in Fractions."""

from fractions import Fraction as F
from math import ceil

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from canary_runner.judges import asked_limits, error_max, judge, latency_max
from canary_runner.judges.counts import ArmCounts
from canary_runner.judges.integers import SAFE, holding, quotient, top
from canary_runner.judges.percentile import percentile_us, rank
from canary_runner.model.outcomes import Outcome
from canary_runner.model.policy import Check, ErrorCheck, LatencyCheck, Micros, Points, Ratio

EDGES = (100_000, 102_000, 104_040, 500_000, 3_600_000_000)
RATE = st.fractions(0, 1, max_denominator=200)
FACTOR = st.fractions(F(1, 2), 5, max_denominator=50)
LEVEL = st.sampled_from([F(9, 10), F(99, 100), F(999, 1000)])
OVER = st.builds(Points, st.fractions(0, F(1, 2), max_denominator=200)) | st.builds(Ratio, FACTOR)
ERROR_CHECKS = st.builds(ErrorCheck, st.just("error_rate"), RATE, st.none() | OVER)
SURE_ERROR_CHECKS = st.builds(ErrorCheck, st.just("error_rate"), RATE, st.none() | OVER, LEVEL)
QUANTILE = st.sampled_from([F(1, 2), F(9, 10), F(95, 100), F(99, 100), F(999, 1000)])
LATENCY_OVER = st.builds(Ratio, FACTOR) | st.builds(Micros, st.integers(0, 500_000))
LIMIT = st.sampled_from(EDGES)
LATENCY_CHECKS = st.builds(LatencyCheck, st.just("latency"), QUANTILE, st.none() | LIMIT, LATENCY_OVER)
SURE_LATENCY_CHECKS = st.builds(LatencyCheck, st.just("latency"), QUANTILE, LIMIT, st.none(), LEVEL)
CHECKS = ERROR_CHECKS | LATENCY_CHECKS
ALL_CHECKS = CHECKS | SURE_ERROR_CHECKS | SURE_LATENCY_CHECKS

CLASSES = st.lists(st.integers(0, 60), min_size=5, max_size=5)
WINDOW = st.tuples(CLASSES, st.integers(0, 100))


def arm(windows: list[tuple[list[int], int]]) -> ArmCounts:
    latency = np.array([classes for classes, _ in windows], np.int64).T
    requests = latency.sum(axis=0)
    percents = np.array([percent for _, percent in windows])
    return ArmCounts(requests, requests * percents // 100, latency)


ROWS = st.lists(st.tuples(WINDOW, WINDOW), min_size=1, max_size=8).map(
    lambda rows: (arm([c for c, _ in rows]), arm([b for _, b in rows]))
)


def row(counts: ArmCounts, i: int) -> ArmCounts:
    return ArmCounts(counts.requests[i : i + 1], counts.errors[i : i + 1], counts.latency[:, i : i + 1])


def obvious_percentile(quantile: F, classes: list[int]) -> int:
    latencies = sorted(edge for edge, n in zip(EDGES, classes, strict=True) for _ in range(n))
    return latencies[ceil(quantile * len(latencies)) - 1]


def obvious(check: Check, canary: ArmCounts, baseline: ArmCounts, minimum: int) -> Outcome:
    """One window, one limit after the other, as the language says it."""
    (n, x, slow), (m, y, others) = (
        (int(c.requests[0]), int(c.errors[0]), c.latency[:, 0].tolist()) for c in (canary, baseline)
    )
    needed = max(1, minimum)
    found = []
    if isinstance(check, ErrorCheck):
        if check.max_ratio is not None:
            found.append(n >= needed and F(x, n) > check.max_ratio if n >= needed else None)
        if check.over_baseline is not None:
            allowed = None
            if n >= needed and m >= needed:
                over = check.over_baseline
                allowed = F(y, m) + over.difference if isinstance(over, Points) else F(y, m) * over.factor
            found.append(None if allowed is None else F(x, n) > allowed)
    else:
        if check.max_us is not None:
            found.append(obvious_percentile(check.quantile, slow) > check.max_us if n >= needed else None)
        if check.over_baseline is not None:
            allowed = None
            if n >= needed and m >= needed:
                over, base = check.over_baseline, obvious_percentile(check.quantile, others)
                allowed = base + over.difference_us if isinstance(over, Micros) else base * over.factor
            found.append(None if allowed is None else obvious_percentile(check.quantile, slow) > allowed)
    if True in found:
        return Outcome.FAIL
    return Outcome.INCONCLUSIVE if None in found else Outcome.PASS


@given(CHECKS, ROWS, st.integers(0, 200))
def test_the_outcome_is_the_obvious_one(check: Check, rows, minimum: int) -> None:
    canary, baseline = rows
    plain = [obvious(check, row(canary, i), row(baseline, i), minimum) for i in range(len(canary.requests))]
    assert judge(check, canary, baseline, EDGES, minimum, True).tolist() == plain


@given(ALL_CHECKS, ROWS, st.integers(0, 200), st.booleans())
def test_many_rows_are_many_single_rows(check: Check, rows, minimum: int, compares: bool) -> None:
    canary, baseline = rows
    each = [
        judge(check, row(canary, i), row(baseline, i), EDGES, minimum, compares).item()
        for i in range(len(canary.requests))
    ]
    assert judge(check, canary, baseline, EDGES, minimum, compares).tolist() == each


@given(ALL_CHECKS, ROWS)
def test_any_shape_of_rows(check: Check, rows) -> None:
    flat = judge(check, *rows, EDGES, 1, True)
    folded = [ArmCounts(c.requests[:, None], c.errors[:, None], c.latency[:, :, None]) for c in rows]
    assert judge(check, *folded, EDGES, 1, True)[:, 0].tolist() == flat.tolist()


@given(ERROR_CHECKS | SURE_ERROR_CHECKS, st.integers(1, 300), st.integers(1, 300), st.data())
def test_more_canary_errors_never_turn_a_failure_into_a_pass(check, n: int, m: int, data) -> None:
    y = data.draw(st.integers(0, m))
    errors = np.arange(n + 1)
    canary = ArmCounts(np.full(n + 1, n), errors, np.full((1, n + 1), n))
    baseline = ArmCounts(np.full(n + 1, m), np.full(n + 1, y), np.full((1, n + 1), m))
    assert (np.diff(judge(check, canary, baseline, (5,), 1, True)) >= 0).all()


@given(st.integers(1, 10_000), st.data())
def test_equal_to_the_limit_passes_and_one_more_error_fails(n: int, data) -> None:
    x = data.draw(st.integers(0, n - 1))
    y = data.draw(st.integers(0, x))
    counts = [ArmCounts(np.array([n]), np.array([e]), np.array([[n]])) for e in (x, x + 1, y)]
    at, above, baseline = counts
    limits = [ErrorCheck("error_rate", F(x, n), None), ErrorCheck("error_rate", None, Points(F(x - y, n)))]
    if y:
        limits.append(ErrorCheck("error_rate", None, Ratio(F(x, y))))
    for check in limits:
        assert judge(check, at, baseline, (5,), 1, True).tolist() == [Outcome.PASS]
        assert judge(check, above, baseline, (5,), 1, True).tolist() == [Outcome.FAIL]


@given(QUANTILE, st.lists(CLASSES, min_size=1, max_size=5))
def test_percentile_is_the_nearest_rank(quantile: F, windows: list[list[int]]) -> None:
    found = percentile_us(quantile, np.array(windows, np.int64).T, EDGES)
    for reading, classes in zip(found.tolist(), windows, strict=True):
        if sum(classes):
            assert reading == obvious_percentile(quantile, classes)


@pytest.mark.parametrize("confidence", [F(9, 10), F(99, 100)])
@pytest.mark.parametrize("limit", [F(1, 1000), F(1, 100), F(3, 10)])
def test_error_max_with_confidence_is_the_exact_binomial_test(limit: F, confidence: F) -> None:
    check = ErrorCheck("error_rate", limit, None, confidence)
    for n in (1, 7, 100, 331):
        errors = np.arange(n + 1)
        p_values = [stats.binomtest(int(x), n, float(limit), alternative="greater").pvalue for x in errors]
        canary = ArmCounts(np.full(n + 1, n), errors, np.full((1, n + 1), n))
        assert judge(check, canary, canary, (5,), 1, True).tolist() == [
            p <= float(1 - confidence) * (1 + 1e-9) for p in p_values
        ]


@pytest.mark.parametrize(("n", "m", "factor"), [(100, 900, F(3, 2)), (500, 500, F(1)), (70, 30, F(2))])
def test_error_ratio_with_confidence_is_the_binomial_test_given_the_total(n: int, m: int, factor: F) -> None:
    check = ErrorCheck("error_rate", None, Ratio(factor), F(95, 100))
    share = factor * n / (factor * n + m)
    for total in range(30):
        x = np.arange(total + 1)
        canary = ArmCounts(np.full(total + 1, n), x, np.full((1, total + 1), n))
        baseline = ArmCounts(np.full(total + 1, m), total - x, np.full((1, total + 1), m))
        p_values = [
            stats.binomtest(int(k), total, float(share), alternative="greater").pvalue if total else 1.0 for k in x
        ]
        assert judge(check, canary, baseline, (5,), 1, True).tolist() == [p <= 0.05 for p in p_values]


@pytest.mark.parametrize("limit", [F(1, 100), F(1, 20)])
def test_error_max_with_confidence_keeps_its_level(limit: F) -> None:
    check = ErrorCheck("error_rate", limit, None, F(99, 100))
    for n in range(1, 400, 13):
        x = np.arange(n + 1)
        canary = ArmCounts(np.full(n + 1, n), x, np.full((1, n + 1), n))
        fails = judge(check, canary, canary, (5,), 1, True) == Outcome.FAIL
        assert stats.binom.pmf(x, n, float(limit))[fails].sum() <= 0.01 + 1e-12


HUGE = st.integers(1, 2**61)


@given(HUGE, HUGE, st.data())
def test_no_count_is_too_large(n: int, m: int, data) -> None:
    x, y = data.draw(st.integers(0, n)), data.draw(st.integers(0, m))
    canary = ArmCounts(np.array([n]), np.array([x]), np.array([[n]]))
    baseline = ArmCounts(np.array([m]), np.array([y]), np.array([[m]]))
    for check in (
        ErrorCheck("error_rate", data.draw(RATE), None),
        ErrorCheck("error_rate", None, Points(data.draw(RATE))),
        ErrorCheck("error_rate", None, Ratio(data.draw(FACTOR))),
    ):
        assert judge(check, canary, baseline, (5,), 1, True).tolist() == [obvious(check, canary, baseline, 1)]
    assert rank(F(999, 1000), np.array([n])).tolist() == [ceil(F(999, 1000) * n)]


def test_integers_are_kept_small_only_while_they_hold() -> None:
    small = np.array([3, -7])
    assert top(np.array([3, 7])) == 7
    assert top(np.zeros(0, np.int64)) == 1
    assert holding(SAFE, small)[0].dtype == np.int64
    assert holding(SAFE + 1, small)[0].dtype == object
    assert (holding(SAFE + 1, small)[0] * SAFE * SAFE).tolist() == [3 * SAFE * SAFE, -7 * SAFE * SAFE]


@given(st.integers(1, 10**6), st.integers(0, 2**60), st.integers(1, 10**6), st.integers(1, 2**60))
def test_quotient_is_rounded_once(f: int, a: int, d: int, b: int) -> None:
    assert quotient(f, np.array([a]), d, np.array([b])).tolist() == [f * a / (f * a + d * b)]


def test_windows_add_and_subtract() -> None:
    one, other = arm([([1, 2, 3, 4, 5], 50)]), arm([([5, 4, 3, 2, 1], 20)])
    back = (one + other) - other
    assert [a.tolist() for a in (back.requests, back.errors, back.latency)] == [
        a.tolist() for a in (one.requests, one.errors, one.latency)
    ]


@pytest.mark.parametrize("share", [F(0), F(1, 100), F(3, 1000), F(29, 100), F(1)])
def test_errors_pass_up_to_their_allowed_share(share: F) -> None:
    check, n = ErrorCheck("error_rate", share, None), np.arange(5000)
    assert error_max.allowed(check, n).tolist() == [int(error_max.allowed_share(check) * int(k)) for k in n]


@pytest.mark.parametrize("quantile", [F(1, 2), F(9, 10), F(99, 100), F(999, 1000), F(975, 1000)])
def test_slow_requests_pass_up_to_their_allowed_share(quantile: F) -> None:
    check, n = LatencyCheck("latency", quantile, EDGES[0], None), np.arange(5000)
    assert latency_max.allowed(check, n).tolist() == [int(latency_max.allowed_share(check) * int(k)) for k in n]


@pytest.mark.parametrize(
    ("requests", "rate", "confidence"), [(300, 0.05, F(9, 10)), (2000, 0.02, F(9, 10)), (2000, 0.005, F(99, 100))]
)
def test_evidence_of_a_ratio_errs_on_the_safe_side(requests: int, rate: float, confidence: F) -> None:
    """Both arms alike and the limit 1x, enumerated: it fails at most as often as its level, and not never."""
    counts = np.arange(int(requests * rate + 10 * (requests * rate) ** 0.5 + 10))
    x, y = (one.ravel() for one in np.meshgrid(counts, counts, indexing="ij"))
    n = np.full(x.size, requests)
    arms = (ArmCounts(n, errors, n[None]) for errors in (x, y))
    fails = judge(ErrorCheck("error_rate", None, Ratio(F(1)), confidence), *arms, (5,), 1, True) == Outcome.FAIL
    chances = stats.binom.pmf(counts, requests, rate)
    level = np.outer(chances, chances).ravel()[fails].sum()
    assert 0.2 * float(1 - confidence) < level <= float(1 - confidence)


@given(ALL_CHECKS, WINDOW, WINDOW, st.sampled_from(["canary", "baseline"]), st.booleans(), st.integers(0, 4))
@settings(max_examples=400)
def test_more_requests_of_one_kind_turn_a_monotone_answer_at_most_once(
    check: Check, canary: tuple, baseline: tuple, grows: str, are_errors: bool, of_class: int
) -> None:
    more = np.arange(120)
    arms = {}
    for name, window in (("canary", canary), ("baseline", baseline)):
        one, added = arm([window]), more if name == grows else more * 0
        latency = np.repeat(one.latency, more.size, axis=1)
        latency[of_class] += added
        arms[name] = ArmCounts(one.requests + added, one.errors + added * are_errors, latency)
    for _, asked in asked_limits(check, True):
        answers = asked.exceeds(check, arms["canary"], arms["baseline"], EDGES)
        if asked.IS_MONOTONE:
            assert np.count_nonzero(np.diff(answers)) <= 1, asked.ID
