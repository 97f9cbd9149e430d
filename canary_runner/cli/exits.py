"""Exit statuses: the one place that has their numbers."""

from __future__ import annotations

from enum import IntEnum

TYPE_CHECKING = False  # not of typing, which is slow to import
if TYPE_CHECKING:
    from collections.abc import Sequence

    from canary_runner.model.diagnostics import FileReport, UsageError


class Exit(IntEnum):
    """What the process tells its caller."""

    DONE = 0
    NO = 1  # the answer is no: the content of a file is wrong
    WRONG_CALL = 2
    INCONCLUSIVE = 3
    ENVIRONMENT = 4  # cannot write, no memory
    NOTHING_TO_DO = 5
    ROLLED_BACK = 10  # only with `run --exit-code`
    PAUSED = 11
    BUG = 70
    INTERRUPTED = 130
    TERMINATED = 143


class NothingToDoError(Exception):
    """No file or test matched (exit 5)."""


class UnreadError(Exception):
    """Some files of many cannot be read (exit 2); `reports` are about the others."""

    def __init__(self, causes: Sequence[UsageError], reports: Sequence[FileReport]) -> None:
        super().__init__("; ".join(map(str, causes)))
        self.causes = tuple(causes)
        self.reports = tuple(reports)
