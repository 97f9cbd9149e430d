"""How many requests one arm reports in an interval, and what that says about the parts of them."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from canary_runner.model.service import Arrivals, Service
from canary_runner.scenarios.world import ArmRates
from canary_runner.stats.laws import beta_binomial_laws, binomial_laws, poisson_laws
from canary_runner.stats.outward import Floats, Ints
from canary_runner.stats.tables import Law, Laws

MOST_LAWS = 512
"""Laws that are remembered."""

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


class PoissonLaws:
    """Poisson laws by their means, made many at once: a batch costs little more than one."""

    def __init__(self) -> None:
        self._known: dict[float, Law] = {}

    def prepare(self, means: Iterable[float]) -> None:
        """Make laws that will be asked for."""
        missing = sorted({mean for mean in means if mean not in self._known})
        if missing:
            if len(self._known) + len(missing) > MOST_LAWS:
                self._known = {}  # one assignment: other threads keep what they have
            self._known.update(zip(missing, poisson_laws(missing), strict=True))

    def forget(self) -> None:
        """Forget all laws, so that the next question is a cold one."""
        self._known = {}

    def __getitem__(self, mean: float) -> Law:
        found = self._known.get(mean)
        return poisson_laws([mean])[0] if found is None else found


POISSON = PoissonLaws()


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
    middle = totals.chances.size // 2
    starts = binomial_laws(totals.first + middle, shares)
    start = np.array([_tail(law, int(k)) for law, k in zip(starts, allowed[:, middle], strict=True)])[:, None]
    if totals.chances.size == 1:
        return start
    exact = _chances_of(totals, shares, allowed)
    grows = np.diff(allowed, axis=1) > 0
    changes = np.where(grows, exact[:, 1:], 0.0) - shares[:, None] * exact[:, :-1]
    running = np.zeros(exact.shape)
    np.cumsum(changes, axis=1, out=running[:, 1:])
    found: Floats = np.clip(start + (running - running[:, middle : middle + 1]), 0.0, 1.0)
    return found


def _chances_of(totals: Totals, shares: Floats, counts: Ints) -> Floats:
    """Return P(Bin(n, share) = count) for every share, total n and its count, shape (shares, totals)."""
    slow, fast = (totals.mean * shares).tolist(), (totals.mean * (1 - shares)).tolist()
    POISSON.prepare([*slow, *fast])
    pairs = [
        at(POISSON[one], count) * at(POISSON[rest], totals.numbers - count)
        for one, rest, count in zip(slow, fast, counts, strict=True)
    ]
    return np.stack(pairs) / totals.chances


def _tail(law: Law, count: int) -> float:
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
        law, others = POISSON[totals.mean * share], POISSON[totals.mean * (1 - share)]
        counts = law.first + np.arange(law.probabilities.size, dtype=np.int64)
        rest = at(others, numbers[:, None] - counts)
        return counts, law.probabilities * rest / totals.chances[numbers - totals.first][:, None]
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
    """Return sums without BLAS, whose bits vary between machines; what is printed of them is rounded."""
    total: Floats = np.add.reduce(values, axis=axis)
    return total


Bools = NDArray[np.bool_]
