"""`canary-run explain ID`: the page of a rule or a topic, offline."""

import click

from canary_runner import api
from canary_runner.cli.completing import page_names
from canary_runner.cli.options import CONTEXT, global_options
from canary_runner.cli.output import write_stdout
from canary_runner.cli.topics import TOPICS, topic
from canary_runner.model.diagnostics import UsageError
from canary_runner.model.shown import shown

HELP = f"""Print the page of a rule (the name in brackets behind a finding), or of a topic.

Topics: {", ".join(TOPICS)}.
"""


@click.command(context_settings=CONTEXT, help=HELP)
@click.argument("id", shell_complete=page_names)
@global_options(hidden=True)
def command(id: str) -> None:
    """Print the page."""
    if id in TOPICS:
        write_stdout(topic(id))
        return
    pages = api.rule_pages()
    if id not in pages:
        raise UsageError(f'no page is called "{shown(id)}"', _nearest(id, [*TOPICS, *pages]))
    from textwrap import fill

    paragraphs = pages[id].strip().replace("**", "").split("\n\n")  # pages of lint are markdown, for the docs
    write_stdout("\n\n".join([id, *(fill(paragraph, 80) for paragraph in paragraphs)]) + "\n")


def _nearest(id: str, known: list[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(id[:80].lower(), known, 1)
    return f'did you mean "{near[0]}"?' if near else f"topics are {', '.join(TOPICS)}"
