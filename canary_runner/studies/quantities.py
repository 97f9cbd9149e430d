"""What can be expected of a study: each quantity as an estimate, and as values of histories that a bound is put to."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from canary_runner.engines.block import ENDINGS, NEVER
from canary_runner.engines.paths import Paths
from canary_runner.model.outcomes import State
from canary_runner.model.plan import Plan
from canary_runner.model.study import Characteristics, Estimate
from canary_runner.stats.outward import Floats
from canary_runner.studies.tolls import served_until_s, tolls_of, unguarded_tolls, worse_since_s

Bools = NDArray[np.bool_]


class Kind(Enum):
    """How a quantity sums up the values of rollouts."""

    MEAN = "mean"
    P50 = "p50"
    P95 = "p95"

    @property
    def share(self) -> float:
        """Return the share of a percentile."""
        return {Kind.P50: 0.5, Kind.P95: 0.95}[self]


@dataclass(frozen=True, slots=True)
class Quantity:
    """One quantity of a study."""

    kind: Kind
    at: str  # its path among the numbers of Characteristics
    values: Callable[[Plan, Paths], tuple[Bools, Floats]]  # which histories count, and their values
    is_chance: bool = False  # values are 1 where it happens, else 0

    def of(self, found: Characteristics) -> Estimate:
        """Return its estimate."""
        return found.number(self.at)


def _ended(state: State) -> Callable[[Plan, Paths], tuple[Bools, Floats]]:
    def values(plan: Plan, paths: Paths) -> tuple[Bools, Floats]:
        return _everyone(paths), (paths.endings == ENDINGS.index(state)).astype(np.float64)

    return values


def _everyone(paths: Paths) -> Bools:
    return np.ones(len(paths), np.bool_)


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


def _tolls(name: str) -> Callable[[Plan, Paths], tuple[Bools, Floats]]:
    def values(plan: Plan, paths: Paths) -> tuple[Bools, Floats]:
        found: Floats = getattr(tolls_of(plan, paths), name)
        return _everyone(paths), found

    return values


def _unguarded(name: str) -> Callable[[Plan, Paths], tuple[Bools, Floats]]:
    def values(plan: Plan, paths: Paths) -> tuple[Bools, Floats]:
        completed, _ = durations(plan, paths)
        found = np.zeros(len(paths))
        if completed.any():
            tolls = unguarded_tolls(plan, paths.entered_at_s[:, completed], paths.ended_at_s[completed])
            found[completed] = getattr(tolls, name)
        return completed, found

    return values


def _all() -> dict[str, Quantity]:
    found = {
        f"{word}_probability": Quantity(Kind.MEAN, f"{word}_probability", _ended(state), is_chance=True)
        for word, state in (
            ("rollback", State.ROLLED_BACK),
            ("completion", State.COMPLETED),
            ("pause", State.PAUSED),
        )
    }
    for kind in Kind:
        for name, values in (("time_to_rollback", times_to_rollback), ("rollout_duration", durations)):
            read = _caught if name == "time_to_rollback" and kind is Kind.MEAN else values
            found[f"{name}_{kind.value}"] = Quantity(kind, f"{name}_s.{kind.value}", read)
    for kind in (Kind.MEAN, Kind.P95):
        for name, field in (
            ("canary_requests", "requests"),
            ("extra_errors", "extra_errors"),
            ("extra_slow_requests", "extra_slow"),
        ):
            found[f"{name}_{kind.value}"] = Quantity(kind, f"{name}.{kind.value}", _tolls(field))
    for name, field in (("requests", "requests"), ("extra_errors", "extra_errors")):
        what = f"{name}_per_hour"
        found[f"unguarded_{what}"] = Quantity(Kind.MEAN, f"unguarded.{what}", _unguarded(field))
    return found


QUANTITIES: Final[Mapping[str, Quantity]] = _all()
"""Every quantity by the word of a test file."""
