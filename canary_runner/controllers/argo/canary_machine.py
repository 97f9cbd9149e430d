"""A canary of Argo Rollouts for the engines: pods are ready after `ready_s`, a person opens the pauses without an end.

Time 0 is the reconciliation that sees the new template. A timed pause ends when its time is over. After the last step
the other pods start, and then nothing is watched any more. An abort ends the rollout; what the canary still serves
then, until the pods of the stable version can take the traffic, its segment says. What is inconclusive waits for a
person, who never comes: while an analysis holds a rollout, no other one is read and no pod is started or stopped, so
that a weight which needs the same pods still takes effect; an experiment that could not tell leaves the background
analysis to abort.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from math import gcd
from typing import Final

from canary_runner.controllers.argo.asking import BACKGROUND, analyses_of, offsets_of, questions_of
from canary_runner.controllers.argo.canary import Canary, after_run, pause_step
from canary_runner.controllers.argo.canary_position import Position, at, forgetting, is_deaf, is_held
from canary_runner.controllers.argo.phases import Phase
from canary_runner.controllers.argo.questions import LETTERS
from canary_runner.controllers.argo.rollout import Action, Place, RolloutPhase, Verdict, verdict
from canary_runner.controllers.argo.segments import way_of
from canary_runner.controllers.argo.spec import (
    Analyse,
    Analysis,
    CanarySpec,
    Experiment,
    Other,
    Pause,
    SetWeight,
    Step,
)
from canary_runner.controllers.argo.tracking import Tracked, begun, due, looked_at, next_in_s, times_s
from canary_runner.model.machine import Look, Standing
from canary_runner.model.outcomes import State
from canary_runner.model.plan import Approval

AFTER: Final = Fraction(1, 10**9)
"""A pause is over once more than its duration has passed: so soon after."""

NEW, OLD = "new", "old"


def _read(position: Position) -> Iterator[tuple[int, Tracked]]:
    """Yield the runs that are read, with their places."""
    if is_deaf(position.canary):
        return
    for place, run in ((position.canary.step, position.step_run), (BACKGROUND, position.background)):
        if run is not None:
            yield place, run


class CanaryMachine:
    """A Rollout with a canary strategy at work."""

    def __init__(self, spec: CanarySpec, approval: Approval) -> None:
        self._spec, self._approval = spec, approval
        self._analyses = dict(analyses_of(spec))
        self._offsets = offsets_of(self._analyses)
        self.questions = tuple(questions_of(self._analyses))
        self._way = way_of(spec)
        self.segments = tuple(self._way.segments)
        self.tick_s = gcd(*self._times_s()) or 1

    def start(self) -> Position:
        """Return where a rollout stands when its template has just been applied."""
        return self._progressed(Position(Canary(len(self._spec.steps), current=NEW, stable=OLD)))

    def look(self, position: Position) -> Look | None:
        """Return the next moment at which something is measured, or a wait is over."""
        if self._is_over(position) or self._waits_for_a_person(position):
            return None
        waits = [wait for wait in self._waits_s(position) if wait is not None]
        if not waits:
            return None
        in_s = min(waits)
        return Look(in_s, tuple(question for question, _, _ in self._asked(position, in_s)))

    def advance(self, position: Position, letters: tuple[int, ...]) -> Position:
        """Return where the rollout stands after the next look."""
        look = self.look(position)
        assert look is not None
        in_s, measured = look.after_s, dict[int, dict[int, Phase]]()
        for (_, place, metric), letter in zip(self._asked(position, in_s), letters, strict=True):
            measured.setdefault(place, {})[metric] = LETTERS[letter]
        position = replace(
            position,
            waited_s=position.waited_s + in_s,
            step_run=self._run_after(position.step_run, position.canary.step, in_s, measured),
            background=self._run_after(position.background, BACKGROUND, in_s, measured),
        )
        return self._progressed(self._moved(position, in_s))

    def _moved(self, position: Position, by_s: int) -> Position:
        """Let pods that have had their time be ready."""
        if not self._moves(position):
            return position
        if position.moved_s + by_s < self._spec.ready_s:
            return replace(position, moved_s=position.moved_s + by_s)
        return replace(position, waited_s=0, moved_s=0, moment=position.moment + 1)

    def standing(self, position: Position) -> Standing:
        """Return our word and upstream's phase."""
        canary = position.canary
        phase, segment = canary.phase.value, position.segment
        if canary.is_aborted:
            return Standing(State.ROLLED_BACK, phase, segment, position.message, position.decided_by)
        if self._is_over(position):
            return Standing(State.COMPLETED, RolloutPhase.HEALTHY.value, segment, "all steps are completed")
        if self.look(position) is None or is_held(canary):
            reason = position.message or self._why_for_ever(position)
            return Standing(State.PAUSED, phase, segment, reason, position.decided_by)
        if canary.phase is RolloutPhase.HEALTHY:  # it is once the other pods are there
            phase = RolloutPhase.PROGRESSING.value
        return Standing(State.PROGRESSING, phase, segment, self._doing(canary.step))

    def _why_for_ever(self, position: Position) -> str:
        """Return why nothing ever happens again at a step."""
        if isinstance(self._step(position), Pause):
            return "the pause has no duration: it waits for a person"
        return f"{self._doing(position.canary.step)} has no end of its own: it waits for a person"

    def _doing(self, step: int) -> str:
        steps = len(self._spec.steps)
        return f"step {step + 1} of {steps}" if step < steps else "all steps are completed: the other pods start"

    def _is_over(self, position: Position) -> bool:
        step = position.canary.step
        has_pods = position.moment + 1 == len(self._way.courses[step]) and not self._is_halted(position)
        return position.canary.is_aborted or (step == len(self._spec.steps) and has_pods)

    def _is_halted(self, position: Position) -> bool:
        """Tell whether a step waits for pods that a held rollout neither starts nor stops."""
        canary = position.canary
        return is_deaf(canary) and position.moment == 0 and self._way.moves_pods(canary.step)

    def _waits_for_a_person(self, position: Position) -> bool:
        step = self._step(position)
        return isinstance(step, Pause) and self._pause_s(step) is None

    def _step(self, position: Position) -> Step | None:
        """Return the step that acts: none while pods start, and after the last."""
        step, moment = position.canary.step, position.moment
        is_moving = moment + 1 < len(self._way.courses[step])
        return None if is_moving or step == len(self._spec.steps) else self._spec.steps[step]

    def _moves(self, position: Position) -> bool:
        """Tell whether pods are on their way up to a weight."""
        is_up = position.moment + 1 < len(self._way.courses[position.canary.step])
        return is_up and not is_held(position.canary) and not position.canary.is_aborted

    def _waits_s(self, position: Position) -> Iterator[int | None]:
        """Yield in how many seconds each thing that is under way is looked at; None: never."""
        if self._moves(position):
            yield self._spec.ready_s - position.moved_s
        step = self._step(position)
        match step:
            case Pause():
                duration_s = self._pause_s(step)
                yield None if duration_s is None else max(0, duration_s - position.waited_s)
            case Experiment(_, duration_s) if duration_s is not None and not is_held(position.canary):
                yield duration_s - position.waited_s if position.waited_s < duration_s else None
        for place, run in _read(position):
            yield next_in_s(self._analyses[place], run)

    def _pause_s(self, step: Pause) -> int | None:
        return self._approval.delay_s if step.duration_s is None else step.duration_s

    def _asked(self, position: Position, in_s: int) -> Iterator[tuple[int, int, int]]:
        """Yield the questions of a look so many seconds from now: the question, the place of its run, its metric."""
        for place, run in _read(position):
            for metric in due(self._analyses[place], run, in_s):
                question = self._offsets[place][metric]
                if question is not None:
                    yield question, place, metric

    def _run_after(
        self, run: Tracked | None, place: int, in_s: int, measured: Mapping[int, Mapping[int, Phase]]
    ) -> Tracked | None:
        if run is None or run.state.phase.is_completed:
            return run
        return looked_at(self._analyses[place], run, in_s, measured.get(place, {}))

    def _progressed(self, position: Position) -> Position:
        """Do all that follows at this moment."""
        while True:
            after = self._stepped(self._background_judged(self._with_background(position)))
            if after == position:
                if self._is_over(after):
                    return forgetting(after)
                if self._is_halted(after):
                    return after  # the weight before stays
                return replace(after, segment=self._way.segment_of[after.canary.step, after.moment])
            position = after

    def _with_background(self, position: Position) -> Position:
        is_time = not self._spec.steps or position.canary.step >= self._spec.starting_step
        wants = self._spec.background is not None and is_time and not is_deaf(position.canary)
        if not wants or position.has_background or self._is_over(position):
            return position
        assert self._spec.background is not None
        return replace(position, background=begun(self._spec.background), has_background=True)

    def _background_judged(self, position: Position) -> Position:
        run = position.background
        if run is None or self._is_over(position) or is_deaf(position.canary) or not run.state.phase.is_completed:
            return position
        found = verdict(Place.BACKGROUND, run.state.phase)
        if found.action is Action.PAUSE and (self._begins_pause(position) or self._step_aborts(position)):
            return position  # these come first
        return self._after(replace(position, background=None), found, BACKGROUND, run)

    def _begins_pause(self, position: Position) -> bool:
        """Tell whether a pause step has not begun yet: its own reason is noted together with that of an analysis."""
        canary = position.canary
        return isinstance(self._step(position), Pause) and not canary.is_controller_paused

    def _step_aborts(self, position: Position) -> bool:
        """Tell whether the step's own run has come to an abort at this moment."""
        run, step = position.step_run, self._step(position)
        if run is None or not run.state.phase.is_completed:
            return False
        place = Place.EXPERIMENT if isinstance(step, Experiment) else Place.STEP
        return verdict(place, run.state.phase).action is Action.ABORT

    def _stepped(self, position: Position) -> Position:
        canary, run = position.canary, position.background
        if self._is_over(position):
            return position
        if run is not None and next_in_s(self._analyses[BACKGROUND], run) == 0:
            return position  # it measures before any pod has come up
        step = self._step(position)
        match step:
            case None:
                return position
            case Pause():
                duration_s = self._pause_s(step)
                waited_s = position.waited_s + AFTER if duration_s is not None else Fraction(0)
                after = pause_step(canary, waited_s, None if duration_s is None else Fraction(duration_s))
                return at(position, after)
            case Analyse(analysis):
                return self._analysed(position, analysis, Place.STEP)
            case Experiment():
                return self._experimented(position, step)
            case SetWeight() if self._is_halted(position):
                return position
            case Other("setCanaryScale") if is_deaf(canary):
                return position
            case _:
                return at(position, after_run(canary, Verdict(Action.NEXT_STEP)))

    def _experimented(self, position: Position, step: Experiment) -> Position:
        """Start an experiment, or end it: by what its analyses come to, or by its duration if none is required."""
        is_due = step.duration_s is not None and position.waited_s >= step.duration_s
        phase = position.step_run.state.phase if position.step_run else None
        is_running = phase is None or not phase.is_completed
        if is_due and (step.analysis is None or (is_running and not step.is_required)):
            return at(position, after_run(position.canary, Verdict(Action.NEXT_STEP)))
        goes_on = phase is Phase.SUCCESSFUL and not is_due and not step.is_required
        if step.analysis is None or goes_on:
            return position
        return self._analysed(position, step.analysis, Place.EXPERIMENT)

    def _analysed(self, position: Position, analysis: Analysis, place: Place) -> Position:
        """Start the run of a step, or do what follows from it."""
        if is_deaf(position.canary) or (is_held(position.canary) and position.step_run is None):
            return position
        if position.step_run is None:
            return replace(position, step_run=begun(analysis))
        run = position.step_run
        if not run.state.phase.is_completed:
            return position
        after = replace(position, step_run=None)
        return self._after(after, verdict(place, run.state.phase), position.canary.step, run)

    def _after(self, position: Position, found: Verdict, place: int, run: Tracked) -> Position:
        """Do what a run's phase leads to."""
        canary = after_run(position.canary, found)
        if found.action not in (Action.ABORT, Action.PAUSE):
            return at(position, canary)
        pairs = zip(self._offsets[place], run.state.metrics, strict=True)
        decided = tuple(q for q, one in pairs if q is not None and one is not None and one.phase is run.state.phase)
        return replace(at(position, canary), decided_by=decided, message=run.state.message)

    def _times_s(self) -> Iterator[int]:
        """Yield every wait and every window in whole seconds."""
        yield self._approval.delay_s or 0
        yield self._spec.ready_s
        for step in self._spec.steps:
            if isinstance(step, Pause | Experiment):
                yield step.duration_s or 0
        for analysis in self._analyses.values():
            yield from times_s(analysis)
