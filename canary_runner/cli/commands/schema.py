"""`canary-run schema KIND`: the published JSON Schemas, for editors and readers of results."""

import click

from canary_runner import api
from canary_runner.cli.options import CONTEXT, global_options
from canary_runner.cli.output import write_stdout

KINDS = ("policy", "service", "test", "scenarios", "run-result", "diagnostics")


@click.command(context_settings=CONTEXT)
@click.argument("kind", type=click.Choice(KINDS))
@global_options(hidden=True)
def command(kind: str) -> None:
    """Print the JSON Schema of a kind of file, or of a result."""
    write_stdout(api.shipped("schema", f"{kind}.schema.json"))
