"""SimPy, window by window: the rollout as one process with one event a window, and as processes that meet.

The draws are those of the plain loop; what is added is the event loop. The first is the least that SimPy can do. The
second is what a model of parts looks like: the arms report into stores, and the controller waits for both.
"""

from collections.abc import Callable, Generator, Sequence
from dataclasses import astuple
from typing import Any

import numpy as np

from benchmarks.w1.workload import ERROR_PERCENT, SLOW_PERCENT, TIMES_BASELINE, TOLERATED, WINDOW_S, Workload

Process = Generator[Any, Any, bool]
Row = tuple[float, ...]
"""A `Window` as a tuple."""
Model = Callable[[Any, Sequence[Sequence[Row]], np.random.Generator], Process]


def is_installed() -> bool:
    """Tell whether SimPy is there; it comes with the extra `bench`."""
    try:
        import simpy  # noqa: F401
    except ImportError:
        return False
    return True


def rollbacks(workload: Workload, rollouts: int, seed: int) -> int:
    """Count the rollouts that roll back by the rule of W1, one process each."""
    return _counted(_one_process, workload, rollouts, seed)


def rollbacks_of_parts(workload: Workload, rollouts: int, seed: int) -> int:
    """Count the rollouts that roll back by the rule of W1, three processes each."""
    return _counted(_controller, workload, rollouts, seed)


def _counted(model: Model, workload: Workload, rollouts: int, seed: int) -> int:
    import simpy

    generator = np.random.default_rng(seed)
    stages = [[astuple(window) for window in stage] for stage in workload.stages]
    rolled = 0
    for _ in range(rollouts):
        world = simpy.Environment()
        rolled += bool(world.run(world.process(model(world, stages, generator))))
    return rolled


def _one_process(world: Any, stages: Sequence[Sequence[Row]], generator: np.random.Generator) -> Process:
    poisson, binomial, timeout = generator.poisson, generator.binomial, world.timeout
    for stage in stages:
        failing = 0
        for mean, error_rate, other_mean, other_error_rate, slow_share in stage:
            yield timeout(WINDOW_S)
            requests = poisson(mean)
            errors, slow = binomial(requests, error_rate), binomial(requests, slow_share)
            others = poisson(other_mean) if other_mean else 0
            other_errors = binomial(others, other_error_rate) if other_mean else 0
            if _fails(requests, errors, slow, others, other_errors):
                failing += 1
                if failing > TOLERATED:
                    return True
    return False


def _fails(requests: int, errors: int, slow: int, others: int, other_errors: int) -> bool:
    return (
        100 * errors > ERROR_PERCENT * requests
        or 100 * slow > SLOW_PERCENT * requests
        or errors * others > TIMES_BASELINE * other_errors * requests
    )


def _controller(world: Any, stages: Sequence[Sequence[Row]], generator: np.random.Generator) -> Process:
    from simpy import Store

    route = [stages[0][0]]  # what the arms meet at present
    canary, baseline = Store(world), Store(world)
    world.process(_canary(world, route, generator, canary))
    world.process(_baseline(world, route, generator, baseline))
    for stage in stages:
        failing = 0
        for window in stage:
            route[0] = window
            reported = yield canary.get()
            others = yield baseline.get()
            failing += _fails(*reported, *others)
            if failing > TOLERATED:
                return True
    return False


def _canary(world: Any, route: Sequence[Row], generator: np.random.Generator, reports: Any) -> Process:
    poisson, binomial = generator.poisson, generator.binomial
    while True:
        yield world.timeout(WINDOW_S)
        mean, error_rate, _, _, slow_share = route[0]
        requests = poisson(mean)
        yield reports.put((requests, binomial(requests, error_rate), binomial(requests, slow_share)))


def _baseline(world: Any, route: Sequence[Row], generator: np.random.Generator, reports: Any) -> Process:
    poisson, binomial = generator.poisson, generator.binomial
    while True:
        yield world.timeout(WINDOW_S)
        _, _, mean, error_rate, _ = route[0]
        requests = poisson(mean) if mean else 0
        yield reports.put((requests, binomial(requests, error_rate) if mean else 0))
