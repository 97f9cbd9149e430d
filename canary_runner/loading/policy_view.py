"""A policy's data as its stages see them: their own keys first, then the defaults.

Made from any data, valid or not: whatever cannot be read is None, because the schema has said so already.
"""

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

from canary_runner.loading.quantities import QuantityError, parsed
from canary_runner.model.diagnostics import Route


@dataclass(frozen=True, slots=True)
class CheckView:
    """One entry of a list of checks, and where it stands."""

    metric: str
    data: dict[str, Any]
    route: Route

    @property
    def is_error_rate(self) -> bool:
        """Whether it asks for errors; else it asks for a latency."""
        return self.metric == "error_rate"

    @property
    def is_unchecked(self) -> bool:
        """Whether it says only that its metric is not checked."""
        return "unchecked" in self.data


class StageView:
    """One stage with what it has from the defaults."""

    def __init__(self, index: int, own: dict[str, Any], defaults: dict[str, Any]) -> None:
        self.index = index
        self.own = own
        self.defaults = defaults
        self.route: Route = ("stages", index)

    def value(self, key: str) -> Any:
        """Return the stage's value, else the default's, else None."""
        return self.own.get(key, self.defaults.get(key))

    def place(self, key: str) -> Route:
        """Return where `value` stands; the stage itself if nowhere."""
        if key in self.own:
            return (*self.route, key)
        return ("defaults", key) if key in self.defaults else self.route

    @property
    def name(self) -> str:
        """The stage's name, or its number for a message."""
        name = self.own.get("name")
        return name if isinstance(name, str) else str(self.index + 1)

    @cached_property
    def duration_s(self) -> int | None:
        """The stage's duration."""
        seconds: int | None = quantity("duration", self.value("duration"))
        return seconds

    @cached_property
    def check_every_s(self) -> int | None:
        """The time between two analyses: the duration if nothing is said."""
        written = self.value("check_every")
        every: int | None = self.duration_s if written is None else quantity("duration", written)
        return every

    @cached_property
    def window(self) -> str | int | None:
        """A word, or the seconds of a sliding window."""
        written = self.value("window")
        window: str | int | None = "since_last_check" if written is None else quantity("window", written)
        return window

    @property
    def analyses(self) -> int | None:
        """Analyses within the duration; None unless it is a whole number of `check_every`."""
        if not self.duration_s or not self.check_every_s or self.duration_s % self.check_every_s:
            return None
        return self.duration_s // self.check_every_s

    @property
    def traffic_percent(self) -> int | Fraction | None:
        """The canary's share in percent."""
        value = self.own.get("traffic_percent")
        return value if isinstance(value, int | Fraction) and not isinstance(value, bool) else None

    @cached_property
    def checks(self) -> list[CheckView]:
        """The checks of the stage: a check of its own stands where the default of its metric stood."""
        return list((_by_metric(self.defaults, ("defaults",)) | _by_metric(self.own, self.route)).values())


def stage_views(data: Any) -> list[StageView]:
    """Return the stages of a policy's data."""
    if not isinstance(data, dict) or not isinstance(data.get("stages"), list):
        return []
    defaults = data.get("defaults")
    shared = defaults if isinstance(defaults, dict) else {}
    return [StageView(index, own, shared) for index, own in enumerate(data["stages"][:100]) if isinstance(own, dict)]


def checks_in(holder: dict[str, Any], route: Route) -> list[CheckView]:
    """Return the readable entries of a `checks` list, repeated metrics included."""
    entries = holder.get("checks")
    if not isinstance(entries, list):
        return []
    return [
        CheckView(entry["metric"], entry, (*route, "checks", index))
        for index, entry in enumerate(entries)
        if isinstance(entry, dict) and isinstance(entry.get("metric"), str)
    ]


def _by_metric(holder: dict[str, Any], route: Route) -> dict[str, CheckView]:
    checks: dict[str, CheckView] = {}
    for check in checks_in(holder, route):
        checks.setdefault(check.metric, check)
    return checks


def quantity(title: str, written: Any) -> Any:
    """Return the value of a quantity, or None if it cannot be read."""
    try:
        return parsed(title, written) if isinstance(written, str) else None
    except QuantityError:
        return None
