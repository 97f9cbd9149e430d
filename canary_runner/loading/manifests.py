"""Files of other systems, read: the objects in them, each with the place of everything."""

import hashlib
import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, Final

from canary_runner.loading.document import place_of
from canary_runner.loading.manifest_compose import compose_many, compose_many_places
from canary_runner.loading.source import MAX_BYTES
from canary_runner.loading.text import decode, split_lines
from canary_runner.model.diagnostics import Diagnostic, Document, FileReport, Route, Span, error_at

_TOP = Span(1, 1, 1, 1)
_FOREIGN: Final = re.compile(
    rb"""(?mx) ^ [\s{"-]* (?: apiVersion | AWSTemplateFormatVersion | Resources | Transform ) "? \s* :"""
)
_OURS: Final = re.compile(rb"""(?m)^[\s{"]*schema"?\s*:\s*["']?canary-runner/""")
_HELM: Final = re.compile(
    r"\{\{-?\s*(?:\.|\$|(?:include|if|else|end|range|with|define|template|block|toYaml|default|tpl|required)\b)"
)
_TERRAFORM: Final = re.compile(
    r"""(?mx)^\s* (?:resource|data|module|variable|provider|output|terraform|locals) \b [^\n:=]* \{ \s* $"""
)


def is_manifest(data: bytes) -> bool:
    """Tell whether a file is meant for another system: it says so, and does not say that it is ours."""
    if _OURS.search(data):
        return False
    return _FOREIGN.search(data) is not None or _template(data.decode("utf-8", "replace")) is not None


def read_manifests(name: str, data: bytes) -> FileReport:
    """Return the objects of a file as a document whose data is their list; `name` is how findings call the file.

    Empty documents are left out, `kind: List` stands for its items; routes begin with the index of an object.
    """
    sha256 = hashlib.sha256(data).hexdigest()
    if len(data) > MAX_BYTES:
        finding = error_at("too-large", _TOP, "the file is larger than 1 MiB", "split it")
        return FileReport(Document(name, ("",), sha256=sha256), (finding,))
    text, findings = decode(data)
    lines = split_lines(text)
    refused = _template(text)
    if findings or refused:
        return FileReport(Document(name, lines, sha256=sha256), (refused,) if refused else tuple(findings))
    composed = compose_many(text)
    routes = list(_objects(composed.data))
    objects = [_at(composed.data, route) for route in routes]
    places = _Places(text, routes)
    document = Document(name, lines, objects, _Of(places, 0), _Of(places, 1), sha256)
    found = composed.findings
    if not found and not objects:
        found = [error_at("empty-file", _TOP, "the file has no object", "a manifest begins with apiVersion and kind")]
    return FileReport(document, tuple(sorted(found, key=lambda finding: place_of(finding, document))))


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
    """Spans of a file, worked out when the first one is asked for, and the way from objects to documents."""

    def __init__(self, text: str, routes: list[Route]) -> None:
        self._text, self._routes = text, routes

    @cached_property
    def spans(self) -> tuple[Mapping[Route, Span], Mapping[Route, Span]]:
        return compose_many_places(self._text)

    def written(self, route: Route) -> Route:
        """Return the route in the file of one that begins with the index of an object."""
        index, *rest = route
        return (*self._routes[index], *rest) if isinstance(index, int) and index < len(self._routes) else route


class _Of(Mapping[Route, Span]):
    """Spans by routes that begin with the index of an object; () is the whole file."""

    def __init__(self, places: _Places, of_keys: int) -> None:
        self._places, self._of_keys = places, of_keys

    def __getitem__(self, route: Route) -> Span:
        spans = self._places.spans[self._of_keys]
        return spans[self._places.written(route)] if route else _TOP

    def __iter__(self) -> Iterator[Route]:
        return iter(self._places.spans[self._of_keys])

    def __len__(self) -> int:
        return len(self._places.spans[self._of_keys])


_TEMPLATES: Final = (
    (
        _HELM,
        "this is a Helm template, not the manifest that it makes",
        "run helm template CHART, and give what it prints: helm template CHART | canary-run run -",
    ),
    (
        _TERRAFORM,
        "this is Terraform, and its values are known only to its plan",
        "write the deployment's numbers as a CloudFormation resource, or as a policy: canary-run init",
    ),
)


def _template(text: str) -> Diagnostic | None:
    """Return the finding about a text that only another program can make a manifest of."""
    for pattern, message, help in _TEMPLATES:
        match = pattern.search(text)
        if match:
            before = split_lines(text[: match.start()])
            length = len(match[0].strip().splitlines()[0])
            at = Span(len(before), len(before[-1]) + 1, len(before), len(before[-1]) + 1 + length)
            return error_at("template", at, message, help)
    return None
