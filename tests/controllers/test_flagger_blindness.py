"""The documented example policy at low traffic: its chances of rolling back, from Flagger's own ticks.

Weights 10, 20 ... 50, at least 99 % success, one-minute windows that do not overlap, floor(rpm x weight / 100) requests
a check, binomial errors; a check without requests fails. The chance of a check is exact and the ticks carry it on. The
table was calculated without our controller, by a recursion over steps and failures, so it holds timing and counting
too. It has four digits: 0.00005.
"""

from collections import defaultdict

import pytest
from scipy.stats import binom

from canary_runner.controllers.flagger.metrics import Metric, Range, passes
from canary_runner.controllers.flagger.scheduler import tick
from canary_runner.controllers.flagger.spec import Spec
from canary_runner.controllers.flagger.status import Observed, Phase, State

RATES_PER_MIN = (10, 30, 100, 300, 1000, 3000, 10000)
SUCCESS = Metric("request-success-rate", Range(min=99))


def chance_to_pass(requests, error_rate):
    """Return the chance that a window of so many requests passes, by trying every number of errors."""
    if requests == 0:
        return 0.0
    allowed = [n for n in range(requests + 1) if passes(SUCCESS, 100 * (requests - n) / requests)]
    return float(binom.cdf(len(allowed) - 1, requests, error_rate))


def chance_of_rollback(threshold, error_rate, rate_per_min):
    """Return the chance that the rollout fails, by carrying the mass of every state through the ticks."""
    spec = Spec(threshold=threshold, step_weight=10, max_weight=50, metrics=(SUCCESS,))
    passing = {w: chance_to_pass(rate_per_min * w // 100, error_rate) for w in range(10, 60, 10)}
    mass, ended = {State(): 1.0}, defaultdict(float)
    while mass:
        after = defaultdict(float)
        for state, share in mass.items():
            chance = passing.get(state.weight, 1.0)
            for passed, of_it in ((True, chance), (False, 1.0 - chance)):
                landed = tick(spec, state, Observed((passed,), (), revision=1))
                into = ended if landed.phase in (Phase.SUCCEEDED, Phase.FAILED) else after
                into[landed] += share * of_it
        mass = {state: share for state, share in after.items() if share}
    assert sum(ended.values()) == pytest.approx(1.0, abs=1e-12)
    return sum(share for state, share in ended.items() if state.phase is Phase.FAILED)


@pytest.mark.parametrize(
    ("threshold", "error_rate", "expected"),
    [
        (1, 0.002, (0.0296, 0.0862, 0.2594, 0.3446, 0.0302, 0.0036, 0.0000)),
        (1, 0.005, (0.0724, 0.2019, 0.5285, 0.7054, 0.2888, 0.1230, 0.0152)),
        (1, 0.05, (0.5367, 0.9006, 0.9995, 1, 1, 1, 1)),
        (5, 0.005, (0.0000, 0.0000, 0.0053, 0.0349, 0.0001, 0, 0)),
        (5, 0.02, (0.0001, 0.0113, 0.4296, 0.9349, 0.9942, 1, 1)),
        (5, 0.05, (0.0058, 0.2372, 0.9786, 1, 1, 1, 1)),
    ],
)
def test_chance_of_rollback(threshold, error_rate, expected):
    found = [chance_of_rollback(threshold, error_rate, rate) for rate in RATES_PER_MIN]
    assert found == pytest.approx(expected, abs=5.1e-5)
