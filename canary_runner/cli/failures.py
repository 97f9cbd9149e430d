"""Every failure as a message, an exit status and, where JSON is asked for, one JSON object."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import click

from canary_runner.cli.console import is_terminal, stderr_look
from canary_runner.cli.exits import Exit, NothingToDoError
from canary_runner.cli.formats import json_is_asked_for
from canary_runner.cli.output import reason, write_stderr, write_stdout
from canary_runner.model.diagnostics import FileReport, InputError, OutputError, UsageError
from canary_runner.model.shown import shown
from canary_runner.reporting.look import Look

KINDS = {
    Exit.NO: "invalid_file",
    Exit.WRONG_CALL: "wrong_call",
    Exit.ENVIRONMENT: "environment",
    Exit.NOTHING_TO_DO: "nothing_to_do",
    Exit.BUG: "bug",
}
LONGEST = 2000


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a call failed, for a person and for a program."""

    status: Exit
    message: str
    help: str = ""
    reports: tuple[FileReport, ...] = ()


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
    wants_json = json_is_asked_for(arguments)
    if wants_json:
        _write_json(failure)
    if not wants_json or (is_terminal(sys.stderr) and not is_terminal(sys.stdout)):
        write_stderr(failure_text(failure, stderr_look(_colour(arguments))))
    return failure.status


def failure_of(error: BaseException) -> Failure:
    """Return what an exception means to the caller."""
    match error:
        case InputError():
            return Failure(Exit.NO, str(error), reports=error.reports)
        case UsageError():
            return Failure(Exit.WRONG_CALL, str(error), error.help)
        case click.ClickException():
            return _wrong_call(error)
        case NothingToDoError():
            return Failure(Exit.NOTHING_TO_DO, str(error))
        case OutputError():
            return Failure(Exit.ENVIRONMENT, str(error))
        case MemoryError():
            return Failure(Exit.ENVIRONMENT, "out of memory")
        case OSError(filename=None):  # click's own output: help
            return Failure(Exit.ENVIRONMENT, f"cannot write to standard output: {reason(error)}")
        case OSError():
            return Failure(Exit.ENVIRONMENT, f'the system refused: "{error.filename}": {reason(error)}')
    advice = "this is a bug in canary-runner: please report it with the output of the same call with --debug"
    return Failure(Exit.BUG, f"{type(error).__name__}: {error}{_place(error)}", advice)


def _wrong_call(error: click.ClickException) -> Failure:
    ctx = getattr(error, "ctx", None)
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        return Failure(Exit.WRONG_CALL, "", ctx.get_help() if ctx else "")
    message = " ".join(error.format_message().split())
    message = (message[:1].lower() + message[1:]).removesuffix(".")
    is_option_before_command = isinstance(error, click.NoSuchOption) and ctx is not None and ctx.parent is None
    if is_option_before_command:
        return Failure(Exit.WRONG_CALL, message, "options stand after the command: canary-run FILE --seed 1")
    return Failure(Exit.WRONG_CALL, message, f"{ctx.command_path} --help" if ctx else "")


def _place(error: BaseException) -> str:
    """Return where in our own code it happened: ` (reporting/values.py:31)`."""
    place, step = "", error.__traceback__
    while step is not None:
        file = step.tb_frame.f_code.co_filename.replace("\\", "/")
        if "/canary_runner/" in file:
            place = f" ({file.rpartition('/canary_runner/')[2]}:{step.tb_lineno})"
        step = step.tb_next
    return place


def failure_text(failure: Failure, look: Look) -> str:
    """Return the message for a person."""
    from canary_runner.reporting.diagnostics_text import findings_text

    if failure.reports:
        return findings_text(failure.reports, look)
    if not failure.message:
        return f"{failure.help}\n"
    lines = [f"{look.paint('error:', 'bold', 'red')} {shown(failure.message, LONGEST)}"]
    if failure.help:
        lines.append(f"{look.paint(' help:', 'cyan')} {shown(failure.help, LONGEST)}")
    return "\n".join(lines) + "\n"


def _write_json(failure: Failure) -> None:
    from canary_runner.reporting.diagnostics_json import failure_json

    try:
        write_stdout(failure_json(KINDS[failure.status], failure.message, failure.reports, failure.help))
    except OutputError:
        return  # standard output is what failed


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
