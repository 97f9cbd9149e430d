"""A user's bytes to a Document: plain data, with the place of everything in it."""

from collections.abc import Iterator, Mapping

from canary_runner.loading.compose import compose, compose_places
from canary_runner.loading.composed import Composed
from canary_runner.loading.digest import sha256_hex
from canary_runner.loading.source import MAX_BYTES
from canary_runner.loading.text import decode, split_lines
from canary_runner.model.diagnostics import (
    Diagnostic,
    Document,
    FileReport,
    InputError,
    Route,
    Span,
    error_at,
)

_TOP = Span(1, 1, 1, 1)


class _Places(Mapping[Route, Span]):
    """Spans by route, worked out when the first one is asked for: a file without findings never pays."""

    __slots__ = ("_known", "_of_keys", "_text")

    def __init__(self, text: str, of_keys: bool) -> None:
        self._text = text
        self._of_keys = of_keys
        self._known: dict[Route, Span] | None = None

    def _spans(self) -> dict[Route, Span]:
        if self._known is None:
            self._known = compose_places(self._text)[self._of_keys]
        return self._known

    def __getitem__(self, route: Route) -> Span:
        return self._spans()[route]

    def __iter__(self) -> Iterator[Route]:
        return iter(self._spans())

    def __len__(self) -> int:
        return len(self._spans())


def read_document(name: str, data: bytes) -> Document:
    """Return the Document in `data`; `name` is how findings call the file.

    Raises InputError with every finding if any: broken syntax ends the search, everything else is collected.
    """
    report = scan(name, data)[0]
    if report.diagnostics:
        raise InputError([report])
    return report.document


def scan(name: str, data: bytes) -> tuple[FileReport, bool]:
    """Return the Document in `data` with its findings, and whether its data are whole enough to be checked.

    They are whole if each finding is about one scalar or one key, which is then text or absent.
    """
    if len(data) > MAX_BYTES:
        finding = error_at("too-large", _TOP, "the file is larger than 1 MiB", "split it")
        return FileReport(Document(name, ("",), sha256=sha256_hex(data)), (finding,)), False
    text, findings = decode(data)
    lines = split_lines(text)
    if findings:
        return FileReport(Document(name, lines, sha256=sha256_hex(data)), tuple(findings)), False
    composed = compose(text)
    document = Document(name, lines, composed.data, _Places(text, False), _Places(text, True), sha256_hex(data))
    findings = _as_template(composed.findings, text, document) or composed.findings or _empty(composed)
    if findings:
        findings = sorted(findings, key=lambda finding: place_of(finding, document))
    return FileReport(document, tuple(findings)), _is_whole(composed)


def _as_template(findings: list[Diagnostic], text: str, document: Document) -> list[Diagnostic]:
    """Return the one finding that a file is a template, where that is why it is no YAML or has keys that are none."""
    at_fault = [finding for finding in findings if finding.rule in ("yaml-syntax", "non-text-key")]
    if not any("{{" in document.lines[document.span(finding.at).line - 1] for finding in at_fault):
        return []
    from canary_runner.loading.templates import template_finding

    refused = template_finding(text, is_broken=True)
    return [refused] if refused else []


def place_of(finding: Diagnostic, document: Document) -> tuple[int, int, str]:
    """Return the key by which findings are sorted."""
    span = document.span(finding.at, finding.on_key)
    return span.line, span.column, finding.rule


def _empty(composed: Composed) -> list[Diagnostic]:
    if not composed.is_empty:
        return []
    help = 'begin with "schema: canary-runner/policy/v1" and a name; canary-run init writes a first policy'
    return [error_at("empty-file", _TOP, "the file is empty", help)]


def _is_whole(composed: Composed) -> bool:
    harmless = {"duplicate-key", "ambiguous-number", "not-finite", "number-too-large"}
    return not composed.is_broken and not composed.is_empty and all(f.rule in harmless for f in composed.findings)
