"""YAML events to plain data, in one pass; what is wrong on the way is collected, not raised.

Spans cost as much as the data and only findings need them, so `compose` gives data alone and `compose_places`
walks the text once more, on demand, with the same code.
"""

from collections.abc import Callable, Iterable
from typing import Any, Final

from canary_runner.loading.composed import NO_KEY, Anchored, Composed, Frame
from canary_runner.loading.events import BrokenTextError, Event, content_events, span_of
from canary_runner.loading.pairs import join_pairs
from canary_runner.loading.scalars import ScalarError, read_plain
from canary_runner.loading.text import forbidden_character
from canary_runner.model.diagnostics import Diagnostic, Related, Route, Severity, Span, error_at
from canary_runner.model.shown import shown

MAX_EXPANDED_NODES = 10_000
MAX_DEPTH_EXPANDED = 32
MAX_SCALAR = 10_000
_CHARACTERS_A_NODE = 64  # a long text weighs like several nodes, so that aliases cannot multiply it
_MAX_FINDINGS = 100
_DROPPED_KEY: Final = object()


def compose(text: str) -> Composed:
    """Return the data of the one document in `text`."""
    joined = join_pairs(text)
    composed = Composer(with_places=False).run(joined.text)
    if joined.ends:
        composed.findings = [joined.moved(finding) for finding in composed.findings]
    return composed


def compose_places(text: str) -> tuple[dict[Route, Span], dict[Route, Span]]:
    """Return the spans of the values and of the keys of `text`, by route."""
    joined = join_pairs(text)
    composed = Composer(with_places=True).run(joined.text)
    values, keys = composed.values, composed.keys
    if joined.ends:
        values, keys = ({route: joined.span(span) for route, span in one.items()} for one in (values, keys))
    return values, keys


class Composer:
    """Takes events one by one; how our own files are read. Others read more, and override a little."""

    def __init__(self, with_places: bool) -> None:
        self.out = Composed()
        self.stack: list[Frame] = []
        self.anchors: dict[str, Anchored] = {}
        self.weight = 0
        self.with_places = with_places

    def run(self, text: str) -> Composed:
        """Return what a text says."""
        import yaml

        handlers: dict[type, Callable[[Event], None]] = {
            yaml.ScalarEvent: self.scalar,
            yaml.SequenceStartEvent: lambda event: self.open(event, []),
            yaml.MappingStartEvent: lambda event: self.open(event, {}),
            yaml.SequenceEndEvent: self.close,
            yaml.MappingEndEvent: self.close,
            yaml.AliasEvent: self.alias,
        }
        try:
            for event in self.events(text):
                handlers[type(event)](event)
        except BrokenTextError as broken:
            self.out.is_broken = True
            self.out.findings.append(broken.finding)
        return self.out

    def events(self, text: str) -> Iterable[Event]:
        """Return the events that are content."""
        return content_events(text)

    def scalar(self, event: Event) -> None:
        """Take a scalar."""
        text = event.value
        value: Any = text
        if len(text) > MAX_SCALAR:
            message = f"a text of {len(text):,} characters, at most {MAX_SCALAR:,}"
            self.report("too-large", event, message, "shorten it")
        if event.tag is not None:
            value = self.tagged(event, value)
        elif not event.style:  # neither quoted nor a block
            frame = self.stack[-1] if self.stack else None
            if frame and frame.is_mapping and frame.key is NO_KEY:
                self.take_plain_key(event, frame)
                return
            value = self.plain(event)
        elif event.style == '"' and (found := forbidden_character(text)):
            self.report("control-character", event, f"{found} must not stand in a text", "leave the escape out")
        weight = 1 + len(text) // _CHARACTERS_A_NODE
        if event.anchor:
            self.remember(event, event.anchor, value, weight, 0, self.route() if self.with_places else ())
        self.place(value, event, event.start_mark, event.end_mark, weight, 0)

    def plain(self, event: Event) -> Any:
        """Return what an unquoted scalar means."""
        try:
            return read_plain(event.value)
        except ScalarError as error:
            route = self.route()
            is_known = NO_KEY not in route and _DROPPED_KEY not in route
            self.report(error.rule, event, str(error), error.help, at=route if is_known else None)
            return event.value

    def open(self, event: Event, container: Any) -> None:
        """Begin a list or a mapping."""
        if event.tag is not None:
            container = self.tagged(event, container)
        frame = Frame(event, container)
        if self.with_places or event.anchor:
            frame.route = self.route()
        if event.anchor:
            self.remember(event, event.anchor, container, 1, 1, frame.route, is_open=True)
        self.stack.append(frame)

    def close(self, event: Event) -> None:
        """End a list or a mapping."""
        frame = self.stack.pop()
        value = self.finished(frame)
        if frame.anchor:
            self.anchors[frame.anchor] = Anchored(value, frame.weight, frame.height, frame.route, False)
        # a block ends where the next token begins, lines later: its last child's end is what a reader sees
        is_flow = event.end_mark.index > event.start_mark.index
        end = event.end_mark if is_flow else frame.end
        self.place(value, frame, frame.start, end, frame.weight, frame.height)

    def finished(self, frame: Frame) -> Any:
        """Return what a list or mapping is, now that it is complete."""
        return frame.container

    def alias(self, event: Event) -> None:
        """Take what an anchor names."""
        anchored = self.anchors.get(event.anchor)
        name = shown(event.anchor)
        if anchored is None:
            raise BrokenTextError(
                error_at("yaml-syntax", _span(event), f"the alias *{name} has no anchor", f"define &{name} before it")
            )
        if anchored.is_open:
            raise BrokenTextError(
                error_at("yaml-cycle", _span(event), f"*{name} contains itself", "write the value out")
            )
        if len(self.stack) + anchored.height > MAX_DEPTH_EXPANDED:
            message = f"nested more than {MAX_DEPTH_EXPANDED} levels deep with *{name} expanded"
            raise BrokenTextError(error_at("too-deep", _span(event), message, "write the value out"))
        self.weight += anchored.weight
        if self.weight > MAX_EXPANDED_NODES:
            message = f"aliases expand to more than {MAX_EXPANDED_NODES:,} nodes"
            raise BrokenTextError(error_at("too-large", _span(event), message, "use fewer aliases"))
        if self.with_places:
            self.copy_places(anchored.route, self.route(), anchored.value)
        self.place(anchored.value, event, event.start_mark, event.end_mark, anchored.weight, anchored.height)

    def place(self, value: Any, source: Any, start: Any, end: Any, weight: int, height: int) -> None:
        """Put a finished value where it belongs: into its list, behind its key, or as a key itself."""
        if not self.stack:
            self.out.data, self.out.is_empty = value, value is None
            if self.with_places:
                self.out.values[()] = span_of(start, end)
            return
        frame = self.stack[-1]
        frame.weight += weight
        frame.height = max(frame.height, height + 1)
        frame.end = end
        if frame.is_mapping and frame.key is NO_KEY:
            self.take_key(value, source, start, end, frame)
            return
        if self.with_places:
            self.out.values.setdefault(self.route(), span_of(start, end))
        self.weight += 1
        if not frame.is_mapping:
            frame.container.append(value)
            return
        if frame.key is not _DROPPED_KEY:
            frame.container.setdefault(frame.key, value)
        frame.key = NO_KEY

    def take_plain_key(self, event: Event, frame: Frame) -> None:
        """Take an unquoted key."""
        text = event.value
        if text == "<<":
            self.report(
                "merge-key", event, "merge keys are not used here", "write the keys out, or put them under defaults"
            )
            frame.key = _DROPPED_KEY
            return
        try:
            key = read_plain(text)
        except ScalarError:
            key = None
        if event.anchor and key == text:
            self.remember(event, event.anchor, key, 1, 0, ())
        frame.end = event.end_mark
        self.take_key(key, event, event.start_mark, event.end_mark, frame)

    def take_key(self, key: Any, source: Any, start: Any, end: Any, frame: Frame) -> None:
        """Take a key that is meant to be a text."""
        if type(key) is not str:
            written = shown(source.value) if isinstance(getattr(source, "value", None), str) else ""
            message = f"the key {written} is not a text" if written else "this key is not a text"
            help = f'put it in quotes: "{written}"' if written else "a key is a word"
            self.add(error_at("non-text-key", span_of(start, end), message, help))
            frame.key = _DROPPED_KEY
            return
        if key in frame.key_events:
            first = _span(frame.key_events[key])
            message = f'the key "{shown(key)}" is written twice here'
            related = (Related(first, "the first one"),)
            finding = Diagnostic(
                "duplicate-key", Severity.ERROR, span_of(start, end), message, "keep one of them", related=related
            )
            self.add(finding)
            frame.key = _DROPPED_KEY
            return
        frame.key = key
        frame.key_events[key] = source
        if self.with_places:
            self.out.keys[self.route()] = span_of(start, end)

    def remember(
        self, event: Event, anchor: str, value: Any, weight: int, height: int, route: Route, is_open: bool = False
    ) -> None:
        """Keep what an anchor names."""
        if anchor in self.anchors:
            self.report(
                "duplicate-anchor", event, f"the anchor &{shown(anchor)} is defined twice", "rename one of them"
            )
        self.anchors[anchor] = Anchored(value, weight, height, route, is_open)

    def route(self) -> Route:
        """Return the route of the value that comes next; steps that lead nowhere are no text and no number."""
        return tuple(frame.key if frame.is_mapping else len(frame.container) for frame in self.stack)

    def copy_places(self, source: Route, target: Route, value: Any) -> None:
        """Give what is inside an alias the places of what its anchor names."""
        values, keys = self.out.values, self.out.keys
        steps = value.items() if type(value) is dict else enumerate(value) if type(value) is list else ()
        for step, child in steps:
            here, there = (*source, step), (*target, step)
            if here in values:
                values.setdefault(there, values[here])
            if here in keys:
                keys.setdefault(there, keys[here])
            self.copy_places(here, there, child)

    def tagged(self, event: Event, value: Any) -> Any:
        """Return what a tag makes of a value."""
        tag = shown(event.tag.replace("tag:yaml.org,2002:", "!!"))
        self.report("yaml-tag", event, f"tags are not used here: {tag}", "leave the tag out")
        return value

    def report(self, rule: str, event: Event, message: str, help: str, at: Route | None = None) -> None:
        """Find fault with an event."""
        self.add(error_at(rule, _span(event) if at is None else at, message, help))

    def add(self, finding: Diagnostic) -> None:
        """Keep a finding; too many end the search."""
        self.out.findings.append(finding)
        if len(self.out.findings) >= _MAX_FINDINGS:
            raise BrokenTextError(
                error_at("too-many-findings", finding.at, f"{_MAX_FINDINGS} findings and more", "mend these first")
            )


def _span(event: Event) -> Span:
    return span_of(event.start_mark, event.end_mark)
