"""`canary-run validate`: are these files right?"""

from collections.abc import Sequence

import click

from canary_runner import api
from canary_runner.cli.exits import Exit, NothingToDoError
from canary_runner.cli.formats import Command, destinations, emit, output_options
from canary_runner.cli.options import CONTEXT, global_options, settings
from canary_runner.cli.output import write_stderr
from canary_runner.model.diagnostics import FileReport
from canary_runner.model.shown import shown
from canary_runner.reporting.diagnostics_json import diagnostics_json
from canary_runner.reporting.diagnostics_text import diagnostics_text
from canary_runner.reporting.look import Look

Reports = Sequence[FileReport]


@click.command(cls=Command, context_settings=CONTEXT)
@click.argument("paths", nargs=-1, required=True, metavar="FILE/DIR...", type=click.Path())
@output_options(("text", "json"), "text")
@global_options(hidden=True)
@click.pass_context
def command(ctx: click.Context, paths: Sequence[str], format: Sequence[str], output: Sequence[str]) -> None:
    """Check policies, services and tests: syntax, schema, units, rules across fields.

    A folder stands for every .yaml, .yml and .json file in it. Exit status 0 means that all files are valid, 1 that
    one is not, 2 that one cannot be read, 5 that there is none.
    """
    places = destinations(format, output, "text")
    reports = api.validate(paths)
    if not reports:
        raise NothingToDoError(f"no .yaml, .yml or .json file in {', '.join(paths)}")
    if settings().verbose:
        write_stderr("".join(_verbose_line(report) for report in reports))
    emit(reports, {"text": _text, "json": _json}, places)
    ctx.exit(Exit.DONE if all(report.is_valid for report in reports) else Exit.NO)


def _text(reports: Reports, look: Look) -> str:
    is_quiet = settings().quiet and not any(report.diagnostics for report in reports)
    return "" if is_quiet else diagnostics_text(reports, look)


def _json(reports: Reports, look: Look) -> str:
    return diagnostics_json(reports)


def _verbose_line(report: FileReport) -> str:
    return f"{shown(report.document.name, 1000)}: {'valid' if report.is_valid else 'not valid'}\n"
