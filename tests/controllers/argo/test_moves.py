"""Laws of replica counts and of a canary's steps."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from canary_runner.controllers.argo import canary as canaries
from canary_runner.controllers.argo.canary import Canary
from canary_runner.controllers.argo.phases import Phase
from canary_runner.controllers.argo.replicas import Pods, Routed, abort_weight, limits, settle, target
from canary_runner.controllers.argo.rollout import Place, RolloutPhase, verdict

AMOUNTS = st.sampled_from([0, 1, 2, "25%", "100%"])


@settings(max_examples=200, derandomize=True)
@given(st.integers(1, 40), st.integers(0, 100), AMOUNTS, AMOUNTS)
def test_a_rollout_settles_at_its_target_within_its_limits(replicas, weight, surge, unavailable):
    bounds = limits(replicas, surge, unavailable)
    wanted = target(replicas, weight, 100, bounds.surge)
    path = settle(replicas, wanted, bounds)
    assert (path[-1] if path else (0, replicas)) == wanted
    assert all(sum(pods) <= replicas + bounds.surge for pods in path)
    assert all(sum(pods) >= replicas - bounds.unavailable for pods in path)
    assert sum(wanted) in (replicas, replicas + 1)
    if 0 < weight < 100 and (replicas > 1 or bounds.surge):
        assert wanted[0] > 0


@pytest.mark.parametrize(
    ("stable_available", "expected"), [(2, 60), (5, 20), (8, 0), (10, 0)], ids=lambda v: str(v)
)  # fmt: skip
def test_an_aborted_dynamic_rollout_walks_its_weights_down(stable_available, expected):
    rollout = Routed(10, is_dynamic=True, is_aborted=True)
    canary = Pods(10 - stable_available, 10 - stable_available)
    assert abort_weight(rollout, (20, 60, 80), canary, Pods(10, stable_available), has_delay=False) == expected


UPDATE = Canary(steps=4, step=1, current="B", stable="A")


def test_a_timed_pause_ends_strictly_after_its_duration():
    paused = canaries.pause_step(UPDATE, Fraction(0), Fraction(60))
    assert paused.phase is RolloutPhase.PAUSED
    assert canaries.pause_step(paused, Fraction(60), Fraction(60)) == paused
    assert canaries.pause_step(paused, Fraction(61), Fraction(60)).step == 2


def test_a_timed_pause_ends_by_its_clock_although_an_inconclusive_background_run_holds_the_pods():
    paused = canaries.pause_step(UPDATE, Fraction(0), Fraction(60))
    held = canaries.after_run(paused, verdict(Place.BACKGROUND, Phase.INCONCLUSIVE))
    after = canaries.pause_step(held, Fraction(61), Fraction(60))
    assert (after.step, after.phase, after.keeps_its_pods) == (2, RolloutPhase.PAUSED, True)


EVENTS = st.lists(
    st.sampled_from(["abort", "retry", "promote", "full", "pause", "new", "back", "steps", "good", "bad", "unsure"])
)


@settings(max_examples=200, derandomize=True)
@given(EVENTS)
def test_a_canary_stays_among_its_steps_and_an_aborted_one_is_degraded(events):
    now = UPDATE
    does = {
        "abort": canaries.aborted,
        "retry": canaries.retried,
        "promote": canaries.promoted,
        "full": canaries.promoted_in_full,
        "pause": lambda c: canaries.pause_step(c, Fraction(0), None),
        "new": lambda c: canaries.applied(c, "C"),
        "back": lambda c: canaries.applied(c, "A"),
        "steps": lambda c: canaries.with_steps(c, 3),
        "good": lambda c: canaries.after_run(c, verdict(Place.STEP, Phase.SUCCESSFUL)),
        "bad": lambda c: canaries.after_run(c, verdict(Place.BACKGROUND, Phase.FAILED)),
        "unsure": lambda c: canaries.after_run(c, verdict(Place.STEP, Phase.INCONCLUSIVE)),
    }
    for event in events:
        now = does[event](now)
        assert 0 <= now.step <= now.steps
        assert (now.phase is RolloutPhase.DEGRADED) == now.is_aborted
        if now.is_aborted:
            assert canaries.current_weight((10, 20, 30, 40)[: now.steps], now) == 0
