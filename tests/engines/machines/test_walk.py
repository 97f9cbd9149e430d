"""Rollouts under a machine: row K of N is the lone run K, and chances are those of sums and of a plain loop."""

from collections import Counter
from dataclasses import replace
from fractions import Fraction as F
from itertools import pairwise

import numpy as np
import pytest
from scipy import stats

from canary_runner.compiling.plan import make_plan
from canary_runner.controllers import machines
from canary_runner.engines.block import ENDINGS
from canary_runner.engines.machines.past import began, spans
from canary_runner.engines.machines.walk import HORIZON_S, walk_machine
from canary_runner.engines.streams import BLOCK
from canary_runner.model.foreign import ForeignPolicy
from canary_runner.model.outcomes import State
from canary_runner.model.query import Sees
from canary_runner.model.scenario import Change, Effect, ErrorRateEffect, LatencyEffect, Scenario
from canary_runner.model.service import GENERIC_WEB, Arrivals
from canary_runner.scenarios.traffic import mean_rate_rps
from tests.engines.machines.toys import Toy, error_ratio, latency

SERVICE = replace(GENERIC_WEB, rate_rps=F(20), error_rate=F(1, 100))
HEALTHY = Scenario("healthy")
WORSE = Scenario("worse", canary=Effect(ErrorRateEffect(Change.ADD, F(1, 100))))
MOVING = Scenario(
    "moving",
    canary=Effect(ErrorRateEffect(Change.ADD, F(2, 100)), LatencyEffect(Change.MULTIPLY, F(2)), ramp_over_s=300),
)
BLOCKS = 5
RUNS = BLOCKS * BLOCK


@pytest.fixture(autouse=True)
def _toys_are_known(monkeypatch):
    monkeypatch.setattr(machines, "MACHINES", {Toy: lambda toy, _approval: toy})


def plan_of(toy, service=SERVICE, scenario=HEALTHY):
    return make_plan(ForeignPolicy("toy", "toys", toy), service, scenario)


def walked(plan, seed=3):
    blocks = [walk_machine(plan, seed, block, np.arange(BLOCK)) for block in range(BLOCKS)]
    return Counter(
        (ENDINGS[ending].value, int(at_s))
        for walks in blocks
        for ending, at_s in zip(walks.endings.tolist(), walks.ended_at_s.tolist(), strict=True)
    )


def chance_of_failing(share, limit, rate=F(1, 100)):
    """Return P(errors / requests > limit) of a Poisson minute, summed."""
    mean = float(SERVICE.rate_rps * 60 * share)
    errors = np.arange(200)
    most_ok = np.array([max(o for o in range(-1, 12_000) if o < 0 or e > limit * (e + o)) for e in errors.tolist()])
    chances = stats.poisson.pmf(errors, mean * float(rate)) * stats.poisson.cdf(most_ok, mean * (1 - float(rate)))
    return float(chances[errors > 0].sum())


@pytest.mark.parametrize(("scenario", "rate"), [(HEALTHY, F(1, 100)), (WORSE, F(2, 100))], ids=["healthy", "worse"])
def test_windows_apart_give_the_chances_of_sums(scenario, rate):
    """Seed 3, 20,480 rollouts: within 4.5 standard errors of the exact chance of each ending at each time."""
    toy = Toy((error_ratio(0.02),), looks=3, allowed=2)
    found = walked(plan_of(toy, scenario=scenario))
    first, second = (chance_of_failing(F(w, 100), 0.02, rate) for w in toy.weights)
    expected = {}
    through = 1.0
    for stage, p in enumerate((first, second)):
        for look in (2, 3):
            before = stats.binom.pmf(1, look - 1, p)
            expected["ROLLED_BACK", 60 * (3 * stage + look)] = through * before * p
        through *= 1 - stats.binom.sf(1, 3, p)
    expected["COMPLETED", 360] = through
    assert set(found) <= set(expected)
    for key, chance in expected.items():
        error = (chance * (1 - chance) / RUNS) ** 0.5
        assert abs(found[key] / RUNS - chance) <= 4.5 * error, key


def plain_minute(generator, weight):
    """Return the requests and errors of the canary, which is worse, and of the baseline."""
    mean = float(SERVICE.rate_rps * 60)
    arms = [generator.poisson(mean * share) for share in (weight / 100, 1 - weight / 100)]
    return arms, [generator.binomial(n, p) for n, p in zip(arms, (0.02, 0.01), strict=True)]


def plainly(toy, generator, runs, window):
    """Count rollbacks of a loop that draws one minute after the other and adds up the last `window` of them."""
    (question,), rolled = toy.questions, 0
    for _ in range(runs):
        past, is_over = [plain_minute(generator, 0) for _ in range(window)], False
        for weight in toy.weights:
            failures = 0
            for _ in range(toy.looks):
                past.append(plain_minute(generator, weight))
                taken = past[-window:]
                chosen = (0, 1) if question.query.sees is Sees.BOTH else (0,)
                n = sum(arms[i] for arms, _ in taken for i in chosen)
                bad = sum(errors[i] for _, errors in taken for i in chosen)
                failures += n > 0 and bad / n > question.limit
                is_over = is_over or failures >= toy.allowed
        rolled += is_over
    return rolled / runs


@pytest.mark.parametrize(("sees", "limit"), [(Sees.CANARY, 0.0199), (Sees.BOTH, 0.0145)], ids=["canary", "both arms"])
def test_windows_that_overlap_are_those_of_a_plain_loop(sees, limit):
    """Seeds 3 and 11; the loop has 6,000 rollouts: within 4.5 joint standard errors."""
    toy = Toy((error_ratio(limit, window_s=240, sees=sees),), looks=4)
    found = walked(plan_of(toy, scenario=WORSE))
    ours = sum(count for (ending, _), count in found.items() if ending == "ROLLED_BACK") / RUNS
    runs = 6000
    theirs = plainly(toy, np.random.default_rng(11), runs, 4)
    error = (theirs * (1 - theirs) * (1 / runs + 1 / RUNS)) ** 0.5
    assert 0.01 < theirs < 0.99
    assert abs(ours - theirs) <= 4.5 * error


@pytest.mark.parametrize("sees", [Sees.BOTH, Sees.BASELINE])
@pytest.mark.parametrize(
    "service",
    [SERVICE, replace(SERVICE, daily_swing=F(1, 2)), replace(SERVICE, arrivals=Arrivals.CONSTANT, rate_rps=F(37, 7))],
    ids=["poisson", "swing", "constant"],
)
def test_before_the_rollout_the_stable_version_served_everybody(service, sees):
    """Seed 3, one look at the first minute: of a window of 30 minutes, 29 are the stable version's alone.

    Within 4.5 standard errors of the share of rollouts that a sum over errors of a binomial gives.
    """
    looked = Toy((error_ratio(0.0102, window_s=1800, sees=sees),), weights=(50,), looks=1, allowed=1)
    plan = plan_of(looked, service, replace(HEALTHY, both=Effect(ErrorRateEffect(Change.SET, F(1)))))
    minutes = [mean_rate_rps(service, plan.start_at_s, 60 * m, 60 * m + 60) * 60 for m in range(-29, 1)]
    before, first = sum(minutes[:-1]), minutes[-1] if sees is Sees.BOTH else minutes[-1] / 2
    found = walked(plan)["ROLLED_BACK", 60] / RUNS
    assert first > 0.0102 * (before + first)  # all of the first minute fail, and that alone is enough
    assert found == 1
    calm = walked(plan_of(looked, service))["ROLLED_BACK", 60] / RUNS
    chance = chance_beyond(0.0102, float(before + first), service.arrivals)
    assert abs(calm - chance) <= 4.5 * (chance * (1 - chance) / RUNS) ** 0.5


def chance_beyond(limit, mean, arrivals):
    """Return P(errors / requests > limit) at an error rate of 1 %."""
    if arrivals is Arrivals.CONSTANT:
        return float(stats.binom.sf(int(limit * mean), int(mean), 0.01))
    errors = np.arange(int(mean * 0.03))
    most_ok = np.ceil(errors / limit).astype(int) - errors - 1
    chances = stats.poisson.pmf(errors, mean * 0.01) * stats.poisson.cdf(most_ok, mean * 0.99)
    return float(chances[errors > 0].sum())


@pytest.mark.parametrize(("tick", "begins"), [(5, 5), (0, 0), (-1, -1), (-64, -64), (-129, -130), (-8640, -8691)])
def test_the_past_is_drawn_in_spans(tick, begins):
    """Not more than a 64th of its age before the tick that is wanted."""
    assert began(tick) == begins
    assert tick >= 0 or (tick - begins) * 64 <= -begins
    if tick < 0:
        drawn = spans(tick)
        assert [drawn[0][0], drawn[-1][1]] == [begins, 0]
        assert all(end == begin for (_, end), (begin, _) in pairwise(drawn))


@pytest.mark.parametrize(
    "extra", [{"copied": F(1, 4)}, {"synthetic_rps": F(5)}, {"copied": F(1, 8), "synthetic_rps": F(5, 2)}], ids=str
)
def test_requests_of_no_user_are_measured(extra):
    """Weight 0 with a quarter of the traffic as copies or load: as a real 25 %, within 4.5 standard errors."""
    found = walked(plan_of(Toy((error_ratio(0.02),), weights=(0,), looks=1, allowed=1, **extra), scenario=WORSE))
    chance = chance_of_failing(F(1, 4), 0.02, F(2, 100))
    error = (chance * (1 - chance) / RUNS) ** 0.5
    assert abs(found["ROLLED_BACK", 60] / RUNS - chance) <= 4.5 * error


def test_what_is_missing_where_it_would_be_0_is_nothing():
    """Seed 3: of five requests, no error has a chance of (99/100)^5; such a look passes nothing and fails nothing."""
    service = replace(SERVICE, rate_rps=F(1, 12), arrivals=Arrivals.CONSTANT)
    asked = error_ratio(-1.0)  # every number fails
    sparse = replace(asked, query=replace(asked.query, zero_is_missing=True))
    toys = [Toy((one,), weights=(100,), looks=1, allowed=1) for one in (asked, sparse)]
    always, seldom = (walked(plan_of(toy, service))["ROLLED_BACK", 60] / RUNS for toy in toys)
    chance = 1 - 0.99**5
    assert always == 1
    assert abs(seldom - chance) <= 4.5 * (chance * (1 - chance) / RUNS) ** 0.5


def entries(walks, row):
    return (
        int(walks.endings[row]), int(walks.ended_at_s[row]), int(walks.stages_completed[row]),
        walks.entered_at_s[:, row].tolist(), walks.deciding[:, row].tolist(),
    )  # fmt: skip


@pytest.mark.parametrize(
    "service",
    [SERVICE, replace(SERVICE, daily_swing=F(1, 2)), replace(SERVICE, arrivals=Arrivals.CONSTANT, rate_rps=F(37, 7))],
    ids=["poisson", "swing", "constant"],
)
@pytest.mark.parametrize("scenario", [HEALTHY, MOVING], ids=["healthy", "moving"])
def test_row_k_of_many_is_the_lone_run_k(service, scenario):
    questions = (error_ratio(0.02), latency(0.42, window_s=180), error_ratio(0.013, 120, Sees.BOTH))
    plan = plan_of(Toy(questions, weights=(0, 5, 30), looks=4), service, scenario)
    many = walk_machine(plan, 5, 1, np.arange(BLOCK))
    assert len({entries(many, row) and int(many.ended_at_s[row]) for row in range(BLOCK)}) > 3
    some = walk_machine(plan, 5, 1, np.arange(100, 300))
    for row in range(0, 200, 7):
        assert entries(some, row) == entries(many, 100 + row)
        assert entries(walk_machine(plan, 5, 1, np.array([100 + row])), 0) == entries(many, 100 + row)


def test_what_nothing_ends_is_paused_at_the_horizon():
    plan = plan_of(Toy((), weights=(10,), looks=10**6, every_s=3600))
    walks = walk_machine(plan, 0, 0, np.arange(3))
    assert [ENDINGS[e] for e in walks.endings] == [State.PAUSED] * 3
    assert walks.ended_at_s.tolist() == [HORIZON_S] * 3


def test_before_any_canary_request_there_is_nothing_to_answer_with():
    """At weight 0 nobody fails; a query of both arms is answered there."""
    toy = Toy((error_ratio(0.0), error_ratio(0.0, sees=Sees.BOTH)), weights=(0,), looks=1, allowed=1)
    walks = walk_machine(plan_of(toy), 0, 0, np.arange(BLOCK))
    assert not walks.deciding[0].any()
    assert walks.deciding[1].all()  # 12 errors are expected: none at all has a chance of 6e-6 a rollout
