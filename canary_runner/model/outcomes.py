"""The words for what an analysis finds, what a controller decides and where a rollout stands."""

from enum import Enum, IntEnum


class Outcome(IntEnum):
    """What one check says after one analysis; the numbers are the digits of a symbol."""

    PASS = 0
    FAIL = 1
    INCONCLUSIVE = 2


class Decision(Enum):
    """What the controller does after one analysis."""

    HOLD = "HOLD"
    ADVANCE = "ADVANCE"
    PAUSE = "PAUSE"
    ROLL_BACK = "ROLL_BACK"
    COMPLETE = "COMPLETE"


class State(Enum):
    """Where a rollout stands."""

    PENDING = "PENDING"
    PROGRESSING = "PROGRESSING"
    PAUSED = "PAUSED"
    COMPLETED = "COMPLETED"
    ROLLED_BACK = "ROLLED_BACK"

    @property
    def is_final(self) -> bool:
        """Whether every further event is refused."""
        return self in (State.COMPLETED, State.ROLLED_BACK)


class Position(IntEnum):
    """Where in its stage an analysis stands; the first index of an automaton's table.

    An analysis in PAUSED has the position BEFORE_END: only a spent tolerance acts there.
    """

    BEFORE_END = 0
    AT_END = 1  # the duration is over: the stage may end
    LAST = 2  # twice the duration is over: the stage is held no longer
