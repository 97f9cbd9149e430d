"""What can be expected of a study: each quantity as an estimate, and as values of histories that a bound is put to."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from typing import Final

import numpy as np
from numpy.typing import NDArray

from canary_runner.engines.block import ENDINGS, NEVER
from canary_runner.engines.paths import Paths
from canary_runner.model.outcomes import State
from canary_runner.model.plan import Plan
from canary_runner.model.study import Characteristics, Estimate
from canary_runner.stats.outward import Floats
from canary_runner.studies import ranges
from canary_runner.studies.tolls import (
    can_be_worse,
    is_worse_at_once,
    served_until_s,
    tolls_of,
    unguarded_tolls,
    worse_since_s,
)

Bools = NDArray[np.bool_]


P50, P95 = Fraction(1, 2), Fraction(19, 20)


class Kind(Enum):
    """How a quantity sums up the values of rollouts."""

    CHANCE = "probability"  # values are 1 where it happens, else 0
    MEAN = "mean"
    P50 = "p50"
    P95 = "p95"

    @property
    def share(self) -> Fraction:
        """Return the share of a percentile."""
        return {Kind.P50: P50, Kind.P95: P95}[self]


Values = Callable[[Plan, Paths], tuple[Bools, Floats]]
Limits = Callable[[Plan], tuple[float, float] | None]


@dataclass(frozen=True, slots=True)
class Quantity:
    """One quantity of a study."""

    kind: Kind
    at: str  # its path among the numbers of Characteristics
    values: Values  # which histories count, and their values
    limits: Limits  # the least and the most that a value can be; None: no rollout can have one

    @property
    def is_chance(self) -> bool:
        """Tell whether it is how often something happens."""
        return self.kind is Kind.CHANCE

    def of(self, found: Characteristics) -> Estimate:
        """Return its estimate."""
        return found.number(self.at)


def _ended(state: State) -> Values:
    def values(plan: Plan, paths: Paths) -> tuple[Bools, Floats]:
        return _everyone(paths), (paths.endings == ENDINGS.index(state)).astype(np.float64)

    return values


def _everyone(paths: Paths) -> Bools:
    return np.ones(len(paths), np.bool_)


def false_rollbacks(plan: Plan, paths: Paths) -> Bools:
    """Return who is rolled back before the canary is worse, or though it never can be."""
    rolled = np.asarray(paths.endings == ENDINGS.index(State.ROLLED_BACK))
    return rolled & (worse_since_s(plan, paths) == NEVER) if can_be_worse(plan) else rolled


def detections(plan: Plan, paths: Paths) -> Bools:
    """Return who is rolled back when the canary is worse."""
    rolled = np.asarray(paths.endings == ENDINGS.index(State.ROLLED_BACK))
    return rolled & ~false_rollbacks(plan, paths)


def _happens(who: Callable[[Plan, Paths], Bools]) -> Values:
    return lambda plan, paths: (_everyone(paths), who(plan, paths).astype(np.float64))


def _false_limits(plan: Plan) -> tuple[float, float]:
    return 0.0, 0.0 if is_worse_at_once(plan) else 1.0


def _detection_limits(plan: Plan) -> tuple[float, float] | None:
    return (0.0, 1.0) if can_be_worse(plan) else None


def times_to_rollback(plan: Plan, paths: Paths) -> tuple[Bools, Floats]:
    """Return who could be caught, and after how many seconds: infinite for those that never are.

    It counts from the first moment at which the canary is worse; who is rolled back before it, falsely, is left out.
    """
    rolled = paths.endings == ENDINGS.index(State.ROLLED_BACK)
    since = worse_since_s(plan, paths)
    times = np.where(rolled, served_until_s(plan, paths) - since, np.inf)
    return ~(rolled & (since == NEVER)), times


def _caught(plan: Plan, paths: Paths) -> tuple[Bools, Floats]:
    could_be, times = times_to_rollback(plan, paths)
    is_caught = could_be & np.isfinite(times)
    return is_caught, np.where(is_caught, times, 0.0)


def durations(plan: Plan, paths: Paths) -> tuple[Bools, Floats]:
    """Return who is completed, and after how many seconds."""
    return np.asarray(paths.endings == ENDINGS.index(State.COMPLETED)), paths.ended_at_s.astype(np.float64)


def _tolls(name: str) -> Values:
    def values(plan: Plan, paths: Paths) -> tuple[Bools, Floats]:
        found: Floats = getattr(tolls_of(plan, paths), name)
        return _everyone(paths), found

    return values


def _unguarded(name: str) -> Values:
    def values(plan: Plan, paths: Paths) -> tuple[Bools, Floats]:
        completed, _ = durations(plan, paths)
        found = np.zeros(len(paths))
        if completed.any():
            tolls = unguarded_tolls(plan, paths.entered_at_s[:, completed], paths.ended_at_s[completed])
            found[completed] = getattr(tolls, name)
        return completed, found

    return values


def _chances() -> dict[str, Quantity]:
    endings = {"rollback": State.ROLLED_BACK, "completion": State.COMPLETED, "pause": State.PAUSED}
    found: list[tuple[str, Values, Limits]] = [
        *((word, _ended(state), lambda _plan: (0.0, 1.0)) for word, state in endings.items()),
        ("false_rollback", _happens(false_rollbacks), _false_limits),
        ("detection", _happens(detections), _detection_limits),
    ]
    names = ((f"{word}_probability", values, limits) for word, values, limits in found)
    return {name: Quantity(Kind.CHANCE, name, values, limits) for name, values, limits in names}


def _times() -> dict[str, Quantity]:
    return {
        f"{name}_{kind.value}": Quantity(kind, f"{name}_s.{kind.value}", values, limits)
        for name, kind, values, limits in (
            ("time_to_rollback", Kind.P50, times_to_rollback, ranges.endless),
            ("time_to_rollback", Kind.P95, times_to_rollback, ranges.endless),
            ("time_to_rollback", Kind.MEAN, _caught, ranges.times),
            *(("rollout_duration", kind, durations, ranges.durations) for kind in (Kind.P50, Kind.P95, Kind.MEAN)),
        )
    }


def _prices() -> dict[str, Quantity]:
    return {
        f"{name}_{kind.value}": Quantity(kind, f"{name}.{kind.value}", _tolls(field), limits)
        for name, field, limits in (
            ("canary_requests", "requests", ranges.requests),
            ("extra_errors", "extra_errors", ranges.extra_errors),
            ("extra_slow_requests", "extra_slow", ranges.extra_slow),
        )
        for kind in (Kind.MEAN, Kind.P95)
    }


def _exposures() -> dict[str, Quantity]:
    return {
        f"unguarded_{name}_per_hour": Quantity(Kind.MEAN, f"unguarded.{name}_per_hour", _unguarded(name), limits)
        for name, limits in (
            ("requests", ranges.unguarded_requests),
            ("extra_errors", ranges.unguarded_extra_errors),
        )
    }


QUANTITIES: Final[Mapping[str, Quantity]] = _chances() | _times() | _prices() | _exposures()
"""Every quantity by name."""

UNASKED: Final = frozenset({"time_to_rollback_mean"})
"""What no test file may ask for: where some are never caught the mean of all is infinite, and the mean of those that
are caught, which is published, says nothing of the others."""
