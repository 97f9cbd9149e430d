"""`canary-run validate`: are these files right?"""

from collections.abc import Sequence

import click

from canary_runner import api
from canary_runner.cli.exits import Exit, NothingToDoError, UnreadError
from canary_runner.cli.formats import Command, destinations, emit, output_options
from canary_runner.cli.options import CONTEXT, files_of, global_options, manifest_options, settings
from canary_runner.cli.output import write_stderr
from canary_runner.cli.reports import Formats, Reports, fail_for_unread, nothing_in, with_neighbours
from canary_runner.cli.types import FILE
from canary_runner.model.diagnostics import FileReport, UsageError
from canary_runner.model.manifest_options import ManifestOptions
from canary_runner.model.shown import shown
from canary_runner.reporting.diagnostics_json import diagnostics_json
from canary_runner.reporting.diagnostics_text import diagnostics_text
from canary_runner.reporting.look import Look

HELP = """Check policies, services and tests: syntax, schema, units, rules across fields.

A folder stands for the files of canary-runner and the manifests of rollouts in it, .yaml, .yml or .json; others are
skipped, and counted. Exit status 0 means that all files are valid, 1 that one is not, 2 that one cannot be read, 5
that there is none.
"""


@click.command(cls=Command, context_settings=CONTEXT, help=HELP)
@click.argument("paths", nargs=-1, required=True, metavar="FILE/DIR...", type=FILE)
@manifest_options(rollout="")
@output_options(("text", "json"), "text")
@global_options(hidden=True)
@click.pass_context
def command(
    ctx: click.Context, paths: Sequence[str], format: Sequence[str], output: Sequence[str], manifests: ManifestOptions
) -> None:
    """Check every file, and say what cannot be read at the end."""
    unread: list[UsageError] = []
    skipped: list[str] = []
    files = api.policy_files(paths, unread, skipped)
    formats: Formats = {
        "text": lambda reports, look: _text(reports, look, skipped),
        "json": lambda reports, look: diagnostics_json(reports, skipped_count=len(skipped)),
    }
    inputs = [*files, *(api.files_named(files) if output else ()), *files_of(manifests)]
    places = destinations(format, output, "text", inputs)
    reports = api.validate(files, unread, with_neighbours(manifests, files, paths))
    if not reports and not unread:
        raise NothingToDoError(nothing_in(paths, skipped, "no policy, service, test or manifest of a rollout"))
    if settings().verbose:
        write_stderr("".join(_verbose_line(report) for report in reports))
    if unread:
        fail_for_unread(UnreadError(unread, reports), places, formats)
    emit(reports, formats, places)
    ctx.exit(Exit.DONE if all(report.is_valid for report in reports) else Exit.NO)


def _text(reports: Reports, look: Look, skipped: Sequence[str]) -> str:
    is_quiet = settings().quiet and not any(report.diagnostics for report in reports)
    return "" if is_quiet else diagnostics_text(reports, look, len(skipped))


def _verbose_line(report: FileReport) -> str:
    return f"{shown(report.document.name, 1000)}: {'valid' if report.is_valid else 'not valid'}\n"
