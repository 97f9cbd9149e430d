"""One metric of an analysis run: its counters, and the phase that follows from them.

After every measurement, the first row that fits:

| # | condition                                                     | phase                                         |
|---|---------------------------------------------------------------|-----------------------------------------------|
| 1 | already completed                                             | stays                                         |
| 2 | no measurement yet                                            | Pending; terminating: Successful              |
| 3 | the last one is not finished                                  | Running                                       |
| 4 | consecutive errors > consecutiveErrorLimit                    | Error                                         |
| 5 | inconclusive > inconclusiveLimit                              | Inconclusive                                  |
| 6 | failed > failureLimit >= 0                                    | Failed                                        |
| 7 | consecutive successes >= consecutiveSuccessLimit > 0          | Successful                                    |
| 8 | effective count reached, consecutiveSuccessLimit not in use   | Successful                                    |
| 9 | effective count reached, failureLimit in use too              | Inconclusive                                  |
|10 | effective count reached                                       | Failed                                        |
|11 | terminating                                                   | Successful                                    |
|12 |                                                               | Running                                       |
"""

from dataclasses import dataclass, replace
from fractions import Fraction

from canary_runner.controllers.argo.durations import seconds
from canary_runner.controllers.argo.phases import Phase

ERROR_RETRY_S = Fraction(10)
"""After an Error the next measurement comes after this time, whatever the interval."""


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric as its template says, arguments resolved; durations as written, empty where absent."""

    name: str
    success_condition: str = ""
    failure_condition: str = ""
    interval: str = ""
    initial_delay: str = ""
    count: int = 0  # measurements that are no Error; 0: not given
    failure_limit: int = 0  # -1: failures are not counted against the metric
    inconclusive_limit: int = 0
    consecutive_error_limit: int = 4
    consecutive_success_limit: int = 0  # 0: not in use

    @property
    def effective_count(self) -> int | None:
        """How many measurements complete the metric; None: it runs until something ends it."""
        if self.count != 0:
            return self.count
        return None if self.interval else 1

    @property
    def can_fail(self) -> bool:
        """Whether the measurements that complete it can be more failures than are allowed."""
        enough = self.effective_count
        return self.failure_limit < 0 or enough is None or enough > self.failure_limit

    @property
    def interval_s(self) -> Fraction:
        """The time from the end of one measurement to the next, seconds."""
        return seconds(self.interval) or Fraction(0) if self.interval else ERROR_RETRY_S

    @property
    def initial_delay_s(self) -> Fraction:
        """The time from the start of the run to the first measurement, seconds."""
        return seconds(self.initial_delay) or Fraction(0)


@dataclass(frozen=True, slots=True)
class Counters:
    """What a metric remembers of its measurements."""

    successful: int = 0
    failed: int = 0
    inconclusive: int = 0
    error: int = 0
    count: int = 0  # of those that are no Error
    consecutive_error: int = 0
    consecutive_success: int = 0


def counted(before: Counters, phase: Phase) -> Counters:
    """Return the counters after one more completed measurement; only a success keeps the streak of successes."""
    if phase is Phase.ERROR:
        errors = before.consecutive_error + 1
        return replace(before, error=before.error + 1, consecutive_error=errors, consecutive_success=0)
    return replace(
        before,
        successful=before.successful + (phase is Phase.SUCCESSFUL),
        failed=before.failed + (phase is Phase.FAILED),
        inconclusive=before.inconclusive + (phase is Phase.INCONCLUSIVE),
        count=before.count + 1,
        consecutive_error=0,
        consecutive_success=before.consecutive_success + 1 if phase is Phase.SUCCESSFUL else 0,
    )


def remembered(metric: Metric, counters: Counters) -> Counters:
    """Return the counters with what can never matter to this metric's phase set to 0, so that equal futures are equal.

    The states of a compiled metric: a few dozen where every counter would be without bound.
    """
    return replace(
        counters,
        successful=0,
        error=0,
        failed=counters.failed if metric.failure_limit >= 0 else 0,
        count=counters.count if metric.effective_count is not None else 0,
        consecutive_success=counters.consecutive_success if metric.consecutive_success_limit > 0 else 0,
    )


def exceeded(metric: Metric, counters: Counters) -> tuple[Phase, str] | None:
    """Return the phase of the limit that is exceeded and the numbers, None while all hold (rows 4 to 6)."""
    if counters.consecutive_error > metric.consecutive_error_limit:
        numbers = f"consecutiveErrors ({counters.consecutive_error})"
        return Phase.ERROR, f"{numbers} > consecutiveErrorLimit ({metric.consecutive_error_limit})"
    if counters.inconclusive > metric.inconclusive_limit:
        numbers = f"inconclusive ({counters.inconclusive})"
        return Phase.INCONCLUSIVE, f"{numbers} > inconclusiveLimit ({metric.inconclusive_limit})"
    if 0 <= metric.failure_limit < counters.failed:
        return Phase.FAILED, f"failed ({counters.failed}) > failureLimit ({metric.failure_limit})"
    return None


def assess(
    metric: Metric, counters: Counters, last: Phase | None, is_terminating: bool = False, known: Phase | None = None
) -> Phase:
    """Return a metric's phase.

    Args:
        metric: the metric.
        counters: what its measurements left.
        last: the phase of the last measurement, None before the first.
        is_terminating: whether the run takes no more measurements.
        known: the metric's phase so far.
    """
    if known is not None and known.is_completed:
        return known
    if last is None:
        return Phase.SUCCESSFUL if is_terminating else Phase.PENDING
    if not last.is_completed:
        return Phase.RUNNING
    limit = exceeded(metric, counters)
    if limit is not None:
        return limit[0]
    return _within_limits(metric, counters, is_terminating)


def _within_limits(metric: Metric, counters: Counters, is_terminating: bool) -> Phase:
    wants_streak = metric.consecutive_success_limit > 0
    if wants_streak and counters.consecutive_success >= metric.consecutive_success_limit:
        return Phase.SUCCESSFUL
    enough = metric.effective_count
    if enough is not None and counters.count >= enough:
        if not wants_streak:
            return Phase.SUCCESSFUL
        return Phase.INCONCLUSIVE if metric.failure_limit >= 0 else Phase.FAILED
    return Phase.SUCCESSFUL if is_terminating else Phase.RUNNING
