"""Write a file: replaced whole or not at all, and only added to where it is what somebody has open."""

# pathlib takes 5 ms to import, and loses the slash at the end of a name
# ruff: noqa: PTH105, PTH108, PTH118, PTH123

from __future__ import annotations

import os
import stat

from canary_runner.cli import process
from canary_runner.cli.output import reason
from canary_runner.cli.targets import is_replaced, own_stream, refuse_unwritable, refused, stat_of


def write_file(path: str, text: str) -> None:
    """Replace the file `path` by `text`, in one step; what is a stream or no regular file is written as it is.

    Raises OutputError; a file that is replaced is then what it was, and no temporary file stays.
    """
    refuse_unwritable(path)
    data = text.encode("utf-8", "backslashreplace")
    try:
        found = stat_of(path)
        stream = own_stream(found)
        if stream is not None:
            _write_all(stream, data)
        elif is_replaced(path, found):
            _replace(os.path.realpath(path), data, found)
        else:
            _append(path, data)
    except BrokenPipeError:
        return
    except (OSError, ValueError) as error:
        raise refused(path, reason(error)) from None


def replace_file(path: str, data: bytes) -> None:
    """Replace the regular file behind `path` by `data`, in one step; its mode stays, a link to it too.

    Raises OutputError, also where `path` is what a stream or somebody has open; the file is then what it was.
    """
    refuse_unwritable(path)
    try:
        found = stat_of(path)
        if found is None or own_stream(found) is not None or not is_replaced(path, found):
            raise refused(path, "it is no regular file of its own")
        _replace(os.path.realpath(path), data, found)
    except (OSError, ValueError) as error:
        raise refused(path, reason(error)) from None


def _append(path: str, data: bytes) -> None:
    number = os.open(path, os.O_WRONLY | os.O_APPEND | getattr(os, "O_NOCTTY", 0))
    try:
        _write_all(number, data)
    finally:
        os.close(number)


def _write_all(number: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(number, rest) :]


def _replace(path: str, data: bytes, found: os.stat_result | None) -> None:
    folder, name = os.path.split(path)
    temporary = os.path.join(folder, f".{name[:100]}.{os.getpid()}.tmp")
    process.unfinished(temporary)
    try:
        with open(temporary, "xb") as file:
            if found is not None:
                os.fchmod(file.fileno(), stat.S_IMODE(found.st_mode))
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        _remove(temporary)
        raise
    finally:
        process.finished(temporary)


def _remove(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        return
