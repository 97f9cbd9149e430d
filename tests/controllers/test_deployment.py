"""Rolling updates against a table of exposures made by an emulation of its own, and the laws of their arithmetic."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary_runner.controllers.deployment import Percent, Pods, Recreate, RollingUpdate, all_ready, shares, sync

QUARTER = RollingUpdate()
TEN_BY_ONE = [9, 10, 18, 20, 27, 30, 36, 40, 45, 50, 55, 60, 64, 70, 73, 80, 82, 90, 91, 100]


@pytest.mark.parametrize(
    ("replicas", "strategy", "resolved", "percents"),
    [
        (1, QUARTER, (1, 0), [50, 100]),
        (2, QUARTER, (1, 0), [33, 50, 67, 100]),
        (3, QUARTER, (1, 0), [25, 33, 50, 67, 75, 100]),
        (4, QUARTER, (1, 1), [40, 67, 80, 100]),
        (10, QUARTER, (3, 2), [38, 62, 77, 100]),
        (100, QUARTER, (25, 25), [40, 67, 80, 100]),
        (10, RollingUpdate(1, 0), (1, 0), TEN_BY_ONE),
        (10, RollingUpdate(Percent(100), 0), (10, 0), [50, 100]),
        (3, RollingUpdate(Percent(0), Percent(25)), (0, 1), [33, 50, 67, 100]),  # both round to nothing
    ],
)
def test_exposure_of_a_rolling_update(replicas, strategy, resolved, percents):
    assert strategy.resolved(replicas) == resolved
    assert [round(100 * share) for share, _ in shares(strategy, replicas)] == [0, *percents]


def test_recreate_is_an_outage_and_then_everybody():
    assert list(shares(Recreate(), 3)) == [(0, 0), (None, 1), (1, 0)]


@st.composite
def rollouts(draw):
    replicas = draw(st.integers(1, 40))
    amounts = st.one_of(st.integers(0, 12), st.integers(0, 100).map(Percent))
    strategy = RollingUpdate(draw(amounts), draw(amounts))
    return strategy, replicas


@given(rollouts())
def test_a_rolling_update_keeps_its_limits_grows_and_ends(rollout):
    strategy, replicas = rollout
    surge, unavailable = strategy.resolved(replicas)
    pods = Pods(old=replicas)
    for _ in range(8 * replicas):
        after = sync(strategy, replicas, pods)
        after = all_ready(pods) if after == pods else after
        assert after.old + after.new <= replicas + surge
        assert after.old + after.available >= replicas - unavailable
        assert (after.new, -after.old) >= (pods.new, -pods.old)
        pods = after
    assert pods == Pods(old=0, new=replicas, available=replicas)
