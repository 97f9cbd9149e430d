"""The chances of joint outcomes against a sum over everything that both arms can report."""

from fractions import Fraction as F
from functools import cache
from itertools import product

import numpy as np
import pytest
from scipy import stats

from canary_runner.compiling.automaton import symbol_of
from canary_runner.compiling.outcomes.window import symbol_law
from canary_runner.judges import judge
from canary_runner.judges.counts import ArmCounts
from canary_runner.model.histogram import fine_edges_us
from canary_runner.model.policy import ErrorCheck, LatencyCheck, Micros, Points, Ratio
from canary_runner.model.service import Arrivals
from canary_runner.scenarios.latency import mixed_chances
from canary_runner.scenarios.world import ArmRates, Conditions
from tests.builders import service

FEW_MS = (90, 130)
"""Edges of a histogram small enough to be summed over whole."""

LEFT_OUT = 1e-9
"""Reports less probable than this are not summed; what they hold together is allowed as a difference."""


def rates(requests, error_rate, factor=F(1), reported=F(1)):
    return ArmRates(F(requests), F(0), F(reported), F(error_rate), ((F(1), (F(factor), F(0))),))


def totals(a_service, arm):
    """Return (requests, chance) pairs, of scipy."""
    if a_service.arrivals is Arrivals.CONSTANT:
        return [(arm.constant_requests, 1.0)]
    mean = float(arm.requests * arm.reported)
    return [(n, stats.poisson.pmf(n, mean)) for n in range(int(mean + 9 * mean**0.5 + 9))]


def errors_given(a_service, arm, n):
    p, c = float(arm.error_rate), float(a_service.burstiness)
    counts = np.arange(n + 1)
    if c == 0 or p in (0, 1):
        return stats.binom.pmf(counts, n, p)
    return stats.betabinom.pmf(counts, n, p * (1 - c) / c, (1 - p) * (1 - c) / c)


@cache
def reports(a_service, arm, edges_us, with_latency):
    """Return everything that an arm can report, and its chances: requests, errors, latency (classes, rows), chance."""
    chances = mixed_chances(a_service.latency, arm.slowness, edges_us)
    rows = []
    for n, chance in totals(a_service, arm):
        if chance < LEFT_OUT:
            continue
        splits = list(compositions(n, len(edges_us))) if with_latency else [(n, *[0] * (len(edges_us) - 1))]
        shares = stats.multinomial.pmf(splits, n, chances) if with_latency and n else np.ones(len(splits))
        for errors, share in enumerate(errors_given(a_service, arm, n)):
            for split, part in zip(splits, shares, strict=True):
                rows.append((n, errors, split, chance * share * part))
    kept = [row for row in rows if row[3] > LEFT_OUT]
    n, x, lat, w = zip(*kept, strict=True)
    return ArmCounts(np.array(n), np.array(x), np.array(lat).T), np.array(w)


def compositions(n, classes):
    if classes == 1:
        yield (n,)
        return
    for first in range(n + 1):
        for rest in compositions(n - first, classes - 1):
            yield (first, *rest)


def summed(checks, minimum, compares, a_service, conditions, edges_us, with_latency):
    """Sum the chances of every symbol over all pairs of reports; the judges are asked about every pair."""
    canary, canary_chances = reports(a_service, conditions.canary, edges_us, with_latency)
    baseline, baseline_chances = (
        reports(a_service, conditions.baseline, edges_us, with_latency) if compares else (None, np.ones(1))
    )
    found = np.zeros(3 ** len(checks))
    for j, chance in enumerate(baseline_chances):
        rows = canary.requests.size
        if baseline is None:
            other = ArmCounts(np.zeros(rows, np.int64), np.zeros(rows, np.int64), np.zeros_like(canary.latency))
        else:
            other = ArmCounts(
                np.full(rows, baseline.requests[j]), np.full(rows, baseline.errors[j]),
                np.repeat(baseline.latency[:, j : j + 1], rows, axis=1),
            )  # fmt: skip
        outcomes = np.array([judge(c, canary, other, edges_us, minimum, compares) for c in checks], np.int8)
        found += chance * np.bincount(symbol_of(outcomes), weights=canary_chances, minlength=found.size)
    return found


ERRORS = ErrorCheck("error_rate", F(1, 10), None)
OVER_RATIO = ErrorCheck("error_rate", F(1, 5), Ratio(F(3, 2)))
OVER_POINTS = ErrorCheck("error_rate", None, Points(F(1, 20)))
SURE = ErrorCheck("error_rate", F(1, 10), None, F(95, 100))
SURE_RATIO = ErrorCheck("error_rate", F(1, 10), Ratio(F(2)), F(9, 10))
SURE_POINTS = ErrorCheck("error_rate", None, Points(F(1, 50)), F(9, 10))
SLOW = LatencyCheck("latency_p90", F(9, 10), 130_000, None)
SURELY_SLOW = LatencyCheck("latency_p75", F(3, 4), 90_000, None, F(9, 10))
MEDIAN = LatencyCheck("latency_p50", F(1, 2), 90_000, None)
OVER_LATENCY = LatencyCheck("latency_p75", F(3, 4), None, Ratio(F(6, 5)))
OVER_MEDIAN = LatencyCheck("latency_p50", F(1, 2), None, Micros(0))
OVER_BOTH = LatencyCheck("latency_p75", F(3, 4), 130_000, Micros(25_000))

ALONE = {
    "an error limit": (ERRORS,),
    "evidence of errors": (SURE,),
    "a latency limit": (SLOW,),
    "evidence of slowness": (SURELY_SLOW,),
    "errors and latency": (ERRORS, SLOW),
    "latency first": (SLOW, ERRORS),
    "two percentiles": (MEDIAN, SLOW),
    "three percentiles and errors": (SLOW, SURELY_SLOW, ERRORS, MEDIAN),
}
COMPARED = {
    "a ratio and a limit": (OVER_RATIO,),
    "points": (OVER_POINTS,),
    "evidence of a ratio": (SURE_RATIO,),
    "evidence of points": (SURE_POINTS,),
    "a ratio and latency": (SLOW, OVER_RATIO),
}
COMPARED_LATENCY = {
    "compared latency": (OVER_LATENCY,),
    "compared and limited latency": (OVER_BOTH,),
    "compared latency beside a limit": (OVER_LATENCY, SLOW),
    "compared latency and errors": (OVER_RATIO, OVER_LATENCY),
    "two compared percentiles": (OVER_LATENCY, OVER_MEDIAN),
    "two compared percentiles, a limit and errors": (OVER_MEDIAN, OVER_BOTH, OVER_RATIO),
}
WORLDS = {
    "Poisson": {},
    "constant": {"arrivals": Arrivals.CONSTANT},
    "bursty": {"burstiness": F(1, 20)},
    "constant and bursty": {"arrivals": Arrivals.CONSTANT, "burstiness": F(1, 20)},
}


def edges_of(checks):
    limits = [c.max_us for c in checks if isinstance(c, LatencyCheck) and c.max_us]
    return tuple(sorted({*limits, *(edge * 1000 for edge in FEW_MS), 3_600_000_000}))


def agrees(checks, minimum, compares, given, conditions, tolerance, with_latency=True):
    a_service = service(**given)
    edges_us = edges_of(checks) if with_latency else (3_600_000_000,)
    law = symbol_law(checks, minimum, compares, a_service, conditions, edges_us)
    expected = summed(checks, minimum, compares, a_service, conditions, edges_us, with_latency)
    left_out = 1 - expected.sum()
    assert left_out < 1e-4
    assert law.chances == pytest.approx(expected, abs=tolerance + left_out)
    assert law.chances.sum() == pytest.approx(1, abs=1e-12)
    return law


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("minimum", [1, 5])
@pytest.mark.parametrize("name", ALONE)
def test_what_reads_the_canary_alone_is_exact(name, minimum, world):
    conditions = Conditions(rates(5, F(1, 8), F(6, 5)), rates(9, F(1, 10)))
    agrees(ALONE[name], minimum, False, WORLDS[world], conditions, 1e-10)


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("minimum", [1, 12])
@pytest.mark.parametrize("name", [n for n in COMPARED if "latency" not in n])
def test_compared_errors_of_small_windows_are_exact(name, minimum, world):
    conditions = Conditions(rates(16, F(1, 8)), rates(14, F(1, 10)))
    agrees(COMPARED[name], minimum, True, WORLDS[world], conditions, 1e-9, with_latency=False)


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("name", COMPARED_LATENCY)
def test_compared_latency_of_small_windows(name, world):
    conditions = Conditions(rates(2, F(1, 4), F(3, 2)), rates(3, F(1, 10)))
    agrees(COMPARED_LATENCY[name], 2, True, WORLDS[world], conditions, 1e-5)


@pytest.mark.parametrize("compares", [False, True])
def test_an_arm_that_reports_nothing_is_inconclusive(compares):
    conditions = Conditions(rates(500, F(1, 8), reported=F(0)), rates(400, F(1, 10)))
    law = symbol_law((OVER_RATIO, SLOW), 1, compares, service(), conditions, edges_of((SLOW,)))
    assert law.chances[2 + 3 * 2] == pytest.approx(1, abs=1e-12)


MANY = {
    "limits": (ErrorCheck("error_rate", F(1, 100), None), LatencyCheck("latency_p99", F(99, 100), 450_000, None)),
    "a ratio": (ErrorCheck("error_rate", F(1, 100), Ratio(F(3, 2))),),
    "points": (ErrorCheck("error_rate", F(1, 100), Points(F(1, 500))),),
    "evidence of a ratio": (ErrorCheck("error_rate", F(1, 100), Ratio(F(5, 4)), F(9, 10)),),
    "evidence of points": (ErrorCheck("error_rate", None, Points(F(1, 1000)), F(9, 10)),),
    "two percentiles": (
        LatencyCheck("latency_p95", F(95, 100), 260_000, None),
        LatencyCheck("latency_p99", F(99, 100), 420_000, None, F(9, 10)),
    ),
    "all at once": (
        ErrorCheck("error_rate", F(9, 1000), Points(F(1, 500))),
        LatencyCheck("latency_p99", F(99, 100), 430_000, None),
        LatencyCheck("latency_p95", F(95, 100), None, Ratio(F(105, 100))),
    ),
}


@pytest.mark.parametrize("requests", [(600, 5400), (4000, 4000)])
@pytest.mark.parametrize("name", MANY)
def test_large_windows_agree_with_a_million_draws(name, requests):
    """Every symbol within 5 standard errors of 400,000 draws of NumPy's own generator, seed 11."""
    checks, draws, rng = MANY[name], 400_000, np.random.default_rng(11)
    a_service = service(error_rate=F(7, 1000))
    limits = {c.max_us for c in checks if isinstance(c, LatencyCheck) and c.max_us}
    edges_us = fine_edges_us(limits)
    conditions = Conditions(rates(requests[0], F(8, 1000), F(21, 20)), rates(requests[1], F(7, 1000)))
    law = symbol_law(checks, 1, True, a_service, conditions, edges_us)
    coarse = any(c.over_baseline for c in checks if isinstance(c, LatencyCheck))
    read_us = edges_us if coarse else tuple(sorted({*limits, edges_us[-1]}))
    size = 20_000 if coarse else draws
    arms = []
    for arm in (conditions.canary, conditions.baseline):
        n = rng.poisson(float(arm.requests), size)
        shares = np.array(mixed_chances(a_service.latency, arm.slowness, read_us))
        arms.append(ArmCounts(n, rng.binomial(n, float(arm.error_rate)), rng.multinomial(n, shares / shares.sum()).T))
    outcomes = np.array([judge(c, *arms, read_us, 1, True) for c in checks], np.int8)
    seen = np.bincount(symbol_of(outcomes), minlength=law.chances.size) / size
    error = np.sqrt(law.chances * (1 - law.chances) / size) + 1 / size
    assert (np.abs(seen - law.chances) <= 5 * error).all()
    assert np.abs(law.chances - law.coarse).sum() < (2e-3 if "evidence" in name else 1e-4)


def test_every_pair_of_reports_is_summed():
    """The sum that the others are held against: its chances are 1, and its reports are all there are."""
    a_service, edges_us = service(arrivals=Arrivals.CONSTANT), edges_of((SLOW,))
    counts, chances = reports(a_service, rates(3, F(1, 8)), edges_us, True)
    assert chances.sum() == pytest.approx(1, abs=1e-12)
    assert counts.requests.size == 4 * len(list(compositions(3, len(edges_us))))
    assert len(set(product(counts.errors.tolist(), map(tuple, counts.latency.T.tolist())))) == counts.requests.size
