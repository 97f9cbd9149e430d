"""Values of options, stricter than click's own: it takes `1_000`, Arabic digits and nan for numbers.

click.ParamType is generic from 8.5 on, and to be told so would break with older ones.
"""

import re
from typing import Any

import click

from canary_runner import api
from canary_runner.model.diagnostics import UsageError
from canary_runner.model.shown import shown

FILE = click.Path(readable=False)
"""A file to be read, which completes as one; what cannot be read is told by who reads it, in our words."""

MAX_SEED = 2**64 - 1
MAX_RUN = 2**53


class Word(click.Choice[str]):
    """One of a few words; what is none of them is told the nearest."""

    def get_invalid_choice_message(self, value: Any, ctx: click.Context | None) -> str:
        """Return what is wrong, and the word that was meant, else all of them."""
        from canary_runner.loading.words import nearest

        near = nearest(str(value), self.choices)
        help = f'did you mean "{near}"?' if near else self._all()
        return f'"{shown(str(value))}" is unknown; {help}'

    def get_missing_message(self, param: click.Parameter, ctx: click.Context | None) -> str:
        """Return the words."""
        return self._all()

    def _all(self) -> str:
        return f"there are {', '.join(self.choices)}"


class WholeNumber(click.ParamType):  # type: ignore[type-arg]
    """A whole number from `least`, in plain digits."""

    name = "number"

    def __init__(self, most: int, least: int = 0) -> None:
        self.most, self.least = most, least

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the number."""
        if isinstance(value, int):
            return value
        if not re.fullmatch(r"[0-9]{1,20}", value) or not self.least <= int(value) <= self.most:
            self.fail(f'"{shown(value)}" is not a whole number from {self.least} to {self.most}', param, ctx)
        return int(value)


class _Quantity(click.ParamType):  # type: ignore[type-arg]
    """A quantity of the language."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return it in seconds."""
        if isinstance(value, int):
            return value
        try:
            return self.parse(value)
        except UsageError as error:
            self.fail(f"{error}; {error.help}" if error.help else str(error), param, ctx)

    def parse(self, text: str) -> int:
        raise NotImplementedError


class Delay(_Quantity):
    """A duration like `30m`, in seconds."""

    name = "duration"

    def parse(self, text: str) -> int:
        """Return seconds."""
        return api.parse_delay(text)


class Clock(_Quantity):
    """A time of day like `09:00`, in seconds after midnight."""

    name = "time"

    def parse(self, text: str) -> int:
        """Return seconds after midnight."""
        return api.parse_clock(text)


class Precision(click.ParamType):  # type: ignore[type-arg]
    """Half the width of an interval: `0.5pp` of every chance, or `10%` of the rollback probability, as a pair."""

    name = "points"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[float | None, float | None]:
        """Return what `api.parse_precision` returns."""
        if isinstance(value, tuple):
            return value
        try:
            found = api.parse_precision(value)
        except UsageError as error:
            self.fail(f"{error}; {error.help}" if error.help else str(error), param, ctx)
        return found


class Assignment(click.ParamType):  # type: ignore[type-arg]
    """`canary.error_rate=+2pp`, as a pair."""

    name = "key=value"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        """Return key and value."""
        if isinstance(value, tuple):
            return value
        key, has_value, setting = value.partition("=")
        arm, has_key, _ = key.partition(".")
        if not (has_value and arm and has_key):
            help = "write an arm, a key and a value: canary.error_rate=+2pp, both.latency=1.5x"
            raise UsageError(f'--set "{shown(value)}" does not say what becomes what', help)
        return key, setting


def set_once(
    ctx: click.Context, param: click.Parameter, sets: tuple[tuple[str, str], ...]
) -> tuple[tuple[str, str], ...]:
    """Return the assignments of a call. Raises UsageError if two of them set one key."""
    said: dict[str, str] = {}
    for key, setting in sets:
        if key in said:
            both = f"{shown(said[key])} and {shown(setting)}"
            raise UsageError(f"--set {shown(key)} is said twice: {both}", "leave one of them out")
        said[key] = setting
    return sets
