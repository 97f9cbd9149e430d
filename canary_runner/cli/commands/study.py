"""`canary-run study FILE...`: what policies do, over all luck. Engines are imported when there is work to do."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from canary_runner import api
from canary_runner.cli.checkpoint import Checkpoint
from canary_runner.cli.completing import scenario_names
from canary_runner.cli.exits import Exit
from canary_runner.cli.formats import Command, destinations, emit, output_options
from canary_runner.cli.options import CONTEXT, global_options
from canary_runner.cli.process import interruptible
from canary_runner.cli.progress import Progress
from canary_runner.cli.types import FILE, MAX_SEED, Assignment, Clock, Delay, Precision, WholeNumber

if TYPE_CHECKING:
    from canary_runner.model.scenario import Scenario
    from canary_runner.model.study import StudyOptions, StudyResult
    from canary_runner.reporting.look import Look

FORMATS = ("table", "json", "ndjson", "csv", "markdown")
MOST_RUNS = 10_000_000
MOST_JOBS = 256
HELP = """Say how often each POLICY rolls back, and how soon, in every scenario.

Numbers are exact where that is possible, and sampled elsewhere; every one says which, and how far off it can be.
"""
SET_HELP = "Change every scenario, key by key: canary.error_rate=+2pp. Repeatable."
SWEEP_HELP = "Instead: all sizes of a change, canary.error_rate=0pp..5pp, /21 for 21 of them."
RUNS_HELP = "Rollouts to sample.  [default: until --precision is reached]"
PRECISION_HELP = (
    "Half the width of the intervals of sampled chances; 10% for a tenth of a rollback's.  [default: 0.5pp]"
)
SCENARIO_HELP = "What the release truly does. Repeatable.  [default: all built-in ones]"


@click.command(cls=Command, context_settings=CONTEXT, help=HELP)
@click.argument("policies", metavar="POLICY...", nargs=-1, required=True, type=FILE)
@click.option("--service", type=FILE, help="Traffic and normal rates.  [default: generic-web]")
@click.option("--scenario", "names", multiple=True, shell_complete=scenario_names, help=SCENARIO_HELP)
@click.option("--scenarios", type=FILE, multiple=True, help="A file with more scenarios. Repeatable.")
@click.option("--set", "sets", type=Assignment(), multiple=True, help=SET_HELP)
@click.option("--sweep", metavar="KEY=FROM..TO", help=SWEEP_HELP)
@click.option("--method", type=click.Choice(["auto", "exact", "sample"]), default="auto", show_default=True)
@click.option("--runs", type=WholeNumber(MOST_RUNS, 1), help=RUNS_HELP)
@click.option("--precision", type=Precision(), help=PRECISION_HELP)
@click.option("--seed", type=WholeNumber(MAX_SEED), default=0, show_default=True, help="Which luck.")
@click.option("--jobs", type=WholeNumber(MOST_JOBS, 1), help="Threads; no number depends on it.  [default: cores]")
@click.option("--checkpoint", type=click.Path(), help="Keep finished parts here, and go on from them.")
@click.option("--start-at", type=Clock(), help="Time of day of the start.  [default: 08:00]")
@click.option("--approval-after", type=Delay(), help="Open every gate after a while.  [default: at once]")
@output_options(FORMATS, "table")
@global_options(hidden=True)
@click.pass_context
def command(
    ctx: click.Context,
    /,
    policies: Sequence[str],
    service: str | None,
    scenarios: Sequence[str],
    sweep: str | None,
    checkpoint: str | None,
    format: Sequence[str],
    output: Sequence[str],
    **said: Any,
) -> None:
    """Study, and write the result to every place."""
    inputs = [*policies, *([service] if service is not None else []), *scenarios]
    places = destinations(format, output, "table", inputs)
    options = _options(said)
    asked = _scenarios(said["names"], scenarios, dict(said["sets"]), sweep is not None)
    memory = Checkpoint(checkpoint) if checkpoint else None
    progress = Progress()
    with interruptible():
        result = api.study(
            [api.load_policy(policy) for policy in policies],
            api.load_service(service),
            asked,
            options,
            sweep=api.parse_sweep(sweep, asked[0]) if sweep is not None else None,
            memory=memory,
            progress=progress.tell,
        )
    progress.wipe()
    if memory is not None:
        memory.save()
    emit(result, _formats(), places)
    ctx.exit(Exit.DONE if result.is_complete else Exit.INTERRUPTED)


def _options(said: Mapping[str, Any]) -> StudyOptions:
    """Return the options of this call. Raises click.UsageError if two contradict each other."""
    from canary_runner.model.study import StudyOptions

    if said["runs"] is not None and said["precision"] is not None:
        raise click.UsageError("--runs and --precision both say when to stop: choose one")
    precision, relative = said["precision"] or (None, None)
    return StudyOptions(
        said["method"],
        said["runs"],
        precision,
        relative,
        seed=said["seed"],
        jobs=said["jobs"] or os.cpu_count() or 1,
        start_at_s=said["start_at"],
        approval_delay_s=said["approval_after"] or 0,
    )


def _scenarios(names: Sequence[str], files: Sequence[str], sets: Mapping[str, str], is_swept: bool) -> list[Scenario]:
    """Return the scenarios by name; all built-in ones if none is named, and healthy to be swept."""
    if is_swept and len(names) > 1:
        raise click.UsageError("--sweep changes one scenario: name one, or none for healthy")
    every = ["healthy"] if is_swept else [one.name for one in api.builtin_scenarios()]
    return [api.find_scenario(name, files, sets) for name in dict.fromkeys(names or every)]


def _formats() -> dict[str, Callable[[StudyResult, Look], str]]:
    from canary_runner.reporting import study_json, study_markdown, study_table

    return {
        "table": study_table.study_text,
        "json": lambda result, look: study_json.study_json(result),
        "ndjson": lambda result, look: study_json.study_ndjson(result),
        "csv": lambda result, look: study_json.study_csv(result),
        "markdown": lambda result, look: study_markdown.study_markdown(result),
    }
