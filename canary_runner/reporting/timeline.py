"""A run as a person follows it: what changed and what failed, line by line, then the verdict."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from canary_runner.model import words
from canary_runner.model.outcomes import Outcome, State
from canary_runner.model.results import Analysis, RunResult, Transition
from canary_runner.model.words import counted, too_little_data
from canary_runner.reporting.cells import padded, width, wrapped
from canary_runner.reporting.highlights import Highlight, highlights
from canary_runner.reporting.look import Look
from canary_runner.reporting.run_parts import STATE_COLOURS, STATE_SYMBOLS, header, side_by_side, verdict
from canary_runner.reporting.table import GAP, table, told

MOST_ROWS = 40
"""A longer timeline keeps its first and its last rows."""

HEADS = ("time", "event", "traffic", "errors/base", "p99/base")
RIGHT = (True, False, True, True, True)
NO_NUMBERS = ("", "")


@dataclass(frozen=True, slots=True)
class _Row:
    """One event: cells of the table, what it says beside or beneath them, and how it is painted."""

    at_s: int
    is_transition: bool  # at one moment an analysis comes before what follows from it
    cells: tuple[str, ...]
    notes: tuple[str, ...]
    styles: tuple[str, ...]


def timeline(result: RunResult, look: Look, advice: Sequence[str] = ()) -> str:
    """Return the header, the events and the verdict; `advice` says what to do next."""
    rows = _rows(result, look)
    head, lines, left_out = table(HEADS, [row.cells for row in rows], RIGHT, look)
    column = max(map(width, [head, *lines]))
    indent = max(width(time) for time in (HEADS[0], *(row.cells[0] for row in rows))) + 5  # under the event's text
    events = [_event(row, line, (column, indent), look) for row, line in zip(rows, lines, strict=True)]
    missing = [look.paint(line, "dim") for line in told(left_out, look)]
    said = [look.paint(head, "dim"), *_shortened(events, look), *missing]
    return "\n".join([*header(result.inputs, look), "", *said, "", *verdict(result, look, advice)]) + "\n"


def _event(row: _Row, line: str, columns: tuple[int, int], look: Look) -> str:
    """Return an event with its notes behind the numbers, else behind its own, else beneath, one after the other."""
    column, indent = columns
    for before in (padded(line, column), line):
        beside = f"{before}{GAP}{'; '.join(row.notes)}".rstrip()
        if width(beside) <= look.width:
            return look.paint(beside, *row.styles)
    beneath = [" " * indent + part for note in row.notes for part in wrapped(note, look.width - indent)]
    return "\n".join(look.paint(part, *row.styles) for part in [line, *beneath])


def _rows(result: RunResult, look: Look) -> list[_Row]:
    rows = [_analysis_row(highlight, look) for highlight in highlights(result)]
    rows += [_transition_row(t, t is result.transitions[-1], look) for t in result.transitions]
    return sorted(rows, key=lambda row: (row.at_s, row.is_transition))


def _analysis_row(told: Highlight, look: Look) -> _Row:
    analysis = told.analysis
    symbol, style = ("bad", "red") if told.failed else ("paused", "yellow") if told.unread else ("ok", "green")
    event = f"{look.symbol(symbol)} {_several(told.failed or told.unread or told.recovered, len(analysis.outcomes))}"
    errors, p99 = side_by_side(analysis.canary, analysis.baseline)
    cells = (words.duration(analysis.at_s), event, words.share(told.stage.traffic), errors, p99)
    return _Row(analysis.at_s, False, cells, tuple(_notes(told)), (style,))


def _several(checks: Sequence[str], all_checks: int) -> str:
    if len(checks) == 1:
        return checks[0]
    return f"all {all_checks} checks" if len(checks) == all_checks else f"{checks[0]} +{len(checks) - 1}"


def _notes(told: Highlight) -> Iterator[str]:
    """Yield what happened to each check, by name where it is not the only one, and to the stage."""
    analysis = told.analysis
    used = {check: counter.partition(" failures")[0] for check, counter in analysis.failures}
    is_alone = len(told.failed + told.recovered + told.unread) == 1
    for check in told.failed:
        yield ("" if is_alone else f"{check} ") + used[check] + _limits_met(analysis, check)
    for check in told.recovered:
        yield ("" if is_alone else f"{check} ") + _recovery(used[check])
    if told.unread:
        is_clear = is_alone or len(told.unread) == len(analysis.outcomes)
        reported = (analysis.canary.requests, analysis.baseline.requests)
        why = too_little_data(*reported, told.stage.min_canary_requests)
        yield why if is_clear else f"{', '.join(told.unread)}: {why}"
    if told.extends:
        yield f"planned end: at most {words.duration(told.stage.duration_s)} more"


def _recovery(counter: str) -> str:
    """Say that a check passes again: `back to 1 of 3`; of a foreign controller, that keeps no such count, `passes`."""
    return f"back to {counter}" if " of " in counter else counter


def _limits_met(analysis: Analysis, check: str) -> str:
    """Return the limits that a check exceeded: `: 2.41% > 1%, 2.3pp > 0.5pp`."""
    met = ", ".join(
        f"{words.measured(e.observed, e.unit)} {_relation(e.observed, e.limit)} "
        f"{words.measured(e.limit, e.unit, words.EXACT)}"
        for e in analysis.evidence
        if e.check == check and e.outcome is Outcome.FAIL and e.observed is not None and e.limit is not None
    )
    return f": {met}" if met else ""


def _relation(observed: Fraction, limit: Fraction) -> str:
    """Return how an observed value stands to a limit; a foreign condition may be a minimum."""
    return ">" if observed > limit else "<" if observed < limit else "="


def _transition_row(transition: Transition, is_last: bool, look: Look) -> _Row:
    symbol = look.symbol(STATE_SYMBOLS.get(transition.target, "started"))
    is_stage = transition.target is State.PROGRESSING and transition.stage
    event = f"{symbol} {transition.stage if is_stage else transition.target.value}"
    cells = (words.duration(transition.at_s), event, words.share(transition.traffic), *NO_NUMBERS)
    notes = () if is_last else (transition.reason,)  # the verdict below says why it ended
    colour = STATE_COLOURS.get(transition.target)
    return _Row(transition.at_s, True, cells, notes, ("bold", colour) if colour else ())


def _shortened(events: list[str], look: Look) -> list[str]:
    if len(events) <= MOST_ROWS:
        return events
    half = MOST_ROWS // 2
    left_out = f" {look.symbol('cut')} {counted(len(events) - 2 * half, 'event')} left out: --trace has every analysis"
    return [*events[:half], look.paint(left_out, "dim"), *events[-half:]]
