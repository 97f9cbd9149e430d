"""A rollout that somebody drives: the public state machine, a thin holder over the controller.

PENDING --start--> PROGRESSING --advance--> PROGRESSING | PAUSED | COMPLETED | ROLLED_BACK
PROGRESSING --pause--> PAUSED --resume--> PROGRESSING | COMPLETED
PAUSED --advance--> PAUSED | ROLLED_BACK          (a spent tolerance acts in PAUSED too)
PROGRESSING | PAUSED --abort--> ROLLED_BACK
"""

from collections.abc import Mapping, Sequence
from enum import Enum, auto
from fractions import Fraction

from canary_runner.compiling.plan import stage_plans
from canary_runner.controllers.native import Memory, Verdict, advance, behind, position_of
from canary_runner.engines.sentences import STARTED, WAITS, counter, decision_words, spoken_of
from canary_runner.model.outcomes import Decision, Outcome, Position, State
from canary_runner.model.policy import Policy
from canary_runner.model.results import Transition


class EventError(Exception):
    """An event that the rollout's state does not take; nothing has changed."""


class TerminalStateError(EventError):
    """An event after COMPLETED or ROLLED_BACK; nothing has changed."""


class _Pause(Enum):
    GATE = auto()
    UNDECIDED = auto()  # the stage could not end
    BY_HAND = auto()


class Rollout:
    """One execution of a policy, one analysis at a time.

    Time is simulated: it starts at 0 and every `advance` is one `check_every` of the present stage later.

    >>> rollout = Rollout(policy)
    >>> rollout.start()
    >>> rollout.advance({"error_rate": Outcome.PASS, "latency_p99": Outcome.PASS})
    """

    def __init__(self, policy: Policy) -> None:
        self._stages = stage_plans(policy)
        self._index = 0
        self._state = State.PENDING
        self._pause: _Pause | None = None
        self._at_s = 0
        self._analyses = 0  # in the present stage, while PROGRESSING
        self._memories: tuple[Memory, ...] = ()
        self._stages_completed = 0
        self._history: list[Transition] = []

    @property
    def state(self) -> State:
        """Where the rollout stands."""
        return self._state

    @property
    def stage(self) -> str | None:
        """The present stage by name; the last one after the end; None before the start."""
        return None if self._state is State.PENDING else self._stages[self._index].name

    @property
    def traffic(self) -> Fraction:
        """The canary's share of the traffic now, 0..1."""
        match self._state:
            case State.PENDING | State.ROLLED_BACK:
                return Fraction(0)
            case State.COMPLETED:
                return Fraction(1)
            case _:
                return self._stages[self._index].traffic

    @property
    def checks(self) -> tuple[str, ...]:
        """The metrics for which `advance` wants an outcome now."""
        return tuple(check.metric for check in self._stages[self._index].checks)

    @property
    def stages_completed(self) -> int:
        """How many stages have reached their end with nothing against them; a gate lies behind its stage."""
        return self._stages_completed

    @property
    def at_s(self) -> int:
        """Simulated seconds since the start."""
        return self._at_s

    @property
    def history(self) -> tuple[Transition, ...]:
        """Every change of state, stage or traffic so far, with its reason."""
        return tuple(self._history)

    def start(self) -> None:
        """Enter the first stage. Raises EventError if started before."""
        self._refuse_unless(State.PENDING, event="start")
        self._enter(0, STARTED)

    def advance(self, outcomes: Mapping[str, Outcome]) -> Decision:
        """Take the outcomes of one analysis, one for each of `checks`, and return what follows.

        Raises EventError in PENDING, TerminalStateError after the end, ValueError if the outcomes are not one
        `Outcome` for each of the present stage's checks. In PAUSED only a spent tolerance acts, and the stage does not
        grow older.
        """
        self._refuse_unless(State.PROGRESSING, State.PAUSED, event="advance")
        if set(outcomes) != set(self.checks):
            raise ValueError(f"stage {self.stage!r} wants outcomes for {sorted(self.checks)}, not {sorted(outcomes)}")
        if not all(isinstance(outcome, Outcome) for outcome in outcomes.values()):
            raise ValueError(f"an outcome is an Outcome, {list(outcomes.values())} are not all")
        stage = self._stages[self._index]
        is_paused = self._state is State.PAUSED
        number = self._analyses + (not is_paused)
        position = Position.BEFORE_END if is_paused else position_of(number, stage.analyses)
        seen = [outcomes[metric] for metric in self.checks]
        verdict = advance(stage.rules, self._memories, seen, position)
        self._analyses, self._at_s = number, self._at_s + stage.check_every_s
        self._memories = tuple(
            old if new is None else new for old, new in zip(self._memories, verdict.memories, strict=True)
        )
        return self._apply(verdict, self._words(verdict, seen))

    def pause(self, reason: str = "paused by hand") -> None:
        """Stop growing; `resume` goes on with the same stage where it stood. EventError unless PROGRESSING."""
        self._refuse_unless(State.PROGRESSING, event="pause")
        self._stop(_Pause.BY_HAND, reason)

    def resume(self, reason: str = "resumed by hand") -> None:
        """End a pause, as a human decision. EventError unless PAUSED.

        After a gate or a stage that could not end, the next stage begins, or the rollout is COMPLETED after the last.
        """
        self._refuse_unless(State.PAUSED, event="resume")
        if self._pause is not _Pause.BY_HAND:
            self._go_on(reason)
            return
        self._move(State.PROGRESSING, reason)

    def abort(self, reason: str = "aborted by hand") -> None:
        """Take the release back. EventError in PENDING, TerminalStateError after the end."""
        self._refuse_unless(State.PROGRESSING, State.PAUSED, event="abort")
        self._move(State.ROLLED_BACK, reason)

    def _words(self, verdict: Verdict, outcomes: Sequence[Outcome]) -> str:
        """Say why an analysis decided as it did; whoever sends outcomes knows the numbers behind them."""
        stage = self._stages[self._index]
        counters = map(counter, stage.rules.tolerances, verdict.memories)
        said = {
            metric: f"{metric}, {used}" if outcome is Outcome.FAIL else metric
            for metric, used, outcome in zip(self.checks, counters, outcomes, strict=True)
        }
        says = [said[metric] for metric in spoken_of(self.checks, verdict, outcomes)]
        age_s = self._analyses * stage.check_every_s
        return decision_words(verdict.row, verdict.decision, age_s, self._state is State.PAUSED, says)

    def _apply(self, verdict: Verdict, reason: str) -> Decision:
        stage = self._stages[self._index]
        decision = behind(verdict.decision, stage.has_gate, stage is self._stages[-1])
        if verdict.decision is Decision.ADVANCE:
            self._stages_completed += 1
        match decision:
            case Decision.ROLL_BACK:
                self._move(State.ROLLED_BACK, reason)
            case Decision.PAUSE if verdict.decision is Decision.ADVANCE:
                self._stop(_Pause.GATE, WAITS)
            case Decision.PAUSE:
                self._stop(_Pause.UNDECIDED, reason)
            case Decision.ADVANCE | Decision.COMPLETE:
                self._go_on(reason)
            case _:
                pass
        return decision

    def _go_on(self, reason: str) -> None:
        if self._index + 1 == len(self._stages):
            self._move(State.COMPLETED, reason)
        else:
            self._enter(self._index + 1, reason)

    def _enter(self, index: int, reason: str) -> None:
        self._index, self._analyses = index, 0
        self._memories = (Memory(),) * len(self._stages[index].checks)
        self._move(State.PROGRESSING, reason)

    def _stop(self, pause: _Pause, reason: str) -> None:
        self._pause = pause
        self._move(State.PAUSED, reason)

    def _move(self, target: State, reason: str) -> None:
        source, self._state = self._state, target
        self._history.append(Transition(self._at_s, source, target, self.stage, self.traffic, reason))

    def _refuse_unless(self, *states: State, event: str) -> None:
        if self._state.is_final:
            raise TerminalStateError(f"{event} after {self._state.value}: a decided rollout takes no more events")
        if self._state not in states:
            raise EventError(f"{event} in {self._state.value}: possible in {', '.join(s.value for s in states)}")


__all__ = ["EventError", "Rollout", "TerminalStateError"]
