"""The edge of the process: its three streams, and the signals that end it. Imported first, so it imports little."""

from __future__ import annotations

import gc
import os
import signal
import sys
from contextlib import contextmanager

TYPE_CHECKING = False  # not of typing, which is slow to import
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

FEW_COLLECTIONS = 50_000
"""New objects between two looks for garbage; 700 would mean a hundred looks before a command begins."""

_unfinished: set[str] = set()
"""Temporary files; a signal removes them."""


def hold_streams() -> None:
    """Keep the numbers 0, 1, 2 for the streams, even where the caller has closed them.

    Else the next file that is opened gets the number, and a message ends up in it. To write to a closed stdout
    fails as it should, and to a closed stderr is to say nothing.
    """
    if sys.stdin is None:
        os.open(os.devnull, os.O_WRONLY)
    if sys.stdout is None:
        sys.stdout = open(os.open(os.devnull, os.O_RDONLY), "w", closefd=False)  # noqa: SIM115
    if sys.stderr is None:
        sys.stderr = open(os.open(os.devnull, os.O_WRONLY), "w", closefd=False)  # noqa: SIM115


def start_light() -> None:
    """Spare the start what nothing here uses: threads of linear algebra, and looking for garbage among imports.

    Whoever has set the number of threads keeps it.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # started when numpy is imported: a third of a lone run
    gc.set_threshold(FEW_COLLECTIONS, 10, 10)


def catch_signals() -> None:
    """Let SIGINT and SIGTERM end the process at once and without a word; an ignored SIGINT stays ignored."""
    for number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _end)


@contextmanager
def interruptible() -> Iterator[None]:
    """Let Ctrl-C raise KeyboardInterrupt here, for work whose finished part is worth telling; a second one ends."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, _end)
        raise KeyboardInterrupt

    before = signal.getsignal(signal.SIGINT)
    if before is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _end(number: int, frame: FrameType | None) -> None:
    # No exception: it could surface in the middle of an import, or be swallowed.
    for path in _unfinished:
        _remove(path)
    os._exit(128 + number)


def _remove(path: str) -> None:
    try:
        os.unlink(path)  # noqa: PTH108 (pathlib is slow to import)
    except OSError:
        return


def unfinished(path: str) -> None:
    """Remember a temporary file until `finished`."""
    _unfinished.add(path)


def finished(path: str) -> None:
    """Forget a temporary file that is renamed or removed."""
    _unfinished.discard(path)
