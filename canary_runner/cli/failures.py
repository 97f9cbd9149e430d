"""Every failure is told once: as a message, or where JSON is asked for as one JSON object."""

import sys
from collections.abc import Sequence
from itertools import pairwise

import click

from canary_runner.cli.causes import failure_json, failure_of, failure_text
from canary_runner.cli.console import is_terminal, stderr_look
from canary_runner.cli.exits import Exit
from canary_runner.cli.formats import json_asked_for
from canary_runner.cli.output import write_stderr, write_stdout
from canary_runner.model.diagnostics import OutputError


def report(error: BaseException, arguments: Sequence[str]) -> int:
    """Say what went wrong, once, where it is looked for, and return the exit status."""
    if isinstance(error, SystemExit):
        return error.code if isinstance(error.code, int) else int(error.code is not None)
    if isinstance(error, click.exceptions.Exit):
        return error.exit_code
    if isinstance(error, BrokenPipeError):
        return Exit.DONE
    if isinstance(error, KeyboardInterrupt | click.Abort):
        return Exit.INTERRUPTED
    failure = failure_of(error)
    if failure.status is Exit.BUG and "--debug" in arguments:
        _show_traceback(error)
    format = json_asked_for(arguments)
    is_told = format is not None and _is_written(failure_json(failure, format))
    if not is_told or (is_terminal(sys.stderr) and not is_terminal(sys.stdout)):
        write_stderr(failure_text(failure, stderr_look(_colour(arguments))))
    return failure.status


def _is_written(text: str) -> bool:
    try:
        write_stdout(text)
    except OutputError:
        return False  # closed or full; perhaps that is what failed
    return True


def _show_traceback(error: BaseException) -> None:
    import traceback

    write_stderr("".join(traceback.format_exception(error)))


def _colour(arguments: Sequence[str]) -> str:
    """Return what `--color` says in a call that could not be parsed."""
    for word, following in pairwise([*arguments, ""]):
        if word == "--no-color" or word == "--color=never" or (word == "--color" and following == "never"):
            return "never"
        if word == "--color=always" or (word == "--color" and following == "always"):
            return "always"
    return "auto"
