"""One tick of Flagger's scheduler, and nothing between two ticks. The first row that fits decides.

| #  | phase                         | condition                       | what follows                                 |
|----|-------------------------------|---------------------------------|----------------------------------------------|
| 1  | any                           | suspended                       | nothing                                      |
| 2  | Initialized, Succeeded,Failed | no new revision                 | nothing                                      |
| 3  | any, analysis not skipped     | primary not ready               | nothing                                      |
| 4  | any, analysis not skipped     | primary past its deadline       | rollback; Promoting, Finalising: Failed, all |
|    |                               |                                 | traffic on the canary                        |
| 5  | those of 2, Waiting           | confirm-rollout gate closed     | Waiting                                      |
| 6  | those of 2, Waiting           |                                 | Progressing, counters 0, routes as they were |
| 7  | Progressing, WaitingPromotion | new revision                    | Progressing from weight 0, counters 0        |
| 8  | any                           | canary not ready                | nothing                                      |
| 9  | any                           | canary past its deadline        | rollback                                     |
| 10 | any                           | analysis skipped                | Succeeded                                    |
| 11 | Promoting                     |                                 | traffic back to the primary, Finalising      |
| 12 | Finalising                    |                                 | Succeeded                                    |
| 13 | Progressing, WaitingPromotion | a rollback hook answers         | rollback                                     |
| 14 | Progressing, WaitingPromotion | failed checks reach threshold   | rollback                                     |
| 15 | Progressing, WaitingPromotion | hooks or metrics fail           | one failed check more                        |
| 16 | Progressing, WaitingPromotion |                                 | the strategy's step                          |

Row 14 reads the failed checks of the ticks before: rollback comes one tick after the last allowed failure.
Source: fluxcd/flagger v1.44.0, pkg/controller/scheduler.go.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from enum import IntEnum
from typing import Final

from canary_runner.controllers.flagger.spec import TOTAL_WEIGHT, HookType, Spec
from canary_runner.controllers.flagger.status import Observed, Phase, Readiness, State, in_phase, reset
from canary_runner.controllers.flagger.strategies import STRATEGIES, answers, is_open, promoted, routed


class Row(IntEnum):
    """The rows of the decision table."""

    SUSPENDED = 1
    NO_NEW_REVISION = 2
    PRIMARY_NOT_READY = 3
    PRIMARY_PAST_DEADLINE = 4
    ROLLOUT_GATE_CLOSED = 5
    BEGUN = 6
    NEW_REVISION = 7
    CANARY_NOT_READY = 8
    CANARY_PAST_DEADLINE = 9
    ANALYSIS_SKIPPED = 10
    PROMOTING = 11
    FINALISING = 12
    ROLLBACK_ASKED_FOR = 13
    THRESHOLD_REACHED = 14
    CHECK_FAILED = 15
    STEP = 16


def tick(spec: Spec, state: State, seen: Observed) -> State:
    """Return the state after one tick: what is in force until the next one."""
    row = decide(spec, state, seen)
    if state.phase is Phase.FAILED and row is not Row.SUSPENDED:
        # what fails is not tried again, nor is what appears in Failed while the primary is down
        state = replace(state, applied=seen.revision)
    return EFFECTS[row](spec, state, seen)


def decide(spec: Spec, state: State, seen: Observed) -> Row:
    """Return the first row of the table that fits."""
    return next(row for row, fits in CONDITIONS.items() if fits(spec, state, seen))


Condition = Callable[[Spec, State, Observed], bool]
CONDITIONS: Final[Mapping[Row, Condition]] = {
    Row.SUSPENDED: lambda _, __, seen: seen.is_suspended,
    Row.NO_NEW_REVISION: lambda _, state, seen: state.phase.is_idle and not state.sees_change(seen.revision),
    Row.PRIMARY_NOT_READY: lambda spec, _, seen: not spec.skip_analysis and seen.primary is Readiness.NOT_READY,
    Row.PRIMARY_PAST_DEADLINE: lambda spec, _, seen: not spec.skip_analysis and seen.primary is Readiness.DEADLINE,
    Row.ROLLOUT_GATE_CLOSED: lambda spec, state, seen: (
        state.phase.is_before_analysis and not is_open(spec, seen, HookType.CONFIRM_ROLLOUT)
    ),
    Row.BEGUN: lambda _, state, __: state.phase.is_before_analysis,
    Row.NEW_REVISION: lambda _, state, seen: state.phase.is_analysing and state.sees_change(seen.revision),
    Row.CANARY_NOT_READY: lambda _, __, seen: seen.canary is Readiness.NOT_READY,
    Row.CANARY_PAST_DEADLINE: lambda _, __, seen: seen.canary is Readiness.DEADLINE,
    Row.ANALYSIS_SKIPPED: lambda spec, _, __: spec.skip_analysis,
    Row.PROMOTING: lambda _, state, __: state.phase is Phase.PROMOTING,
    Row.FINALISING: lambda _, state, __: state.phase is Phase.FINALISING,
    Row.ROLLBACK_ASKED_FOR: lambda spec, _, seen: any(answers(spec, seen, HookType.ROLLBACK)),
    Row.THRESHOLD_REACHED: lambda spec, state, _: state.failed_checks >= spec.failed_checks_allowed,
    Row.CHECK_FAILED: lambda spec, state, seen: not _checks_pass(spec, state, seen),
    Row.STEP: lambda _, __, ___: True,
}
"""When each row fits, in the order in which they are tried: each may rely on those before it."""


def _checks_pass(spec: Spec, state: State, seen: Observed) -> bool:
    """Ask the hooks and the metrics; before anything reaches the canary, only the pre-rollout hooks."""
    is_reached = state.weight != 0 or state.iterations != 0 or (spec.mirror and state.mirrored)
    if not is_reached:
        return is_open(spec, seen, HookType.PRE_ROLLOUT)
    return is_open(spec, seen, HookType.ROLLOUT) and all(seen.metrics)


def _nothing(_: Spec, state: State, __: Observed) -> State:
    return state


def _waiting(_: Spec, state: State, __: Observed) -> State:
    return in_phase(replace(state, primary_updated=False), Phase.WAITING)


def _begun(_: Spec, state: State, seen: Observed) -> State:
    scaled_up = replace(state, primary_updated=False, is_scaled_up=True)
    return reset(scaled_up, Phase.PROGRESSING, seen.revision)


def _begun_anew(spec: Spec, state: State, seen: Observed) -> State:
    return reset(routed(spec, state, 0), Phase.PROGRESSING, seen.revision)


def _rolled_back(spec: Spec, state: State, seen: Observed) -> State:
    scaled_down = replace(routed(spec, state, 0), is_scaled_up=False)
    return reset(scaled_down, Phase.FAILED, seen.revision)


def _without_primary(spec: Spec, state: State, seen: Observed) -> State:
    """Roll back, unless the canary is the only sound copy."""
    if state.phase in (Phase.PROMOTING, Phase.FINALISING):
        return reset(routed(spec, state, TOTAL_WEIGHT), Phase.FAILED, seen.revision, status_weight=TOTAL_WEIGHT)
    return _rolled_back(spec, state, seen)


def _promoted_unseen(spec: Spec, state: State, seen: Observed) -> State:
    return _succeeded(spec, promoted(routed(spec, state, 0)), seen)


def _shifted_back(spec: Spec, state: State, _: Observed) -> State:
    """Send the traffic back to the primary, at once or in steps; at weight 0 with steps nothing ever moves."""
    if not spec.routes_traffic:
        return in_phase(state, Phase.FINALISING)
    if spec.step_weight_promotion == 0:
        return in_phase(routed(spec, state, 0), Phase.FINALISING)
    if state.weight <= 0:
        return state
    weight = max(state.weight - spec.step_weight_promotion, 0)
    shifted = routed(spec, state, weight)
    return in_phase(shifted, Phase.FINALISING) if weight == 0 else replace(shifted, status_weight=weight)


def _succeeded(_: Spec, state: State, __: Observed) -> State:
    return in_phase(replace(state, is_scaled_up=False), Phase.SUCCEEDED)


def _failed_once_more(_: Spec, state: State, __: Observed) -> State:
    return replace(state, failed_checks=state.failed_checks + 1)


def _stepped(spec: Spec, state: State, seen: Observed) -> State:
    return STRATEGIES[spec.strategy](spec, state, seen)


EFFECTS: Final[Mapping[Row, Callable[[Spec, State, Observed], State]]] = {
    Row.SUSPENDED: _nothing,
    Row.NO_NEW_REVISION: _nothing,
    Row.PRIMARY_NOT_READY: _nothing,
    Row.PRIMARY_PAST_DEADLINE: _without_primary,
    Row.ROLLOUT_GATE_CLOSED: _waiting,
    Row.BEGUN: _begun,
    Row.NEW_REVISION: _begun_anew,
    Row.CANARY_NOT_READY: _nothing,
    Row.CANARY_PAST_DEADLINE: _rolled_back,
    Row.ANALYSIS_SKIPPED: _promoted_unseen,
    Row.PROMOTING: _shifted_back,
    Row.FINALISING: _succeeded,
    Row.ROLLBACK_ASKED_FOR: _rolled_back,
    Row.THRESHOLD_REACHED: _rolled_back,
    Row.CHECK_FAILED: _failed_once_more,
    Row.STEP: _stepped,
}
"""What follows from each row."""
