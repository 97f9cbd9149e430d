"""Exit statuses: the one place that has their numbers."""

from enum import IntEnum


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
