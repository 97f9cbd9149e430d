"""Manifests of other systems to plain data: the same limits and findings as for our files, and what their tools read.

Several documents, merge keys, YAML 1.1 booleans, keys of any plain scalar (as text), anchors defined anew, and the
short tags of CloudFormation, kept as what they stand for: `!Ref X` is {"Ref": "X"}, `!Sub X` is {"Fn::Sub": "X"}.
"""

from collections.abc import Iterable, Mapping
from types import SimpleNamespace
from typing import Any, Final

from canary_runner.loading.compose import Composer
from canary_runner.loading.composed import Composed, Frame
from canary_runner.loading.events import Event, content_events
from canary_runner.loading.pairs import join_pairs
from canary_runner.loading.scalars import ScalarError, read_plain
from canary_runner.model.diagnostics import Route, Span

_WORDS: Final[Mapping[str, bool]] = {
    spelling: value
    for word, value in {"yes": True, "on": True, "true": True, "no": False, "off": False, "false": False}.items()
    for spelling in (word, word.capitalize(), word.upper())
}
"""YAML 1.1's booleans, but for the single letters, which its own parsers leave as text."""

_MERGE: Final = "<<"
_STANDARD = "tag:yaml.org,2002:"
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
        self.tags: dict[int, str] = {}  # by the identity of an open frame

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
        if event.value in _WORDS:
            return _WORDS[event.value]
        try:
            return read_plain(event.value)
        except ScalarError:  # what no number of ours can hold is text to us
            return event.value

    def open(self, event: Event, container: Any) -> None:
        super().open(event, container)
        if event.tag is not None and not event.tag.startswith(_STANDARD):
            self.tags[id(self.stack[-1])] = event.tag

    def tagged(self, event: Event, value: Any) -> Any:
        """Return what a tag makes of a scalar; a list or mapping is wrapped when it is complete."""
        if isinstance(value, list | dict) or event.tag == f"{_STANDARD}str":
            return value
        return self.plain(event) if event.tag.startswith(_STANDARD) else _wrapped(event.tag, value)

    def close(self, event: Event) -> None:
        frame = self.stack[-1]
        if frame.is_mapping and _MERGE in frame.container:
            self.merge(frame, frame.container.pop(_MERGE))
        super().close(event)

    def merge(self, frame: Frame, merged: Any) -> None:
        """Add the keys of mappings behind `<<`; those that are written, and those of the first mapping, win."""
        sources = merged if isinstance(merged, list) else [merged]
        base = self.route()[:-1] if self.with_places else ()
        for index, source in enumerate(sources):
            if not isinstance(source, dict):
                continue
            place: Route = (*base, _MERGE, *([index] if isinstance(merged, list) else []))
            for key, value in source.items():
                if key in frame.container:
                    continue
                frame.container[key] = value
                if self.with_places:
                    self.copy_places(place, base, {key: value})

    def place(self, value: Any, source: Any, start: Any, end: Any, weight: int, height: int) -> None:
        tag = self.tags.pop(id(source), None)
        super().place(_wrapped(tag, value) if tag else value, source, start, end, weight, height)

    def take_plain_key(self, event: Event, frame: Frame) -> None:
        if event.value == "<<":
            frame.key, frame.key_events["<<"], frame.end = _MERGE, event, event.end_mark
            return
        if event.anchor:
            self.remember(event, event.anchor, event.value, 1, 0, ())
        frame.end = event.end_mark
        self.take_key(event.value, event, event.start_mark, event.end_mark, frame)

    def remember(self, event: Event, anchor: str, *rest: Any, **more: Any) -> None:
        self.anchors.pop(anchor, None)
        super().remember(event, anchor, *rest, **more)


def _wrapped(tag: str, value: Any) -> dict[str, Any]:
    name = tag.removeprefix("!")
    return {name if name in _WHOLE_NAMES else f"Fn::{name}": value}
