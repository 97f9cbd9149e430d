"""Flagger for the engines: a look is a tick, pods are ready at once, a person opens the gates.

Time 0 is the tick that sees the new revision. Rollback hooks stay silent; hooks that count as checks let through.
A gate opens so long after it was first found closed, and stays open. From Promoting on the primary has the new
template: everybody meets the new version, and nothing is measured any more.
"""

from dataclasses import dataclass
from fractions import Fraction
from math import gcd
from typing import Final

from canary_runner.controllers.flagger.questions import PASSES, Canary, in_order_of_checks, questions_of
from canary_runner.controllers.flagger.scheduler import tick
from canary_runner.controllers.flagger.spec import TOTAL_WEIGHT, HookType, Spec, Strategy
from canary_runner.controllers.flagger.status import Observed, Phase, State, our_state
from canary_runner.model import outcomes
from canary_runner.model.machine import Look, Segment, Standing
from canary_runner.model.plan import Approval

REVISION: Final = 1
GATES: Final = (HookType.CONFIRM_ROLLOUT, HookType.CONFIRM_TRAFFIC_INCREASE, HookType.CONFIRM_PROMOTION)
"""The hooks that wait for a person, in the order in which a tick asks them."""

Open = frozenset[HookType]
ALL_OPEN: Final = frozenset(GATES)


@dataclass(frozen=True, slots=True)
class Place:
    """What requests meet at one time."""

    percent: int  # of what is routed, on the canary
    is_mirrored: bool = False
    is_loaded: bool = False  # load tests run
    is_promoted: bool = False


PROMOTED: Final = Place(TOTAL_WEIGHT, is_promoted=True)


@dataclass(frozen=True, slots=True)
class Tracked:
    """Upstream's state, and what the engines want to know beside it."""

    status: State
    segment: int = 0
    opens_in: tuple[int | None, ...] = (None,) * len(GATES)  # ticks until each gate opens; None: not asked yet
    held_by: HookType | None = None  # the gate that the last tick found closed
    is_loaded: bool = False
    failed_by: int | None = None  # the question that failed the check with which the threshold was reached


class FlaggerMachine:
    """A Canary at work."""

    def __init__(self, canary: Canary, approval: Approval) -> None:
        self._canary, self._spec, self._approval = canary, canary.spec, approval
        self._interval_s = int(canary.spec.tick_s)
        self._order = in_order_of_checks(canary.spec)
        self.questions = questions_of(canary)
        self.tick_s = gcd(self._interval_s, *(question.query.window_s for question in self.questions))
        self._places = _places(canary)
        self.segments = tuple(_segment(canary, place) for place in self._places)

    def start(self) -> Tracked:
        """Return the state after the tick that sees the new revision."""
        return self._ticked(Tracked(State()), self._passes(()))

    def look(self, state: Tracked) -> Look | None:
        """Return the next tick; it asks all metrics where they make a difference."""
        status = state.status
        is_waiting = state.held_by is not None or status.phase is Phase.WAITING_PROMOTION
        is_over = status.phase in (Phase.SUCCEEDED, Phase.FAILED)
        if is_over or (is_waiting and self._approval.delay_s is None):
            return None
        opened = self._open_at_next(state)
        failed = (False,) * len(self.questions)
        is_read = self._after(status, self._passes(()), opened) != self._after(status, failed, opened)
        return Look(self._interval_s, tuple(range(len(self.questions))) if is_read else ())

    def advance(self, state: Tracked, letters: tuple[int, ...]) -> Tracked:
        """Return the state after the next tick."""
        return self._ticked(state, self._passes(letters))

    def standing(self, state: Tracked) -> Standing:
        """Return our word and upstream's phase."""
        phase, ours = state.status.phase, our_state(state.status)
        if state.held_by is not None:
            ours = outcomes.State.PAUSED
        elif phase is Phase.WAITING_PROMOTION and state.opens_in[-1] == 0:
            ours = outcomes.State.PROGRESSING  # the gate is open, and the last iteration is done anew
        decided_by = () if state.failed_by is None else (state.failed_by,)
        if ours is outcomes.State.ROLLED_BACK:
            allowed = self._spec.failed_checks_allowed
            return Standing(
                ours,
                phase.value,
                state.segment,
                f"{allowed} failed checks reach the threshold of {allowed}",
                decided_by,
            )
        if ours is outcomes.State.PAUSED:
            gate = state.held_by or HookType.CONFIRM_PROMOTION
            return Standing(ours, phase.value, state.segment, f"the {gate.value} gate is closed")
        return Standing(ours, phase.value, state.segment)

    def _passes(self, letters: tuple[int, ...]) -> tuple[bool, ...]:
        """Return what each metric of the spec comes to; one that is not asked makes no difference."""
        return tuple(letter == PASSES for letter in letters) or (True,) * len(self.questions)

    def _after(self, status: State, metrics: tuple[bool, ...], opened: Open) -> State:
        return tick(self._spec, status, _seen(self._spec, metrics, opened))

    def _ticked(self, state: Tracked, metrics: tuple[bool, ...]) -> Tracked:
        opens_in = tuple(None if left is None else max(left - 1, 0) for left in state.opens_in)
        opened, held_by = self._open(opens_in), None
        for index, gate in enumerate(GATES):
            if self._is_asked(gate, state.status, metrics, opened) and opens_in[index] is None:
                opens_in = (*opens_in[:index], self._wait_ticks(), *opens_in[index + 1 :])
                opened = self._open(opens_in)
            if gate not in opened and self._is_asked(gate, state.status, metrics, opened):
                held_by = gate
                break
        after = self._after(state.status, metrics, opened)
        failed_by = self._failed_by(state, metrics, after)
        is_loaded = state.is_loaded or (self._canary.load_rps > 0 and _is_reached(state.status))
        segment = state.segment
        if not our_state(after).is_final:
            segment = max(segment, self._places.index(_place(after, is_loaded)))
        return Tracked(after, segment, opens_in, held_by, is_loaded, failed_by)

    def _is_asked(self, gate: HookType, status: State, metrics: tuple[bool, ...], opened: Open) -> bool:
        """Tell whether a tick asks a gate: where its answer makes a difference, those that come later being open."""
        later = frozenset(GATES[GATES.index(gate) + 1 :])
        opened = (opened - {gate}) | later
        return self._after(status, metrics, opened) != self._after(status, metrics, opened | {gate})

    def _wait_ticks(self) -> int:
        """Return how many ticks a gate that is found closed stays so; of one that nobody opens, more than 0."""
        delay_s = self._approval.delay_s
        return 1 if delay_s is None else -(-delay_s // self._interval_s)

    def _open(self, opens_in: tuple[int | None, ...]) -> Open:
        return frozenset(gate for gate, left in zip(GATES, opens_in, strict=True) if left == 0)

    def _open_at_next(self, state: Tracked) -> Open:
        """Return the gates that the next tick may find open."""
        return (
            ALL_OPEN
            if state.held_by is None
            else self._open(tuple(None if left is None else max(left - 1, 0) for left in state.opens_in))
        )

    def _failed_by(self, state: Tracked, metrics: tuple[bool, ...], after: State) -> int | None:
        if after.failed_checks > state.status.failed_checks and after.failed_checks >= self._spec.failed_checks_allowed:
            return next((index for index in self._order if not metrics[index]), None)
        return state.failed_by


def _seen(spec: Spec, metrics: tuple[bool, ...], opened: Open) -> Observed:
    hooks = (
        hook.type is not HookType.ROLLBACK and (hook.type not in GATES or hook.type in opened) for hook in spec.hooks
    )
    return Observed(metrics, tuple(hooks), REVISION)


def _is_reached(status: State) -> bool:
    """Tell whether the tick after this state calls the rollout hooks, which start load tests."""
    return status.phase.is_analysing and (status.weight > 0 or status.iterations > 0 or status.mirrored)


def _place(status: State, is_loaded: bool) -> Place:
    if status.primary_updated:
        return PROMOTED
    return Place(min(status.weight, TOTAL_WEIGHT), status.mirrored, is_loaded)


def _places(canary: Canary) -> tuple[Place, ...]:
    """Return every place of a rollout in order: those of passed checks, and behind each that of a failed one."""
    seen = _seen(canary.spec, (True,) * len(canary.spec.metrics), ALL_OPEN)
    found: dict[Place, None] = {}
    before, status, is_loaded = State(), tick(canary.spec, State(), seen), False
    while status != before and not our_state(status).is_final:
        found.setdefault(_place(status, is_loaded))
        is_loaded = is_loaded or (canary.load_rps > 0 and _is_reached(status))
        found.setdefault(_place(status, is_loaded))
        before, status = status, tick(canary.spec, status, seen)
    return tuple(found)


def _segment(canary: Canary, place: Place) -> Segment:
    is_ab = canary.spec.strategy is Strategy.AB_TESTING
    share = Fraction(place.percent, TOTAL_WEIGHT)
    if place.is_promoted:
        return Segment("promotion", Fraction(1), is_watched=False)
    name = "mirroring" if place.is_mirrored else f"{place.percent}%"
    return Segment(
        f"{name} with load" if place.is_loaded else name,
        share * canary.matching if is_ab else share,
        copied=canary.copied if place.is_mirrored else Fraction(0),
        synthetic_rps=canary.load_rps if place.is_loaded else Fraction(0),
    )
