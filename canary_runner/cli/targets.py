"""What the FILE of an `--output` leads to: a stream of ours, an open file of somebody, or a name for a new file.

All of it can be known before there is anything to write, and is: a study may take minutes.
"""

# pathlib takes 5 ms to import, and loses the slash at the end of a name
# ruff: noqa: PTH110, PTH112, PTH114, PTH115, PTH116, PTH118, PTH120

from __future__ import annotations

import os
import stat

from canary_runner.cli.output import reason
from canary_runner.model.diagnostics import OutputError
from canary_runner.model.shown import shown

STREAMS = (1, 2)
MOST_LINKS = 40
"""As many links in a row as Linux follows."""


def refused(path: str, why: str) -> OutputError:
    """Return the failure to write `path`."""
    return OutputError(f'cannot write "{shown(path, 200)}": {why}')


def refuse_unwritable(path: str) -> None:
    """Raise OutputError where `path` cannot be written, or should not be: to replace a file needs no right on it."""
    try:
        found = stat_of(path)
        if own_stream(found) is not None or not is_replaced(path, found):
            return
        if found is not None and stat.S_ISDIR(found.st_mode):
            raise refused(path, "it is a folder")
        _refuse_folder(path, _folder_of(path))
        if found is not None and not os.access(path, os.W_OK):
            raise refused(path, "it is read-only")
    except (OSError, ValueError) as error:
        raise refused(path, reason(error)) from None


def _folder_of(path: str) -> str:
    written = os.path.dirname(path) or "."
    return os.path.dirname(os.path.realpath(path)) if os.path.isdir(written) else written


def _refuse_folder(path: str, folder: str) -> None:
    name = f'"{shown(folder, 200)}"'
    if not os.path.exists(folder):
        raise refused(path, f"there is no folder {name}")
    if not os.path.isdir(folder):
        raise refused(path, f"{name} is not a folder")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise refused(path, f"the folder {name} is read-only")


def stat_of(path: str) -> os.stat_result | None:
    """Return what `path` is, links followed; None if there is nothing."""
    try:
        return os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None


def own_stream(found: os.stat_result | None) -> int | None:
    """Return the stream of ours that leads to this file: `--output log >>log`, `--output /dev/stdout | cat`.

    A device is none: it can be opened again, and one that stands for a closed stream must be.
    """
    if found is None or stat.S_ISCHR(found.st_mode):
        return None
    for number in STREAMS:
        try:
            if os.path.samestat(found, os.fstat(number)):
                return number
        except OSError:
            continue
    return None


def is_replaced(path: str, found: os.stat_result | None) -> bool:
    """Whether a new file takes the place of `path`; pipes, devices and what others have open are only added to."""
    is_special = found is not None and not (stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode))
    return not is_special and not _is_descriptor(path)


def _is_descriptor(path: str) -> bool:
    """Whether the name, or a link on its way, lies in /proc or is a link in /dev: it stands for an open file.

    A file in a folder like /dev/shm does not.
    """
    for _ in range(MOST_LINKS):
        folder, name = os.path.split(path)
        place = os.path.join(os.path.realpath(folder or "."), name)
        if place.startswith("/proc/"):
            return True
        if not os.path.islink(place):
            return False
        if place.startswith("/dev/"):
            return True
        path = os.path.join(os.path.dirname(place), os.readlink(place))
    return False
