"""Rare rollbacks sought by branching rollouts: against the exact engine, and against plain walks."""

from fractions import Fraction as F

import numpy as np
import pytest

from canary_runner.engines.block import ENDINGS
from canary_runner.engines.branches import STEPS, Branches, levels
from canary_runner.engines.exact import propagate
from canary_runner.engines.nearness import nearness
from canary_runner.engines.streams import Purpose, Stream
from canary_runner.engines.walk import seek_rollbacks, walk
from canary_runner.judges.counts import ArmCounts
from canary_runner.model.outcomes import State
from canary_runner.model.policy import (
    ConsecutiveFailures,
    ErrorCheck,
    FailuresOfLast,
    LatencyCheck,
    Points,
    TotalFailures,
    Window,
    WindowKind,
)
from canary_runner.model.service import Arrivals
from tests.builders import plan, policy, service, stage

ROLLED_BACK = ENDINGS.index(State.ROLLED_BACK)
QUIET = service(error_rate=F(3, 1000))


def stages(limit, tolerance, **given):
    """Return three stages of ten analyses that ask one question about errors."""
    fields = {
        "check_every_s": 60,
        "checks": (ErrorCheck("error_rate", limit, None),),
        "rollback_after": tolerance,
    } | given
    return [stage(f"s{percent}", percent, **fields) for percent in (10, 50, 100)]


def sought(a_plan, blocks, seed=1):
    """Return the estimates of some blocks."""
    return np.array([sum(seek_rollbacks(a_plan, seed, number).values()) for number in range(blocks)])


RARE = {
    "two in a row": plan(policy(*stages(F(1, 100), ConsecutiveFailures(2))), QUIET),
    "five in a row, held to the end": plan(policy(*stages(F(6, 1000), ConsecutiveFailures(5))), QUIET),
    "four in all": plan(policy(*stages(F(1, 100), TotalFailures(4))), QUIET),
    "three of the last five": plan(policy(*stages(F(8, 1000), FailuresOfLast(3, 5))), QUIET),
    "a gate with a delay": plan(
        policy(*stages(F(8, 1000), FailuresOfLast(3, 5), wait_for_approval=True)), QUIET, approval_delay_s=330
    ),
    "constant arrivals": plan(
        policy(*stages(F(1, 100), ConsecutiveFailures(3))),
        service(error_rate=F(3, 1000), arrivals=Arrivals.CONSTANT),
    ),
    "two checks, a world that moves": plan(
        policy(
            *stages(
                F(15, 1000), ConsecutiveFailures(2),
                checks=(
                    ErrorCheck("error_rate", F(15, 1000), None), LatencyCheck("latency_p99", F(99, 100), 560_000, None),
                ),
            )
        ),
        service(error_rate=F(3, 1000), daily_swing=F(2, 5)),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", RARE)
def test_the_mean_of_the_blocks_is_the_exact_chance(name):
    """32 blocks of seed 1, within 5 standard errors of their mean; each chance is below 1 in 300."""
    exact = propagate(RARE[name])
    chance = exact.weights[exact.endings == ROLLED_BACK].sum()
    found = sought(RARE[name], 32)
    error = found.std(ddof=1) / np.sqrt(found.size)
    assert 1e-8 < chance < 1 / 300
    assert error < chance / 5
    assert abs(found.mean() - chance) <= 5 * error


@pytest.mark.parametrize(
    "window", [Window(WindowKind.SLIDING, 180), Window(WindowKind.STAGE), Window(WindowKind.ROLLOUT)]
)
def test_windows_that_overlap(window):
    """16 blocks against 262,144 plain rollouts of the same seed, within 5 standard errors of the difference."""
    a_plan = plan(policy(*stages(F(8, 1000), ConsecutiveFailures(2), window=window)), QUIET)
    found, runs = sought(a_plan, 16), 1 << 18
    plain = sum(int((walks.endings == ROLLED_BACK).sum()) for walks in walk(a_plan, 1, 0, runs)) / runs
    error = np.hypot(found.std(ddof=1) / 4, np.sqrt(plain / runs))
    assert plain > 0
    assert abs(found.mean() - plain) <= 5 * error


def test_ways_add_up_and_are_those_of_the_exact_engine():
    a_plan = RARE["two checks, a world that moves"]
    exact = propagate(a_plan)
    rolled = exact.endings == ROLLED_BACK
    last = (exact.entered_at_s >= 0).sum(axis=0) - 1
    likely = {
        (int(s), int(d)): exact.weights[rolled & (last == s) & (exact.deciding == d)].sum()
        for s, d in set(zip(last[rolled].tolist(), exact.deciding[rolled].tolist(), strict=True))
    }
    blocks = [seek_rollbacks(a_plan, 1, number) for number in range(32)]
    for way, chance in likely.items():
        found = np.array([block.get(way, 0.0) for block in blocks])
        if chance > 1e-3 * sum(likely.values()):
            assert abs(found.mean() - chance) <= 5 * found.std(ddof=1) / np.sqrt(found.size)


def test_a_block_is_the_same_again():
    assert seek_rollbacks(RARE["two in a row"], 3, 1) == seek_rollbacks(RARE["two in a row"], 3, 1)
    assert seek_rollbacks(RARE["two in a row"], 3, 1) != seek_rollbacks(RARE["two in a row"], 3, 2)


def test_weights_are_kept_bin_by_bin():
    branches = Branches(8)
    stream = Stream(0, 0, 0, Purpose.BRANCH)
    bins = np.array([0, 0, 0, 0, 0, 0, 0, 7])
    rows, parents = branches.chosen(stream, 1, np.arange(8), bins)
    assert rows.tolist() == list(range(8))
    assert (parents[4:] == 7).all()
    assert (parents[:4] < 7).all()
    assert branches.weights[:4].sum() == pytest.approx(7 / 8, rel=1e-15)
    assert branches.weights[4:].tolist() == [1 / 32] * 4


def test_a_rollback_is_counted_once_and_its_row_is_used_again():
    branches = Branches(4)
    branches.note_ended(np.array([2]))
    is_rolled_back = np.array([False, False, True, False])
    deciding = np.array([[False, False, True, False], [False, False, True, False]])
    branches.reap(1, is_rolled_back, deciding)
    branches.reap(1, is_rolled_back, deciding)
    assert branches.rollbacks == {(1, 3): 0.25}
    rows, _ = branches.chosen(Stream(0, 0, 0, Purpose.BRANCH), 1, np.array([0, 1, 3]), np.zeros(3, np.int64))
    assert rows.tolist() == [0, 1, 2, 3]
    assert branches.weights.sum() == pytest.approx(0.75, rel=1e-15)


def test_levels_grow_with_failures_and_with_nearness():
    left = np.array([3, 3, 3, 2, 1])
    near = np.array([0.0, 0.5, 1.0, 0.0, 0.9])
    found = levels(left, near)
    assert (np.diff(found) > 0).all()
    assert (levels(left, None) == -STEPS * left).all()


def test_nearness_is_the_share_of_what_a_limit_allows():
    """A tenth allowed of 100 requests are 10: 11 would be a failure. Comparisons say nothing here."""
    counts = ArmCounts(np.array([100, 100]), np.array([0, 11]), np.array([[100, 98], [0, 2]]))
    checks = (
        ErrorCheck("error_rate", F(1, 10), Points(F(1, 100))),
        LatencyCheck("latency_p95", F(19, 20), 100_000, None),
    )
    assert nearness(checks, counts, (100_000, 200_000)) == pytest.approx([0.0, 1.0])
    assert nearness(checks[1:], counts, (100_000, 200_000)) == pytest.approx([0.0, 2 / 6])
    assert nearness((ErrorCheck("error_rate", None, Points(F(1, 100))),), counts, (100_000,)).tolist() == [0.0, 0.0]
