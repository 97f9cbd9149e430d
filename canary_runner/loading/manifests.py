"""Files of other systems, read: the objects in them, each with the place of everything."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, Final

from canary_runner.loading.digest import sha256_hex
from canary_runner.loading.document import place_of
from canary_runner.loading.manifest_compose import compose_many, compose_many_places
from canary_runner.loading.source import MAX_BYTES
from canary_runner.loading.templates import template_finding
from canary_runner.loading.text import decode, split_lines
from canary_runner.loading.words import described
from canary_runner.model.diagnostics import Diagnostic, Document, FileReport, Route, Span, error_at

_TOP = Span(1, 1, 1, 1)
_BEGINS: Final = "a manifest begins with apiVersion and kind"


def read_manifests(name: str, data: bytes) -> FileReport:
    """Return the objects of a file as a document whose data is their list; `name` is how findings call the file.

    Empty documents are left out, `kind: List` stands for its items; routes begin with the index of an object.
    """
    sha256 = sha256_hex(data)
    if len(data) > MAX_BYTES:
        finding = error_at("too-large", _TOP, "the file is larger than 1 MiB", "split it")
        return FileReport(Document(name, ("",), sha256=sha256), (finding,))
    text, findings = decode(data)
    lines = split_lines(text)
    refused = template_finding(text, is_broken=False)
    if findings or refused:
        return FileReport(Document(name, lines, sha256=sha256), (refused,) if refused else tuple(findings))
    composed = compose_many(text)
    if composed.findings and (refused := template_finding(text, is_broken=True)):
        return FileReport(Document(name, lines, sha256=sha256), (refused,))
    routes = list(_objects(composed.data))
    objects = [_at(composed.data, route) for route in routes]
    places = _Places(text, routes)
    document = Document(name, lines, objects, _Of(places, 0), _Of(places, 1), sha256)
    found = composed.findings or list(_no_objects(objects))
    return FileReport(document, tuple(sorted(found, key=lambda finding: place_of(finding, document))))


def _no_objects(objects: list[Any]) -> Iterator[Diagnostic]:
    """Yield what is wrong with objects that are none."""
    if not objects:
        yield error_at("empty-file", _TOP, "the file has no object", _BEGINS)
    for index, one in enumerate(objects):
        if not isinstance(one, dict):
            yield error_at("wrong-type", (index,), f"this object is {described(one)}, not a mapping", _BEGINS)


def _objects(documents: Any) -> Iterator[Route]:
    """Yield where each object stands among the documents."""
    for index, one in enumerate(documents):
        if isinstance(one, dict) and str(one.get("kind", "")).endswith("List") and isinstance(one.get("items"), list):
            yield from ((index, "items", item) for item in range(len(one["items"])))
        elif one is not None:
            yield (index,)


def _at(data: Any, route: Route) -> Any:
    for step in route:
        data = data[step]
    return data


class _Places:
    """Spans of a file by the routes of its objects, worked out when the first one is asked for."""

    def __init__(self, text: str, routes: list[Route]) -> None:
        self._text, self._routes = text, routes

    @cached_property
    def spans(self) -> tuple[Mapping[Route, Span], Mapping[Route, Span]]:
        """Return the spans of values and of keys; () is the whole file."""
        indices = {route: index for index, route in enumerate(self._routes)}
        values, keys = (
            {_moved(at, indices): span for at, span in one.items()} for one in compose_many_places(self._text)
        )
        return {**values, (): _TOP}, keys


def _moved(at: Route, indices: Mapping[Route, int]) -> Route:
    """Return a route in the documents as one in the objects; of what is in no object it begins with ""."""
    for depth in (1, 3):  # a document, or an item of a list
        if at[:depth] in indices:
            return (indices[at[:depth]], *at[depth:])
    return ("", *at)


class _Of(Mapping[Route, Span]):
    """Spans by routes that begin with the index of an object."""

    def __init__(self, places: _Places, of_keys: int) -> None:
        self._places, self._of_keys = places, of_keys

    def __getitem__(self, route: Route) -> Span:
        return self._places.spans[self._of_keys][route]

    def __iter__(self) -> Iterator[Route]:
        return iter(self._places.spans[self._of_keys])

    def __len__(self) -> int:
        return len(self._places.spans[self._of_keys])
