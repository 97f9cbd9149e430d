"""An analysis run in the eyes of a machine: between two looks only how long ago things were matters.

Upstream's run keeps moments and counts for ever; here moments are told from now, and what can never matter again is
forgotten, so that runs with equal futures are equal.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil

from canary_runner.controllers.argo.measurement import Judged
from canary_runner.controllers.argo.metric import ERROR_RETRY_S, Counters, remembered
from canary_runner.controllers.argo.phases import Phase
from canary_runner.controllers.argo.run import (
    MetricState,
    RunSpec,
    RunState,
    dry_run_flags,
    due_at_s,
    is_terminating,
    next_at_s,
    reconcile,
    start,
)
from canary_runner.controllers.argo.spec import Analysis
from canary_runner.controllers.argo.validation import Refusal


@dataclass(frozen=True, slots=True)
class Tracked:
    """A run, and how many seconds ago it began; its moments are seconds after that."""

    state: RunState
    age_s: Fraction = Fraction(0)


def run_spec(analysis: Analysis) -> RunSpec:
    """Return the rules of a run."""
    return RunSpec(tuple(one.metric for one in analysis.metrics), analysis.dry_run)


def only_looks_on(analysis: Analysis) -> tuple[bool, ...]:
    """Return which metrics decide nothing (dryRun); none where the rules are ones that upstream refuses."""
    flags = dry_run_flags(run_spec(analysis))
    return (False,) * len(analysis.metrics) if isinstance(flags, Refusal) else flags


def begun(analysis: Analysis) -> Tracked:
    """Return a run that has just been created."""
    return Tracked(start(run_spec(analysis)))


def next_in_s(analysis: Analysis, run: Tracked) -> int | None:
    """Return in how many whole seconds a run is looked at next; None once it has ended, or if it waits for ever."""
    at_s = next_at_s(run_spec(analysis), run.state)
    return None if at_s is None else max(0, ceil(at_s - run.age_s))


def due(analysis: Analysis, run: Tracked, in_s: int) -> tuple[int, ...]:
    """Return the metrics that are measured at a look so many seconds from now."""
    spec, now_s = run_spec(analysis), run.age_s + in_s
    if run.state.phase.is_completed or is_terminating(spec, run.state):
        return ()
    pairs = enumerate(zip(spec.metrics, run.state.metrics, strict=True))
    times = ((index, due_at_s(metric, state)) for index, (metric, state) in pairs)
    return tuple(index for index, at_s in times if at_s is not None and at_s <= now_s)


def looked_at(analysis: Analysis, run: Tracked, in_s: int, measured: Mapping[int, Phase]) -> Tracked:
    """Return a run after a look so many seconds from now; a metric that no query stands for is Successful."""
    spec, now_s = run_spec(analysis), run.age_s + in_s

    def measure(index: int) -> Judged:
        return Judged(measured.get(index, Phase.SUCCESSFUL))

    state = reconcile(spec, run.state, now_s, measure)
    if is_terminating(spec, state):  # read before a look's measurements: the next look, at this moment, ends the run
        state = reconcile(spec, state, now_s, measure)
    return forgetting(spec, Tracked(state, now_s))


def forgetting(spec: RunSpec, run: Tracked) -> Tracked:
    """Return a run with all moments told from now where that can be, and without what never matters again."""
    known = [metric for metric in run.state.metrics if metric is not None]
    shift_s = run.age_s if len(known) == len(run.state.metrics) else Fraction(0)
    metrics = tuple(
        None if state is None else _kept(metric_state=state, counters=remembered(metric, state.counters), by_s=shift_s)
        for metric, state in zip(spec.metrics, run.state.metrics, strict=True)
    )
    state = replace(run.state, metrics=metrics, ended_at_s=None)
    return Tracked(state, Fraction(0) if state.phase.is_completed else run.age_s - shift_s)


def _kept(metric_state: MetricState, counters: Counters, by_s: Fraction) -> MetricState:
    if metric_state.phase.is_completed:
        return replace(metric_state, counters=Counters(), last=metric_state.phase, last_at_s=Fraction(0))
    return replace(
        metric_state, counters=counters, last_at_s=metric_state.last_at_s - by_s, last_message="", message=""
    )


def times_s(analysis: Analysis | None) -> Iterator[int]:
    """Yield every wait and every window of an analysis in whole seconds; what lies between two needs every second."""
    for one in analysis.metrics if analysis else ():
        for wait_s in (one.metric.initial_delay_s, one.metric.interval_s):
            yield int(wait_s) if wait_s.denominator == 1 else 1
        if one.query is not None:
            yield one.query.window_s
            yield int(ERROR_RETRY_S)
