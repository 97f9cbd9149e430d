"""`canary-run study FILE...`: what policies do, over all luck. Engines are imported when there is work to do."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from canary_runner import api
from canary_runner.cli.checkpoint import Checkpoint, refuse_path
from canary_runner.cli.exits import Exit
from canary_runner.cli.formats import Command, destinations, emit, output_options
from canary_runner.cli.losses import load_policies
from canary_runner.cli.options import CONTEXT, files_of, global_options, manifest_options
from canary_runner.cli.process import interruptible
from canary_runner.cli.progress import Progress
from canary_runner.cli.studying import effort_options, study_options, world_options
from canary_runner.cli.types import FILE

if TYPE_CHECKING:
    from canary_runner.model.manifest_options import ManifestOptions
    from canary_runner.model.scenario import Scenario
    from canary_runner.model.study import StudyResult, SweepRequest
    from canary_runner.reporting.look import Look

FORMATS = ("table", "json", "ndjson", "csv", "markdown")
HELP = """Say how often each POLICY rolls back, and how soon, in every scenario.

Numbers are exact where that is possible, and sampled elsewhere; every one says which, and how far off it can be.
"""
SWEEP_HELP = "Instead: all sizes of a change, canary.error_rate=0pp..5pp, /21 for 21 of them."


@click.command(cls=Command, context_settings=CONTEXT, help=HELP)
@click.argument("policies", metavar="POLICY...", nargs=-1, required=True, type=FILE)
@world_options
@click.option("--sweep", metavar="KEY=FROM..TO", help=SWEEP_HELP)
@effort_options
@manifest_options(rollout="often")
@click.option("--checkpoint", type=click.Path(), help="Keep finished parts here, and go on from them.")
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
    manifests: ManifestOptions,
    **said: Any,
) -> None:
    """Study, and write the result to every place."""
    inputs = [*policies, *([service] if service is not None else []), *scenarios, *files_of(manifests)]
    refuse_path(checkpoint)
    places = destinations(format, output, "table", inputs, written=checkpoint)
    options = study_options(said)
    asked = _scenarios(said["names"], scenarios, dict(said["sets"]), sweep is not None)
    memory = None if checkpoint is None else Checkpoint(checkpoint)
    with interruptible(), Progress() as progress:
        result = api.study(
            load_policies(policies, manifests),
            api.load_service(service),
            asked,
            options,
            sweep=_swept(sweep, asked[0], dict(said["sets"])) if sweep is not None else None,
            memory=memory,
            progress=progress.tell,
        )
    if memory is not None:
        memory.save()
    emit(result, _formats(), places)
    ctx.exit(Exit.DONE if result.is_complete else Exit.INTERRUPTED)


def _swept(text: str, base: Scenario, sets: Mapping[str, str]) -> SweepRequest:
    sweep = api.parse_sweep(text, base)
    if sweep.route in sets:
        raise click.UsageError(f"--sweep and --set both change {sweep.route}: choose one")
    return sweep


def _scenarios(names: Sequence[str], files: Sequence[str], sets: Mapping[str, str], is_swept: bool) -> list[Scenario]:
    """Return the scenarios that are asked; healthy, if none is named, to be swept."""
    if is_swept and len(names) > 1:
        raise click.UsageError("--sweep changes one scenario: name one, or none for healthy")
    if is_swept and files and not names:
        raise click.UsageError(
            "--sweep changes one scenario: name the one of --scenarios that is meant with --scenario"
        )
    return api.find_scenarios(names or (["healthy"] if is_swept else []), files, sets)


def _formats() -> dict[str, Callable[[StudyResult, Look], str]]:
    from canary_runner.reporting import study_json, study_markdown, study_table

    return {
        "table": lambda result, look: study_table.study_text(result, look, api.builtin_scenarios()),
        "json": lambda result, look: study_json.study_json(result),
        "ndjson": lambda result, look: study_json.study_ndjson(result),
        "csv": lambda result, look: study_json.study_csv(result),
        "markdown": lambda result, look: study_markdown.study_markdown(result, api.builtin_scenarios()),
    }
