"""What stands under `expect` and `set` in a test file, as values and in words."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from canary_runner.loading.quantities import DURATION, RATE
from canary_runner.model.words import plain


def sets_from(data: Mapping[str, Any]) -> dict[str, str]:
    """Return the sets of a test as a user would write them behind `--set`; whatever the schema refuses is left out."""
    sets = data.get("set")
    return (
        {path: as_written(value) for path, value in sets.items() if _is_written(value)}
        if isinstance(sets, dict)
        else {}
    )


def bound_from(written: str | int | Fraction) -> Fraction:
    """Return a bound in its base unit: a rate 0..1, seconds, a count. Raises QuantityError, TypeError."""
    if isinstance(written, str):
        return RATE.parse(written) if written.endswith("%") else Fraction(DURATION.parse(written))
    return Fraction(written)


def _is_written(value: object) -> bool:
    return isinstance(value, str | int | Fraction) and not isinstance(value, bool)


def as_written(value: str | int | Fraction) -> str:
    """Return a value of a file in the user's words; a number as a plain decimal."""
    return value if isinstance(value, str) else plain(value)
