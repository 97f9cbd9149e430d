"""Quantities with a visible unit, from text to exact values: `10m`, `0.5%`, `0.5pp`, `1.2x`, `500ms`, `120rps`.

Each `schema_pattern` stands in `schema/*.schema.json`, where editors read it; a test holds the two together. A parser
refuses what its pattern refuses, and what is out of range; the error says what to write instead.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Final, Generic, TypeVar

from canary_runner.loading.hints import (
    hint_for_clock,
    hint_for_confidence,
    hint_for_difference,
    hint_for_duration,
    hint_for_effect,
    hint_for_latency,
    hint_for_latency_effect,
    hint_for_rate,
    hint_for_ratio,
    hint_for_traffic,
)
from canary_runner.loading.spelling import quantity_respelt
from canary_runner.model.histogram import TOP_US
from canary_runner.model.policy import Micros, Points, Ratio
from canary_runner.model.scenario import Change, ErrorRateEffect, LatencyEffect
from canary_runner.model.shown import shown

T = TypeVar("T")

MAX_DURATION_S = 30 * 86_400
MAX_RATE_RPS = 10_000_000
_WHOLE = "(?:0|[1-9][0-9]{0,8})"
_DECIMAL = f"{_WHOLE}(?:\\.[0-9]{{1,9}})?"
_SECONDS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}
_END = "$(?!\\n)"
_BELOW_100 = "(?:0|[1-9][0-9]?)(?:\\.[0-9]{1,9})?"
_UP_TO_100 = f"(?:100(?:\\.0{{1,9}})?|{_BELOW_100})"
_LATENCY = "(?:(?:0|[1-9][0-9]{0,6})(?:\\.[0-9]{1,3})?ms|(?:0|[1-9][0-9]{0,3})(?:\\.[0-9]{1,6})?s)"
_SPAN = "(?=[0-9])(?:[0-9]{1,3}d)?(?:[0-9]{1,4}h)?(?:[0-9]{1,5}m)?(?:[0-9]{1,7}s)?"
_NO_TIME = "(?!(?:0+[dhms])+$)"
_NO_LATENCY = "(?!0(?:\\.0+)?m?s$)"
_NO_TRAFFIC = "(?!0(?:\\.0+)?[r/])"
_POINTS = f"\\+?{_UP_TO_100}pp"
_RATIO = f"(?!0(?:\\.0+)?x){_DECIMAL}x"


class QuantityError(ValueError):
    """A text that is no such quantity: what is wrong, and what to write instead."""

    def __init__(self, rule: str, message: str, help: str, mend: str = "") -> None:
        super().__init__(message)
        self.rule = rule
        self.help = help
        self.mend = mend  # the same quantity, spelt rightly


@dataclass(frozen=True, slots=True)
class Quantity(Generic[T]):
    """One kind of quantity. `title` is its name in messages, and the title of its schema."""

    title: str
    pattern: str
    example: str
    value_of: Callable[[str], T]  # of a text that fits the pattern
    hint: Callable[[str], tuple[str, str] | None]  # of one that does not: what is wrong, what to write
    nothing: str = ""  # looks ahead: what fits and is nothing, which the parser tells in better words

    @property
    def schema_pattern(self) -> str:
        """The pattern for editors and other readers of the schema; it lets pass what is above a limit."""
        return f"^{self.nothing}{self.pattern[1:]}"

    def parse(self, text: str) -> T:
        """Return the exact value of `text`. Raises QuantityError."""
        if re.search(self.pattern, text):
            return self.value_of(text)
        if mend := self._respelt(text):
            raise QuantityError("bad-quantity", f'"{shown(text)}" is not a {self.title}', f"write {mend}", mend)
        rule = "unit-missing" if _is_bare_number(text) else "bad-quantity"
        wrong = "has no unit" if rule == "unit-missing" else f"is not a {self.title}"
        example = f"write it like {self.example}"
        message, help = (self.hint(text) if len(text) <= 40 else None) or (f'"{shown(text)}" {wrong}', example)
        is_right = not help.startswith("write") or all(map(self._takes, _SUGGESTED.findall(help)))
        raise QuantityError(rule, message, help if is_right else example)

    def _respelt(self, text: str) -> str | None:
        """Return the text spelt rightly; None if that is no such quantity, or out of range."""
        found = quantity_respelt(text)
        return found if found and self._takes(found) else None

    def _takes(self, text: str) -> bool:
        try:
            return re.search(self.pattern, text) is not None and self.value_of(text) is not None
        except QuantityError:
            return False


_SUGGESTED: Final = re.compile(r"(?<!below )(?<!at most )(?<![\w.+])\+?[0-9][0-9.]*(?:[a-z%/]+[0-9.]*)+")
"""A quantity that a hint says to write: not a bound that it names."""


def _is_bare_number(text: str) -> bool:
    return re.fullmatch(r"[-+]?[0-9]*\.?[0-9]+", text) is not None


def _out_of_range(text: str, limit: str, help: str) -> QuantityError:
    return QuantityError("out-of-range", f"{text} is {limit}", help)


def _seconds(text: str) -> int:
    total = sum(int(number) * _SECONDS[unit] for number, unit in re.findall(r"([0-9]+)([dhms])", text))
    if total > MAX_DURATION_S:
        raise _out_of_range(text, "above 30d", "at most 30d")
    return total


def _positive_seconds(text: str) -> int:
    if total := _seconds(text):
        return total
    raise _out_of_range(text, "no time at all", "write at least 1s")


def _percent(text: str) -> Fraction:
    return Fraction(text.lstrip("+").rstrip("%p")) / 100


def _micros(text: str) -> int:
    number, factor = (text[:-2], 1_000) if text.endswith("ms") else (text[:-1], 1_000_000)
    micros = Fraction(number) * factor
    if micros > TOP_US:
        raise _out_of_range(text, "above one hour", "at most 3600s")
    return micros.numerator  # the pattern allows whole microseconds only


def _positive_micros(text: str) -> int:
    if micros := _micros(text):
        return micros
    raise _out_of_range(text, "no latency", "write at least 0.001ms")


def _rps(text: str) -> Fraction:
    number, per = re.findall(r"^([0-9.]+)(.*)$", text)[0]
    rate = Fraction(number) / (60 if per == "/min" else 1)
    if not 0 < rate <= MAX_RATE_RPS:
        raise _out_of_range(text, "not between 0 and 10,000,000 requests per second", "write a rate like 120rps")
    return rate


def _clock(text: str) -> int:
    return int(text[:2]) * 3_600 + int(text[3:]) * 60


def _error_difference(text: str) -> Points | Ratio:
    return Points(_percent(text)) if text.endswith("pp") else Ratio(Fraction(text[:-1]))


def _latency_difference(text: str) -> Micros | Ratio:
    return Ratio(Fraction(text[:-1])) if text.endswith("x") else Micros(_micros(text[1:]))


def _error_effect(text: str) -> ErrorRateEffect:
    if text.endswith("x"):
        return ErrorRateEffect(Change.MULTIPLY, Fraction(text[:-1]))
    return ErrorRateEffect(Change.ADD if text.endswith("pp") else Change.SET, _percent(text))


def _latency_effect(text: str) -> LatencyEffect:
    if text.endswith("x"):
        return LatencyEffect(Change.MULTIPLY, Fraction(text[:-1]))
    return LatencyEffect(Change.ADD, Fraction(_micros(text[1:])))


def _window(text: str) -> str | int:
    return text if text in ("since_last_check", "stage", "rollout") else _positive_seconds(text)


DURATION: Final = Quantity("duration", f"^{_SPAN}{_END}", "5m or 1h30m", _positive_seconds, hint_for_duration, _NO_TIME)
DELAY: Final = Quantity("delay", f"^{_SPAN}{_END}", "10m", _seconds, hint_for_duration)
WINDOW: Final = Quantity(
    "window",
    f"^(?:since_last_check|stage|rollout|{_SPAN}){_END}",
    "since_last_check or 10m",
    _window,
    hint_for_duration,
    _NO_TIME,
)
RATE: Final = Quantity("rate", f"^{_UP_TO_100}%{_END}", "1%", _percent, hint_for_rate)
SHARE: Final = Quantity("share below 100%", f"^{_BELOW_100}%{_END}", "40%", _percent, hint_for_rate)
CONFIDENCE: Final = Quantity(
    "confidence", f"^[5-9][0-9](?:\\.[0-9]{{1,9}})?%{_END}", "99%", _percent, hint_for_confidence
)
LATENCY: Final = Quantity(
    "latency", f"^{_LATENCY}{_END}", "500ms or 1.5s", _positive_micros, hint_for_latency, _NO_LATENCY
)
TRAFFIC: Final = Quantity(
    "traffic rate", f"^{_DECIMAL}(?:rps|/s|/min){_END}", "120rps", _rps, hint_for_traffic, _NO_TRAFFIC
)
CLOCK: Final = Quantity("time of day", f"^(?:[01][0-9]|2[0-3]):[0-5][0-9]{_END}", "09:00", _clock, hint_for_clock)
ERROR_DIFFERENCE: Final = Quantity(
    "difference of error rates",
    f"^(?:{_POINTS}|{_RATIO}){_END}",
    "0.5pp or 1.5x",
    _error_difference,
    hint_for_difference,
)
LATENCY_DIFFERENCE: Final = Quantity(
    "difference of latencies",
    f"^(?:{_RATIO}|\\+{_LATENCY}){_END}",
    "1.2x or +50ms",
    _latency_difference,
    hint_for_ratio,
)
ERROR_EFFECT: Final = Quantity(
    "change of the error rate",
    f"^(?:{_POINTS}|{_DECIMAL}x|{_UP_TO_100}%){_END}",
    "+2pp, 5x or 3%",
    _error_effect,
    hint_for_effect,
)
LATENCY_EFFECT: Final = Quantity(
    "change of the latency",
    f"^(?:{_RATIO}|\\+{_LATENCY}){_END}",
    "1.5x or +50ms",
    _latency_effect,
    hint_for_latency_effect,
)

QUANTITIES: Final[dict[str, Quantity[object]]] = {
    quantity.title: quantity  # type: ignore[misc]
    for quantity in (
        DURATION, DELAY, WINDOW, RATE, SHARE, CONFIDENCE, LATENCY, TRAFFIC, CLOCK,
        ERROR_DIFFERENCE, LATENCY_DIFFERENCE, ERROR_EFFECT, LATENCY_EFFECT,
    )
}  # fmt: skip
"""Every kind, by the title that its schema has."""


@lru_cache(maxsize=4096)
def parsed(title: str, text: str) -> object:
    """Return the value of a text of the kind `title`; the few texts of many files are parsed once."""
    return QUANTITIES[title].parse(text)
