"""Calls that would write over what they read, or use one file or stream twice: refused before any work is done."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence

from canary_runner.cli.targets import stat_of
from canary_runner.loading.source import real_path
from canary_runner.model.diagnostics import UsageError
from canary_runner.model.shown import shown

STDIO = "-"
_Identity = tuple[int, int]


def refuse_clashes(outputs: Sequence[str | None], inputs: Sequence[str]) -> None:
    """Raise UsageError; of `outputs` None is standard output, of `inputs` "-" is standard input."""
    if inputs.count(STDIO) > 1:
        raise UsageError("standard input can be read once", "give - for one file of the call, a name for each other")
    files = [file for file in outputs if file is not None]
    for file in files:
        if not file or "\0" in file:
            raise UsageError(f'"{shown(file)}" is not a file name', "write --output FILE, or - for standard output")
    _refuse_twice(outputs, files)
    _refuse_inputs(outputs, inputs)


def _refuse_twice(outputs: Sequence[str | None], files: Sequence[str]) -> None:
    help = "say another --output FILE after each --format but one"
    places = [real_path(file) for file in files]
    for place, file in zip(places, files, strict=True):
        if places.count(place) > 1:
            raise UsageError(f'two results for "{shown(file, 200)}"', help)
    on_stdout = _file_behind(1)
    is_joined = None in outputs and on_stdout is not None and on_stdout in map(_regular_file, files)
    if outputs.count(None) > 1 or is_joined:
        raise UsageError("two results for standard output", help)


def _refuse_inputs(outputs: Sequence[str | None], inputs: Sequence[str]) -> None:
    written = {_file_behind(1) if file is None else _regular_file(file): file for file in outputs} | {None: None}
    if len(written) == 1:
        return
    for source in inputs:
        found = _file_behind(0) if source == STDIO else _regular_file(source)
        if found is not None and found in written:
            file = written[found]
            output = "standard output" if file is None else f'--output "{shown(file, 200)}"'
            read = "standard input" if source == STDIO else f'the input "{shown(source, 200)}"'
            raise UsageError(f"{output} is the same file as {read}", "write the result to another file")


def _regular_file(path: str) -> _Identity | None:
    """Return which file it is, whatever it is called; None if there is none that can be overwritten."""
    try:
        return _identity(stat_of(path))
    except (OSError, ValueError):
        return None  # reading or writing it says what is wrong


def _file_behind(number: int) -> _Identity | None:
    try:
        return _identity(os.fstat(number))
    except OSError:
        return None


def _identity(found: os.stat_result | None) -> _Identity | None:
    return (found.st_dev, found.st_ino) if found is not None and stat.S_ISREG(found.st_mode) else None
