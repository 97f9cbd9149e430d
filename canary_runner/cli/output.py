"""Results leave the process whole or not at all; messages leave it if they can."""

from __future__ import annotations

import errno
import os
import stat
import sys

from canary_runner.cli import process

TYPE_CHECKING = False  # not of typing: that takes as long to import as all else that `--version` needs
if TYPE_CHECKING:
    from typing import IO

    from canary_runner.model.diagnostics import OutputError


def write_stdout(text: str) -> None:
    """Write a result. A reader that has gone (`| head`) is no failure. Raises OutputError."""
    try:
        _write(sys.stdout, text)
    except BrokenPipeError:
        return
    except (OSError, ValueError) as error:
        raise _refused(f"cannot write to standard output: {reason(error)}") from None


def write_stderr(text: str) -> None:
    """Write a message; where nobody can read it there is nobody to tell."""
    try:
        _write(sys.stderr, text)
    except (OSError, ValueError):
        return


def _write(stream: IO[str], text: str) -> None:
    """Write in the stream's own encoding; what that cannot carry is escaped."""
    stream.flush()
    buffer = getattr(stream, "buffer", None)
    if buffer is None:
        stream.write(text)
    else:
        buffer.write(text.encode(getattr(stream, "encoding", None) or "utf-8", "backslashreplace"))
    stream.flush()


def write_file(path: str, text: str) -> None:
    """Replace the file `path` by `text`, in one step; what is no regular file is written as it is.

    Raises OutputError; the file is then what it was, and no temporary file stays.
    """
    data = text.encode("utf-8", "backslashreplace")
    try:
        target = os.path.realpath(path)
        mode = _mode(target)
        if mode is not None and not stat.S_ISREG(mode):
            _write_special(target, data)
        else:
            _replace(target, data, mode)
    except BrokenPipeError:
        return
    except (OSError, ValueError) as error:
        raise _refused(f'cannot write "{path}": {reason(error)}') from None


def _refused(message: str) -> OutputError:
    from canary_runner.model.diagnostics import OutputError

    return OutputError(message)


def _mode(path: str) -> int | None:
    try:
        return os.stat(path).st_mode  # noqa: PTH116
    except FileNotFoundError:
        return None


def _write_special(path: str, data: bytes) -> None:
    with open(path, "wb", buffering=0) as file:  # noqa: PTH123 (a terminal, a pipe, /dev/null)
        rest = memoryview(data)
        while rest:
            rest = rest[file.write(rest) :]


def _replace(path: str, data: bytes, mode: int | None) -> None:
    folder, name = os.path.split(path)
    temporary = os.path.join(folder, f".{name[:100]}.{os.getpid()}.tmp")  # noqa: PTH118
    process.unfinished(temporary)
    try:
        with open(temporary, "xb") as file:  # noqa: PTH123
            if mode is not None:
                os.fchmod(file.fileno(), stat.S_IMODE(mode))
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)  # noqa: PTH105
    except BaseException:
        _remove(temporary)
        raise
    finally:
        process.finished(temporary)


def _remove(path: str) -> None:
    try:
        os.unlink(path)  # noqa: PTH108
    except OSError:
        return


def reason(error: BaseException) -> str:
    """Return why the machine refused, in words."""
    if getattr(error, "errno", None) == errno.EBADF or isinstance(error, ValueError):
        return "it is closed"
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return text[:1].lower() + text[1:]
