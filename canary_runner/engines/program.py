"""What all blocks of a plan share: its weather, and the latency classes of its stages."""

from functools import lru_cache

from canary_runner.compiling.classes import Edges, arm_edges_us, carried_limits_us
from canary_runner.compiling.laws import KEPT_BYTES
from canary_runner.engines.identity import Itself
from canary_runner.engines.sieve import Sieve
from canary_runner.engines.weather import Weather
from canary_runner.model.histogram import TOP_US, coarse_edges_us
from canary_runner.model.plan import Plan
from canary_runner.stats.kept import Kept


class Program:
    """A plan, read once. Threads may share it: what two of them find at the same time is equal."""

    def __init__(self, plan: Plan) -> None:
        self.plan, self.weather = plan, Weather(plan)
        self.sieves: Kept[Sieve] = Kept(KEPT_BYTES, lambda sieve: sieve.pair.bytes)
        self.edges_us = tuple(arm_edges_us(plan, stage) for stage in plan.stages)
        readers = [stage.index for stage in plan.stages if stage.window_is_rollout]
        self.carries_before = max(readers, default=0)
        """Stages before this one report to a window that reaches back to them."""
        self.carried_edges_us: tuple[Edges, Edges] = (
            coarse_edges_us(carried_limits_us(plan, plan.stages[0])), (TOP_US,),
        )  # fmt: skip


def program_of(plan: Plan) -> Program:
    """Return the program of a plan, made once for the plans of late."""
    return _program(Itself(plan))


@lru_cache(maxsize=16)
def _program(key: Itself[Plan]) -> Program:
    return Program(key.value)
