"""One tick of Flagger's scheduler, and nothing between two ticks. The first row that fits decides.

| #  | phase                        | condition                   | what follows                         |
|----|------------------------------|-----------------------------|--------------------------------------|
| 1  | any                          | suspended                   | nothing                              |
| 2  | Initialized, Succeeded,      | no new revision             | nothing                              |
|    | Failed                       |                             |                                      |
| 3  | any                          | primary not ready           | nothing; deadline: rollback, while   |
|    |                              |                             | promoting all traffic to the canary  |
| 4  | the three of 2, Waiting      | confirm-rollout gate closed | Waiting                              |
| 5  | the three of 2, Waiting      |                             | Progressing, counters 0              |
| 6  | Progressing,WaitingPromotion | new revision                | Progressing from weight 0            |
| 7  | any                          | canary not ready            | nothing; deadline: rollback          |
| 8  | any                          | analysis skipped            | Succeeded                            |
| 9  | Progressing,WaitingPromotion | a rollback hook answers     | rollback                             |
| 10 | Promoting                    |                             | traffic back, Finalising             |
| 11 | Finalising                   |                             | Succeeded                            |
| 12 | Progressing,WaitingPromotion | failed checks >= threshold  | rollback                             |
| 13 | Progressing,WaitingPromotion | hooks or metrics fail       | one failed check more                |
| 14 | Progressing,WaitingPromotion |                             | the strategy's step                  |

Row 3 is left out where the analysis is skipped. The counter of row 12 is that of the ticks before: rollback comes one
tick after the last allowed failure. Source: fluxcd/flagger v1.44.0, pkg/controller/scheduler.go.
"""

from dataclasses import replace

from canary_runner.controllers.flagger.spec import TOTAL_WEIGHT, HookType, Spec
from canary_runner.controllers.flagger.status import Observed, Phase, Readiness, State, in_phase, reset
from canary_runner.controllers.flagger.strategies import STRATEGIES, answers, is_open, promoted, routed


def tick(spec: Spec, state: State, seen: Observed) -> State:
    """Return the state after one tick: what is in force until the next one."""
    if seen.is_suspended:
        return state
    if state.phase.is_idle:
        is_news = state.sees_change(seen.revision)
        if state.phase is Phase.FAILED:  # a failed revision is not tried again, nor one that appears with no primary
            state = replace(state, applied=seen.revision)
        if not is_news:
            return state
    if not spec.skip_analysis and seen.primary is not Readiness.READY:
        return _without_primary(spec, state, seen)
    if state.phase.is_idle or state.phase is Phase.WAITING:
        return _begun(spec, state, seen)
    return _under_way(spec, state, seen)


def _without_primary(spec: Spec, state: State, seen: Observed) -> State:
    if seen.primary is Readiness.NOT_READY:
        return state
    if state.phase in (Phase.PROMOTING, Phase.FINALISING):
        return reset(routed(spec, state, TOTAL_WEIGHT), Phase.FAILED, seen.revision, status_weight=TOTAL_WEIGHT)
    return _rolled_back(spec, state, seen)


def _begun(spec: Spec, state: State, seen: Observed) -> State:
    """Scale the canary up, unless a gate is closed; nothing else happens in this tick."""
    fresh = replace(state, primary_updated=False)
    if not is_open(spec, seen, HookType.CONFIRM_ROLLOUT):
        return in_phase(fresh, Phase.WAITING)
    return reset(replace(fresh, is_scaled_up=True), Phase.PROGRESSING, seen.revision)


def _under_way(spec: Spec, state: State, seen: Observed) -> State:
    if state.phase.is_analysing and state.sees_change(seen.revision):
        return reset(routed(spec, state, 0), Phase.PROGRESSING, seen.revision)
    if seen.canary is not Readiness.READY:
        return state if seen.canary is Readiness.NOT_READY else _rolled_back(spec, state, seen)
    if spec.skip_analysis:
        return _succeeded(promoted(routed(spec, state, 0)))
    if state.phase is Phase.PROMOTING:
        return _shifted_back(spec, state)
    if state.phase is Phase.FINALISING:
        return _succeeded(state)
    return _analysed(spec, state, seen)


def _analysed(spec: Spec, state: State, seen: Observed) -> State:
    if any(answers(spec, seen, HookType.ROLLBACK)) or state.failed_checks >= spec.failed_checks_allowed:
        return _rolled_back(spec, state, seen)
    if not _checks_pass(spec, state, seen):
        return replace(state, failed_checks=state.failed_checks + 1)
    return STRATEGIES[spec.strategy](spec, state, seen)


def _checks_pass(spec: Spec, state: State, seen: Observed) -> bool:
    """Ask the hooks and the metrics; before anything reaches the canary, only the pre-rollout hooks."""
    is_reached = state.weight != 0 or state.iterations != 0 or (spec.mirror and state.mirrored)
    if not is_reached:
        return is_open(spec, seen, HookType.PRE_ROLLOUT)
    return is_open(spec, seen, HookType.ROLLOUT) and all(seen.metrics)


def _rolled_back(spec: Spec, state: State, seen: Observed) -> State:
    down = replace(routed(spec, state, 0), is_scaled_up=False)
    return reset(down, Phase.FAILED, seen.revision)


def _succeeded(state: State) -> State:
    return in_phase(replace(state, is_scaled_up=False), Phase.SUCCEEDED)


def _shifted_back(spec: Spec, state: State) -> State:
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
