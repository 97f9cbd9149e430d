"""What an exception means to the caller: a message, an exit status, what to do."""

from __future__ import annotations

from dataclasses import dataclass

import click

from canary_runner.cli.exits import Exit, NothingToDoError, UnreadError
from canary_runner.cli.output import reason
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
    parts: tuple[Failure, ...] = ()  # where several things failed: each, for a person


def failure_of(error: BaseException) -> Failure:
    """Return what an exception means to the caller."""
    match error:
        case InputError():
            return Failure(Exit.NO, str(error), reports=error.reports)
        case UsageError():
            return Failure(Exit.WRONG_CALL, str(error), error.help)
        case UnreadError():
            parts = tuple(map(failure_of, error.causes))
            return Failure(Exit.WRONG_CALL, str(error), parts[0].help, error.reports, parts)
        case click.ClickException():
            return _wrong_call(error)
        case NothingToDoError():
            return Failure(Exit.NOTHING_TO_DO, str(error))
        case OutputError():
            return Failure(Exit.ENVIRONMENT, str(error))
        case MemoryError():
            return Failure(Exit.ENVIRONMENT, "out of memory")
        case OSError():
            return _refused(error)
    advice = "this is a bug in canary-runner: please report it with the output of the same call with --debug"
    return Failure(Exit.BUG, f"{type(error).__name__}: {error}{_place(error)}", advice)


def _refused(error: OSError) -> Failure:
    if error.filename is not None:
        return Failure(Exit.ENVIRONMENT, f'the system refused: "{error.filename}": {reason(error)}')
    if isinstance(error, FileNotFoundError):  # what is asked for without a name is the current folder
        return Failure(Exit.ENVIRONMENT, "the current folder is gone", "change to a folder that is there")
    return Failure(Exit.ENVIRONMENT, f"cannot write to standard output: {reason(error)}")  # click's own output: help


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

    if failure.parts:
        return "".join(failure_text(part, look) for part in failure.parts)
    if failure.reports:
        return findings_text(failure.reports, look)
    if not failure.message:
        return f"{failure.help}\n"
    lines = [f"{look.paint('error:', 'bold', 'red')} {shown(failure.message, LONGEST)}"]
    if failure.help:
        lines.append(f"{look.paint(' help:', 'cyan')} {shown(failure.help, LONGEST)}")
    return "\n".join(lines) + "\n"


def failure_json(failure: Failure, format: str = "json") -> str:
    """Return the one object for a program; as an event, on one line, if `format` is ndjson."""
    from canary_runner.reporting import diagnostics_json

    written = diagnostics_json.failure_ndjson if format == "ndjson" else diagnostics_json.failure_json
    return written(KINDS[failure.status], failure.message, failure.reports, failure.help)
