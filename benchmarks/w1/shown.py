"""Numbers as the table shows them."""

from math import floor, log10


def rounded(value: float) -> str:
    """Return a positive number with three significant digits."""
    decimals = 2 - floor(log10(value))
    return f"{round(value, decimals):,.{max(decimals, 0)}f}"


def per_second(rollouts: float) -> str:
    """Return a speed."""
    return f"{rounded(rollouts)}/s"


def milliseconds(seconds: float) -> str:
    """Return a duration."""
    return f"{rounded(1000 * seconds)} ms"
