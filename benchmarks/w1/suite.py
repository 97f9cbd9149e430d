"""All rows of W1."""

from benchmarks.ratios import Row
from benchmarks.w1 import exactness, resources, speeds


def rows(repeats: int) -> list[Row]:
    """Check every side, time it and return the rows. Raises DisagreementError."""
    return [*speeds.rows(repeats), *exactness.rows(repeats), *resources.rows(repeats)]
