"""How the stages of a chain count: by which numbers, and at nodes how far apart."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import sqrt

from canary_runner.compiling.outcomes.bad import allowed_share
from canary_runner.engines.score import MOST_SIZES, ScoreTally, is_always_read, score_width, smooth_variance
from canary_runner.engines.spread import Purse
from canary_runner.engines.tally import ConstantTally, PairTally, Tally, kinds_of, nodes_apart, poisson_sizes
from canary_runner.model.plan import StagePlan
from canary_runner.model.service import Arrivals, Service
from canary_runner.scenarios.world import Conditions


@dataclass(frozen=True, slots=True)
class _Way:
    """One way to count, for all stages of a chain."""

    make: Callable[[StagePlan, Service, int, Purse], Tally]
    steps: tuple[int, ...]  # of each stage's nodes
    products: float  # about as many for the last interval of one state


def tallies_of(
    chain: Sequence[StagePlan], service: Service, typical: Sequence[Conditions], purse: Purse
) -> tuple[list[Tally], bool]:
    """Return what counts in each stage, and whether every count is a node.

    Args:
        chain: stages with one check each, over which one window reaches.
        service: its arrivals.
        typical: what is true of an interval of each stage.
        purse: pays for all of it.
    """
    if service.arrivals is Arrivals.CONSTANT:
        return [ConstantTally(stage, service, purse) for stage in chain], True
    means = [kinds_of(stage.checks[0], service, [one]) for stage, one in zip(chain, typical, strict=True)]
    ways = [_pairs(chain, means), *_scores(chain, means)]
    best = min(ways, key=lambda way: way.products)
    tallies = [best.make(stage, service, step, purse) for stage, step in zip(chain, best.steps, strict=True)]
    return tallies, set(best.steps) == {1}


def _pairs(chain: Sequence[StagePlan], means: Sequence[tuple[float, float]]) -> _Way:
    steps = _nested([nodes_apart(good) for _, good in means])
    products = 0.0
    for stage, step, (bad, good) in zip(chain, steps, means, strict=True):
        rows, columns = poisson_sizes(bad).chances.size, 1 + poisson_sizes(good).chances.size / step
        products = max(products, stage.analyses * rows * columns * (rows + columns))
    return _Way(PairTally, steps, products)


def _scores(chain: Sequence[StagePlan], means: Sequence[tuple[float, float]]) -> list[_Way]:
    """Return the way by scores, if there is one: the same limit in all stages, and windows that are sure to be read."""
    shares = {allowed_share(stage.checks[0]) for stage in chain}
    if len(shares) > 1 or not all(is_always_read(s, m) for s, m in zip(chain, means, strict=True)):
        return []
    (share,) = shares
    widths = [score_width(share, one) for one in means]
    if max(widths) > MOST_SIZES:
        return []
    steps = _nested([nodes_apart(smooth_variance(share, one)) for one in means])
    lengths = (
        sqrt(stage.analyses) * (width / step) ** 2
        for stage, width, step in zip(chain, widths, steps, strict=True)
    )  # fmt: skip
    return [_Way(ScoreTally, steps, max(lengths))]


def _nested(own: Sequence[int]) -> tuple[int, ...]:
    """Return steps no longer than each stage's own or a later one's, each a multiple of the one before.

    What is carried on is fine enough for the stages to come, and their nodes are among its own.
    """
    found: list[int] = []
    for i in range(len(own)):
        before = found[-1] if found else 1
        found.append(min(own[i:]) // before * before)
    return tuple(found)
