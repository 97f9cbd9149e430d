"""An analysis run: which metric is measured when, and what the run says once its metrics do.

The controller looks at a run whenever something changed and when the next measurement is due. `reconcile` is one such
look; `settled` repeats it at the same moment until nothing changes.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Final

from canary_runner.controllers.argo.measurement import Judged
from canary_runner.controllers.argo.metric import ERROR_RETRY_S, Counters, Metric, assess, counted, exceeded
from canary_runner.controllers.argo.phases import Phase, worst
from canary_runner.controllers.argo.validation import Refusal, refuse_metrics


@dataclass(frozen=True, slots=True)
class RunSpec:
    """The metrics of a run, and unanchored regular expressions for the names of those that only look on."""

    metrics: tuple[Metric, ...]
    dry_run: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MetricState:
    """Where one metric stands after its first measurement."""

    counters: Counters
    phase: Phase
    last: Phase  # measurement
    last_at_s: Fraction  # seconds after the start of the run
    last_message: str = ""
    message: str = ""  # of the measurement that gave the phase


@dataclass(frozen=True, slots=True)
class RunState:
    """Where a run stands."""

    metrics: tuple[MetricState | None, ...]  # None: not measured yet
    phase: Phase = Phase.PENDING
    message: str = ""
    is_terminated: bool = False  # from outside
    ended_at_s: Fraction | None = None


Measure = Callable[[int], Judged]
"""Measures the metric with this index, now."""


def dry_run_flags(spec: RunSpec) -> tuple[bool, ...] | Refusal:
    """Tell which metrics only look on; a rule that matches none, or is no regular expression, is refused."""
    return _matched(spec, "dryRun", spec.dry_run)


def run_flags(spec: RunSpec, kept: Sequence[str]) -> tuple[bool, ...] | Refusal:
    """Return what `dry_run_flags` does; rules about what is kept are refused alike, and decide nothing else."""
    flags, unmatched = dry_run_flags(spec), _matched(spec, "measurementRetention", kept)
    return unmatched if isinstance(unmatched, Refusal) else flags


def _matched(spec: RunSpec, kind: str, rules: Sequence[str]) -> tuple[bool, ...] | Refusal:
    flags = [False] * len(spec.metrics)
    for index, rule in enumerate(rules):
        hits = [i for i, metric in enumerate(spec.metrics) if _matches(rule, metric.name)]
        if not hits:
            return Refusal(f"{UNMATCHED[kind]}-unmatched", f"{kind}[{index}]: '{rule}' matches no metric's name")
        for i in hits:
            flags[i] = True
    return tuple(flags)


UNMATCHED: Final = {"dryRun": "dry-run", "measurementRetention": "retention"}
"""The words of refusals."""


def _matches(rule: str, name: str) -> bool:
    try:
        return re.search(rule, name) is not None
    except re.error:
        return False


def start(spec: RunSpec) -> RunState:
    """Return a run before its first look; what is refused is an Error at once."""
    blank = RunState((None,) * len(spec.metrics))
    flags = dry_run_flags(spec)
    refusal = refuse_metrics(spec.metrics) or (flags if isinstance(flags, Refusal) else None)
    if refusal is None:
        return blank
    return replace(
        blank, phase=Phase.ERROR, message=f"Analysis spec invalid: {refusal.message}", ended_at_s=Fraction(0)
    )


def is_terminating(spec: RunSpec, state: RunState) -> bool:
    """Tell whether no more measurements are taken: ended from outside, or a metric that counts has not succeeded."""
    bad = (Phase.FAILED, Phase.ERROR, Phase.INCONCLUSIVE)
    watched = (m for m, looks_on in zip(state.metrics, _flags(spec), strict=True) if m is not None and not looks_on)
    return state.is_terminated or any(m.phase in bad for m in watched)


def _flags(spec: RunSpec) -> tuple[bool, ...]:
    flags = dry_run_flags(spec)
    assert not isinstance(flags, Refusal)
    return flags


def due_at_s(metric: Metric, state: MetricState | None) -> Fraction | None:
    """Return when a metric is measured next, seconds after the start of the run; None if never again."""
    if state is None:
        return metric.initial_delay_s
    enough = metric.effective_count
    if state.phase.is_completed or (enough is not None and state.counters.count >= enough):
        return None
    return state.last_at_s + (ERROR_RETRY_S if state.last is Phase.ERROR else metric.interval_s)


def next_at_s(spec: RunSpec, state: RunState) -> Fraction | None:
    """Return when the run is looked at next if nothing happens before; None once it has ended."""
    if state.phase.is_completed:
        return None
    times = [due_at_s(metric, m) for metric, m in zip(spec.metrics, state.metrics, strict=True)]
    return min((t for t in times if t is not None), default=None)


def reconcile(spec: RunSpec, state: RunState, now_s: Fraction, measure: Measure) -> RunState:
    """Look at a run once: measure what is due, then assess every metric and the run.

    Whether the run is terminating is read before this look's measurements: a metric that fails now stops the others
    at the next look.
    """
    if state.phase.is_completed:
        return state
    ending = is_terminating(spec, state)
    metrics = list(state.metrics)
    for index, metric in enumerate(spec.metrics):
        due = due_at_s(metric, metrics[index])
        if not ending and due is not None and due <= now_s:
            metrics[index] = _measured(metrics[index], measure(index), now_s)
    after = tuple(m and _assessed(metric, m, ending) for metric, m in zip(spec.metrics, metrics, strict=True))
    phase = aggregate([None if m is None else m.phase for m in after], _flags(spec), ending)
    looked_at = replace(state, metrics=after, phase=phase)
    if not phase.is_completed:
        return looked_at
    return replace(looked_at, message=_message(spec, looked_at), ended_at_s=now_s)


def settled(spec: RunSpec, state: RunState, now_s: Fraction, measure: Measure) -> RunState:
    """Look at a run until nothing changes at this moment."""
    while (after := reconcile(spec, state, now_s, measure)) != state:
        state = after
    return state


def _measured(state: MetricState | None, judged: Judged, now_s: Fraction) -> MetricState:
    before = state or MetricState(Counters(), Phase.RUNNING, Phase.RUNNING, now_s)
    return replace(
        before,
        counters=counted(before.counters, judged.phase),
        last=judged.phase,
        last_at_s=now_s,
        last_message=judged.message,
    )


def _assessed(metric: Metric, state: MetricState, ending: bool) -> MetricState:
    phase = assess(metric, state.counters, state.last, ending, state.phase)
    return state if phase is state.phase else replace(state, phase=phase, message=state.last_message)


def aggregate(phases: Sequence[Phase | None], looks_on: Sequence[bool], is_ending: bool = False) -> Phase:
    """Return a run's phase: the worst of the completed metrics that count, once all are complete or the run is ending.

    Args:
        phases: one per metric, None before its first measurement.
        looks_on: whether each metric's phase is left out (dry run); of only such metrics the run is Successful.
        is_ending: whether no more measurements are taken.
    """
    complete = [p is not None and p.is_completed for p in phases]
    if not is_ending and not all(complete):
        return Phase.RUNNING
    return worst([p for p, out in zip(phases, looks_on, strict=True) if p is not None and p.is_completed and not out])


def _message(spec: RunSpec, state: RunState) -> str:
    """Say which limit gave the worst phase: the first metric that reached it."""
    seen, message = Phase.SUCCESSFUL, "Run Terminated" if state.is_terminated else ""
    for metric, one, looks_on in zip(spec.metrics, state.metrics, _flags(spec), strict=True):
        if one is None or looks_on or not one.phase.is_completed or not one.phase.is_worse_than(seen):
            continue
        seen, limit = one.phase, exceeded(metric, one.counters)
        if limit is not None:
            detail = f': "Error Message: {one.message}"' if one.message else ""
            message = f'Metric "{metric.name}" assessed {seen.value} due to {limit[1]}{detail}'
    return message
