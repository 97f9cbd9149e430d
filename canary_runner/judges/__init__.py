"""Counts of both arms -> what a check says: elementwise, integers only, one judge a file.

The same functions serve the one window of a run, the rows of a study and the nodes of the exact engine.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import cache, lru_cache
from typing import Any, Final, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from canary_runner.judges import (
    error_max,
    error_max_binomial,
    error_points,
    error_points_score,
    error_ratio,
    error_ratio_binomial,
    latency_difference,
    latency_max,
    latency_max_binomial,
    latency_ratio,
)
from canary_runner.judges.counts import ArmCounts, Bools, Ints
from canary_runner.model.outcomes import Outcome
from canary_runner.model.policy import Check, ErrorCheck, Points, Ratio

MAX: Final = "max"
MAX_OVER_BASELINE: Final = "max_over_baseline"


class Judge(Protocol):
    """What every file of this folder offers for one kind of limit."""

    ID: str
    UNIT: str
    IS_MONOTONE: bool
    """Whether more requests of one kind, all others the same, turn the answer at most once: proven, not hoped."""

    def limit(self, check: Any) -> Fraction:
        """Return the limit of a check, in UNIT."""
        ...

    def exceeds(self, check: Any, canary: ArmCounts, baseline: ArmCounts, edges_us: tuple[int, ...]) -> Bools:
        """Return where the limit is exceeded, shape rows; equal to the limit is not."""
        ...

    def observed(
        self, check: Any, canary: ArmCounts, baseline: ArmCounts, edges_us: tuple[int, ...]
    ) -> Fraction | None:
        """Return what a single window shows, in UNIT; None where it shows nothing."""
        ...


@runtime_checkable
class CanaryLimit(Judge, Protocol):
    """A judge whose limit reads the canary alone, and counts what is bad."""

    def allowed(self, check: Any, requests: Ints) -> Ints:
        """Return how many of `requests` may be bad, elementwise."""
        ...


@runtime_checkable
class RateLimit(Judge, Protocol):
    """A judge that compares the error rates of both arms."""

    def baseline_bound(self, check: Any, errors: Ints, requests: Ints) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return the rate, as numerators and denominators, below which the baseline's makes the limit exceeded."""
        ...


@runtime_checkable
class PercentileLimit(Judge, Protocol):
    """A judge that compares the percentiles of both arms."""

    def is_exceeded(self, check: Any, canary_us: Ints, baseline_us: Ints) -> Bools:
        """Return where two percentiles, in microseconds, exceed the limit; they broadcast."""
        ...


_ALL: tuple[Judge, ...] = (
    error_max,
    error_max_binomial,
    error_points,
    error_points_score,
    error_ratio,
    error_ratio_binomial,
    latency_difference,
    latency_max,
    latency_max_binomial,
    latency_ratio,
)
JUDGES: Final[Mapping[str, Judge]] = {judge.ID: judge for judge in _ALL}


_WITH_CONFIDENCE: Final[Mapping[str, str]] = {
    "error-max": "error-max-binomial",
    "error-points": "error-points-score",
    "error-ratio": "error-ratio-binomial",
    "latency-max": "latency-max-binomial",
}


@lru_cache(maxsize=1024)
def asked_limits(check: Check, compares: bool) -> tuple[tuple[str, Judge], ...]:
    """Return the limits of a check as pairs (kind, judge), the absolute one first.

    The kind is the policy's word, "max" or "max_over_baseline". Without baseline traffic (`compares` is
    False) comparisons are not asked.
    """
    absolute, relative = _point_judges(check)
    asked = ((MAX, absolute), (MAX_OVER_BASELINE, relative if compares else None))
    return tuple((kind, _judge_of(check, name)) for kind, name in asked if name is not None)


def _point_judges(check: Check) -> tuple[str | None, str | None]:
    """Return the judges of the absolute and of the relative limit, None where there is no such limit."""
    over = check.over_baseline
    if isinstance(check, ErrorCheck):
        relative = "error-points" if isinstance(over, Points) else "error-ratio"
        absolute = "error-max" if check.max_ratio is not None else None
    else:
        relative = "latency-ratio" if isinstance(over, Ratio) else "latency-difference"
        absolute = "latency-max" if check.max_us is not None else None
    return absolute, relative if over is not None else None


def _judge_of(check: Check, name: str) -> Judge:
    if check.confidence is None:
        return JUDGES[name]
    if name not in _WITH_CONFIDENCE:
        raise ValueError(f"{check.metric}: relative latency has no judge with confidence")
    return JUDGES[_WITH_CONFIDENCE[name]]


def judge(
    check: Check,
    canary: ArmCounts,
    baseline: ArmCounts,
    edges_us: tuple[int, ...],
    minimum: int,
    compares: bool,
) -> NDArray[np.int8]:
    """Return outcome codes, shape rows.

    A limit can be read where the canary, and for a comparison the baseline too, has at least max(1, minimum)
    requests. FAIL where a limit that can be read is exceeded, else INCONCLUSIVE where an asked limit cannot
    be read, else PASS.
    """
    needed = max(1, minimum)
    exceeded, readable = [], []
    for kind, asked in asked_limits(check, compares):
        is_readable = canary.requests >= needed
        if kind == MAX_OVER_BASELINE:
            is_readable = is_readable & (baseline.requests >= needed)
        exceeded.append(asked.exceeds(check, canary, baseline, edges_us))
        readable.append(is_readable)
    return np.broadcast_to(outcome_of(exceeded, readable), canary.requests.shape)


def outcome_of(exceeded: Sequence[Bools], readable: Sequence[Bools]) -> NDArray[np.int8]:
    """Return the outcome of one check from its limits: whether each is exceeded and can be read; they broadcast."""
    fails, unread = (np.zeros((), np.bool_) for _ in range(2))
    for is_exceeded, is_readable in zip(exceeded, readable, strict=True):
        fails = np.asarray(fails | (is_readable & is_exceeded))
        unread = np.asarray(unread | ~is_readable)
    return np.where(
        fails, np.int8(Outcome.FAIL), np.where(unread, np.int8(Outcome.INCONCLUSIVE), np.int8(Outcome.PASS))
    )


@cache
def outcome_code(exceeded: tuple[bool, ...], readable: tuple[bool, ...]) -> int:
    """Return the code of the outcome of one check from its limits: see `outcome_of`."""
    return int(outcome_of([np.asarray(one) for one in exceeded], [np.asarray(one) for one in readable]))
