"""Values of options: quantities of the language, refused as a wrong call."""

from typing import TypeVar

from canary_runner.loading.quantities import CLOCK, DELAY, ERROR_DIFFERENCE, RATE, Quantity, QuantityError
from canary_runner.model.diagnostics import UsageError
from canary_runner.model.policy import Points

T = TypeVar("T")

_PRECISIONS = "write 0.01pp to 50pp, like 0.5pp, or 1% to 50% of the rollback probability, like 10%"


def delay_s(text: str) -> int:
    """Return seconds of a duration like `30m`, `0s` too. Raises UsageError."""
    return _parsed(DELAY, text)


def clock_s(text: str) -> int:
    """Return seconds after midnight of a time like `09:00`. Raises UsageError."""
    return _parsed(CLOCK, text)


def precision(text: str) -> tuple[float | None, float | None]:
    """Return half the width of an interval: of every chance, of `0.5pp`; or of a share of the chance, of `10%`.

    One of the two is None. Raises UsageError.
    """
    if text.endswith("%"):
        relative = float(_parsed(RATE, text, _PRECISIONS))
        if 0.01 <= relative <= 0.5:
            return None, relative
    else:
        parsed = _parsed(ERROR_DIFFERENCE, text, _PRECISIONS)
        points = float(parsed.difference) if isinstance(parsed, Points) else 0.0
        if 0.0001 <= points <= 0.5:
            return points, None
    raise UsageError(f'"{text}" is no precision', _PRECISIONS)


def _parsed(quantity: Quantity[T], text: str, help: str = "") -> T:
    try:
        return quantity.parse(text)
    except QuantityError as error:
        raise UsageError(str(error), help or error.help) from None
