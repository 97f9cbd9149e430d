"""Findings as JSON: `canary-runner/diagnostics/v1`, schema/diagnostics.schema.json; and failures, error.schema.json."""

from collections.abc import Mapping, Sequence

from canary_runner.model.diagnostics import Diagnostic, Document, FileReport, Related, Severity, Span
from canary_runner.reporting.json_text import dumps

SCHEMA = "canary-runner/diagnostics/v1"

Json = Mapping[str, object]


def diagnostics_json(reports: Sequence[FileReport], **more: object) -> str:
    """Return all findings with their counts, and `more` keys before them; `skipped_count`: other files in folders."""
    found = [one for report in reports for one in report.diagnostics]
    counts = {severity: sum(one.severity is severity for one in found) for severity in Severity}
    return dumps(
        {
            "schema": SCHEMA,
            "valid": all(report.is_valid for report in reports),
            **more,
            "file_count": len(reports),
            "error_count": counts[Severity.ERROR],
            "warning_count": counts[Severity.WARNING],
            "note_count": counts[Severity.NOTE],
            "diagnostics": diagnostics_list(reports),
        },
        indent=2,
    )


def failure_json(kind: str, message: str, reports: Sequence[FileReport] = (), help: str = "") -> str:
    """Return the one object that a failed call with `--format json` prints."""
    return dumps(_failure(kind, message, reports, help), indent=2)


def failure_ndjson(kind: str, message: str, reports: Sequence[FileReport] = (), help: str = "") -> str:
    """Return the one line that a failed call with `--format ndjson` prints, an event like every line of it."""
    return dumps({"event": "error", **_failure(kind, message, reports, help)})


def _failure(kind: str, message: str, reports: Sequence[FileReport], help: str) -> Json:
    error = {"kind": kind, "message": message, "diagnostics": diagnostics_list(reports)}
    return {"error": {**error, **({"help": help} if help else {})}}


def diagnostics_list(reports: Sequence[FileReport]) -> list[Json]:
    """Return every finding as plain data."""
    return [_finding(one, report.document) for report in reports for one in report.diagnostics]


def _finding(diagnostic: Diagnostic, document: Document) -> Json:
    return {
        "rule": diagnostic.rule,
        "severity": diagnostic.severity.value,
        "message": diagnostic.message,
        "help": diagnostic.help or None,
        "file": document.name,
        **_span(document.span(diagnostic.at, diagnostic.on_key)),
        "route": None if isinstance(diagnostic.at, Span) else list(diagnostic.at),
        "related": [_related(related, document) for related in diagnostic.related],
    }


def _related(related: Related, document: Document) -> Json:
    where = {} if related.document is None else {"file": related.document.name}
    return {"message": related.message, **where, **_span((related.document or document).span(related.at))}


def _span(span: Span) -> dict[str, int]:
    return {
        "line": span.line,
        "column": span.column,
        "end_line": span.end_line,
        "end_column": span.end_column,
    }
