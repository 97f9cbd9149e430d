"""Bytes of the files that a user names: bounded, never blocking, every failure in words."""

import os
import stat
import sys
from collections.abc import Callable, Iterable, Iterator

from canary_runner.loading.detection import concerns_us
from canary_runner.model.diagnostics import UsageError
from canary_runner.model.shown import shown

MAX_BYTES = 1 << 20
"""The largest file that is read as a policy, a service, a test: 1 MiB."""

SUFFIXES = (".yaml", ".yml", ".json")
STDIN = "-"


def read_bytes(name: str, limit: int = MAX_BYTES) -> bytes:
    """Return the first `limit` + 1 bytes of the file `name`, or of standard input for "-".

    One byte above the limit tells the caller that the file is too large. Only regular files are opened:
    a pipe or a device could block for ever. Raises UsageError.
    """
    if name == STDIN:
        return _read_stdin(limit)
    try:
        return _read_regular(name, limit)
    except OSError as error:
        raise UsageError(f"cannot read {_named(name)}: {_reason(error)}", _advice(error)) from None
    except ValueError:  # a NUL byte, or a surrogate that is no byte of a name
        raise UsageError(
            f"{_named(name)} is not a file name", "give the path of a file, or - for standard input"
        ) from None


def policy_files(
    paths: Iterable[str],
    unread: list[UsageError] | None = None,
    skipped: list[str] | None = None,
    wanted: Callable[[bytes], bool] = concerns_us,
) -> Iterator[str]:
    """Yield every file among `paths` once, however it is spelled.

    A folder gives its *.yaml, *.yml and *.json, sorted, at any depth. Hidden folders inside it are skipped. A folder
    without such a file yields nothing; a file that is named is yielded whatever its ending, present or not. A folder
    that cannot be read goes into `unread`, or raises UsageError without it. What a folder has that is none of ours and
    no manifest of a rollout, or what else is `wanted`, goes into `skipped`.
    """
    seen = set()
    for path in paths:
        for name in _expanded(path, unread, [] if skipped is None else skipped, wanted):
            file = name if name == STDIN else real_path(name)
            if file not in seen:
                seen.add(file)
                yield name


def real_path(name: str) -> str:
    """Return which file a name stands for; the name itself where that cannot be known: using it says why."""
    try:
        return os.path.realpath(name)
    except (OSError, ValueError):  # the current folder is gone, a NUL byte
        return name


def _expanded(
    path: str, unread: list[UsageError] | None, skipped: list[str], wanted: Callable[[bytes], bool]
) -> Iterator[str]:
    try:
        is_folder = path != STDIN and stat.S_ISDIR(os.stat(path).st_mode)  # noqa: PTH116 (bytes of any kind)
    except (OSError, ValueError):
        is_folder = False  # reading it says what is wrong
    if not is_folder:
        yield path
        return

    def refuse(error: OSError) -> None:
        refused = _closed_folder(error)
        if unread is None:
            raise refused
        unread.append(refused)

    for folder, subfolders, names in os.walk(path, onerror=refuse):
        subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
        for name in sorted(names):
            if name.lower().endswith(SUFFIXES) and not name.startswith("."):
                file = os.path.join(folder, name).removeprefix("./")  # noqa: PTH118 (pathlib is slow to import)
                if _is_wanted(file, wanted):
                    yield file
                else:
                    skipped.append(file)


def _is_wanted(name: str, wanted: Callable[[bytes], bool]) -> bool:
    try:
        return wanted(_read_regular(name, MAX_BYTES))
    except (OSError, ValueError, UsageError):
        return True  # reading it says what is wrong


def _read_regular(name: str, limit: int) -> bytes:
    _refuse_special(os.stat(name).st_mode, name)  # noqa: PTH116 (before opening: to open a device is to act)
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    with open(os.open(name, flags), "rb") as file:  # noqa: PTH123 (a descriptor, not a path)
        _refuse_special(os.fstat(file.fileno()).st_mode, name)  # the name may have changed hands
        return file.read(limit + 1)


def _refuse_special(mode: int, name: str) -> None:
    if stat.S_ISREG(mode):
        return
    if stat.S_ISDIR(mode):
        raise UsageError(f"{_named(name)} is a folder", "name a file in it")
    kinds = {stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket", stat.S_IFCHR: "a device", stat.S_IFBLK: "a device"}
    kind = kinds.get(stat.S_IFMT(mode), "a special file")
    raise UsageError(f"{_named(name)} is {kind}, not a file", 'write "-" to read standard input')


def _read_stdin(limit: int) -> bytes:
    try:
        stream = getattr(sys.stdin, "buffer", None)
        data = stream.read(limit + 1) if stream else b""
    except (OSError, ValueError) as error:  # ValueError: the stream was closed
        raise UsageError(
            f"cannot read standard input: {_reason(error)}", "pipe a file into it, or name a file"
        ) from None
    if stream is None:
        raise UsageError("standard input is closed", "pipe a file into it, or name a file")
    return data or b""


def _closed_folder(error: OSError) -> UsageError:
    return UsageError(f"cannot read the folder {_named(str(error.filename))}: {_reason(error)}", _advice(error))


def _named(name: str) -> str:
    return f'"{shown(name, 200)}"'


def _reason(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return "there is no such file"
    if isinstance(error, PermissionError):
        return "permission denied"
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return shown(text[:1].lower() + text[1:])


def _advice(error: OSError) -> str:
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return "check the path; it counts from the current folder"
    if isinstance(error, PermissionError):
        return "check who may read it"
    return ""
