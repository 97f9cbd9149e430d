"""A blueGreen rollout of Argo for the engines: pods are ready at once, a person promotes what is promoted by hand.

Before the switch nobody meets the new version; the switch moves everybody at once. The clock of autoPromotionSeconds
starts when the analysis before the promotion has succeeded. An abort after the switch moves everybody back at once.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from math import gcd
from typing import Final

from canary_runner.controllers.argo.phases import Phase
from canary_runner.controllers.argo.questions import LETTERS, MetricQuestion
from canary_runner.controllers.argo.rollout import Action, Place, verdict
from canary_runner.controllers.argo.spec import BlueGreenSpec
from canary_runner.controllers.argo.tracking import Tracked, begun, due, looked_at, next_in_s, times_s
from canary_runner.model.machine import Look, Segment, Standing
from canary_runner.model.outcomes import State
from canary_runner.model.plan import Approval

PREVIEW, PAUSE, ACTIVE, DONE, ABORTED, HELD = "preview", "pause", "active", "done", "aborted", "held"
PHASES: Final = {DONE: "Healthy", ABORTED: "Degraded", HELD: "Paused", PAUSE: "Paused"}
STATES: Final = {DONE: State.COMPLETED, ABORTED: State.ROLLED_BACK, HELD: State.PAUSED}


@dataclass(frozen=True, slots=True)
class Position:
    """Where a rollout stands; seconds are told from now."""

    at: str = PREVIEW
    is_switched: bool = False
    waited_s: int = 0
    run: Tracked | None = None
    decided_by: tuple[int, ...] = ()
    message: str = ""


class BlueGreenMachine:
    """A Rollout with a blueGreen strategy at work."""

    def __init__(self, spec: BlueGreenSpec, approval: Approval) -> None:
        self._spec, self._approval = spec, approval
        self._analyses = {PREVIEW: spec.before, ACTIVE: spec.after}
        self._offsets: dict[str, tuple[int | None, ...]] = {}
        questions: list[MetricQuestion] = []
        for place, analysis in self._analyses.items():
            numbers: list[int | None] = []
            for one in analysis.metrics if analysis else ():
                numbers.append(None if one.query is None else len(questions))
                if one.query is not None:
                    label = "pre-promotion" if place == PREVIEW else "post-promotion"
                    questions.append(MetricQuestion(f"{label} {one.metric.name}", one))
            self._offsets[place] = tuple(numbers)
        self.questions = tuple(questions)
        self.tick_s = gcd(*self._times_s()) or 1
        self.segments = (Segment("preview", Fraction(0)), Segment("active", Fraction(1), is_watched=bool(spec.after)))

    def start(self) -> Position:
        """Return where a rollout stands when its template has just been applied and its pods are there."""
        return self._progressed(Position())

    def look(self, position: Position) -> Look | None:
        """Return the next moment at which something is measured, or the wait is over."""
        if position.at == PAUSE:
            pause_s = self._pause_s()
            return None if pause_s is None else Look(max(0, pause_s - position.waited_s), ())
        analysis = self._analyses.get(position.at)
        if analysis is None or position.run is None:
            return None
        in_s = next_in_s(analysis, position.run)
        return None if in_s is None else Look(in_s, tuple(q for q, _ in self._asked(position, in_s)))

    def advance(self, position: Position, letters: tuple[int, ...]) -> Position:
        """Return where the rollout stands after the next look."""
        look = self.look(position)
        assert look is not None
        if position.at == PAUSE:
            return self._progressed(replace(position, waited_s=position.waited_s + look.after_s))
        analysis, run = self._analyses[position.at], position.run
        assert analysis is not None
        assert run is not None
        pairs = zip(self._asked(position, look.after_s), letters, strict=True)
        measured: dict[int, Phase] = {metric: LETTERS[letter] for (_, metric), letter in pairs}
        return self._progressed(replace(position, run=looked_at(analysis, run, look.after_s, measured)))

    def standing(self, position: Position) -> Standing:
        """Return our word and upstream's phase."""
        segment = int(position.is_switched)
        state = STATES.get(position.at, State.PROGRESSING)
        if position.at == PAUSE and self._pause_s() is None:
            state = State.PAUSED
        reasons = {
            PREVIEW: "the preview is up",
            PAUSE: "it waits for its promotion",
            ACTIVE: "the active service is switched",
            DONE: "the new version is stable",
        }
        reason = position.message or reasons.get(position.at, "")
        return Standing(state, PHASES.get(position.at, "Progressing"), segment, reason, position.decided_by)

    def _pause_s(self) -> int | None:
        """Return how long the pause before the promotion is; None: until a person ends it, who never comes."""
        if self._spec.is_promoted_by_hand:
            return self._approval.delay_s
        return self._spec.promotion_after_s

    def _asked(self, position: Position, in_s: int) -> Iterator[tuple[int, int]]:
        analysis = self._analyses.get(position.at)
        if analysis is None or position.run is None:
            return
        for metric in due(analysis, position.run, in_s):
            question = self._offsets[position.at][metric]
            if question is not None:
                yield question, metric

    def _progressed(self, position: Position) -> Position:
        while (after := self._stepped(position)) != position:
            position = after
        return position

    def _stepped(self, position: Position) -> Position:
        match position.at:
            case "preview":
                return self._analysed(position, Place.PRE_PROMOTION, PAUSE)
            case "pause":
                pauses = self._spec.is_promoted_by_hand or self._spec.promotion_after_s > 0
                pause_s = self._pause_s()
                if pauses and (pause_s is None or position.waited_s < pause_s):
                    return position
                return Position(ACTIVE, is_switched=True)
            case "active":
                return self._analysed(position, Place.POST_PROMOTION, DONE)
            case _:
                return position

    def _analysed(self, position: Position, place: Place, following: str) -> Position:
        analysis = self._analyses[position.at]
        if analysis is None:
            return replace(position, at=following)
        if position.run is None:
            return replace(position, run=begun(analysis))
        phase = position.run.state.phase
        if not phase.is_completed:
            return position
        action = verdict(place, phase).action
        if action not in (Action.ABORT, Action.PAUSE):
            return replace(position, at=following, run=None)
        pairs = zip(self._offsets[position.at], position.run.state.metrics, strict=True)
        decided = tuple(q for q, one in pairs if q is not None and one is not None and one.phase is phase)
        ended = ABORTED if action is Action.ABORT else HELD
        return Position(ended, position.is_switched, 0, None, decided, position.run.state.message)

    def _times_s(self) -> Iterator[int]:
        yield self._approval.delay_s or 0
        yield self._spec.promotion_after_s
        for analysis in self._analyses.values():
            yield from times_s(analysis)
