"""What `lint` found as CI systems show it: annotations, a table for a job summary, test results."""

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from canary_runner.model.diagnostics import FileReport, Severity
from canary_runner.model.service import Service
from canary_runner.model.shown import shown
from canary_runner.reporting.advice import judged_for
from canary_runner.reporting.annotations import Annotation, Kind, annotations
from canary_runner.reporting.diagnostics_text import LONGEST, summary
from canary_runner.reporting.found import Found, all_found, found_in, project_path, weightiest_first
from canary_runner.reporting.junit import Case, Outcome, junit
from canary_runner.reporting.look import PLAIN
from canary_runner.reporting.markdown import cell, row

MOST_BYTES: Final = 900 * 1024
"""GitHub drops a summary of more than 1 MiB whole."""

_KINDS: Final[Mapping[Severity, Kind]] = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.NOTE: "notice",
}


def advice_github(reports: Sequence[FileReport], root: str) -> str:
    """Return workflow commands: an annotation at the place of each finding, the weightiest first, the rest counted."""
    found = weightiest_first(all_found(reports))
    return annotations([_annotation(one, root) for one in found], "more findings")


def _annotation(one: Found, root: str) -> Annotation:
    place: dict[str, str | int] = {
        "file": project_path(one.document.name, root),
        "line": one.span.line,
        "endLine": one.span.end_line,
        "col": one.span.column,
        "endColumn": one.span.end_column,
        "title": one.rule,
    }
    return Annotation(_KINDS[one.severity], one.text, place)


def advice_markdown(reports: Sequence[FileReport], service: Service | None, root: str) -> str:
    """Return the count, a table of findings, the weightiest first, and for which service; at most 900 KiB."""
    found = weightiest_first(all_found(reports))
    rows, size = [], 0
    for one in found:
        rows.append(_row(one, root))
        size += len(rows[-1].encode("utf-8", "backslashreplace")) + 1
        if size > MOST_BYTES:
            rows.pop()
            break
    head = [row(("", "place", "finding", "instead", "rule")), "|---|---|---|---|---|"] if found else []
    left = [f"{len(found) - len(rows)} more findings", ""] if len(rows) < len(found) else []
    title = f"### canary-run lint: {summary(reports, PLAIN, 'without a finding')}"
    lines = [title, "", *head, *rows, *([""] if found else []), *left, cell(judged_for(service))]
    return "\n".join(lines) + "\n"


def _row(one: Found, root: str) -> str:
    place = f"{shown(project_path(one.document.name, root), LONGEST)}:{one.span.line}"
    return row((one.severity.value, place, one.message, one.help, one.rule))


def advice_junit(reports: Sequence[FileReport], failing: Collection[Severity]) -> str:
    """Return JUnit XML: a suite a file, a case a finding, which fails if its severity is among `failing`.

    A file without a finding is one case that passes.
    """
    return junit([(report.document.name, _cases(report, failing)) for report in reports])


def _cases(report: FileReport, failing: Collection[Severity]) -> list[Case]:
    name = report.document.name
    found = found_in(report)
    return [_case(name, one, failing) for one in found] or [Case(name, "no finding")]


def _case(file: str, one: Found, failing: Collection[Severity]) -> Case:
    line = f"{shown(file, LONGEST)}:{one.span.line}:{one.span.column}"
    title = f"{one.rule} at {one.place or f'line {one.span.line}'}"
    outcome: Outcome = "failure" if one.severity in failing else "passed"
    return Case(file, title, outcome, one.message, f"{line}: {one.severity.value}: {one.text}")
