"""One line on stderr that says how far a study is; only for a person who waits."""

import os
import sys
import time
from typing import Self

from canary_runner.cli.console import is_terminal, stderr_look
from canary_runner.cli.options import settings
from canary_runner.cli.output import write_stderr

AFTER_S = 0.5
"""Who waits less than this sees nothing."""

EVERY_S = 0.1
BAR = 20


class Progress:
    """A bar, redrawn in place while it is entered; when it is left, however that is, the line is empty again."""

    def __init__(self) -> None:
        is_wanted = not os.environ.get("CI") and not settings().quiet
        self._is_shown = is_wanted and is_terminal(sys.stderr) and os.environ.get("TERM") != "dumb"
        self._look = stderr_look(settings().colour)
        self._began = self._told = time.monotonic()
        self._has_line = False

    def tell(self, done: int, parts: int, what: str) -> None:
        """Say that `done` of `parts` are done, and what is being done."""
        now = time.monotonic()
        if not self._is_shown or now - self._began < AFTER_S or now - self._told < EVERY_S:
            return
        self._told, self._has_line = now, True
        full, empty = ("█", "░") if self._look.symbols else ("#", ".")
        filled = round(BAR * done / max(parts, 1))
        line = f"{full * filled}{empty * (BAR - filled)} {done} of {parts}  {what}"
        write_stderr(f"\r\x1b[K{line[: self._look.width - 1]}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._has_line:
            self._has_line = False
            write_stderr("\r\x1b[K")
