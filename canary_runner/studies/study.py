"""One question about a policy: what does it do in this scenario?"""

from collections.abc import Callable
from dataclasses import dataclass, field

from canary_runner.engines.exact import propagate
from canary_runner.model.plan import Plan
from canary_runner.model.reasons import NotExact
from canary_runner.model.study import PRECISION, Characteristics
from canary_runner.studies.characteristics import characteristics
from canary_runner.studies.crew import Workers
from canary_runner.studies.estimates import Sample
from canary_runner.studies.rare import Rare, rare_rollbacks
from canary_runner.studies.sampling import Effort, Memory, Stopped, is_rare, sample

METHODS = ("auto", "exact", "sample")


@dataclass(frozen=True, slots=True)
class Way:
    """How numbers are to be obtained."""

    method: str = "auto"  # of METHODS
    effort: Effort = Effort(precision=PRECISION)  # noqa: RUF009  (frozen)
    seed: int = 0
    workers: Workers = field(default_factory=lambda: Workers(None, 1))
    memory: Memory | None = None
    progress: Callable[[int, int | None], None] | None = None


def characterise(plan: Plan, way: Way, key: str = "") -> Characteristics:
    """Return the operating characteristics of a plan.

    Raises NotExact if only exact numbers will do, Stopped on Ctrl-C, ImpossibleWorldError.
    """
    exact, why = exactly(plan, way.method)
    if exact is not None:
        return characteristics(plan, exact, None)
    walked = sampled(plan, way, key)
    return characteristics(plan, walked, why, _sought(plan, way, walked))


def exactly(plan: Plan, method: str) -> tuple[Sample | None, str | None]:
    """Return the exact chances of all histories, or None and why there are none; not tried where method is "sample".

    Raises NotExact if only exact numbers will do, ImpossibleWorldError.
    """
    if method == "sample":
        return None, None
    try:
        return Sample(propagate(plan), None), None
    except NotExact as reason:
        if method == "exact":
            raise
        return None, str(reason)


def _sought(plan: Plan, way: Way, walked: Sample) -> Rare | None:
    """Seek the rollbacks where they are rare, and a precision is asked for that counting them would not reach."""
    if way.effort.relative is None or plan.machine is not None or not is_rare(walked):
        return None
    try:
        return rare_rollbacks(plan, way.seed, way.effort.relative, way.workers, way.progress)
    except KeyboardInterrupt:
        raise Stopped(walked) from None


def sampled(plan: Plan, way: Way, key: str = "") -> Sample:
    """Walk as many rollouts as the way asks for. Raises Stopped."""
    return sample(plan, way.seed, way.effort, way.workers, memory=way.memory, key=key, progress=way.progress)
