"""Findings about a user's file, and the one exception that carries them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum

Route = tuple[str | int, ...]
"""The way from the top of a document to a node: `("stages", 0, "traffic_percent")`."""


class Severity(Enum):
    """How much a finding weighs."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of text: lines and columns count from 1 in code points; the end is exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True)
class Related:
    """A second place that a finding points at."""

    at: Route | Span
    message: str
    document: Document | None = None  # where it is another file than the finding's


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding: what is wrong with the numbers (lower case), and what to write instead.

    `at` is a route into the document; only where the text has no nodes yet (broken YAML) a span.
    `on_key` marks the key of the last step instead of its value. `mend` can stand there instead, if it is not empty:
    what is meant is clear, and only its spelling is wrong.
    """

    rule: str
    severity: Severity
    at: Route | Span
    message: str
    help: str = ""
    on_key: bool = False
    related: tuple[Related, ...] = ()
    mend: str = ""


def error_at(rule: str, at: Route | Span, message: str, help: str, on_key: bool = False) -> Diagnostic:
    """Return a finding that makes its file invalid."""
    return Diagnostic(rule, Severity.ERROR, at, message, help, on_key)


@dataclass(frozen=True, slots=True)
class Document:
    """A user's file: its text, the plain data in it, and where every node stands.

    `data` holds dict, list, str, int, Fraction, bool and None only: a decimal is exact.
    """

    name: str  # as the user named it; "-" for standard input
    lines: tuple[str, ...] = ()
    data: object = None
    values: Mapping[Route, Span] = field(default_factory=dict)
    keys: Mapping[Route, Span] = field(default_factory=dict)
    sha256: str = ""  # of the file's bytes
    further: tuple[tuple[int, Document], ...] = ()
    """Files read beside it, each with the index of its first object: `data` is a list that goes on with theirs."""

    def placed(self, at: Route | Span) -> tuple[Document, Route | Span]:
        """Return the file that `at` stands in, and where in it."""
        index = at[0] if not isinstance(at, Span) and at else None
        if isinstance(index, int) and not isinstance(at, Span):
            for first, document in reversed(self.further):
                if index >= first:
                    return document, (index - first, *at[1:])
        return self, at

    def span(self, at: Route | Span, on_key: bool = False) -> Span:
        """Return where `at` stands, in its own file: the nearest enclosing node if it is absent."""
        document, at = self.placed(at)
        if document is not self:
            return document.span(at, on_key)
        if isinstance(at, Span):
            return at
        if on_key and at in self.keys:
            return self.keys[at]
        while at and at not in self.values:
            at = at[:-1]
        return self.values.get(at, Span(1, 1, 1, 1))


@dataclass(frozen=True, slots=True)
class FileReport:
    """All findings about one file, sorted by their place."""

    document: Document
    diagnostics: tuple[Diagnostic, ...] = ()

    @property
    def is_valid(self) -> bool:
        """Whether no finding is an error."""
        return all(d.severity is not Severity.ERROR for d in self.diagnostics)

    def by_file(self) -> tuple[FileReport, ...]:
        """Return a report on each file: this one, then further ones that something is found in."""
        if not self.document.further:
            return (self,)
        found: dict[str, tuple[Document, list[Diagnostic]]] = {self.document.name: (self.document, [])}
        for finding in self.diagnostics:
            document, at = self.document.placed(finding.at)
            related = tuple(self._related(one, document) for one in finding.related)
            found.setdefault(document.name, (document, []))[1].append(replace(finding, at=at, related=related))
        return tuple(FileReport(document, tuple(findings)) for document, findings in found.values())

    def _related(self, related: Related, beside: Document) -> Related:
        document, at = self.document.placed(related.at)
        return replace(related, at=at, document=related.document or (None if document is beside else document))


class InputError(Exception):
    """The content of a user's file is wrong (exit 1)."""

    def __init__(self, reports: Sequence[FileReport]) -> None:
        super().__init__("; ".join(d.message for r in reports for d in r.diagnostics))
        self.reports = tuple(one for report in reports for one in report.by_file())


class UsageError(Exception):
    """The call is wrong: an option's value, a file that is missing or unreadable (exit 2)."""

    def __init__(self, message: str, help: str = "") -> None:
        super().__init__(message)
        self.help = help


class OutputError(Exception):
    """The machine refused: output cannot be written (exit 4)."""
