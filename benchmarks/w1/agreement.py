"""Nothing is timed before it has found the right answer."""

import math

MOST_ERRORS = 4.5
"""Standard errors that a side may be off; the seeds are fixed, so a side that agrees once agrees again."""


class DisagreementError(Exception):
    """A side finds another chance of a rollback than the reference."""


def require(name: str, rolled: int, rollouts: int, expected: float) -> None:
    """Raise `DisagreementError` if a side's share of rollbacks is too far from the reference's chance."""
    share = rolled / rollouts
    error = math.sqrt(expected * (1 - expected) / rollouts)
    if abs(share - expected) > MOST_ERRORS * error + 0.5 / rollouts:
        raise DisagreementError(
            f"{name} rolls back {rolled:,} of {rollouts:,} rollouts, {share:.6f}; the reference says {expected:.6f}, "
            f"and a standard error is {error:.1e}"
        )
