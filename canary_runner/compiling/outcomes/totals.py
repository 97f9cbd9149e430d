"""How many requests one arm reports in an interval, and what that says about the parts of them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from canary_runner.compiling.outcomes.known import BURSTS, POISSON
from canary_runner.model.service import Arrivals, Service
from canary_runner.scenarios.world import ArmRates
from canary_runner.stats.laws import beta_binomial_laws
from canary_runner.stats.outward import Floats, Ints
from canary_runner.stats.tables import Law, Laws

NEGLIGIBLE = 1e-15
"""Totals and counts of errors less probable than this are left out: all together far below every printed digit."""


NOTHING = np.zeros(1)


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
        law = POISSON[mean]
        kept = np.flatnonzero(law.probabilities >= NEGLIGIBLE)
        return Totals(law.first + int(kept[0]), law.probabilities[kept[0] : kept[-1] + 1], mean, True)
    number = rates.constant_requests
    return Totals(number, np.ones(1), float(number), False)


def lower_tails(totals: Totals, shares: Floats, allowed: Ints) -> Floats:
    """Return P(Bin(n, share) <= allowed) for every share and total n, shape (shares, totals).

    Args:
        totals: of one arm.
        shares: 0..1, shape (shares,).
        allowed: shape (shares, totals), >= 0; from one total to the next it grows by 0 or 1.

    From n to n + 1 the tail loses share x P(Bin(n) = allowed), and gains P(Bin(n + 1) = allowed + 1) where the
    allowance grows; these come from Poisson tables, P(Bin(n, s) = k) = Poi(k; m s) Poi(n - k; m (1 - s)) / Poi(n; m).
    The start is the middle, so that the far ends, where tables stop, spoil nobody else.
    """
    if totals.chances.size == 1:
        keys = [(totals.first, share, 0.0) for share in shares.tolist()]
        BURSTS.prepare(keys)
        return np.array([_tail(BURSTS[key], int(k)) for key, k in zip(keys, allowed[:, 0], strict=True)])[:, None]
    middle = totals.chances.size // 2
    exact, start = _chances_of(totals, shares, allowed), _tails_at(totals, shares, middle, allowed[:, middle])
    changes = np.where(np.diff(allowed, axis=1) > 0, exact[:, 1:], 0.0)
    changes -= shares[:, None] * exact[:, :-1]
    running = np.zeros(exact.shape)
    np.cumsum(changes, axis=1, out=running[:, 1:])
    running += (start - running[:, middle])[:, None]
    found: Floats = np.clip(running, 0.0, 1.0, out=running)
    return found


def _chances_of(totals: Totals, shares: Floats, counts: Ints) -> Floats:
    """Return P(Bin(n, share) = count) for every share, total n and its count, shape (shares, totals)."""
    found = np.empty(counts.shape)
    for row, (slow, fast), count in zip(found, _parts(totals, shares), counts, strict=True):
        np.multiply(at(slow, count), at(fast, totals.numbers - count), out=row)
    found /= totals.chances
    return found


def _tails_at(totals: Totals, shares: Floats, place: int, allowed: Ints) -> Floats:
    """Return P(Bin(n, share) <= allowed) for every share and one total n, shape (shares,)."""
    found = np.empty(shares.shape)
    for i, (slow, fast) in enumerate(_parts(totals, shares)):
        counts = np.arange(slow.first, int(allowed[i]) + 1, dtype=np.int64)
        found[i] = sums(at(slow, counts) * at(fast, totals.first + place - counts), 0)
    found /= totals.chances[place]
    return found


def _parts(totals: Totals, shares: Floats) -> list[tuple[Law, Law]]:
    """Return the laws of the requests within each share and of those outside it."""
    means = [(totals.mean * share, totals.mean * (1 - share)) for share in shares.tolist()]
    POISSON.prepare(mean for pair in means for mean in pair)
    return [(POISSON[within], POISSON[outside]) for within, outside in means]


def _tail(law: Law, count: int) -> float:
    return float(sums(law.probabilities[: max(0, count - law.first + 1)], 0))


def at(law: Law, counts: Ints) -> Floats:
    """Return the chances of counts, 0 outside the law's table; elementwise."""
    padded = np.concatenate((NOTHING, law.probabilities, NOTHING))
    found: Floats = padded.take(counts - (law.first - 1), mode="clip")
    return found


def given_totals(totals: Totals, numbers: Ints, share: float, burstiness: float = 0.0) -> tuple[Ints, Floats]:
    """Return counts and their chances given each of some totals: shapes (counts,) and (numbers, counts).

    With `burstiness` the counts are beta-binomial with that intra-class correlation.
    """
    if totals.is_poisson and burstiness == 0:
        law, others = POISSON[totals.mean * share], POISSON[totals.mean * (1 - share)]
        likely = np.flatnonzero(law.probabilities >= NEGLIGIBLE)
        counts = law.first + likely
        found = at(others, numbers[:, None] - counts)
        found *= law.probabilities[likely]
        found /= totals.chances[numbers - totals.first][:, None]
        return counts, found
    return burst_tables(numbers, share, burstiness)


def burst_tables(numbers: Ints, share: float, burstiness: float) -> tuple[Ints, Floats]:
    """Return counts and their chances given numbers of requests: shapes (counts,) and (numbers, counts)."""
    if numbers.size > 1:
        return dense(beta_binomial_laws(numbers, share, burstiness))
    law = BURSTS[int(numbers[0]), share, burstiness]
    return law.first + np.arange(law.probabilities.size, dtype=np.int64), law.probabilities[None]


def dense(laws: Laws) -> tuple[Ints, Floats]:
    """Return the tables of laws on common counts: shapes (counts,) and (laws, counts)."""
    first, end = int(laws.first.min()), int((laws.first + laws.widths).max())
    table = np.zeros((len(laws), end - first))
    row = np.repeat(np.arange(len(laws)), laws.widths)
    column = np.arange(laws.probabilities.size) - np.repeat(laws.starts[:-1], laws.widths) + (laws.first - first)[row]
    table[row, column] = laws.probabilities
    return np.arange(first, end, dtype=np.int64), table


def sums(values: Floats, axis: int) -> Floats:
    """Return sums without BLAS, whose bits vary between machines; what is printed of them is rounded."""
    total: Floats = np.add.reduce(values, axis=axis)
    return total


Bools = NDArray[np.bool_]
