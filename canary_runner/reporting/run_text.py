"""A run as a short text: one line a stage, both arms side by side, then the verdict."""

from collections.abc import Sequence

from canary_runner.model import words
from canary_runner.model.results import ArmMetrics, RunResult, StageResult
from canary_runner.reporting.look import Look
from canary_runner.reporting.run_parts import header, verdict
from canary_runner.reporting.table import table
from canary_runner.reporting.values import share_of

HEADS = ("stage", "traffic", "took", "failed", "requests", "errors new/old", "p50", "p99 new/old", "ending")
RIGHT = (False, True, True, True, True, True, True, True, False)


def run_text(result: RunResult, look: Look, advice: Sequence[str] = ()) -> str:
    """Return header, stages and verdict."""
    rows = [_stage_row(stage) for stage in result.stages]
    lines = [header(result.inputs, look), "", *table(HEADS, rows, RIGHT, look), "", *verdict(result, look, advice)]
    return "\n".join(lines) + "\n"


def _stage_row(stage: StageResult) -> tuple[str, ...]:
    canary, baseline = stage.canary, stage.baseline
    return (
        stage.name,
        words.percent(stage.traffic),
        words.duration(stage.ended_at_s - stage.started_at_s),
        f"{stage.failures} of {stage.analyses}",
        f"{canary.requests:,}",
        f"{share_of(canary.errors, canary.requests)} / {share_of(baseline.errors, baseline.requests)}",
        _ms(canary, canary.latency_p50_us),
        f"{_ms(canary, canary.latency_p99_us)} / {_ms(baseline, baseline.latency_p99_us)}",
        stage.ending,
    )


def _ms(arm: ArmMetrics, latency_us: int | None) -> str:
    return "-" if latency_us is None or not arm.requests else words.milliseconds(latency_us, 3)
