"""The group of commands. A command is imported when it is used; for `--help` this table is enough."""

import importlib
import os
from collections.abc import Sequence
from keyword import iskeyword
from typing import Final

import click
from click.shell_completion import CompletionItem

from canary_runner.cli.options import CONTEXT, global_options
from canary_runner.version import __version__

COMMANDS: Final = {
    "run": "Simulate one rollout: `canary-run FILE` is the same.",
    "study": "Say how often a policy rolls back, and how soon.",
    "compare": "Say how policies differ, with the same luck.",
    "test": "Hold policies against expectations: in CI.",
    "validate": "Check files: syntax, schema, units, rules across fields.",
    "lint": "Say what a policy cannot do that it promises.",
    "import": "Make a policy of a manifest, where the rules are the same.",
    "explain": "Say more about a finding or a topic, offline.",
    "schema": "Print the JSON Schema of a kind of file or result.",
    "init": "Write a first policy, service, test and CI workflow.",
    "completion": "Print the completion script of a shell.",
}
"""Each command's short help; its module has the same name, with _ behind a keyword."""

NEAR: Final = 0.65
"""How alike a word must be to be meant as a command: two letters of `run` may have changed places."""

FILE_ENDINGS = (".yaml", ".yml", ".json")


class App(click.Group):
    """Commands by name, imported when used; a first argument that names a file is `run FILE`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return a command."""
        if cmd_name not in COMMANDS:
            return None
        module = f"{cmd_name}_" if iskeyword(cmd_name) else cmd_name
        command: click.Command = importlib.import_module(f"canary_runner.cli.commands.{module}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the table of commands without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that `args` call: a known one, else `run` for what looks like a file."""
        name = args[0]
        if name == "help":
            return self._help_of(ctx, args[1:])
        if name in COMMANDS:
            return name, self.get_command(ctx, name), args[1:]
        if _names_a_file(name):
            return "run", self.get_command(ctx, "run"), args
        if ctx.resilient_parsing:
            return None, None, args
        raise click.UsageError(_no_such_command(name))

    def _help_of(self, ctx: click.Context, args: Sequence[str]) -> tuple[str | None, click.Command | None, list[str]]:
        if ctx.resilient_parsing:  # completion: what may follow is a command
            return None, None, []
        if not args or list(args) == ["help"]:
            click.echo(ctx.get_help())
            ctx.exit()
        command = self.get_command(ctx, args[0])
        if command is None:
            raise click.UsageError(_no_such_command(args[0]))
        return args[0], command, ["--help"]

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Return commands with their short help, else files: `canary-run FILE` is a call."""
        found = [CompletionItem(name, help=text) for name, text in COMMANDS.items() if name.startswith(incomplete)]
        if incomplete.startswith("-"):
            return super().shell_complete(ctx, incomplete)
        return found or [CompletionItem(incomplete, type="file")]


def _names_a_file(name: str) -> bool:
    return name == "-" or "/" in name or name.lower().endswith(FILE_ENDINGS)


def _no_such_command(name: str) -> str:
    from difflib import get_close_matches

    from canary_runner.model.shown import shown

    message = f'no such command "{shown(name)}"'
    if os.path.isdir(name):  # noqa: PTH112 (pathlib takes 5 ms to import)
        return f'{message}; for the folder of that name write "canary-run validate {shown(name)}"'
    if os.path.isfile(name):  # noqa: PTH113
        return f'{message}; for the file of that name write "canary-run ./{shown(name)}"'
    alike = [command for command in (*COMMANDS, "help") if command[0] == name[:1].lower()]  # lint is not meant as init
    near = get_close_matches(name.lower(), alike, 1, NEAR)
    return f'{message}; did you mean "{near[0]}"?' if near else f"{message}; there are {', '.join(COMMANDS)}"


HELP = """Test a rollout policy before production does.

`canary-run policy.yaml` simulates one rollout and prints it as JSON.
"""


@click.group(cls=App, context_settings=CONTEXT, help=HELP, subcommand_metavar="COMMAND [ARGS]...")
@global_options()
@click.version_option(__version__, prog_name="canary-run", message="%(prog)s %(version)s")
def app() -> None:
    """Do what the command says."""
