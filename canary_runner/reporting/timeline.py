"""A run as a person follows it: what changed and what failed, line by line, then the verdict."""

from collections.abc import Sequence
from dataclasses import dataclass

from canary_runner.model import words
from canary_runner.model.outcomes import Decision, Outcome, State
from canary_runner.model.results import Analysis, RunResult, Transition
from canary_runner.reporting.look import Look
from canary_runner.reporting.run_parts import STATE_COLOURS, STATE_SYMBOLS, header, side_by_side, verdict
from canary_runner.reporting.table import table
from canary_runner.reporting.values import counted

MOST_ROWS = 40
"""A longer timeline keeps its first and its last rows."""

HEADS = ("time", "event", "traffic", "errors/base", "p99/base", "")
RIGHT = (True, False, True, True, True, False)
NO_NUMBERS = ("", "")


@dataclass(frozen=True, slots=True)
class _Row:
    """One line; `what` is its state, or None for an analysis."""

    at_s: int
    what: State | None
    cells: tuple[str, ...]


def timeline(result: RunResult, look: Look, advice: Sequence[str] = ()) -> str:
    """Return the header, the events and the verdict; `advice` says what to do next."""
    rows = _rows(result, look)
    lines = table(HEADS, [row.cells for row in rows], RIGHT, look)
    painted = [_painted(row, line, look) for row, line in zip(rows, lines[1:], strict=True)]
    events = [lines[0], *_shortened(painted, look)]
    return "\n".join([*header(result.inputs, look), "", *events, "", *verdict(result, look, advice)]) + "\n"


def _rows(result: RunResult, look: Look) -> list[_Row]:
    traffic = {stage.name: words.percent(stage.traffic) for stage in result.stages}
    rows = [_analysis_row(a, traffic.get(a.stage, ""), look) for a in result.analyses if _is_worth_a_line(a)]
    rows += [_transition_row(t, t is result.transitions[-1], look) for t in result.transitions]
    return sorted(rows, key=lambda row: (row.at_s, row.what is not None))


def _is_worth_a_line(analysis: Analysis) -> bool:
    """Whether something failed, or the analysis stopped the rollout; the others are counted by stage."""
    outcomes = {outcome for _, outcome in analysis.outcomes}
    stopped = analysis.decision in (Decision.PAUSE, Decision.ROLL_BACK)
    return Outcome.FAIL in outcomes or (stopped and Outcome.INCONCLUSIVE in outcomes)  # a gate alone is a transition


def _analysis_row(analysis: Analysis, traffic: str, look: Look) -> _Row:
    failed = [check for check, outcome in analysis.outcomes if outcome is Outcome.FAIL]
    unread = [check for check, outcome in analysis.outcomes if outcome is Outcome.INCONCLUSIVE]
    symbol = look.symbol("bad" if failed else "paused")
    event = f"{symbol} {_several(failed or unread)}"
    errors, p99 = side_by_side(analysis.canary, analysis.baseline)
    return _Row(
        analysis.at_s,
        None,
        (words.duration(analysis.at_s), event, traffic, errors, p99, _why(analysis, failed)),
    )


def _several(checks: Sequence[str]) -> str:
    more = f" +{len(checks) - 1}" if len(checks) > 1 else ""
    return f"{checks[0]}{more}" if checks else "analysis"


def _why(analysis: Analysis, failed: Sequence[str]) -> str:
    """Return the counters and limits of what failed: `2 of 2: 2.41% > 1%`."""
    if not failed:
        return "inconclusive"
    counters = dict(analysis.failures)
    notes = []
    for check in failed:
        over = [
            f"{words.measured(e.observed, e.unit)} > {words.measured(e.limit, e.unit, words.EXACT)}"
            for e in analysis.evidence
            if e.check == check and e.outcome is Outcome.FAIL and e.observed is not None
        ]
        counter = counters.get(check, "failed").partition(" failures")[0]
        notes.append(": ".join(note for note in (counter, ", ".join(over)) if note))
    return "; ".join(notes)


def _transition_row(transition: Transition, is_last: bool, look: Look) -> _Row:
    symbol = look.symbol(STATE_SYMBOLS.get(transition.target, "started"))
    is_stage = transition.target is State.PROGRESSING and transition.stage
    event = f"{symbol} {transition.stage if is_stage else transition.target.value}"
    traffic = words.percent(transition.traffic)
    note = "" if is_last else transition.reason  # the verdict below says why it ended
    return _Row(
        transition.at_s,
        transition.target,
        (words.duration(transition.at_s), event, traffic, *NO_NUMBERS, note),
    )


def _painted(row: _Row, line: str, look: Look) -> str:
    if row.what in STATE_COLOURS:
        return look.paint(line, "bold", STATE_COLOURS[row.what])
    return look.paint(line, "red") if row.what is None else line


def _shortened(lines: list[str], look: Look) -> list[str]:
    if len(lines) <= MOST_ROWS:
        return lines
    half = MOST_ROWS // 2
    left_out = f" {look.symbol('cut')} {counted(len(lines) - 2 * half, 'line')} left out: --trace has every analysis"
    return [*lines[:half], look.paint(left_out, "dim"), *lines[-half:]]
