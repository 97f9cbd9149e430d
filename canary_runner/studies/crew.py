"""Who does the work: threads, or the executor that the caller has; and its results in their order."""

from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from typing import TypeVar, TypeVarTuple

AHEAD = 2
"""Calls per worker that are under way at a time."""

Arguments = TypeVarTuple("Arguments")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Workers:
    """Who does the work; `executor` None is the present thread."""

    executor: Executor | None
    jobs: int


@contextmanager
def crew(jobs: int, executor: Executor | None = None) -> Iterator[Workers]:
    """Lend workers: `executor` with `jobs` of them, else threads, else, for one job, none at all."""
    if executor is not None or jobs <= 1:
        yield Workers(executor, max(jobs, 1))
        return
    pool = ThreadPoolExecutor(jobs, thread_name_prefix="canary-run")
    try:
        yield Workers(pool, jobs)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def in_order(
    workers: Workers, task: Callable[[*Arguments], Result], calls: Iterator[tuple[*Arguments]]
) -> Iterator[tuple[tuple[*Arguments], Result]]:
    """Yield the arguments and the result of each call, in the order of `calls`.

    What a lost worker leaves undone is done in the present thread, and everything after it too.
    """
    under_way: list[tuple[tuple[*Arguments], Future[Result]]] = []
    executor = workers.executor
    try:
        while executor is not None:
            while len(under_way) < AHEAD * workers.jobs and (call := next(calls, None)) is not None:
                try:
                    under_way.append((call, executor.submit(task, *call)))
                except (BrokenExecutor, RuntimeError):
                    executor, calls = None, chain((call,), calls)
                    break
            if not under_way:
                break
            call, future = under_way.pop(0)
            yield call, _result(future, task, call)
        while under_way:
            call, future = under_way.pop(0)
            yield call, _result(future, task, call)
    finally:
        for _, future in under_way:
            future.cancel()
    for call in calls:
        yield call, task(*call)


def _result(future: "Future[Result]", task: Callable[[*Arguments], Result], call: tuple[*Arguments]) -> Result:
    try:
        return future.result()
    except BrokenExecutor:
        return task(*call)
