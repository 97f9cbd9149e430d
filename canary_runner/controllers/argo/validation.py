"""What the controller refuses in the metrics of an analysis; conditions and queries are not looked at."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Self

from canary_runner.controllers.argo.durations import seconds
from canary_runner.controllers.argo.metric import Metric


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why metrics or a rollout are refused: a kind for programs, a message for people, and where."""

    kind: str
    message: str
    at: tuple[str | int, ...] = ()  # keys and indices from what was looked at on

    def under(self, *keys: str | int) -> Self:
        """Return the same refusal seen from further out."""
        return replace(self, at=(*keys, *self.at))


def refuse_metrics(metrics: Sequence[Metric]) -> Refusal | None:
    """Return the first reason to refuse the metrics of an analysis, None if there is none."""
    if not metrics:
        return Refusal("empty", "no metrics specified")
    seen: set[str] = set()
    for index, metric in enumerate(metrics):
        if metric.name in seen:
            return Refusal(
                "duplicate-name", f"metrics[{index}]: a second metric is named '{metric.name}'", (index, "name")
            )
        seen.add(metric.name)
        found = next(_reasons(metric), None)
        if found is not None:
            return Refusal(found.kind, f"metrics[{index}]: {found.message}", (index,))
    return None


def _reasons(metric: Metric) -> Iterator[Refusal]:
    yield from _limits(metric)
    if metric.count > 0:
        yield from _counts(metric)
    if metric.count > 1 and not metric.interval:
        yield Refusal("interval-required", "interval must be specified when count > 1")
    for name, text in (("interval", metric.interval), ("initialDelay", metric.initial_delay)):
        if text and seconds(text) is None:
            yield Refusal("bad-duration", f"{name} '{text}' is no duration")


def _limits(metric: Metric) -> Iterator[Refusal]:
    if metric.consecutive_success_limit < 0:
        yield Refusal("negative-limit", f"consecutiveSuccessLimit is {metric.consecutive_success_limit}, below 0")
    if metric.failure_limit < -1:
        yield Refusal("negative-limit", f"failureLimit is {metric.failure_limit}, below -1")
    if metric.consecutive_success_limit == 0 and metric.failure_limit == -1:
        yield Refusal("both-limits-disabled", "failureLimit is -1 and consecutiveSuccessLimit is not given")
    if metric.inconclusive_limit < 0:
        yield Refusal("negative-limit", f"inconclusiveLimit is {metric.inconclusive_limit}, below 0")
    if metric.consecutive_error_limit < 0:
        yield Refusal("negative-limit", f"consecutiveErrorLimit is {metric.consecutive_error_limit}, below 0")


def _counts(metric: Metric) -> Iterator[Refusal]:
    needed = max(metric.failure_limit, 0) + metric.consecutive_success_limit
    if metric.count < needed:
        yield Refusal("count-too-small", f"count is {metric.count}, failureLimit and consecutiveSuccessLimit {needed}")
    if metric.count < metric.inconclusive_limit:
        yield Refusal("count-too-small", f"count is {metric.count}, inconclusiveLimit {metric.inconclusive_limit}")
