"""Comparisons: the same numbers as studies, the same luck for all, and intervals that hold what they should."""

from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from fractions import Fraction as F
from functools import cache

import numpy as np
import pytest

from canary_runner import api
from canary_runner.engines.counting import numbered_histories, paths_of
from canary_runner.engines.streams import BLOCK
from canary_runner.model.comparison import Interval
from canary_runner.model.policy import TotalFailures, Window, WindowKind
from canary_runner.model.scenario import Change, Effect, ErrorRateEffect, Scenario
from canary_runner.model.study import NUMBERS, Method, StudyOptions
from canary_runner.studies.comparing import answer
from canary_runner.studies.crew import Workers
from canary_runner.studies.sampling import Effort, sample
from canary_runner.studies.study import Way, characterise
from canary_runner.studies.together import PAIRED, sample_together
from tests.builders import ERRORS, POLICIES, plan, policy, service, stage

WORSE = Scenario("worse", canary=Effect(error_rate=ErrorRateEffect(Change.ADD, F(1, 200))))
SMALL = service(rate_rps=F(2), error_rate=F(1, 100))
RUNS = 2 * BLOCK + 100


def checked(name, limit, **given):
    """Return a plan of two stages that look at errors alone, on a small service, with half a point of errors more."""
    fields = {"checks": (replace(ERRORS, max_ratio=limit),), "rollback_after": TotalFailures(2)} | given
    stages = (stage("one", 20, check_every_s=60, **fields), stage("two", 60, **fields))
    return plan(policy(*stages, name=name), SMALL, WORSE, 0)


LOOSE, TIGHT = checked("loose", F(4, 100)), checked("tight", F(3, 100))
SLIDING = checked("sliding", F(3, 100), window=Window(WindowKind.SLIDING, 240))


@cache
def answered(plans, method="auto", runs=2000, seed=0):
    """Return the comparison of the second plan with the first."""
    (found,) = answer(plans, Way(method, Effort(runs), seed)).comparisons
    return found


@pytest.mark.parametrize("path", NUMBERS)
def test_exact_differences_are_those_of_studies(path):
    loose, tight = (characterise(one, Way("exact")).number(path) for one in (LOOSE, TIGHT))
    found = answered((LOOSE, TIGHT)).differences[path]
    if loose.value is None or tight.value is None:
        assert found.interval is None
        return
    assert (found.interval, found.estimate.method) == (Interval.BOUNDS, Method.EXACT)
    assert found.estimate.value == tight.value - loose.value
    if None not in (loose.low, loose.high, tight.low, tight.high):
        width = found.estimate.high - found.estimate.low
        assert width == pytest.approx(loose.high - loose.low + tight.high - tight.low)


def test_sampled_numbers_are_those_of_studies():
    """With the same number of rollouts to sample, walking together changes nobody's numbers."""
    way = Way("sample", Effort(RUNS), 3)
    together, _ = sample_together((LOOSE, TIGHT, SLIDING), way)
    for a_plan, found in zip((LOOSE, TIGHT, SLIDING), together, strict=True):
        alone = sample(a_plan, 3, Effort(RUNS), Workers(None, 1))
        assert found.runs == alone.runs == RUNS
        assert np.array_equal(found.paths.weights, alone.paths.weights)
        assert np.array_equal(found.paths.ended_at_s, alone.paths.ended_at_s)


def test_ties_are_plain_sums_over_rollouts():
    _, ties = sample_together((LOOSE, TIGHT), Way("sample", Effort(RUNS), 3))
    values = [[], []]
    for block, rows in ((0, BLOCK), (1, BLOCK), (2, 100)):
        for side, a_plan in enumerate((LOOSE, TIGHT)):
            table, which = numbered_histories(a_plan, 3, block, rows)
            read = [quantity.values(a_plan, paths_of(table)) for quantity in PAIRED]
            values[side].append([(chosen[which], value[which]) for chosen, value in read])
    for place, quantity in enumerate(PAIRED):
        (counts, one), (others, other) = (
            tuple(np.concatenate([block[place][part] for block in side]) for part in (0, 1)) for side in values
        )
        both = (one > 0) & (other > 0) if quantity.is_chance else counts & others
        expected = [both.sum(), one[both].mean(), other[both].mean()] if both.any() else [0, 0, 0]
        assert ties[:3, 0, place] == pytest.approx(expected, rel=1e-12)
        if both.any():
            product = ((one[both] - one[both].mean()) * (other[both] - other[both].mean())).sum()
            assert ties[3, 0, place] == pytest.approx(product, rel=1e-9, abs=1e-6)


@pytest.mark.parametrize("jobs", [2, 5])
def test_no_number_depends_on_the_workers(jobs):
    way = Way("sample", Effort(RUNS), 7)
    alone = answer((LOOSE, TIGHT), way)
    with ProcessPoolExecutor(2) as pool:
        assert answer((LOOSE, TIGHT), replace(way, workers=Workers(pool, jobs))) == alone


def test_all_stop_when_every_one_is_precise():
    precise = [sample(one, 0, Effort(precision=0.006), Workers(None, 1)).runs for one in (LOOSE, TIGHT)]
    together, _ = sample_together((LOOSE, TIGHT), Way("sample", Effort(precision=0.006)))
    assert precise[0] != precise[1]
    assert [one.runs for one in together] == [max(precise)] * 2


@pytest.mark.parametrize("path", ["rollback_probability", "extra_errors.mean", "time_to_rollback_s.mean"])
def test_shared_luck_makes_intervals_narrower(path):
    """Than those of two studies with luck of their own, whose half widths add up as the legs of a right angle."""
    found = answered((LOOSE, TIGHT), "sample")
    apart = [found.reference.number(path), found.policy.number(path)]
    independent = np.hypot(*(one.high - one.low for one in apart))
    one = found.differences[path]
    assert one.interval is Interval.PAIRED
    assert one.estimate.high - one.estimate.low < 0.85 * independent


def test_a_policy_does_not_differ_from_itself():
    again = replace(LOOSE, policy=replace(LOOSE.policy, name="again"))
    for method, interval in (("exact", Interval.BOUNDS), ("sample", Interval.PAIRED)):
        found = answered((LOOSE, again), method).differences
        chance = found["rollback_probability"]
        assert (chance.interval, chance.estimate.value, chance.excludes_zero) == (interval, 0, False)
        assert not any(one.excludes_zero for one in found.values())


def test_beside_an_exact_number_the_sampled_interval_moves():
    found = answered((LOOSE, SLIDING))
    exact, sampled = found.reference.rollback_probability, found.policy.rollback_probability
    assert (exact.method, sampled.method) == (Method.EXACT, Method.SAMPLED)
    one = found.differences["rollback_probability"]
    assert (one.interval, one.estimate.method, one.estimate.runs) == (Interval.SHIFTED, Method.SAMPLED, sampled.runs)
    assert one.estimate.low == sampled.low - exact.high
    assert one.estimate.high == sampled.high - exact.low


def test_percentiles_of_two_samples_lie_between_their_farthest_ends():
    found = answered((LOOSE, TIGHT), "sample")
    one = found.differences["time_to_rollback_s.p50"]
    reference, tight = found.reference.time_to_rollback_s.p50, found.policy.time_to_rollback_s.p50
    assert one.interval is Interval.SUMMED
    assert one.estimate.value == tight.value - reference.value
    assert one.estimate.low <= tight.low - reference.high
    assert one.estimate.high >= tight.high - reference.low


def test_what_never_comes_has_no_difference():
    one = answered((LOOSE, TIGHT)).differences["time_to_rollback_s.p95"]
    assert (one.estimate.value, one.interval, one.excludes_zero) == (None, None, False)
    assert one.estimate.reason == "loose: more than 5 % of the rollouts are never rolled back"


@pytest.mark.slow
@pytest.mark.parametrize(
    "path", ["rollback_probability", "extra_errors.mean", "canary_requests.mean", "time_to_rollback_s.mean"]
)
def test_paired_intervals_hold_the_exact_difference(path):
    """Of seeds 0 to 399, 2,000 rollouts each, 380 should; fewer than 365 have a chance below 0.1 % at 95 %."""
    exact = answered((LOOSE, TIGHT)).differences[path].estimate.value
    found = [answered((LOOSE, TIGHT), "sample", seed=seed).differences[path].estimate for seed in range(400)]
    assert sum(one.low <= exact <= one.high for one in found) >= 365


@pytest.fixture
def standard():
    return api.load_policy(str(POLICIES / "standard.yaml"))


CRASH = [api.find_scenario("crash")]


def test_policies_of_one_name_are_numbered(standard):
    found = api.compare([standard, standard], None, CRASH, StudyOptions(), against=["rolling"])
    assert [one.policy for one in found.results] == ["standard (1)", "standard (2)", "rolling"]
    assert [one.name for one in found.inputs.policies] == ["standard (1)", "standard (2)"]
    assert [one.source for one in found.built] == ["standard (1)"]


def test_results_are_ordered_by_policy_then_scenario(standard):
    asked = [api.find_scenario(name) for name in ("healthy", "crash")]
    found = api.compare([standard], None, asked, StudyOptions(), against=["blue-green", "rolling", "blue-green"])
    assert [(one.policy, one.scenario) for one in found.results] == [
        (name, scenario) for name in ("standard", "blue-green", "rolling") for scenario in ("healthy", "crash")
    ]
    assert [(c.policy.policy, c.policy.scenario, c.reference.policy) for c in found.comparisons] == [
        (name, scenario, "standard") for name in ("blue-green", "rolling") for scenario in ("healthy", "crash")
    ]


def test_ctrl_c_keeps_the_scenarios_that_are_finished(standard):
    asked = [api.find_scenario(name) for name in ("healthy", "crash", "bad-deploy")]

    def stop(done, parts, what):
        if done == 2:
            raise KeyboardInterrupt

    found = api.compare([standard], None, asked, StudyOptions(), against=["rolling"], progress=stop)
    assert not found.is_complete
    assert [one.scenario for one in found.results] == ["healthy", "crash"] * 2
    assert len(found.comparisons) == 2
