"""What each judge says about one window: a table that a user can read."""

import importlib
import pkgutil
from fractions import Fraction as F

import numpy as np
import pytest

from canary_runner import judges
from canary_runner.judges import JUDGES, asked_limits, judge
from canary_runner.judges.counts import ArmCounts
from canary_runner.model.outcomes import Outcome
from canary_runner.model.policy import Check, ErrorCheck, LatencyCheck, Micros, Points, Ratio

PASS, FAIL, INCONCLUSIVE = Outcome.PASS, Outcome.FAIL, Outcome.INCONCLUSIVE
EDGES = (100_000, 200_000, 500_000, 3_600_000_000)
NOT_JUDGES = {"counts", "integers", "percentile"}


def arm(requests: int, errors: int = 0, slower: tuple[int, int, int] = (0, 0, 0)) -> ArmCounts:
    """One window; `slower` are the requests beyond 100, 200 and 500 ms, the rest is faster."""
    classes = (requests - sum(slower), *slower)
    return ArmCounts(np.array([requests]), np.array([errors]), np.array(classes)[:, None])


def errors(max_ratio=None, over=None, confidence=None) -> ErrorCheck:
    return ErrorCheck("error_rate", max_ratio, over, confidence)


def p99(max_us=None, over=None, confidence=None) -> LatencyCheck:
    return LatencyCheck("latency_p99", F(99, 100), max_us, over, confidence)


SURE = F(99, 100)
HALF_POINT = Points(F(1, 200))
NONE = arm(0)


@pytest.mark.parametrize(
    ("check", "canary", "baseline", "minimum", "expected"),
    [
        pytest.param(errors(F(29, 100)), arm(100, 29), NONE, 1, PASS, id="29 of 100 does not exceed 29%"),
        pytest.param(errors(F(29, 100)), arm(100, 30), NONE, 1, FAIL, id="30 of 100 does"),
        pytest.param(errors(F(0)), arm(100, 0), NONE, 1, PASS, id="0% passes without an error"),
        pytest.param(errors(F(0)), arm(100, 1), NONE, 1, FAIL, id="0% fails on one error"),
        pytest.param(errors(F(1)), arm(100, 100), NONE, 1, PASS, id="100% never fails"),
        pytest.param(errors(F(1, 100)), arm(0), NONE, 0, INCONCLUSIVE, id="no data, even with minimum 0"),
        pytest.param(errors(F(1, 100)), arm(299, 299), NONE, 300, INCONCLUSIVE, id="one request below the minimum"),
        pytest.param(errors(F(1, 100)), arm(300, 299), NONE, 300, FAIL, id="the minimum itself is enough"),
        pytest.param(errors(over=HALF_POINT), arm(200, 3), arm(400, 4), 1, PASS, id="0.5pp: equal passes"),
        pytest.param(errors(over=HALF_POINT), arm(200, 4), arm(400, 4), 1, FAIL, id="0.5pp: above"),
        pytest.param(errors(over=HALF_POINT), arm(200, 4), arm(0), 1, INCONCLUSIVE, id="0.5pp: no baseline"),
        pytest.param(errors(over=Ratio(F(3, 2))), arm(200, 3), arm(400, 4), 1, PASS, id="1.5x: equal passes"),
        pytest.param(errors(over=Ratio(F(3, 2))), arm(200, 4), arm(400, 4), 1, FAIL, id="1.5x: above"),
        pytest.param(errors(over=Ratio(F(3, 2))), arm(200, 0), arm(400, 0), 1, PASS, id="1.5x: no errors at all"),
        pytest.param(errors(over=Ratio(F(3, 2))), arm(200, 1), arm(400, 0), 1, FAIL, id="1.5x: one against none"),
        pytest.param(errors(over=Ratio(F(3, 2))), arm(400, 9), arm(99, 0), 100, INCONCLUSIVE, id="small baseline"),
        pytest.param(errors(F(1, 100), Ratio(F(2))), arm(100, 2), arm(0), 1, FAIL, id="one limit fails, one unread"),
        pytest.param(errors(F(1, 10), Ratio(F(2))), arm(100, 2), arm(0), 1, INCONCLUSIVE, id="one passes, one unread"),
        pytest.param(errors(F(1, 10), Ratio(F(2))), arm(100, 2), arm(100, 1), 1, PASS, id="both pass"),
        pytest.param(errors(F(1, 10), Ratio(F(2))), arm(100, 3), arm(100, 1), 1, FAIL, id="the second fails"),
        pytest.param(p99(200_000), arm(100, 0, (50, 1, 0)), NONE, 1, PASS, id="p99: one slow of 100 is allowed"),
        pytest.param(p99(200_000), arm(100, 0, (50, 1, 1)), NONE, 1, FAIL, id="p99: two are not"),
        pytest.param(p99(200_000), arm(99, 0, (0, 1, 0)), NONE, 1, FAIL, id="p99 of 99 is the slowest"),
        pytest.param(p99(500_000), arm(99, 0, (0, 9, 0)), NONE, 1, PASS, id="p99: equal to the limit passes"),
        pytest.param(p99(over=Ratio(F(2))), arm(100, 0, (9, 0, 0)), arm(100), 1, PASS, id="2x: equal passes"),
        pytest.param(p99(over=Ratio(F(19, 10))), arm(100, 0, (9, 0, 0)), arm(100), 1, FAIL, id="1.9x: above"),
        pytest.param(p99(over=Micros(100_000)), arm(100, 0, (9, 0, 0)), arm(100), 1, PASS, id="+100ms: equal passes"),
        pytest.param(p99(over=Micros(99_999)), arm(100, 0, (9, 0, 0)), arm(100), 1, FAIL, id="+99.999ms: above"),
        pytest.param(p99(over=Micros(99_999)), arm(100, 0, (9, 0, 0)), arm(0), 1, INCONCLUSIVE, id="+ms: no baseline"),
        pytest.param(errors(F(1, 100), None, SURE), arm(100, 4), NONE, 1, PASS, id="4 of 100: no evidence of 1%"),
        pytest.param(errors(F(1, 100), None, SURE), arm(100, 5), NONE, 1, FAIL, id="5 of 100: P = 0.0034"),
        pytest.param(errors(F(0), None, SURE), arm(100, 1), NONE, 1, FAIL, id="1 of 100: evidence of 0%"),
        pytest.param(errors(over=Ratio(F(1)), confidence=SURE), arm(100, 6), arm(100, 0), 1, PASS, id="6 of 6: 1/64"),
        pytest.param(errors(over=Ratio(F(1)), confidence=SURE), arm(100, 7), arm(100, 0), 1, FAIL, id="7 of 7: 1/128"),
        pytest.param(errors(over=Ratio(F(2)), confidence=SURE), arm(100, 0), arm(100, 0), 1, PASS, id="no errors"),
        pytest.param(errors(over=HALF_POINT, confidence=SURE), arm(1000, 12), arm(1000, 2), 1, PASS, id="score: near"),
        pytest.param(errors(over=HALF_POINT, confidence=SURE), arm(1000, 30), arm(1000, 2), 1, FAIL, id="score: far"),
        pytest.param(p99(200_000, None, SURE), arm(100, 0, (0, 4, 0)), NONE, 1, PASS, id="p99: 4 slow are no evidence"),
        pytest.param(p99(200_000, None, SURE), arm(100, 0, (0, 4, 1)), NONE, 1, FAIL, id="p99: 5 slow are"),
    ],
)  # fmt: skip
def test_outcome(check: Check, canary: ArmCounts, baseline: ArmCounts, minimum: int, expected: Outcome) -> None:
    outcome = judge(check, canary, baseline, EDGES, minimum, True)
    assert outcome.dtype == np.int8
    assert outcome.tolist() == [expected]


def test_without_baseline_traffic_comparisons_are_not_asked() -> None:
    check = errors(F(1, 10), Ratio(F(2)))
    assert judge(check, arm(100, 9), NONE, EDGES, 1, compares=False).tolist() == [PASS]
    assert judge(check, arm(100, 11), NONE, EDGES, 1, compares=False).tolist() == [FAIL]
    assert [kind for kind, _ in asked_limits(check, False)] == ["max"]
    assert asked_limits(errors(over=Ratio(F(2))), False) == ()


@pytest.mark.parametrize(
    ("check", "expected"),
    [
        (errors(F(1, 10), Points(F(1, 10))), [("max", "error-max"), ("max_over_baseline", "error-points")]),
        (errors(F(1, 10), Ratio(F(2))), [("max", "error-max"), ("max_over_baseline", "error-ratio")]),
        (
            errors(F(1, 10), Points(F(1, 10)), SURE),
            [("max", "error-max-binomial"), ("max_over_baseline", "error-points-score")],
        ),
        (errors(None, Ratio(F(2)), SURE), [("max_over_baseline", "error-ratio-binomial")]),
        (p99(5, Ratio(F(2))), [("max", "latency-max"), ("max_over_baseline", "latency-ratio")]),
        (p99(None, Micros(5)), [("max_over_baseline", "latency-difference")]),
        (p99(5, None, SURE), [("max", "latency-max-binomial")]),
    ],
)
def test_each_limit_has_its_judge(check: Check, expected: list[tuple[str, str]]) -> None:
    assert [(kind, asked.ID) for kind, asked in asked_limits(check, True)] == expected


def test_relative_latency_with_confidence_is_refused() -> None:
    with pytest.raises(ValueError, match="latency_p99"):
        asked_limits(p99(None, Ratio(F(2)), SURE), True)


def test_a_latency_limit_that_is_no_edge_is_refused() -> None:
    with pytest.raises(ValueError, match="300000 us is not an edge"):
        judge(p99(300_000), arm(10), NONE, EDGES, 1, True)


@pytest.mark.parametrize(
    ("check", "canary", "baseline", "unit", "observed", "limit"),
    [
        (errors(F(1, 10)), arm(8, 1), NONE, "ratio", F(1, 8), F(1, 10)),
        (errors(F(1, 10)), arm(0), NONE, "ratio", None, F(1, 10)),
        (errors(F(1, 10), None, SURE), arm(8, 1), NONE, "ratio", F(1, 8), F(1, 10)),
        (errors(over=HALF_POINT), arm(8, 1), arm(4, 1), "ratio_difference", F(-1, 8), F(1, 200)),
        (errors(over=HALF_POINT), arm(8, 1), arm(0), "ratio_difference", None, F(1, 200)),
        (errors(over=Ratio(F(3, 2))), arm(8, 1), arm(4, 1), "factor", F(1, 2), F(3, 2)),
        (errors(over=Ratio(F(3, 2))), arm(8, 1), arm(4, 0), "factor", None, F(3, 2)),
        (p99(200_000), arm(100, 0, (3, 0, 0)), NONE, "ms", F(200), F(200)),
        (p99(200_000), arm(0), NONE, "ms", None, F(200)),
        (p99(over=Ratio(F(3, 2))), arm(100, 0, (3, 0, 0)), arm(50), "factor", F(2), F(3, 2)),
        (p99(over=Ratio(F(3, 2))), arm(100), arm(0), "factor", None, F(3, 2)),
        (p99(over=Micros(1500)), arm(100, 0, (3, 0, 0)), arm(50), "ms", F(100), F(3, 2)),
        (p99(over=Micros(1500)), arm(0), arm(50), "ms", None, F(3, 2)),
    ],
)
def test_evidence(check, canary, baseline, unit, observed, limit) -> None:
    ((_, asked),) = asked_limits(check, True)
    assert unit == asked.UNIT
    assert asked.limit(check) == limit
    assert asked.observed(check, canary, baseline, EDGES) == observed


def test_evidence_reads_scalars_too() -> None:
    window = ArmCounts(np.int64(8), np.int64(1), np.array([8]))  # type: ignore[arg-type]
    ((_, asked),) = asked_limits(errors(F(1, 10)), True)
    assert asked.observed(errors(F(1, 10)), window, window, (5,)) == F(1, 8)


@pytest.mark.parametrize("name", [m.name for m in pkgutil.iter_modules(judges.__path__) if m.name not in NOT_JUDGES])
def test_every_judge_file_is_registered_and_documented(name: str) -> None:
    module = importlib.import_module(f"{judges.__name__}.{name}")
    assert JUDGES[module.ID] is module
    assert name.replace("_", "-") == module.ID
    assert module.UNIT in {"ratio", "ratio_difference", "factor", "ms"}
    assert module.__doc__.startswith(f"{module.ID}: ")
    assert "\nErrs " in module.__doc__


def test_the_registry_has_nothing_else() -> None:
    files = {m.name.replace("_", "-") for m in pkgutil.iter_modules(judges.__path__)} - NOT_JUDGES
    assert set(JUDGES) == files
