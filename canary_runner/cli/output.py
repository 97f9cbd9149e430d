"""The two streams: a result leaves the process or that is said, a message leaves it if it can."""

from __future__ import annotations

import errno
import sys

TYPE_CHECKING = False  # not of typing: that takes as long to import as all else that `--version` needs
if TYPE_CHECKING:
    from typing import IO


def write_stdout(text: str) -> None:
    """Write a result. A reader that has gone (`| head`) is no failure. Raises OutputError."""
    try:
        _write(sys.stdout, text)
    except BrokenPipeError:
        return
    except (OSError, ValueError) as error:
        from canary_runner.model.diagnostics import OutputError

        raise OutputError(f"cannot write to standard output: {reason(error)}") from None


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


def reason(error: BaseException) -> str:
    """Return why the machine refused, in words."""
    if getattr(error, "errno", None) == errno.EBADF or isinstance(error, ValueError):
        return "it is closed"
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return text[:1].lower() + text[1:]
