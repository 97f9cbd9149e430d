"""The laws of the counts that one arm reports in one check interval.

With Poisson arrivals and independent requests the classes of requests (ok or error, by latency class) are independent
Poisson counts, each with a law of its own: `Thinned`. With constant arrivals or bursty errors the number of requests
comes first, and errors and latency classes are drawn given it: `Conditional`.
"""

from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from canary_runner.compiling.series import ERRORS, PLAIN, series_of, slots_of
from canary_runner.model.service import Arrivals, Service
from canary_runner.scenarios.latency import mixed_chances
from canary_runner.scenarios.world import ArmRates
from canary_runner.stats.kept import Kept
from canary_runner.stats.laws import Laws, poisson_laws
from canary_runner.stats.lookup import Lookup, cells_of, lookup_of

KEPT_BYTES = 1 << 26
"""Laws that are kept for the next block; in a world that moves every interval has its own."""

IMPOSSIBLE = 1e-17
"""No word stands for a request that is expected less often: the first threshold is the end of the uniforms."""


@dataclass(frozen=True, slots=True, eq=False)
class Thinned:
    """Independent counts, one per series."""

    laws: Laws
    series: tuple[int, ...]
    classes: NDArray[np.intp]  # latency class of each series
    are_errors: NDArray[np.bool_]  # of each series
    chances: tuple[float, ...]  # of each latency class
    lookups: dict[int, Lookup] = field(default_factory=dict)  # by series, those that were asked for

    def lookup(self, index: int) -> Lookup:
        """Return the look-up table of a series, for many draws."""
        found = self.lookups.get(index)
        if found is None:
            found = self.lookups[index] = lookup_of(self.laws[index])
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Conditional:
    """A number of requests, and the chances by which they fall into classes."""

    requests: Laws | int  # the law of the number of requests (a batch of one), or the number
    arm: int
    error_rate: float
    burstiness: float
    chances: tuple[float, ...]  # of each latency class
    slots: tuple[int, ...]  # of each latency class


ArmLaw = Thinned | Conditional


def arm_law(service: Service, rates: ArmRates, arm: int, edges_us: tuple[int, ...]) -> ArmLaw:
    """Return the law of what one arm reports in an interval with these rates; equal ones are shared."""
    return _KEPT.get((service, rates, arm, edges_us), lambda: _made(service, rates, arm, edges_us))


def bytes_of(law: ArmLaw) -> int:
    """Return what a law takes, with the look-up tables that it may come to have."""
    if isinstance(law, Thinned):
        return 16 * law.laws.probabilities.size + 8 * cells_of(law.laws.widths - 1)
    return 16 * law.requests.probabilities.size if isinstance(law.requests, Laws) else 0


_KEPT: Kept[ArmLaw] = Kept(KEPT_BYTES, bytes_of)


def _made(service: Service, rates: ArmRates, arm: int, edges_us: tuple[int, ...]) -> ArmLaw:
    chances = mixed_chances(service.latency, rates.slowness, edges_us)
    mean = rates.requests * rates.reported
    if service.arrivals is Arrivals.POISSON and service.burstiness == 0:
        return _thinned(mean, rates.error_rate, arm, chances, slots_of(edges_us))
    is_poisson = service.arrivals is Arrivals.POISSON
    requests = poisson_laws([float(mean)]) if is_poisson else rates.constant_requests
    return Conditional(requests, arm, float(rates.error_rate), float(service.burstiness), chances, slots_of(edges_us))


def _thinned(
    mean: Fraction, error_rate: Fraction, arm: int, chances: tuple[float, ...], slots: tuple[int, ...]
) -> Thinned:
    kinds = np.repeat((PLAIN, ERRORS), len(chances))
    kind_means = np.repeat((float(mean * (1 - error_rate)), float(mean * error_rate)), len(chances))
    means = kind_means * np.tile(chances, 2)
    series = series_of(arm, kinds, np.tile(slots, 2))
    possible = np.flatnonzero(means >= IMPOSSIBLE)
    return Thinned(
        laws=poisson_laws(means[possible]),
        series=tuple(series[possible].tolist()),
        classes=possible % len(chances),
        are_errors=kinds[possible] == ERRORS,
        chances=chances,
    )
