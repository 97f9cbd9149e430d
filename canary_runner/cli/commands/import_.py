"""`canary-run import FILE...`: manifests of other systems as policies of ours, where there are such."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from canary_runner import api
from canary_runner.cli.console import stderr_look
from canary_runner.cli.exits import Exit
from canary_runner.cli.options import CONTEXT, global_options, manifest_options, settings
from canary_runner.cli.output import write_stderr, write_stdout
from canary_runner.cli.types import FILE

if TYPE_CHECKING:
    from canary_runner.model.diagnostics import FileReport
    from canary_runner.model.manifest_options import ManifestOptions

HELP = """Print each manifest as a policy, where a policy does the same.

What a manifest says and a policy cannot is told on standard error, at its line. Exit status 0 means that every
manifest has an equivalent, 1 that one has none, or is wrong. It still runs as it is: canary-run study MANIFEST.
"""


@click.command(context_settings=CONTEXT, help=HELP)
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=FILE)
@manifest_options(rollout="often")
@global_options(hidden=True)
@click.pass_context
def command(ctx: click.Context, files: Sequence[str], manifests: ManifestOptions) -> None:
    """Print policies; tell losses."""
    found = api.import_policies(files, manifests)
    texts = [one.text for one in found if one.text is not None]
    write_stdout("---\n".join(texts))
    reports = [report for one in found for report in one.report.by_file() if report.diagnostics]
    if reports and not (settings().quiet and len(texts) == len(found)):
        _tell(reports)
    ctx.exit(Exit.DONE if len(texts) == len(found) else Exit.NO)


def _tell(reports: Sequence[FileReport]) -> None:
    from canary_runner.reporting.diagnostics_text import findings_text

    write_stderr(findings_text(reports, stderr_look(settings().colour)))
