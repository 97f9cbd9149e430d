"""Quantities in options of the command line: refused as a wrong call, not as a wrong file."""

from canary_runner.loading.quantities import CLOCK, DELAY, ERROR_DIFFERENCE, RATE, Quantity, QuantityError, T
from canary_runner.model.diagnostics import UsageError
from canary_runner.model.policy import Points


def precision(text: str) -> tuple[float | None, float | None]:
    """Return half the width of an interval: of every chance, of `0.5pp`; or of a share of the chance, of `10%`.

    One of the two is None. Raises UsageError.
    """
    help = "write 0.01pp to 50pp, like 0.5pp, or 1% to 50% of the rollback probability, like 10%"
    try:
        if text.endswith("%"):
            relative = float(RATE.parse(text))
            if 0.01 <= relative <= 0.5:
                return None, relative
        else:
            parsed = ERROR_DIFFERENCE.parse(text)
            points = float(parsed.difference) if isinstance(parsed, Points) else 0.0
            if 0.0001 <= points <= 0.5:
                return points, None
    except QuantityError as error:
        raise UsageError(str(error), help) from None
    raise UsageError(f'"{text}" is no precision', help)


def delay_s(text: str) -> int:
    """Return seconds of a duration like `30m`, `0s` too. Raises UsageError."""
    return _parsed(DELAY, text)


def clock_s(text: str) -> int:
    """Return seconds after midnight of a time like `09:00`. Raises UsageError."""
    return _parsed(CLOCK, text)


def _parsed(kind: Quantity[T], text: str) -> T:
    try:
        return kind.parse(text)
    except QuantityError as error:
        raise UsageError(str(error), error.help) from None
