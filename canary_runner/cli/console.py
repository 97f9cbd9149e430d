"""What a stream can show: colour, symbols, width. The flag wins over NO_COLOR, that over FORCE_COLOR and the rest."""

import os
import sys
from collections.abc import Mapping
from typing import TextIO

from canary_runner.reporting.look import SYMBOLS, Look

WIDTH = 100
"""Cells in a line where there is no terminal: the same everywhere."""


def look_of(stream: TextIO, colour: str = "auto") -> Look:
    """Return how text may look on `stream`; `colour` is what `--color` says."""
    return Look(
        colour=_has_colour(stream, colour, os.environ),
        symbols=_carries_symbols(stream),
        width=_width(stream),
    )


def is_terminal(stream: TextIO | None) -> bool:
    """Whether a person is at the other end; a closed stream is none."""
    try:
        return stream is not None and stream.isatty()
    except ValueError:
        return False


def _has_colour(stream: TextIO, colour: str, environment: Mapping[str, str]) -> bool:
    if colour != "auto":
        return colour == "always"
    if environment.get("NO_COLOR"):
        return False
    if any(environment.get(name, "0") not in ("", "0") for name in ("FORCE_COLOR", "CLICOLOR_FORCE")):
        return True
    return environment.get("TERM") != "dumb" and is_terminal(stream)


def _carries_symbols(stream: TextIO) -> bool:
    try:
        SYMBOLS.encode(stream.encoding or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _width(stream: TextIO) -> int:
    if not is_terminal(stream):
        return WIDTH
    try:
        columns = int(os.environ.get("COLUMNS", "")) if os.environ.get("COLUMNS", "").isascii() else 0
    except ValueError:
        columns = 0
    try:
        columns = columns or os.get_terminal_size(stream.fileno()).columns
    except (OSError, ValueError):
        columns = WIDTH
    return min(max(columns or WIDTH, 40), 160)


def stdout_look(colour: str) -> Look:
    """Return how a result may look on standard output."""
    return look_of(sys.stdout, colour)


def stderr_look(colour: str) -> Look:
    """Return how a message may look on standard error."""
    return look_of(sys.stderr, colour)
