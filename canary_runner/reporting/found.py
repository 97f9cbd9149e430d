"""A finding as formats for other programs need it: its words made harmless, its place by names, its fingerprint."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from posixpath import commonpath, isabs, normpath, relpath

from canary_runner.model.diagnostics import Diagnostic, Document, FileReport, Route, Severity, Span
from canary_runner.model.shown import shown
from canary_runner.reporting.diagnostics_text import LONGEST

_NAMES = ("name", "metric")
"""The keys that tell the entries of our lists apart, the first that an entry has."""


@dataclass(frozen=True, slots=True)
class Found:
    """One finding of a file."""

    finding: Diagnostic
    document: Document
    span: Span
    place: str  # the way to it by names: `stages[canary].checks[error_rate].max`; empty where the text has no nodes
    fingerprint: str  # of rule, place and the line's text: stays where the line moves

    @property
    def rule(self) -> str:
        """The rule's id."""
        return shown(self.finding.rule)

    @property
    def severity(self) -> Severity:
        """How much it weighs."""
        return self.finding.severity

    @property
    def message(self) -> str:
        """What is wrong, in one line."""
        return shown(self.finding.message, LONGEST)

    @property
    def help(self) -> str:
        """What to write instead, in one line; it may be empty."""
        return shown(self.finding.help, LONGEST)

    @property
    def text(self) -> str:
        """Both: two lines, or one."""
        return f"{self.message}\nhelp: {self.help}" if self.help else self.message


def found_in(report: FileReport) -> list[Found]:
    """Return the findings of a file, in its order; two that are alike in all but their lines are numbered."""
    document, seen, found = report.document, Counter[str](), []
    for one in report.diagnostics:
        span = document.span(one.at, one.on_key)
        place = place_name(document, one.at)
        line = document.lines[span.line - 1].strip() if 0 < span.line <= len(document.lines) else ""
        same = "\0".join((one.rule, place, line))
        seen[same] += 1
        found.append(Found(one, document, span, place, _hash(f"{same}\0{seen[same]}")))
    return found


def all_found(reports: Iterable[FileReport]) -> list[Found]:
    """Return the findings of all files, in their order."""
    return [one for report in reports for one in found_in(report)]


def weightiest_first(found: Sequence[Found]) -> list[Found]:
    """Return findings, errors first, else as they stand."""
    order = list(Severity)
    return sorted(found, key=lambda one: order.index(one.severity))


def place_name(document: Document, at: Route | Span) -> str:
    """Return the way to a node by the names of the list entries on it, by their indices where they have none."""
    if isinstance(at, Span):
        return ""
    node, text = document.data, ""
    for step in at:
        entries = node if isinstance(node, dict | list) else {}
        is_there = step in entries if isinstance(entries, dict) else isinstance(step, int) and step < len(entries)
        node = entries[step] if is_there else None  # type: ignore[index]
        text += f"[{_entry_name(node, step)}]" if isinstance(step, int) else f".{step}"
    return text.removeprefix(".")


def _entry_name(entry: object, index: int) -> str:
    names = [entry[key] for key in _NAMES if key in entry] if isinstance(entry, dict) else []
    return names[0] if names and isinstance(names[0], str) else str(index)


def project_path(name: str, root: str) -> str:
    """Return a file's path from the folder `root`, which is absolute: `policies/a.yaml`; absolute if it lies outside.

    A relative name counts from `root` and may lead out of it; `-` stays.
    """
    path = normpath(name)
    if isabs(path) and isabs(root) and commonpath((path, normpath(root))) == normpath(root):
        return relpath(path, root)
    return path


def _hash(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
