"""`canary.error_rate=0pp..5pp`: equidistant sizes of one change."""

import re
from fractions import Fraction

from canary_runner.loading.quantities import ERROR_EFFECT, LATENCY_EFFECT, Quantity, QuantityError
from canary_runner.loading.scenario_file import ARMS, path_of, with_sets
from canary_runner.loading.words import listed
from canary_runner.model import words
from canary_runner.model.diagnostics import UsageError
from canary_runner.model.scenario import Change, ErrorRateEffect, LatencyEffect, Scenario
from canary_runner.model.shown import shown
from canary_runner.model.study import SweepRequest

SIZES = 11
"""Sizes of a sweep that does not say how many."""

MOST_SIZES = 1_000

LONGEST_SIZE = 9
"""Digits of a number of sizes that are read: more are too many in any case."""

EXAMPLE = "canary.error_rate=0pp..5pp, or canary.latency=1x..3x/21 for 21 sizes"

_QUANTITIES: dict[str, Quantity[ErrorRateEffect] | Quantity[LatencyEffect]] = {
    "error_rate": ERROR_EFFECT,
    "latency": LATENCY_EFFECT,
}


def sweep_of(text: str, base: Scenario) -> SweepRequest:
    """Return the sizes that a text asks for, each as the scenario `base` with that change. Raises UsageError."""
    route, _, written = text.partition("=")
    parts = re.fullmatch(r"(.+?)\.\.(.+?)(?:/([0-9]+))?", written)
    if parts is None:
        raise UsageError(f'--sweep "{shown(text)}" does not say what goes from where to where', f"write {EXAMPLE}")
    quantity = _quantity(route)
    size = int(parts[3][:LONGEST_SIZE]) if parts[3] else SIZES
    if not 2 <= size <= MOST_SIZES:
        raise UsageError(f"--sweep cannot have {shown(parts[3])} sizes", f"write 2 to {MOST_SIZES:,}")
    low, high = (_parsed(route, end, quantity) for end in (parts[1], parts[2]))
    if low.change is not high.change or not low.amount < high.amount:
        message = f"--sweep {shown(route)}: {shown(parts[1])} is not below {shown(parts[2])} in the same unit"
        raise UsageError(message, f"write {EXAMPLE}")
    step = Fraction(high.amount - low.amount) / (size - 1)
    sizes = [_written(low, Fraction(low.amount) + step * i) for i in range(size)]
    if len(set(sizes)) < size:
        message = (
            f"--sweep {shown(route)}: {size} sizes from {shown(parts[1])} to {shown(parts[2])} are not all different"
        )
        raise UsageError(message, "write fewer sizes after the slash, or a wider range")
    return SweepRequest(route, tuple((one, with_sets(base, {route: one})) for one in sizes))


def _quantity(route: str) -> Quantity[ErrorRateEffect] | Quantity[LatencyEffect]:
    _, key = path_of(route, "--sweep")
    if key not in _QUANTITIES:
        known = [f"{arm}.{name}" for arm in ARMS for name in _QUANTITIES]
        raise UsageError(f"--sweep {shown(route)}: only the size of a change can be swept", f"write {listed(known)}")
    return _QUANTITIES[key]


def _parsed(
    route: str, text: str, quantity: Quantity[ErrorRateEffect] | Quantity[LatencyEffect]
) -> ErrorRateEffect | LatencyEffect:
    try:
        return quantity.parse(text)
    except QuantityError as error:
        raise UsageError(f"--sweep {shown(route)}: {error}", error.help) from None


def _written(like: ErrorRateEffect | LatencyEffect, amount: Fraction) -> str:
    """Write an amount as its end was: `+1.5pp`, `1.2x`, `3%`, `+50ms`."""
    rounded = round(amount, 7)
    if like.change is Change.MULTIPLY:
        return words.factor(rounded)
    if isinstance(like, LatencyEffect):
        return f"+{words.milliseconds(round(amount))}"
    return words.percent(rounded) if like.change is Change.SET else f"+{words.points(rounded)}"
