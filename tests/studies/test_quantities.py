"""What can be asked of a study, and within which limits its values are."""

from dataclasses import replace
from fractions import Fraction as F

import numpy as np
import pytest

from canary_runner.engines.counting import paths_of, walk_histories
from canary_runner.model.study import NUMBERS
from canary_runner.studies.quantities import QUANTITIES
from tests.builders import SCENARIOS, SHIPPED, builtin, plan, policy, service, shipped, stage


def test_every_number_is_a_quantity():
    assert [quantity.at for quantity in QUANTITIES.values()] == sorted(
        (quantity.at for quantity in QUANTITIES.values()), key=NUMBERS.index
    )
    assert {quantity.at for quantity in QUANTITIES.values()} == set(NUMBERS)


def plans():
    """Yield shipped policies in every built-in scenario, in worlds that stand still and that move."""
    for name in SHIPPED:
        for scenario in SCENARIOS:
            yield plan(shipped(name), service(), builtin(scenario), approval_delay_s=0)
    gate = policy(stage("a", 10, wait_for_approval=True), stage("b", 50))
    for scenario in ("slow-leak", "bad-deploy", "healthy"):
        yield plan(gate, service(daily_swing=F(2, 5), error_rate=F(1, 50)), builtin(scenario), approval_delay_s=1234)
        slow = replace(gate, rollback_takes_s=300)
        yield plan(slow, service(), builtin(scenario), approval_delay_s=0)


@pytest.mark.parametrize("a_plan", list(plans()), ids=lambda p: f"{p.policy.name}-{p.scenario.name}")
def test_no_value_is_beyond_its_limits(a_plan):
    """2,000 rollouts of seed 4, every quantity: rounding may put a value a part in a million million beyond."""
    paths = paths_of(walk_histories(a_plan, 4, 0, 2_000))
    for name, quantity in QUANTITIES.items():
        chosen, values = quantity.values(a_plan, paths)
        limits = quantity.limits(a_plan)
        if limits is None:
            assert name == "detection_probability"
            continue
        low, high = limits
        some, slack = values[chosen], 1e-12 * max(abs(low), abs(high) if np.isfinite(high) else 0)
        assert low <= high
        assert ((some >= low - slack) & (some <= high + slack)).all(), name
