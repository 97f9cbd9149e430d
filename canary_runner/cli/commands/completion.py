"""`canary-run completion SHELL`: the script that a shell sources."""

import click
from click.shell_completion import get_completion_class

from canary_runner.cli.app import app
from canary_runner.cli.options import CONTEXT, global_options
from canary_runner.cli.output import write_stdout

PROGRAM = "canary-run"
VARIABLE = "_CANARY_RUN_COMPLETE"


@click.command(context_settings=CONTEXT)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@global_options(hidden=True)
def command(shell: str) -> None:
    """Print the completion script of SHELL.

    \b
    bash   eval "$(canary-run completion bash)"              in ~/.bashrc
    zsh    eval "$(canary-run completion zsh)"               in ~/.zshrc
    fish   canary-run completion fish > ~/.config/fish/completions/canary-run.fish
    """
    kind = get_completion_class(shell)
    assert kind is not None, shell
    script = kind(app, {}, PROGRAM, VARIABLE)
    write_stdout(script.source_template % script.source_vars())  # source() would start a shell to ask its version
