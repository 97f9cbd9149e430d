"""`canary-run schema KIND`: the published JSON Schemas, for editors and readers of results."""

import json
import re
from typing import Any

import click

from canary_runner import api
from canary_runner.cli.options import CONTEXT, global_options
from canary_runner.cli.output import write_stdout
from canary_runner.cli.types import Word

KINDS = (
    "policy",
    "service",
    "test",
    "scenarios",
    "bindings",
    "run-result",
    "run-event",
    "study-result",
    "study-event",
    "compare-result",
    "test-result",
    "diagnostics",
    "error",
)
_OTHER = re.compile(r'"https://canary-runner\.dev/schema/([a-z-]+)/v1(?:#[^"]*)?"')


HELP = f"""Print the JSON Schema of a KIND of file, or of a result.

KIND is one of {", ".join(KINDS)}.
"""


@click.command(context_settings=CONTEXT, help=HELP)
@click.argument("kind", metavar="KIND", type=Word(KINDS))
@global_options(hidden=True)
def command(kind: str) -> None:
    """Print the schema."""
    write_stdout(bundled(kind))


def bundled(kind: str) -> str:
    """Return a schema with those that it refers to inside it: one file is all that a reader needs."""
    text = api.shipped("schema", f"{kind}.schema.json")
    others = sorted(set(_OTHER.findall(text)) - {kind})
    if not others:
        return text
    schema: dict[str, Any] = json.loads(text)
    inside = [json.loads(bundled(other)) for other in others]
    schema["$defs"] = {**schema.get("$defs", {}), **{other["$id"]: other for other in inside}}
    return json.dumps(schema, indent=2) + "\n"
