"""Manifests of other systems to plain data: the same limits and findings as for our files, and what their tools read.

Several documents, merge keys, YAML 1.1 booleans, keys of any plain scalar (as text), anchors defined anew, and the
short tags of CloudFormation, kept as what they stand for: `!Ref X` is {"Ref": "X"}, `!Sub X` is {"Fn::Sub": "X"}.
"""

from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any, Final

from canary_runner.loading.compose import Composer
from canary_runner.loading.composed import Composed, Frame
from canary_runner.loading.events import Event, content_events
from canary_runner.loading.pairs import join_pairs
from canary_runner.loading.scalars import read_plain_1_1
from canary_runner.loading.words import described
from canary_runner.model.diagnostics import Route, Span

_MERGE: Final[Any] = object()
"""The key of what `<<` merges: no text, so that a quoted "<<" stays a key like any other."""

_STANDARD: Final = "tag:yaml.org,2002:"
_READ_AS_WRITTEN: Final = frozenset({f"{_STANDARD}{name}" for name in ("str", "timestamp", "binary")} | {"!"})
_READ_AS_PLAIN: Final = frozenset(f"{_STANDARD}{name}" for name in ("int", "float", "bool", "null", "map", "seq"))
_HELP: Final = "write <<: *name, with &name at a mapping"
_WHOLE_NAMES: Final = frozenset({"Ref", "Condition"})


def compose_many(text: str) -> Composed:
    """Return the documents in `text` as a list."""
    return _run(text, with_places=False)


def compose_many_places(text: str) -> tuple[dict[Route, Span], dict[Route, Span]]:
    """Return the spans of the values and of the keys; every route begins with the index of its document."""
    composed = _run(text, with_places=True)
    return composed.values, composed.keys


def _run(text: str, *, with_places: bool) -> Composed:
    joined = join_pairs(text)
    composed = _ManifestComposer(with_places).run(joined.text)
    if joined.ends:
        composed.findings = [joined.moved(finding) for finding in composed.findings]
        composed.values = {route: joined.span(span) for route, span in composed.values.items()}
        composed.keys = {route: joined.span(span) for route, span in composed.keys.items()}
    return composed


class _ManifestComposer(Composer):
    def __init__(self, with_places: bool) -> None:
        super().__init__(with_places)
        top = SimpleNamespace(line=0, column=0, index=0)
        self.documents: list[Any] = []
        self.stack.append(Frame(SimpleNamespace(start_mark=top, anchor=None), self.documents))

    def run(self, text: str) -> Composed:
        super().run(text)
        self.out.data = self.documents
        self.out.is_empty = all(one is None for one in self.documents)
        return self.out

    def events(self, text: str) -> Iterable[Event]:
        import yaml

        for event in content_events(text, many=True):
            if type(event) is yaml.DocumentStartEvent:
                self.anchors.clear()
            else:
                yield event

    def plain(self, event: Event) -> Any:
        return read_plain_1_1(event.value)

    def open(self, event: Event, container: Any) -> None:
        super().open(event, container)
        if event.tag is not None and _is_short(event.tag):
            self.stack[-1].wrapper = _name(event.tag)

    def tagged(self, event: Event, value: Any) -> Any:
        """Return what a tag makes of a scalar; a list or mapping is wrapped when it is complete."""
        if event.tag in _READ_AS_WRITTEN:
            return value
        is_scalar = isinstance(value, str)
        if event.tag in _READ_AS_PLAIN:
            return self.plain(event) if is_scalar else value
        if not _is_short(event.tag):
            return super().tagged(event, value)
        return {_name(event.tag): value} if is_scalar else value

    def route(self) -> Route:
        """Return the route of the value that comes next, through the keys that tags stand for."""
        steps: list[Any] = []
        for frame in self.stack:
            if frame.wrapper:
                steps.append(frame.wrapper)
            steps.append(frame.key if frame.is_mapping else len(frame.container))
        return tuple(steps)

    def finished(self, frame: Frame) -> Any:
        """Merge what `<<` names, and wrap what has a short tag."""
        if frame.is_mapping and _MERGE in frame.container:
            self.merge(frame, frame.container.pop(_MERGE))
        if frame.wrapper is None:
            return frame.container
        frame.height += 1
        return {frame.wrapper: frame.container}

    def merge(self, frame: Frame, merged: Any) -> None:
        """Add the keys of mappings behind `<<`; those that are written, and those of the first mapping, win."""
        is_list = isinstance(merged, list)
        base = (*frame.route, frame.wrapper) if frame.wrapper else frame.route
        for index, source in enumerate(merged if is_list else [merged]):
            place: Route = (*base, _MERGE, index) if is_list else (*base, _MERGE)
            if not isinstance(source, dict):
                self.report(
                    "wrong-type", frame.key_events["<<"], f"<< merges {described(source)}, not a mapping", _HELP
                )
                continue
            for key, value in source.items():
                if key in frame.container:
                    continue
                frame.container[key] = value
                if self.with_places:
                    self.copy_places(place, base, {key: value})

    def take_plain_key(self, event: Event, frame: Frame) -> None:
        if event.anchor:
            self.remember(event, event.anchor, event.value, 1, 0, ())
        frame.end = event.end_mark
        self.take_key(event.value, event, event.start_mark, event.end_mark, frame)
        if event.value == "<<" and frame.key == "<<":
            frame.key = _MERGE

    def remember(self, event: Event, anchor: str, *rest: Any, **more: Any) -> None:
        self.anchors.pop(anchor, None)
        super().remember(event, anchor, *rest, **more)


def _is_short(tag: str) -> bool:
    return not tag.startswith(_STANDARD) and tag != "!"


def _name(tag: str) -> str:
    name = tag.removeprefix("!")
    return name if name in _WHOLE_NAMES else f"Fn::{name}"
