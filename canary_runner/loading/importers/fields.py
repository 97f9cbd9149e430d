"""A mapping of a manifest, read key by key; what nobody read is told at the end, so that nothing goes in silence.

Findings: `wrong-type`, `missing-key` and the like are errors; `unknown-key` and `not-modelled` are warnings, since they
may change what happens; `no-effect` and `assumed` are notes. A null is an absent value, as Kubernetes has it.
"""

from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from typing import Any, Final, Self

from canary_runner.loading.quantities import Quantity, QuantityError, T
from canary_runner.loading.words import described, did_you_mean
from canary_runner.model.diagnostics import Diagnostic, Route, Severity, error_at
from canary_runner.model.shown import shown

MAX_ITEMS: Final = 1_000
"""Items of a list that are read."""

MOST_STEPS: Final = 200
"""Different shares that one rollout may pass through."""


def too_many(route: Route, count: int, what: str, told: list[Diagnostic]) -> None:
    """Tell of more steps than are run."""
    if count > MOST_STEPS:
        message, help = (
            f"it takes {count:,} {what}; at most {MOST_STEPS} are run",
            "let more pods or instances go at a time",
        )
        told.append(error_at("too-many-steps", route, message, help))


class Fields:
    """One mapping, at its route; findings of all mappings of an object go to one list."""

    def __init__(self, data: Mapping[str, Any], route: Route, told: list[Diagnostic]) -> None:
        self.data, self.route, self.told = data, route, told
        self._read: dict[str, None] = {}

    def at(self, key: str) -> Route:
        """Return the route of a key."""
        return (*self.route, key)

    def has(self, key: str) -> bool:
        """Tell whether a key is there with a value."""
        return self.raw(key) is not None

    def raw(self, key: str) -> Any:
        """Return a value as it stands, None if it is absent."""
        self._read[key] = None
        return self.data.get(key)

    def text(self, key: str, default: str = "") -> str:
        """Return a text."""
        return self._typed(key, str, "a text", default)

    def flag(self, key: str) -> bool:
        """Return true or false, false if it is absent."""
        return self._typed(key, bool, "true or false", False)

    def number(self, key: str) -> Fraction | None:
        """Return a number, None if it is absent."""
        value = self.raw(key)
        if value is None or (isinstance(value, int | Fraction) and not isinstance(value, bool)):
            return None if value is None else Fraction(value)
        self._wrong(key, value, "a number")
        return None

    def whole(self, key: str, default: int = 0, least: int | None = None, most: int | None = None) -> int:
        """Return a whole number between two limits."""
        value = self.number(key)
        if value is None:
            return default
        if value.denominator != 1:
            self._wrong(key, self.data[key], "a whole number")
            return default
        limits = (f"at least {least:,}" if least is not None else "", f"at most {most:,}" if most is not None else "")
        if (least is not None and value < least) or (most is not None and value > most):
            help = f"write {' and '.join(filter(None, limits))}"
            self.error("out-of-range", key, f"{key} is {described(self.data[key]).removeprefix('the number ')}", help)
            return default
        return int(value)

    def quantity(self, key: str, kind: Quantity[T]) -> T | None:
        """Return a quantity in the words of our own language, None if it is absent or wrong."""
        text = self.text(key)
        if not text:
            return None
        try:
            return kind.parse(text)
        except QuantityError as wrong:
            self.error(wrong.rule, key, str(wrong), wrong.help)
            return None

    def mapping(self, key: str) -> Self | None:
        """Return a mapping, None if it is absent."""
        value = self.raw(key)
        if value is None:
            return None
        if isinstance(value, dict):
            return type(self)(value, self.at(key), self.told)
        self._wrong(key, value, "a mapping")
        return None

    def items(self, key: str) -> list[tuple[Route, Any]]:
        """Return the items of a list with their routes; an absent one is empty."""
        value = self.raw(key)
        if value is None:
            return []
        if not isinstance(value, list):
            self._wrong(key, value, "a list")
            return []
        if len(value) > MAX_ITEMS:
            self.error("too-many-items", key, f"{key} has {len(value):,} items", f"at most {MAX_ITEMS:,} are read")
        return [((*self.at(key), index), item) for index, item in enumerate(value[:MAX_ITEMS])]

    def mappings(self, key: str) -> Iterator[Self]:
        """Yield the mappings of a list."""
        for route, item in self.items(key):
            if isinstance(item, dict):
                yield type(self)(item, route, self.told)
            else:
                self.told.append(
                    error_at(
                        "wrong-type", route, f"an item of {key} is {described(item)}, not a mapping", "write key: value"
                    )
                )

    def required(self, key: str, what: str = "") -> bool:
        """Tell whether a key has a value; an absent one is an error."""
        if self.has(key):
            return True
        self.told.append(error_at("missing-key", self.route, f"{key} is missing", what or f"add {key}"))
        return False

    def error(self, rule: str, key: str, message: str, help: str) -> None:
        """Tell of what makes the file wrong."""
        self.told.append(error_at(rule, self.at(key), message, help))

    def warn(self, rule: str, key: str, message: str, help: str = "") -> None:
        """Tell of what changes what happens."""
        self.told.append(Diagnostic(rule, Severity.WARNING, self.at(key), message, help))

    def note(self, rule: str, key: str, message: str, help: str = "") -> None:
        """Tell of what is harmless."""
        self.told.append(Diagnostic(rule, Severity.NOTE, self.at(key), message, help))

    def no_effect(self, keys: Iterable[str], why: str = "has no effect on what is decided here") -> None:
        """Note the keys among these that are there."""
        for key in keys:
            if self.has(key):
                self.told.append(Diagnostic("no-effect", Severity.NOTE, self.at(key), f"{key} {why}", on_key=True))

    def not_modelled(self, keys: Iterable[str], why: str, help: str = "") -> None:
        """Warn of the keys among these that are there."""
        for key in keys:
            if self.has(key):
                found = Diagnostic("not-modelled", Severity.WARNING, self.at(key), f"{key} {why}", help, on_key=True)
                self.told.append(found)

    def skip(self, keys: Iterable[str]) -> None:
        """Pass over keys that only say what the object is."""
        for key in keys:
            self.raw(key)

    def close(self) -> None:
        """Warn of every key that nobody asked for."""
        for key in self.data:
            if key not in self._read:
                help = did_you_mean(str(key), list(self._read), "known here") if self._read else ""
                message = f'unknown key "{shown(str(key))}" is not read'
                self.told.append(
                    Diagnostic("unknown-key", Severity.WARNING, (*self.route, key), message, help, on_key=True)
                )

    def _typed(self, key: str, kind: type[T], what: str, default: T) -> T:
        value = self.raw(key)
        if value is None:
            return default
        if isinstance(value, kind):
            return value
        self._wrong(key, value, what)
        return default

    def _wrong(self, key: str, value: object, what: str) -> None:
        help = "put it in quotes" if what == "a text" else f"write {what}"
        self.error("wrong-type", key, f"{key} is {described(value)}, not {what}", help)
