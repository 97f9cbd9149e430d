"""What a tick does whose checks have passed: canary, blue/green or A/B."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from canary_runner.controllers.flagger.spec import TOTAL_WEIGHT, HookType, Spec, Strategy
from canary_runner.controllers.flagger.status import Observed, Phase, State, in_phase


def answers(spec: Spec, seen: Observed, kind: HookType) -> list[bool]:
    """Return what the hooks of one type answered, in their order."""
    return [answer for hook, answer in zip(spec.hooks, seen.hooks, strict=True) if hook.type is kind]


def is_open(spec: Spec, seen: Observed, kind: HookType) -> bool:
    """Tell whether every gate of a type lets through; no gate is an open one."""
    return all(answers(spec, seen, kind))


def routed(spec: Spec, state: State, weight: int, mirrored: bool = False) -> State:
    """Set the routes, where there is something to set them with."""
    return replace(state, weight=weight, mirrored=mirrored) if spec.routes_traffic else state


def promoted(state: State) -> State:
    """Copy the template to the primary: from here on nothing is measured."""
    return in_phase(replace(state, primary_updated=True), Phase.PROMOTING)


def awaiting_promotion(spec: Spec, state: State) -> State:
    """Wait at a closed gate.

    Found closed again, the last iteration is taken back and done anew; without iterations the status shows -1.
    """
    iterations = spec.effective_iterations - 1
    if state.phase is Phase.WAITING_PROMOTION:
        return replace(state, iterations=iterations)
    return in_phase(state, Phase.WAITING_PROMOTION, iterations)


def canary(spec: Spec, state: State, seen: Observed) -> State:
    """Add one step of weight; at the last weight, promote. A step of 0 or below does neither, for ever."""
    if spec.next_step(state.weight) <= 0:
        return state
    is_asked = not state.mirrored and state.phase is not Phase.WAITING_PROMOTION
    if is_asked and not is_open(spec, seen, HookType.CONFIRM_TRAFFIC_INCREASE):
        return state
    if state.weight < spec.promotion_weight:
        return _stepped(spec, state)
    if not is_open(spec, seen, HookType.CONFIRM_PROMOTION):
        return awaiting_promotion(spec, state)
    return promoted(state)


def _stepped(spec: Spec, state: State) -> State:
    """Raise the weight; mirroring takes one step of its own, at weight 0, and the step after it is not cut at 100."""
    raised = state.weight + spec.next_step(state.weight)
    if spec.mirror and state.weight == 0:
        weight, mirrored = (raised, False) if state.mirrored else (0, True)
    else:
        weight, mirrored = min(raised, TOTAL_WEIGHT), state.mirrored
    return replace(routed(spec, state, weight, mirrored), status_weight=weight)


def blue_green(spec: Spec, state: State, seen: Observed) -> State:
    """Count an iteration; after the last one send everybody over at once; a tick later, promote."""
    if state.iterations < spec.effective_iterations:
        if spec.mirror and not state.mirrored:
            state = routed(spec, state, 0, mirrored=True)
        return replace(state, iterations=state.iterations + 1)
    if not is_open(spec, seen, HookType.CONFIRM_PROMOTION):
        return awaiting_promotion(spec, state)
    if state.iterations == spec.effective_iterations:
        return replace(routed(spec, state, TOTAL_WEIGHT), iterations=state.iterations + 1)
    return promoted(state)


def ab_testing(spec: Spec, state: State, seen: Observed) -> State:
    """Send every request that matches to the canary and count an iteration; after the last one, promote."""
    if state.iterations < spec.effective_iterations:
        return replace(routed(spec, state, TOTAL_WEIGHT), iterations=state.iterations + 1)
    if not is_open(spec, seen, HookType.CONFIRM_PROMOTION):
        return awaiting_promotion(spec, state)
    return promoted(state) if state.iterations == spec.effective_iterations else state


STRATEGIES: Final[Mapping[Strategy, Callable[[Spec, State, Observed], State]]] = {
    Strategy.CANARY: canary,
    Strategy.BLUE_GREEN: blue_green,
    Strategy.AB_TESTING: ab_testing,
}
