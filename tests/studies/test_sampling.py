"""Many rollouts: the same whoever walks them, whatever is lost, wherever it is cut."""

import os
import signal
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from fractions import Fraction as F

import numpy as np
import pytest

from canary_runner.engines.counting import walk_histories
from canary_runner.engines.streams import BLOCK
from canary_runner.model.policy import TotalFailures
from canary_runner.stats.intervals import wilson
from canary_runner.studies.sampling import Effort, Stopped, Workers, sample
from tests.builders import ERRORS, plan, policy, service, stage

RISKY = plan(
    policy(stage("one", 20, checks=(ERRORS,), check_every_s=60, rollback_after=TotalFailures(2))),
    service(rate_rps=F(2), error_rate=F(1, 100)),
    approval_delay_s=0,
)
RUNS = 5 * BLOCK + 100


def same(one, other):
    assert one.runs == other.runs
    for name in ("endings", "ended_at_s", "entered_at_s", "deciding", "weights"):
        assert np.array_equal(getattr(one.paths, name), getattr(other.paths, name))


class Kept:
    """A memory in memory, which raises what Ctrl-C raises after some blocks."""

    def __init__(self, stop_after=None):
        self.parts, self.stop_after = {}, stop_after

    def begin(self, inputs):
        raise AssertionError("sampling does not begin a study")

    def recall(self, key):
        return self.parts.get(key)

    def keep(self, key, runs, table):
        self.parts[key] = (runs, table)
        if runs == self.stop_after:
            raise KeyboardInterrupt


@pytest.fixture(scope="module")
def alone():
    return sample(RISKY, 7, Effort(RUNS), Workers(None, 1))


@pytest.mark.parametrize("jobs", [1, 2, 7])
def test_no_number_depends_on_the_threads(alone, jobs):
    with ThreadPoolExecutor(jobs) as pool:
        same(sample(RISKY, 7, Effort(RUNS), Workers(pool, jobs)), alone)
    assert alone.paths.weights.sum() == RUNS
    assert 0 < alone.paths.weights[alone.paths.endings == 1].sum() < RUNS


def test_processes_give_the_same(alone):
    with ProcessPoolExecutor(2) as pool:
        same(sample(RISKY, 7, Effort(RUNS), Workers(pool, 2)), alone)


def killed(plan, seed, block, rows):
    """Walk a block, but kill the worker in the middle of the study."""
    if block == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return walk_histories(plan, seed, block, rows)


def test_a_killed_worker_loses_nothing(alone, monkeypatch):
    pool = ProcessPoolExecutor(2)
    submit = pool.submit
    monkeypatch.setattr(pool, "submit", lambda function, *arguments: submit(killed, *arguments))
    try:
        same(sample(RISKY, 7, Effort(RUNS), Workers(pool, 2)), alone)
    finally:
        pool.shutdown(cancel_futures=True)


def test_what_was_cut_goes_on(alone):
    memory = Kept(stop_after=2 * BLOCK)
    with pytest.raises(Stopped) as stopped:
        sample(RISKY, 7, Effort(RUNS), Workers(None, 1), memory=memory, key="a")
    assert stopped.value.sample.runs == 2 * BLOCK
    memory.stop_after = None
    walked = []
    found = sample(
        RISKY, 7, Effort(RUNS), Workers(None, 1), memory=memory, key="a", progress=lambda n, _: walked.append(n)
    )
    assert walked == [3 * BLOCK, 4 * BLOCK, 5 * BLOCK, RUNS]
    same(found, alone)
    assert memory.parts["a"][0] == 5 * BLOCK  # a cut block is walked again: it cannot be gone on with


def widest(found):
    intervals = [wilson(found.paths.weights[found.paths.endings == ending].sum(), found.runs) for ending in range(3)]
    return max((high - low) / 2 for low, high in intervals)


def test_precision_is_reached_and_no_block_sooner():
    found = sample(RISKY, 7, Effort(precision=0.006), Workers(None, 1))
    assert found.runs > BLOCK
    assert widest(found) <= 0.006 < widest(sample(RISKY, 7, Effort(found.runs - BLOCK), Workers(None, 1)))
