"""One analysis, told: the controller's own functions are asked again, so the words cannot differ from the deed."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from canary_runner.compiling.automaton import DECISIONS, compile_automaton
from canary_runner.compiling.series import BASELINE, CANARY
from canary_runner.controllers.native import Row, advance, behind
from canary_runner.engines.evidence import evidence_of
from canary_runner.engines.metrics import Metrics, Span
from canary_runner.engines.sentences import counter, decision_words, evidence_words, spoken_of
from canary_runner.engines.walk import Seen
from canary_runner.model.outcomes import Decision, Outcome, Position, State
from canary_runner.model.results import Analysis, Evidence, Reason


@dataclass(frozen=True, slots=True)
class Told:
    """An analysis and the row of the decision table behind it."""

    analysis: Analysis
    row: Row
    decision: Decision  # of the table; that of the analysis says what lies behind the stage, too
    deciding: tuple[str, ...]  # the checks that the row speaks of


def retell(seen: Seen, span: Span, metrics: Metrics, stages: int) -> Told:
    """Tell an analysis of a single rollout; `span` is its window, `stages` how many the plan has."""
    stage = seen.stage
    outcomes = tuple(Outcome(int(code)) for code in seen.outcomes[:, 0])
    is_paused = bool(seen.is_paused[0])
    memories = compile_automaton(stage.rules).memories(seen.states, 0)
    position = Position.BEFORE_END if is_paused else seen.position
    verdict = advance(stage.rules, memories, outcomes, position)
    assert verdict.decision is DECISIONS[seen.codes[0]], "the table and the controller disagree"

    def percentile_of(arm: int, quantile: Fraction) -> int | None:
        return metrics.percentile_us(span, arm, quantile)

    evidence = tuple(e for check in stage.checks for e in evidence_of(check, seen, percentile_of))
    names = [check.metric for check in stage.checks]
    counters = tuple(
        (name, counter(tolerance, memory))
        for name, tolerance, memory in zip(names, stage.rules.tolerances, verdict.memories, strict=True)
    )
    deciding = spoken_of(names, verdict, outcomes)
    says = [_says(name, evidence, dict(counters)) for name in deciding]
    return Told(
        Analysis(
            at_s=int(seen.at_s[0]),
            stage=stage.name,
            number=seen.number,
            state=State.PAUSED if is_paused else State.PROGRESSING,
            window_s=metrics.length_s(span),
            canary=metrics.arm(span, CANARY),
            baseline=metrics.arm(span, BASELINE),
            outcomes=tuple(zip(names, outcomes, strict=True)),
            evidence=evidence,
            failures=counters,
            decision=behind(verdict.decision, stage.has_gate, stage.index + 1 == stages),
            reason=decision_words(verdict.row, verdict.decision, seen.number * stage.check_every_s, is_paused, says),
        ),
        verdict.row,
        verdict.decision,
        deciding,
    )


def telling(name: str, evidence: tuple[Evidence, ...]) -> Evidence:
    """Return the limit that speaks for a check: the first that failed, else that could not be read, else any."""
    own = [e for e in evidence if e.check == name]
    order = (Outcome.FAIL, Outcome.INCONCLUSIVE, Outcome.PASS)
    return min(own, key=lambda e: order.index(e.outcome))


def _says(name: str, evidence: tuple[Evidence, ...], counters: dict[str, str]) -> str:
    found = telling(name, evidence)
    if found.outcome is Outcome.FAIL:
        return f"{evidence_words(found)}, {counters[name]}"
    return evidence_words(found)


_KINDS: Final = {
    Row.TOLERANCE_EXCEEDED: "tolerance_exceeded",
    Row.LAST_ANALYSIS_FAILED: "held",
    Row.INCONCLUSIVE: "inconclusive",
}


def retold_reason(told: Told) -> Reason:
    """Say why a rollout that did not complete ended with this analysis."""
    analysis = told.analysis
    if told.decision in (Decision.ADVANCE, Decision.HOLD):
        text = f'stage "{analysis.stage}" is completed and waits for approval'
        return Reason("gate", analysis.stage, None, None, None, None, None, text)
    check = told.deciding[0]
    evidence = telling(check, analysis.evidence)
    return Reason(
        kind=_KINDS[told.row],
        stage=analysis.stage,
        check=check,
        observed=evidence.observed,
        limit=evidence.limit,
        unit=evidence.unit,
        failures=dict(analysis.failures)[check],
        text=analysis.reason,
    )
