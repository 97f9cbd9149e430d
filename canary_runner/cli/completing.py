"""What a shell asks while somebody types: the words that may follow, and the script that asks."""

import click
from click.shell_completion import CompletionItem, ShellComplete, get_completion_class

from canary_runner import api
from canary_runner.cli import COMPLETION_VARIABLE, PROGRAM
from canary_runner.cli.output import write_stdout
from canary_runner.model.diagnostics import UsageError
from canary_runner.model.shown import shown


def completer(shell: str) -> ShellComplete | None:
    """Return click's completion for a shell, None for one that it does not know."""
    from canary_runner.cli.app import app

    kind = get_completion_class(shell)
    return kind(app, {}, PROGRAM, COMPLETION_VARIABLE) if kind else None


def script_of(completing: ShellComplete) -> str:
    """Return the script that a shell sources; click's own way starts a shell to ask for its version."""
    return completing.source_template % completing.source_vars()


def answer(request: str) -> int:
    """Answer what the environment asks (`bash_complete`) and return the exit status. Raises UsageError."""
    shell, _, wanted = request.partition("_")
    completing = completer(shell)
    help = f'{COMPLETION_VARIABLE} is for the script of "{PROGRAM} completion SHELL": unset it'
    if completing is None or wanted not in ("source", "complete"):
        raise UsageError(f'no shell asks "{shown(request)}" for completion', help)
    if wanted == "source":
        write_stdout(script_of(completing))
        return 0
    try:
        completing.get_completion_args()
    except (LookupError, ValueError):
        raise UsageError("COMP_WORDS and COMP_CWORD do not say what is to be completed", help) from None
    write_stdout(f"{completing.complete()}\n")
    return 0


def scenario_names(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return the built-in scenarios that begin so."""
    known = ((scenario.name, scenario.summary) for scenario in api.builtin_scenarios())
    return [CompletionItem(name, help=summary) for name, summary in known if name.startswith(incomplete)]


def page_names(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return the topics and the rules that begin so."""
    from canary_runner.cli.topics import TOPICS

    return [CompletionItem(name) for name in (*TOPICS, *api.rule_pages()) if name.startswith(incomplete)]


def lint_rule_names(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return the rules of lint that begin so; after a comma those that may follow."""
    from canary_runner.linting.pages import rule_pages

    before, comma, begun = incomplete.rpartition(",")
    return [CompletionItem(before + comma + name) for name in rule_pages() if name.startswith(begun)]
