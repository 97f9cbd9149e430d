"""Who does the work: threads, or the executor that the caller has."""

from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager

from canary_runner.studies.sampling import Workers


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
