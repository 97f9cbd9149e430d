"""Several compared latency percentiles: the exact window against a sum over all totals, and what is too much to ask.

What the window says of latency has no interpolation, so `NEAR` is what sums leave out as too improbable. Where errors
are compared too, the tie of both through the baseline's total is broken within groups, and 1e-5 is demanded.
"""

from fractions import Fraction as F

import numpy as np
import pytest

from canary_runner.model.histogram import TOP_US, fine_edges_us
from canary_runner.model.policy import ErrorCheck, LatencyCheck, Micros, Ratio
from canary_runner.model.reasons import NotExact
from canary_runner.model.service import Arrivals
from tests.compiling.outcomes.percentile_pairs import asked, by_all_totals

NEAR, TIED = 1e-9, 1e-5


def latency(percent, max_us=None, over=None):
    return LatencyCheck(f"latency_p{percent}", F(percent, 100), max_us, over)


EDGES_US = tuple(sorted((*(int(140_000 * 1.13**i) for i in range(13)), 260_000, 450_000, TOP_US)))
FEW_EDGES_US = (82_000, 90_000, 230_000, 320_000, 400_000, TOP_US)

TAIL, LONG_TAIL = latency(95, None, Ratio(F(6, 5))), latency(99, None, Micros(50_000))
LIMITED, BOTH_LIMITED = latency(95, 260_000, Ratio(F(6, 5))), latency(99, 450_000, Ratio(F(3, 2)))
ERRORS = ErrorCheck("error_rate", F(3, 100), Ratio(F(2)))

CHECKS = {
    "a ratio and a difference": (TAIL, LONG_TAIL),
    "the higher percentile first": (LONG_TAIL, TAIL),
    "a limit on one": (LIMITED, LONG_TAIL),
    "limits on both, and errors": (ERRORS, LIMITED, BOTH_LIMITED),
    "ratios below one": (latency(90, None, Ratio(F(1))), latency(95, None, Ratio(F(9, 10)))),
    "errors between": (TAIL, ERRORS, LONG_TAIL),
}
ARMS = {  # requests, error rate, factor of latency
    "a hundred each": ((100, F(1, 50), F(11, 10)), (100, F(1, 50), 1)),
    "one to nine": ((100, F(1, 50), F(6, 5)), (900, F(1, 50), 1)),
    "nine to one": ((900, F(1, 50), F(11, 10)), (100, F(1, 40), 1)),
    "six hundred each": ((600, F(1, 50), F(23, 20)), (600, F(1, 100), 1)),
    "two thousand each": ((2000, F(1, 50), F(11, 10)), (2000, F(1, 60), 1)),
}


def table(arrivals):
    """Return every question on every pair of arms, with the agreement that is demanded."""
    for name, checks in CHECKS.items():
        is_tied = ERRORS in checks and arrivals is Arrivals.POISSON
        for arms, (canary, baseline) in ARMS.items():
            question = asked(checks, canary, baseline, EDGES_US, arrivals=arrivals)
            yield pytest.param(question, TIED if is_tied else NEAR, id=f"{arrivals}: {name}, {arms}")


@pytest.mark.parametrize(("question", "tolerance"), [one for arrivals in Arrivals for one in table(arrivals)])
def test_all_totals(question, tolerance):
    """Largest difference met: 2.3e-10 of latency alone, 3.6e-6 with errors (but where it is said)."""
    law, expected = question.law(), by_all_totals(question)
    assert expected.sum() == pytest.approx(1, abs=1e-8)
    assert np.abs(law.chances - expected).max() < tolerance
    assert law.chances.sum() == pytest.approx(1, abs=1e-12)
    assert (law.chances >= 0).all()


def test_the_bound_of_what_is_off_is_honest():
    """Where one window is off by more than demanded, its coarse rule says so."""
    question = asked(CHECKS["errors between"], *ARMS["nine to one"], EDGES_US)
    law = question.law()
    assert np.abs(law.chances - by_all_totals(question)).max() < np.abs(law.chances - law.coarse).max()


OTHERS = {
    "a limit on the median": (latency(50, 90_000), TAIL, LONG_TAIL),
    "a limit on the median that everybody keeps": (latency(50, 400_000), LONG_TAIL, TAIL),
    "a limit on a higher percentile": (TAIL, latency(99, 400_000), latency(90, None, Micros(0))),
    "a limit between, and errors": (ERRORS, latency(90, None, Ratio(F(1))), latency(95, 320_000), LONG_TAIL),
    "three compared": (latency(50, None, Ratio(F(21, 20))), TAIL, LONG_TAIL),
}


@pytest.mark.parametrize("arrivals", list(Arrivals))
@pytest.mark.parametrize("requests", [100, 200])
@pytest.mark.parametrize("name", OTHERS)
def test_a_third_percentile(name, requests, arrivals):
    """Largest difference met: 3e-11 of latency alone, 4e-6 with errors."""
    arms = (requests, F(1, 50), F(11, 10)), (requests, F(1, 50), 1)
    question = asked(OTHERS[name], *arms, FEW_EDGES_US, arrivals=arrivals)
    expected = by_all_totals(question)
    is_tied = ERRORS in OTHERS[name] and arrivals is Arrivals.POISSON
    assert np.abs(question.law().chances - expected).max() < (TIED if is_tied else NEAR)


@pytest.mark.parametrize("minimum", [90, 105, 400])
def test_arms_that_can_hardly_be_read(minimum):
    """A minimum below, at and beyond what both arms report."""
    arms = (100, F(1, 50), F(11, 10)), (110, F(1, 50), 1)
    question = asked((LIMITED, LONG_TAIL), *arms, EDGES_US, minimum=minimum)
    assert np.abs(question.law().chances - by_all_totals(question)).max() < NEAR


def test_a_limit_on_the_same_percentile_costs_no_joint_class():
    """Its allowance is the comparison's: p95 and p99 with own limits stay two nested counts."""
    arms = (60, F(1, 50), 1), (60, F(1, 50), 1)
    question = asked((LIMITED, BOTH_LIMITED), *arms, fine_edges_us({260_000, 450_000}))
    assert question.law().chances.sum() == pytest.approx(1, abs=1e-12)


def test_three_compared_percentiles_of_small_arms_are_too_many():
    """Percentiles of few requests can be in hundreds of classes each."""
    arms = (100, F(1, 50), 1), (100, F(1, 50), 1)
    with pytest.raises(NotExact, match=r"3 latency percentiles read at once have [\d,]+ joint classes and totals"):
        asked(OTHERS["three compared"], *arms, fine_edges_us(set())).law()
