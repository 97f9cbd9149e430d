"""A stream of YAML events within limits: nothing deep, long or many gets past, before anything is built.

libyaml composes nested nodes by recursion and dies of 100,000 brackets; its events are a flat stream.
"""

from collections.abc import Iterator
from typing import Any

from canary_runner.loading.syntax import syntax_error
from canary_runner.model.diagnostics import Diagnostic, Span, error_at

MAX_DEPTH = 32
MAX_EVENTS = 50_000

Event = Any
"""One of PyYAML's events; the types of C and Python parsers are the same, their marks are not."""


class BrokenTextError(Exception):
    """The text cannot be read further; carries the one finding that says why."""

    def __init__(self, finding: Diagnostic) -> None:
        super().__init__(finding.message)
        self.finding = finding


def content_events(text: str, *, many: bool = False) -> Iterator[Event]:
    """Yield the events of the one document in `text`, without those of the stream and the document.

    With `many` there may be more documents, and the start of each is among the events. Raises BrokenTextError where the
    text is no YAML, too deep, too long, or begins a second document that may not be.
    """
    import yaml

    parser = (getattr(yaml, "CSafeLoader", None) or yaml.SafeLoader)(text)
    deeper = {yaml.ScalarEvent: 0, yaml.AliasEvent: 0}
    deeper |= {
        yaml.SequenceStartEvent: 1,
        yaml.MappingStartEvent: 1,
        yaml.SequenceEndEvent: -1,
        yaml.MappingEndEvent: -1,
    }
    depth = 0
    documents = 0
    try:
        for _ in range(MAX_EVENTS):
            event = parser.get_event()
            change = deeper.get(type(event))
            if change is None:  # of the stream, or of a document
                documents += type(event) is yaml.DocumentStartEvent
                if documents > 1 and not many:
                    raise BrokenTextError(_second_document(event))
                if many and type(event) is yaml.DocumentStartEvent:
                    yield event
                if type(event) is yaml.StreamEndEvent:
                    return
                continue
            depth += change
            if depth > MAX_DEPTH:
                raise BrokenTextError(_too_deep(event.start_mark, event.end_mark))
            yield event
    except yaml.YAMLError as error:
        if "maximum nesting depth" in str(error):  # libyaml 0.2.6 reads ahead, up to a limit of its own
            mark = getattr(error, "problem_mark", None) or event.end_mark
            raise BrokenTextError(_too_deep(mark, mark)) from None
        raise BrokenTextError(syntax_error(error, text)) from None
    raise BrokenTextError(_too_many(event))


def span_of(start: Any, end: Any) -> Span:
    """Return the span between two marks, which count from 0."""
    return Span(start.line + 1, start.column + 1, end.line + 1, end.column + 1)


def _second_document(event: Event) -> Diagnostic:
    start = event.start_mark
    at = Span(start.line + 1, start.column + 1, start.line + 1, start.column + 4)
    return error_at("second-document", at, "a second document begins here", "put each document in its own file")


def _too_deep(start: Any, end: Any) -> Diagnostic:
    message = f"nested more than {MAX_DEPTH} levels deep"
    return error_at("too-deep", span_of(start, end), message, "files here nest five or six")


def _too_many(event: Event) -> Diagnostic:
    message = f"more than {MAX_EVENTS:,} YAML events before this place"
    return error_at("too-large", span_of(event.start_mark, event.end_mark), message, "split the file")
