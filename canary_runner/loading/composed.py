"""What a composer makes of a text, and what it fills on the way."""

from dataclasses import dataclass, field
from typing import Any, Final

from canary_runner.loading.events import Event
from canary_runner.model.diagnostics import Diagnostic, Route, Span

NO_KEY: Final = object()
"""The key of a mapping between two entries."""


@dataclass(slots=True)
class Composed:
    """What a text says, and what is wrong with it; `data` is partial if anything is."""

    data: Any = None
    is_empty: bool = True
    is_broken: bool = False  # a finding says that the text could not be read to its end
    findings: list[Diagnostic] = field(default_factory=list)
    values: dict[Route, Span] = field(default_factory=dict)
    keys: dict[Route, Span] = field(default_factory=dict)


class Frame:
    """A list or a mapping that is being filled."""

    __slots__ = (
        "anchor",
        "container",
        "end",
        "height",
        "is_mapping",
        "key",
        "key_events",
        "route",
        "start",
        "weight",
        "wrapper",
    )

    def __init__(self, event: Event, container: Any) -> None:
        self.container = container
        self.is_mapping = type(container) is dict
        self.key: Any = NO_KEY
        self.key_events: dict[str, Event] = {}
        self.start = self.end = event.start_mark
        self.anchor = event.anchor
        self.weight = 1
        self.height = 1
        self.route: Route = ()
        self.wrapper: str | None = None  # the one key of a mapping that this is wrapped in when it is complete


@dataclass(slots=True)
class Anchored:
    """What an anchor names."""

    value: Any
    weight: int
    height: int
    route: Route
    is_open: bool
