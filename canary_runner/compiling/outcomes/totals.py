"""How many requests one arm reports in an interval, and what that says about the parts of them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from canary_runner.model.service import Arrivals, Service
from canary_runner.scenarios.world import ArmRates
from canary_runner.stats.laws import beta_binomial_laws, binomial_laws, poisson_laws
from canary_runner.stats.outward import Floats, Ints
from canary_runner.stats.tables import Law, Laws

NEGLIGIBLE = 1e-15
"""Totals less probable than this are left out; what they hold together is far below every printed digit."""


@dataclass(frozen=True, slots=True, eq=False)
class Totals:
    """The law of an arm's requests: `first`, `first + 1`, ... with `chances`. One number with constant arrivals."""

    first: int
    chances: Floats
    mean: float
    is_poisson: bool

    @property
    def numbers(self) -> Ints:
        """Return the totals, shape (totals,)."""
        return np.arange(self.first, self.first + self.chances.size, dtype=np.int64)

    @property
    def deviation(self) -> float:
        """Return the standard deviation."""
        return float(np.sqrt(self.mean)) if self.is_poisson else 0.0


def totals_of(service: Service, rates: ArmRates) -> Totals:
    """Return the law of the requests that an arm reports in an interval with these rates."""
    if service.arrivals is Arrivals.POISSON:
        mean = float(rates.requests * rates.reported)
        law = poisson_laws([mean])[0]
        kept = np.flatnonzero(law.probabilities >= NEGLIGIBLE)
        return Totals(law.first + int(kept[0]), law.probabilities[kept[0] : kept[-1] + 1], mean, True)
    number = rates.constant_requests
    return Totals(number, np.ones(1), float(number), False)


def lower_tails(totals: Totals, share: float, allowed: Ints) -> Floats:
    """Return P(Bin(n, share) <= allowed) for every total n, shape (totals,).

    Args:
        totals: of one arm.
        share: 0..1.
        allowed: one per total, >= 0; from one total to the next it grows by 0 or 1.

    From n to n + 1 the tail loses share x P(Bin(n) = allowed), and gains P(Bin(n + 1) = allowed + 1) where the
    allowance grows; these come from Poisson tables, P(Bin(n, s) = k) = Poi(k; m s) Poi(n - k; m (1 - s)) / Poi(n; m).
    The start is the middle, so that the far ends, where tables stop, spoil nobody else.
    """
    middle = totals.chances.size // 2
    start = _binomial_tail(totals.first + middle, share, int(allowed[middle]))
    if totals.chances.size == 1:
        return np.array([start])
    exact = _chances_of(totals, share, allowed)
    grows = np.diff(allowed) > 0
    changes = np.where(grows, exact[1:], 0.0) - share * exact[:-1]
    running = np.concatenate((np.zeros(1), np.cumsum(changes)))
    return np.clip(start + (running - running[middle]), 0.0, 1.0)


def _chances_of(totals: Totals, share: float, counts: Ints) -> Floats:
    """Return P(Bin(n, share) = count) for every total n and its count."""
    laws = poisson_laws([totals.mean * share, totals.mean * (1 - share)])
    return np.asarray(at(laws[0], counts) * at(laws[1], totals.numbers - counts) / totals.chances, np.float64)


def _binomial_tail(trials: int, share: float, count: int) -> float:
    law = binomial_laws([trials], [share])[0]
    inside = law.probabilities[: max(0, count - law.first + 1)]
    return float(np.cumsum(inside)[-1]) if inside.size else 0.0


def at(law: Law, counts: Ints) -> Floats:
    """Return the chances of counts, 0 outside the law's table; elementwise."""
    places = counts - law.first
    is_inside = (places >= 0) & (places < law.probabilities.size)
    return np.asarray(np.where(is_inside, law.probabilities[np.where(is_inside, places, 0)], 0.0), np.float64)


def given_totals(totals: Totals, numbers: Ints, share: float, burstiness: float = 0.0) -> tuple[Ints, Floats]:
    """Return counts and their chances given each of some totals: shapes (counts,) and (numbers, counts).

    With `burstiness` the counts are beta-binomial with that intra-class correlation.
    """
    if totals.is_poisson and burstiness == 0:
        laws = poisson_laws([totals.mean * share, totals.mean * (1 - share)])
        counts = laws.first[0] + np.arange(int(laws.widths[0]), dtype=np.int64)
        rest = at(laws[1], numbers[:, None] - counts)
        return counts, laws[0].probabilities * rest / totals.chances[numbers - totals.first][:, None]
    return dense(beta_binomial_laws(numbers, share, burstiness))


def dense(laws: Laws) -> tuple[Ints, Floats]:
    """Return the tables of laws on common counts: shapes (counts,) and (laws, counts)."""
    first, end = int(laws.first.min()), int((laws.first + laws.widths).max())
    table = np.zeros((len(laws), end - first))
    row = np.repeat(np.arange(len(laws)), laws.widths)
    column = np.arange(laws.probabilities.size) - np.repeat(laws.starts[:-1], laws.widths) + (laws.first - first)[row]
    table[row, column] = laws.probabilities
    return np.arange(first, end, dtype=np.int64), table


def sums(values: Floats, axis: int) -> Floats:
    """Return sums in a fixed order, so that they are the same bits with every NumPy: no pairwise, no BLAS."""
    moved = np.moveaxis(values, axis, 0)
    if moved.shape[0] == 0:
        return np.zeros(moved.shape[1:])
    total: Floats = np.add.accumulate(moved, axis=0)[-1]
    return total


Bools = NDArray[np.bool_]
