"""A run as a short text: one line a stage, both arms side by side, then the verdict."""

from collections.abc import Sequence

from canary_runner.model import words
from canary_runner.model.outcomes import State
from canary_runner.model.results import RunResult, StageResult
from canary_runner.reporting.look import Look
from canary_runner.reporting.run_parts import STATE_SYMBOLS, header, side_by_side, verdict
from canary_runner.reporting.table import table, told

HEADS = ("stage", "traffic", "took", "failed", "requests", "errors/base", "p99/base")
RIGHT = (False, True, True, True, True, True, True)


def run_text(result: RunResult, look: Look, advice: Sequence[str] = ()) -> str:
    """Return header, stages and verdict."""
    rows = [_stage_row(stage, look) for stage in result.stages]
    head, stages, left_out = table(HEADS, rows, RIGHT, look)
    body = [look.paint(head, "dim"), *stages, *(look.paint(line, "dim") for line in told(left_out, look))]
    lines = [*header(result.inputs, look), "", *body, "", *verdict(result, look, advice)]
    return "\n".join(lines) + "\n"


def _stage_row(stage: StageResult, look: Look) -> tuple[str, ...]:
    state = State.COMPLETED if stage.ending == "ADVANCED" else State(stage.ending)
    return (
        f"{look.symbol(STATE_SYMBOLS[state])} {stage.name}",
        words.share(stage.traffic),
        words.duration(stage.ended_at_s - stage.started_at_s),
        f"{stage.failures} of {stage.analyses}",
        f"{stage.canary.requests:,}",
        *side_by_side(stage.canary, stage.baseline),
    )
