"""`canary-run completion SHELL`: the script that a shell sources."""

import click

from canary_runner.cli.completing import completer, script_of
from canary_runner.cli.options import CONTEXT, global_options
from canary_runner.cli.output import write_stdout
from canary_runner.cli.types import Word

HELP = """Print the completion script of SHELL.

\b
bash   eval "$(canary-run completion bash)"              in ~/.bashrc
zsh    eval "$(canary-run completion zsh)"               in ~/.zshrc
fish   canary-run completion fish > ~/.config/fish/completions/canary-run.fish
"""


@click.command(context_settings=CONTEXT, help=HELP)
@click.argument("shell", metavar="SHELL", type=Word(["bash", "zsh", "fish"]))
@global_options(hidden=True)
def command(shell: str) -> None:
    """Print the script."""
    completing = completer(shell)
    assert completing is not None, shell
    write_stdout(script_of(completing))
