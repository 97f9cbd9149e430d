"""One rollout under a machine, told: what was asked and answered, what followed, and who met the canary."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

import numpy as np

from canary_runner.compiling.series import BASELINE, CANARY
from canary_runner.engines.block import ENDINGS
from canary_runner.engines.exposure import exposure_of, unreported
from canary_runner.engines.machines.answers import answer, chosen
from canary_runner.engines.machines.past import began
from canary_runner.engines.machines.recording import (
    ARMS,
    Piece,
    Reports,
    Span,
    Stay,
    Wanted,
    moment_of,
    past_of,
    pieces,
    shown,
    stays,
)
from canary_runner.engines.machines.walk import HORIZON_S, Looked, Record, Rig, rig_of, walk_machine
from canary_runner.engines.sentences import STARTED
from canary_runner.engines.streams import BLOCK
from canary_runner.engines.way_back import served, way_back
from canary_runner.model.machine import Question as Asked
from canary_runner.model.machine import Standing
from canary_runner.model.outcomes import Decision, Outcome, State
from canary_runner.model.plan import Plan
from canary_runner.model.query import Measures, NoData, Query, Sees
from canary_runner.model.results import (
    Analysis,
    Evidence,
    Exposure,
    Reason,
    RunInputs,
    RunResult,
    StageResult,
    Transition,
    Unread,
)
from canary_runner.model.words import duration
from canary_runner.scenarios.world import Conditions

CONDITION: Final = "condition"
UNITS: Final = {Measures.REQUESTS: "count", Measures.ERRORS: "count", Measures.LATENCY_QUANTILE: "ms"}
SEEN: Final = {Sees.CANARY: (CANARY,), Sees.BASELINE: (BASELINE,), Sees.BOTH: ARMS}


def tell_machine(plan: Plan, seed: int, run: int, inputs: RunInputs, *, trace: bool = True) -> RunResult:
    """Simulate rollout number `run` of a seed under the plan's machine, and return everything that happened in it."""
    record = Record([], [])
    block, row = divmod(run, BLOCK)
    walks = walk_machine(plan, seed, block, np.array([row]), record)
    rig, spent = rig_of(plan), stays(walks)
    found = pieces(rig, seed, run, record.ticks, spent)
    told = _Told(
        rig,
        record,
        spent,
        Reports(rig, seed, run, [*past_of(rig, record.ticks), *found]),
        ENDINGS[int(walks.endings[0])],
    )
    whole = (0, int(walks.ended_at_s[0]))
    looks = [look for look in record.looks if look.asked] if trace else told.deciding()
    told.read(whole, looks)
    analyses = told.analyses(looks)
    return RunResult(
        final_state=told.final_state,
        stages_completed=int(walks.stages_completed[0]),
        canary=told.reports.arm(CANARY, whole),
        baseline=told.reports.arm(BASELINE, whole),
        exposure=_exposure(rig, found, spent, told.final_state),
        reason=told.reason(analyses),
        simulated_duration_s=whole[1],
        stages=tuple(told.stage(stay) for stay in spent if stay.begin_s < stay.end_s or stay is spent[-1]),
        stages_total=len(plan.stages),
        transitions=tuple(told.transitions()),
        analyses=tuple(analyses) if trace else (),
        inputs=inputs,
    )


def _exposure(rig: Rig, found: Sequence[Piece], spent: Sequence[Stay], final_state: State) -> Exposure:
    met = [(piece.conditions, int(piece.counts[CANARY].requests[0]) - piece.of_no_user) for piece in found]
    peak = max((rig.plan.stages[piece.segment].traffic for piece in found), default=Fraction(0))
    if final_state is State.ROLLED_BACK:
        met += [(unreported(conditions), 0) for conditions in _way_back(rig, spent)]
    return exposure_of(met, Fraction(1) if final_state is State.COMPLETED else peak)


def _way_back(rig: Rig, spent: Sequence[Stay]) -> Iterator[Conditions]:
    """Yield what is true after a rollback, while the canary still serves."""
    last = spent[-1]
    pieces_after = way_back(rig.plan, last.segment)
    if pieces_after:
        moment = moment_of(rig, spent, last)
        yield from served(rig.weather, last.segment, moment, last.end_s - last.begin_s, pieces_after)


@dataclass(frozen=True, slots=True)
class _Told:
    rig: Rig
    record: Record
    spent: Sequence[Stay]
    reports: Reports
    final_state: State

    def read(self, whole: Span, looks: Sequence[Looked]) -> None:
        """Read all percentiles that are told, at once."""
        spans = [whole, *((stay.begin_s, stay.end_s) for stay in self.spent), *map(self._span, looks)]
        wanted = [one for span in spans for one in shown(span)]
        for look in looks:
            queries = (self.rig.machine.questions[index].query for index in look.asked)
            wanted += [self._quantile(look, query) for query in queries if query.quantile is not None]
        self.reports.read(wanted)

    def deciding(self) -> list[Looked]:
        """Return the last look at what decided; none where nothing did."""
        decided = self.record.looks[-1].after.decided_by[:1] if self.record.looks else ()
        return [look for look in self.record.looks if set(decided) & set(look.asked)][-1:]

    def analyses(self, looks: Sequence[Looked]) -> list[Analysis]:
        """Return looks that asked something, told."""
        numbers: dict[int, int] = {}
        found = []
        for look in self.record.looks:
            if look.asked:
                numbers[look.before.segment] = numbers.get(look.before.segment, 0) + 1
                if look in looks:
                    found.append(self._analysis(look, numbers[look.before.segment]))
        return found

    def _span(self, look: Looked) -> Span:
        """Return the longest window of a look."""
        longest_s = max(self.rig.machine.questions[index].query.window_s for index in look.asked)
        return self._window(look, longest_s)

    def _window(self, look: Looked, window_s: int) -> Span:
        """Return what a window reads: without the baseline nothing was there before the start."""
        tick_s, since_s = self.rig.machine.tick_s, look.at_s - window_s
        return began(since_s // tick_s) * tick_s if self.rig.reads_baseline else max(0, since_s), look.at_s

    def _quantile(self, look: Looked, query: Query) -> Wanted:
        """Return the percentile that a query of latency asked for."""
        assert query.quantile is not None
        return SEEN[query.sees], self._window(look, query.window_s), query.quantile

    def _analysis(self, look: Looked, number: int) -> Analysis:
        questions = [self.rig.machine.questions[i] for i in look.asked]
        span = self._span(look)
        said = list(zip(questions, look.letters, strict=True))
        return Analysis(
            at_s=look.at_s,
            stage=self.rig.plan.stages[look.before.segment].name,
            number=number,
            state=look.before.state,
            window_s=span[1] - span[0],
            canary=self.reports.arm(CANARY, span),
            baseline=self.reports.arm(BASELINE, span),
            outcomes=tuple((q.name, q.outcomes[letter]) for q, letter in said),
            evidence=tuple(self._evidence(look, i) for i in range(len(questions))),
            failures=tuple((q.name, q.letters[letter]) for q, letter in said),
            decision=_decision(look),
            reason=look.after.reason,
        )

    def _evidence(self, look: Looked, place: int) -> Evidence:
        question = self.rig.machine.questions[look.asked[place]]
        query, outcome = question.query, question.outcomes[look.letters[place]]
        latency_us = None
        if query.measures is Measures.LATENCY_QUANTILE:
            latency_us = self.reports.percentile_us(*self._quantile(look, query))
        seen = answer(query, chosen(query, *look.windows[place]), look.are_born[place], latency_us)
        unit = UNITS.get(query.measures, "ratio")
        limit = _limit(question, seen)
        if isinstance(seen, NoData):
            return Unread(question.name, CONDITION, outcome, None, limit, unit, f"the answer is {seen.value}")
        return Evidence(question.name, CONDITION, outcome, _in_unit(question, seen), limit, unit)

    def stage(self, stay: Stay) -> StageResult:
        """Return what became of a segment."""
        stage, span = self.rig.plan.stages[stay.segment], (stay.begin_s, stay.end_s)
        looks = [look for look in self.record.looks if look.asked and look.before.segment == stay.segment]
        return StageResult(
            name=stage.name,
            traffic=stage.traffic,
            ending=self.final_state.value if stay is self.spent[-1] else "ADVANCED",
            started_at_s=stay.begin_s,
            ended_at_s=stay.end_s,
            analyses=len(looks),
            failures=sum(self._fails(look) for look in looks),
            canary=self.reports.arm(CANARY, span),
            baseline=self.reports.arm(BASELINE, span),
        )

    def _fails(self, look: Looked) -> bool:
        asked = zip(look.asked, look.letters, strict=True)
        return any(self.rig.machine.questions[i].outcomes[letter] is Outcome.FAIL for i, letter in asked)

    def transitions(self) -> list[Transition]:
        """Return every change of state, segment or phase, in order."""
        start = self.record.start
        assert start is not None
        found = [self._transition(0, State.PENDING, start, start.reason or STARTED)]
        found += [
            self._transition(look.at_s, look.before.state, look.after, look.after.reason)
            for look in self.record.looks
            if _place(look.before) != _place(look.after)
        ]
        if self.final_state is State.PAUSED and found[-1].target is not State.PAUSED:
            last = self.record.looks[-1].after if self.record.looks else start
            text = f"nothing has ended it after {duration(HORIZON_S)}"
            found.append(self._transition(HORIZON_S, last.state, last, text, State.PAUSED))
        return found

    def _transition(
        self, at_s: int, source: State, after: Standing, reason: str, target: State | None = None
    ) -> Transition:
        stage, ended = self.rig.plan.stages[after.segment], {State.COMPLETED: 1, State.ROLLED_BACK: 0}
        state = target or after.state
        traffic = Fraction(ended[state]) if state in ended else stage.traffic
        return Transition(at_s, source, state, stage.name, traffic, reason, after.phase)

    def reason(self, analyses: Sequence[Analysis]) -> Reason | None:
        """Say why the rollout did not complete."""
        if self.final_state is State.COMPLETED:
            return None
        last = self.transitions()[-1]
        stage = last.stage or ""
        standing = self.record.looks[-1].after if self.record.looks else self.record.start
        assert standing is not None
        kind = _kind(self.final_state, standing, last)
        if not standing.decided_by:
            return Reason(kind, stage, None, None, None, None, None, last.reason)
        check = self.rig.machine.questions[standing.decided_by[0]].name
        seen = [e for one in reversed(analyses) for e in one.evidence if e.check == check]
        observed, limit, unit = (seen[0].observed, seen[0].limit, seen[0].unit) if seen else (None, None, None)
        return Reason(kind, stage, check, observed, limit, unit, None, last.reason)


def _kind(final_state: State, standing: Standing, last: Transition) -> str:
    if final_state is State.ROLLED_BACK:
        return "tolerance_exceeded"
    if standing.state is not State.PAUSED:
        return "held"
    return "inconclusive" if standing.decided_by else "gate"


def _place(standing: Standing) -> tuple[State, int, str]:
    return standing.state, standing.segment, standing.phase


def _decision(look: Looked) -> Decision:
    decided = {
        State.ROLLED_BACK: Decision.ROLL_BACK,
        State.PAUSED: Decision.PAUSE,
        State.COMPLETED: Decision.COMPLETE,
    }.get(look.after.state)
    if decided is not None:
        return decided
    return Decision.ADVANCE if look.after.segment > look.before.segment else Decision.HOLD


def _in_unit(question: Asked, value: float) -> Fraction:
    """Return a number of the query's own unit as a ratio 0..1, milliseconds or a count."""
    found = Fraction(str(value)) / question.query.factor
    return found * 1000 if question.query.measures is Measures.LATENCY_QUANTILE else found


def _limit(question: Asked, seen: float | NoData) -> Fraction | None:
    """Return the number of the condition that is nearest to what was seen."""
    if not question.cuts:
        return None
    near = min(question.cuts, key=lambda cut: 0.0 if isinstance(seen, NoData) else abs(cut - seen))
    return _in_unit(question, near)
