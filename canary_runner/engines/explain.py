"""One row of a walk, told: what was seen, what was decided, and why."""

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from canary_runner.compiling.automaton import DECISIONS
from canary_runner.compiling.series import BASELINE, CANARY
from canary_runner.engines.exposure import exposure_of
from canary_runner.engines.metrics import Metrics, Span, shown_quantiles, window_span
from canary_runner.engines.retelling import Told, retell, retold_reason
from canary_runner.engines.sentences import STARTED, WAITS
from canary_runner.engines.streams import BLOCK
from canary_runner.engines.walk import ENDINGS, NEVER, Seen, Walks, walk_block
from canary_runner.model.outcomes import Decision, Outcome, State
from canary_runner.model.plan import Plan
from canary_runner.model.results import Exposure, RunInputs, RunResult, StageResult, Transition


def explain(plan: Plan, seed: int, run: int, inputs: RunInputs, *, trace: bool = True) -> RunResult:
    """Simulate rollout number `run` of a seed and return everything that happened in it.

    Without `trace` the result has no analyses; telling them is a third of the work.
    Raises ImpossibleWorldError if the scenario makes an error rate that is none.
    """
    if plan.machine is not None:
        from canary_runner.engines.machines.telling import tell_machine

        return tell_machine(plan, seed, run, inputs, trace=trace)
    seen: list[Seen] = []
    block, row = divmod(run, BLOCK)
    walks = walk_block(plan, seed, block, np.array([row]), seen.append)
    metrics = Metrics(plan, seed, run, seen)
    stages, whole = _stage_spans(seen), Span(0, len(seen) - 1)
    analysed = [i for i, one in enumerate(seen) if not one.is_rest]
    decided = [max(i for i in analysed if i <= span.last) for span in stages]  # the last analysis of each stage
    windows = {i: window_span(seen, i) for i in (analysed if trace else decided)}
    metrics.read([whole, *stages, *windows.values()], shown_quantiles(plan))
    told = {i: retell(seen[i], window, metrics, len(plan.stages)) for i, window in windows.items()}
    final_state = ENDINGS[int(walks.endings[0])]
    return RunResult(
        final_state=final_state,
        stages_completed=int(walks.stages_completed[0]),
        canary=metrics.arm(whole, CANARY),
        baseline=metrics.arm(whole, BASELINE),
        exposure=_exposure(plan, seen, len(stages), final_state),
        reason=None if final_state is State.COMPLETED else retold_reason(told[decided[-1]]),
        simulated_duration_s=int(walks.ended_at_s[0]),
        stages=tuple(_stage_result(plan, walks, seen, metrics, i, s) for i, s in enumerate(stages)),
        stages_total=len(plan.stages),
        transitions=tuple(_transitions(plan, walks, seen, stages, [told[i] for i in decided])),
        analyses=tuple(told[i].analysis for i in analysed) if trace else (),
        inputs=inputs,
    )


def _stage_spans(seen: Sequence[Seen]) -> list[Span]:
    """Return the analyses of each stage that was entered; every one has at least one."""
    starts = [i for i, one in enumerate(seen) if one.number == 1]
    return [Span(a, b - 1) for a, b in zip(starts, [*starts[1:], len(seen)], strict=True)]


def _left_at_s(walks: Walks, stage: int) -> int:
    """Return when a stage that was entered was left, or the rollout ended."""
    entered = walks.entered_at_s[:, 0]
    is_last = stage + 1 == len(entered) or entered[stage + 1] == NEVER
    return int(walks.ended_at_s[0] if is_last else entered[stage + 1])


def _stage_result(
    plan: Plan, walks: Walks, seen: Sequence[Seen], metrics: Metrics, index: int, span: Span
) -> StageResult:
    stage = plan.stages[index]
    inside = seen[span.first : span.last + 1]
    is_last = span.last == len(seen) - 1
    return StageResult(
        name=stage.name,
        traffic=stage.traffic,
        ending=ENDINGS[int(walks.endings[0])].value if is_last else "ADVANCED",
        started_at_s=int(walks.entered_at_s[index, 0]),
        ended_at_s=_left_at_s(walks, index),
        analyses=sum(not one.is_rest for one in inside),
        failures=sum(bool((one.outcomes == Outcome.FAIL).any()) for one in inside),
        canary=metrics.arm(span, CANARY),
        baseline=metrics.arm(span, BASELINE),
    )


def _exposure(plan: Plan, seen: Sequence[Seen], stages: int, final_state: State) -> Exposure:
    served = ((one.conditions, int(one.interval[CANARY].requests[0])) for one in seen)
    peak = Fraction(1) if final_state is State.COMPLETED else plan.stages[stages - 1].traffic
    return exposure_of(served, peak)


def _transitions(
    plan: Plan, walks: Walks, seen: Sequence[Seen], spans: Sequence[Span], last: Sequence[Told]
) -> list[Transition]:
    """Return every change of state, stage or traffic, in order."""
    first = plan.stages[0]
    found = [Transition(0, State.PENDING, State.PROGRESSING, first.name, first.traffic, STARTED)]
    final_state = ENDINGS[int(walks.endings[0])]

    def move(at_s: int, target: State, index: int, traffic: Fraction, reason: str) -> None:
        found.append(Transition(at_s, found[-1].target, target, plan.stages[index].name, traffic, reason))

    for index, span in enumerate(spans):
        stage = plan.stages[index]
        why = last[index].analysis.reason
        completed = next(
            (s for s in seen[span.first : span.last + 1] if DECISIONS[s.codes[0]] is Decision.ADVANCE), None
        )
        if completed is not None and stage.has_gate:
            move(int(completed.at_s[0]), State.PAUSED, index, stage.traffic, WAITS)
        approved = "approved" if completed is not None and stage.has_gate else why
        left_at_s = _left_at_s(walks, index)
        if span.last < len(seen) - 1:
            move(left_at_s, State.PROGRESSING, index + 1, plan.stages[index + 1].traffic, approved)
        elif final_state is State.COMPLETED:
            move(left_at_s, State.COMPLETED, index, Fraction(1), approved)
        elif final_state is State.ROLLED_BACK:
            move(left_at_s, State.ROLLED_BACK, index, Fraction(0), why)
        elif found[-1].target is not State.PAUSED:
            move(left_at_s, State.PAUSED, index, stage.traffic, why)
    return found
