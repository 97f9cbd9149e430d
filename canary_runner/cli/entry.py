"""The process: `main` is what the shell starts. Every way to end goes through here.

Commands and click are imported inside `run`, when signals are already caught. The process ends without tidying up
memory, which costs 7 to 20 ms more than it is worth.
"""

from __future__ import annotations

import os
import sys

from canary_runner.cli import COMPLETION_VARIABLE, PROGRAM, process

TYPE_CHECKING = False  # not of typing: that takes as long to import as all else that `--version` needs
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import NoReturn


def main() -> NoReturn:
    """Run the command line of this process and end it."""
    process.hold_streams()
    process.catch_signals()
    process.start_light()
    os._exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return the exit status; every result and message is written and flushed."""
    try:
        if list(arguments) == ["--version"]:  # without click: editors and scripts ask often
            return _version()
        _hush_warnings(arguments)
        if request := os.environ.get(COMPLETION_VARIABLE):
            return _answer(request)
        from canary_runner.cli.app import app

        return int(app.main(list(arguments), prog_name=PROGRAM, standalone_mode=False) or 0)
    except BaseException as error:  # whatever it is, it ends here
        return _report(error, arguments)


def _report(error: BaseException, arguments: Sequence[str]) -> int:
    try:
        from canary_runner.cli.failures import report

        return int(report(error, arguments))
    except BaseException as second:  # no memory even for a message, a broken installation
        os.write(2, f"error: {type(error).__name__}, then {type(second).__name__}: please report it\n".encode())
        return 70


def _version() -> int:
    from canary_runner.cli.output import write_stdout
    from canary_runner.version import __version__

    write_stdout(f"{PROGRAM} {__version__}\n")
    return 0


def _answer(request: str) -> int:
    from canary_runner.cli.completing import answer

    return answer(request)


def _hush_warnings(arguments: Sequence[str]) -> None:
    """Keep warnings of libraries off a user's terminal, unless somebody debugs."""
    if not sys.warnoptions and "--debug" not in arguments:
        import warnings

        warnings.simplefilter("ignore")
