"""What our keywords mean, once for both readers of a schema: the quick yes and jsonschema."""

import re
from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from typing import Any, TypeGuard

from canary_runner.loading.quantities import QUANTITIES, QuantityError, parsed


def is_number(value: object) -> TypeGuard[int | Fraction]:
    """Tell a number: whole or a decimal, which is exact here; a boolean is none."""
    return isinstance(value, int | Fraction) and not isinstance(value, bool)


def is_integer(value: object) -> TypeGuard[int]:
    """Tell a whole number; a boolean is none."""
    return isinstance(value, int) and not isinstance(value, bool)


def fits(pattern: str, title: str | None, text: str) -> bool:
    """Tell whether a text matches; that of a quantity must also be within its range, unlike 40d."""
    if title not in QUANTITIES:
        return _compiled(pattern).search(text) is not None
    try:
        parsed(title, text)
    except QuantityError:
        return False
    return True


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def out_of_order(key: str, items: list[Any]) -> Iterator[int]:
    """Yield the place of each item whose number under `key` is not above the last one before it.

    Whatever is no mapping or no number is passed over. An item is judged by its neighbour, so one wrong number is one
    finding.
    """
    last: int | Fraction | None = None
    for index, item in enumerate(items):
        value = item.get(key) if isinstance(item, dict) else None
        if not is_number(value):
            continue
        if last is not None and value <= last:
            yield index
        last = value
