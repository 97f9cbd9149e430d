"""The sample depends on no executor, and outlives lost workers, kills and Ctrl-C."""

import os
import signal
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from fractions import Fraction as F
from multiprocessing import get_context

import numpy as np
import pytest

from canary_runner.engines.counting import HEAD, merged, walk_histories
from canary_runner.engines.streams import BLOCK
from canary_runner.model.policy import ErrorCheck
from canary_runner.stats.intervals import wilson
from canary_runner.studies import sampling
from canary_runner.studies.crew import AHEAD, crew
from canary_runner.studies.sampling import Effort, Stopped, Workers, sample
from tests.builders import plan, policy, service, stage

HALF = plan(
    policy(stage("one", 10, checks=(ErrorCheck("error_rate", F(1, 100), None),), check_every_s=30, duration_s=90)),
    service(rate_rps=F(5), error_rate=F(1, 30)),
)
RUNS = 5 * BLOCK + 123
ALONE = Workers(None, 1)


def table(found):
    p = found.paths
    return (
        found.runs, p.endings.tolist(), p.ended_at_s.tolist(), p.entered_at_s.tolist(), p.deciding.tolist(),
        p.weights.tolist(),
    )  # fmt: skip


def sampled(workers=ALONE, effort=Effort(RUNS), **given):  # noqa: B008
    return table(sample(HALF, 3, effort, workers, **given))


WANTED = sampled()


def test_the_sample_is_that_of_the_rows():
    runs, endings, *_, weights = WANTED
    assert runs == RUNS == sum(weights)
    assert len(set(endings)) > 1


@pytest.mark.parametrize("jobs", [1, 2, 7])
def test_threads_change_nothing(jobs):
    with ThreadPoolExecutor(jobs) as pool:
        assert sampled(Workers(pool, jobs)) == WANTED


@pytest.mark.parametrize("jobs", [0, 1, 3])
def test_a_crew_changes_nothing(jobs):
    with crew(jobs) as workers:
        assert (workers.executor is None) == (jobs <= 1)
        assert sampled(workers) == WANTED


def test_processes_change_nothing():
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        assert sampled(Workers(pool, 2)) == WANTED


@pytest.mark.parametrize("jobs", [1, 2, 7])
def test_precision_stops_at_the_same_block(jobs):
    effort = Effort(precision=0.01)
    alone = sampled(effort=effort)
    assert alone[0] % BLOCK == 0
    with ThreadPoolExecutor(jobs) as pool:
        assert sampled(Workers(pool, jobs), effort) == alone


def widest(found):
    intervals = [wilson(found.paths.weights[found.paths.endings == code].sum(), found.runs) for code in range(3)]
    return max((high - low) / 2 for low, high in intervals)


def test_precision_is_reached_and_no_block_sooner():
    found = sample(HALF, 3, Effort(precision=0.004), ALONE)
    assert found.runs > BLOCK
    assert widest(found) <= 0.004 < widest(sample(HALF, 3, Effort(found.runs - BLOCK), ALONE))


# ------------------------------------------------------------------------------------------------------ lost workers


class Dying(Executor):
    """A pool of processes of which one kills itself at the n-th block."""

    def __init__(self, pool, at, how):
        self.pool, self.at, self.how, self.count = pool, at, how, 0

    def submit(self, work, *args, **kwargs):
        self.count += 1
        if self.count == self.at:
            return self.pool.submit(self.how, signal.SIGKILL)
        return self.pool.submit(work, *args, **kwargs)


def kill_yourself(number):
    os.kill(os.getpid(), number)


@pytest.mark.parametrize("how", [os._exit, kill_yourself])
@pytest.mark.parametrize("at", [1, 3])
def test_a_killed_worker_loses_nothing(how, at):
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        assert sampled(Workers(Dying(pool, at, how), 2)) == WANTED


def test_a_pool_that_is_shut_down_loses_nothing():
    pool = ThreadPoolExecutor(2)
    pool.shutdown()
    assert sampled(Workers(pool, 2)) == WANTED


class Refusing(Executor):
    """Takes some work and then no more."""

    def __init__(self, most):
        self.most = most

    def submit(self, work, *args, **kwargs):
        if self.most == 0:
            raise RuntimeError("cannot schedule new futures after shutdown")
        self.most -= 1
        future = Future()
        future.set_result(work(*args, **kwargs))
        return future


@pytest.mark.parametrize("most", range(7))
def test_a_pool_that_takes_no_more_work_loses_nothing(most):
    assert sampled(Workers(Refusing(most), 2)) == WANTED


class Failing(Refusing):
    def submit(self, work, *args, **kwargs):
        future = Future()
        future.set_exception(ZeroDivisionError("a bug"))
        return future


def test_a_bug_in_a_worker_is_not_hidden():
    with pytest.raises(ZeroDivisionError):
        sampled(Workers(Failing(9), 2))


# ------------------------------------------------------------------------------------------------- memory and Ctrl-C


class Notes:
    """A memory in memory."""

    def __init__(self):
        self.kept = {}

    def recall(self, key):
        return self.kept.get(key)

    def keep(self, key, runs, table):
        assert runs % BLOCK == 0
        assert table[HEAD - 1].sum() == runs
        self.kept[key] = runs, table


def interrupting(after):
    """Return a progress that Ctrl-C meets."""

    def progress(runs, of):
        if runs >= after:
            raise KeyboardInterrupt

    return progress


@pytest.mark.parametrize("after", [1, 3])
@pytest.mark.parametrize("jobs", [1, 2])
def test_a_stopped_sample_can_be_used_and_gone_on_with(after, jobs):
    notes = Notes()
    with crew(jobs) as workers:
        with pytest.raises(Stopped) as caught:
            sampled(workers, memory=notes, key="x", progress=interrupting(after * BLOCK))
        assert caught.value.sample.runs == after * BLOCK
        assert table(caught.value.sample) == sampled(effort=Effort(after * BLOCK))
        assert notes.kept["x"][0] == after * BLOCK
        assert sampled(workers, memory=notes, key="x") == WANTED
        assert sampled(workers, memory=notes, key="other") == WANTED


def test_a_finished_part_is_recalled_and_not_walked_again(monkeypatch):
    notes = Notes()
    whole = Effort(2 * BLOCK)
    first = sampled(effort=whole, memory=notes, key="x")
    monkeypatch.setattr(sampling, "walk_histories", None)
    assert sampled(effort=whole, memory=notes, key="x") == first


def test_more_rollouts_go_on_where_fewer_stopped(monkeypatch):
    notes, walked = Notes(), []
    sampled(effort=Effort(3 * BLOCK), memory=notes, key="x")

    def watched(a_plan, seed, block, rows):
        walked.append((block, rows))
        return walk_histories(a_plan, seed, block, rows)

    monkeypatch.setattr(sampling, "walk_histories", watched)
    assert sampled(memory=notes, key="x") == WANTED
    assert walked == [(3, BLOCK), (4, BLOCK), (5, 123)]


def test_stopped_before_anything_is_finished(monkeypatch):
    def stop(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(sampling, "walk_histories", stop)
    with pytest.raises(Stopped) as caught:
        sampled()
    assert caught.value.sample is None


def test_ctrl_c_leaves_no_work_in_the_pool():
    class Slow(Executor):
        def __init__(self):
            self.futures = []

        def submit(self, work, *args):
            future = Future()
            self.futures.append(future)
            if len(self.futures) == 1:
                future.set_result(work(*args))
            return future

    slow = Slow()
    with pytest.raises(Stopped):
        sampled(Workers(slow, 2), progress=interrupting(1))
    assert all(f.cancelled() for f in slow.futures[1:])
    assert len(slow.futures) == AHEAD * 2


def test_merging_does_not_depend_on_the_order():
    blocks = [walk_histories(HALF, 3, b) for b in range(3)]
    assert np.array_equal(merged(blocks), merged(blocks[::-1]))
    assert merged(blocks)[HEAD - 1].sum() == 3 * BLOCK
