"""`canary-run compare A B...`: what sets policies apart. Engines are imported when there is work to do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from canary_runner import api
from canary_runner.cli.exits import Exit
from canary_runner.cli.formats import Command, destinations, emit, output_options
from canary_runner.cli.losses import load_policies
from canary_runner.cli.options import CONTEXT, files_of, global_options, manifest_options
from canary_runner.cli.process import interruptible
from canary_runner.cli.progress import Progress
from canary_runner.cli.studying import PRECISION_HELP, effort_options, study_options, world_options
from canary_runner.cli.types import FILE, Delay, Word

if TYPE_CHECKING:
    from canary_runner.model.comparison import CompareResult
    from canary_runner.model.manifest_options import ManifestOptions
    from canary_runner.reporting.look import Look

FORMATS = ("table", "json", "csv", "markdown")
STRATEGIES = ("all-at-once", "blue-green", "rolling")
HELP = """Say how each POLICY differs from the first one, in every scenario and with the same luck.

Every difference has an interval; exact numbers differ exactly. --against adds a strategy that is made of the first
policy's own checks: canary-run explain strategies says how.
"""
AGAINST_HELP = "Compare with a strategy made of the first policy's checks, too. Repeatable."
REDEPLOY_HELP = "What a redeploy takes, for --against.  [default: 5m]"


@click.command(cls=Command, context_settings=CONTEXT, help=HELP)
@click.argument("policies", metavar="POLICY...", nargs=-1, required=True, type=FILE)
@click.option("--against", type=Word(STRATEGIES), multiple=True, help=AGAINST_HELP)
@click.option("--redeploy", type=Delay(), help=REDEPLOY_HELP)
@world_options
@partial(effort_options, precision_help=PRECISION_HELP)
@manifest_options(rollout="often")
@output_options(FORMATS, "table")
@global_options(hidden=True)
@click.pass_context
def command(
    ctx: click.Context,
    /,
    policies: Sequence[str],
    against: Sequence[str],
    redeploy: int | None,
    service: str | None,
    scenarios: Sequence[str],
    format: Sequence[str],
    output: Sequence[str],
    manifests: ManifestOptions,
    **said: Any,
) -> None:
    """Compare, and write the result to every place."""
    inputs = [*policies, *([service] if service is not None else []), *scenarios, *files_of(manifests)]
    places = destinations(format, output, "table", inputs)
    options = study_options(said)
    if redeploy is not None and not against:
        raise click.UsageError("--redeploy says how long a strategy of --against takes to go back, and there is none")
    with interruptible(), Progress() as progress:
        result = api.compare(
            load_policies(policies, manifests),
            api.load_service(service),
            api.find_scenarios(said["names"], scenarios, dict(said["sets"])),
            options,
            against=against,
            redeploy_s=redeploy,
            progress=progress.tell,
        )
    emit(result, _formats(), places)
    ctx.exit(Exit.DONE if result.is_complete else Exit.INTERRUPTED)


def _formats() -> dict[str, Callable[[CompareResult, Look], str]]:
    from canary_runner.reporting import compare_json, compare_markdown, compare_table

    return {
        "table": lambda result, look: compare_table.compare_text(result, look, api.builtin_scenarios()),
        "json": lambda result, look: compare_json.compare_json(result),
        "csv": lambda result, look: compare_json.compare_csv(result),
        "markdown": lambda result, look: compare_markdown.compare_markdown(result, api.builtin_scenarios()),
    }
