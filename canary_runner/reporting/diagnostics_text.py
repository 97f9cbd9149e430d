"""Findings in the form that compilers use: place, severity, message, the line with a caret, what to write instead."""

from collections.abc import Iterator, Sequence

from canary_runner.model.diagnostics import Diagnostic, Document, FileReport, Severity, Span
from canary_runner.model.shown import shown
from canary_runner.model.words import counted
from canary_runner.reporting.excerpt import excerpt
from canary_runner.reporting.look import Look

COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.NOTE: "cyan"}
Mark = tuple[Span, str, str, str]
"""Place, character, words beside it, colour."""

LONGEST = 1000
"""Characters of a message; whatever a file holds, a finding stays readable."""


def diagnostics_text(reports: Sequence[FileReport], look: Look, skipped: int = 0) -> str:
    """Return every finding, then one line that counts them, and one that counts files that were skipped."""
    found = [finding(one, report.document, look) for report in reports for one in report.diagnostics]
    return "\n\n".join([*found, summary(reports, look)]) + "\n" + skipped_text(skipped, look)


def skipped_text(skipped: int, look: Look) -> str:
    """Return the line that counts files in folders that are none of ours; nothing if there is none."""
    return look.paint(f"{counted(skipped, 'other file')} skipped", "dim") + "\n" if skipped else ""


def findings_text(reports: Sequence[FileReport], look: Look) -> str:
    """Return every finding, without the count."""
    found = [finding(one, report.document, look) for report in reports for one in report.diagnostics]
    return "\n\n".join(found) + "\n"


def summary(reports: Sequence[FileReport], look: Look, clean: str = "valid") -> str:
    """Return the count: `5 files valid`, `2 errors, 1 warning in 1 of 5 files`; `clean` is said of files without."""
    counts = {severity: _count(reports, severity) for severity in Severity}
    if not any(counts.values()):
        return look.paint(f"{counted(len(reports), 'file')} {clean}", "green")
    said = ", ".join(counted(count, severity.value) for severity, count in counts.items() if count)
    files = sum(1 for report in reports if report.diagnostics)
    worst = next(severity for severity, count in counts.items() if count)
    return look.paint(f"{said} in {files} of {counted(len(reports), 'file')}", "bold", COLOURS[worst])


def _count(reports: Sequence[FileReport], severity: Severity) -> int:
    return sum(one.severity is severity for report in reports for one in report.diagnostics)


def finding(diagnostic: Diagnostic, document: Document, look: Look) -> str:
    """Return one finding with its excerpts, no newline at the end."""
    span = document.span(diagnostic.at, diagnostic.on_key)
    places = [((one.document or document).span(one.at), one) for one in diagnostic.related]
    gutter = len(str(max([span.line, *(place.line for place, _ in places)])))
    elsewhere = [(at, one) for at, one in places if one.document is not None]
    places = [(at, one) for at, one in places if one.document is None]
    place = f"{shown(document.name, LONGEST)}:{span.line}:{span.column}:"
    severity = look.paint(f"{diagnostic.severity.value}:", "bold", COLOURS[diagnostic.severity])
    rule = look.paint(f"[{shown(diagnostic.rule)}]", "dim")
    lines = [f"{look.paint(place, 'bold')} {severity} {shown(diagnostic.message, LONGEST)} {rule}"]
    marks = [
        (span, "^", "", COLOURS[diagnostic.severity]),
        *((at, "-", one.message, "blue") for at, one in places),
    ]
    lines += _excerpts(document, marks, look, gutter)
    for at, one in elsewhere:
        other = one.document or document
        arrow = look.paint(f"{'-' * (gutter + 1)}>", "dim")
        lines.append(f"{arrow} {shown(other.name, LONGEST)}:{at.line}:{at.column}")
        lines += _excerpts(other, [(at, "-", one.message, "blue")], look, gutter)
    if diagnostic.help:
        lines.append(f"{' ' * gutter} {look.paint('= help:', 'cyan')} {shown(diagnostic.help, LONGEST)}")
    return "\n".join(lines)


def _excerpts(document: Document, marks: Sequence[Mark], look: Look, gutter: int) -> Iterator[str]:
    """Yield the lines that marks stand under, in the order of the file; a line is shown once."""
    shown_line = 0
    for at, mark, message, colour in sorted(marks, key=lambda entry: (entry[0].line, entry[1] == "-")):
        if not 0 < at.line <= len(document.lines):
            continue
        view = excerpt(document.lines[at.line - 1], at, look.width - gutter - 3, look)
        if at.line != shown_line:
            yield f"{_bar(at.line, gutter, look)} {view.text}".rstrip()
        shown_line = at.line
        under = look.paint(f"{mark * view.length} {shown(message, LONGEST)}".rstrip(), colour)
        yield f"{_bar('', gutter, look)} {' ' * view.offset}{under}"


def _bar(line: int | str, gutter: int, look: Look) -> str:
    return look.paint(f"{line:>{gutter}} |", "dim")
