"""A file with what is only spelt wrongly put right: every other byte stays, and a valid file is never touched."""

from collections import Counter
from collections.abc import Iterator

from canary_runner.loading.files import check_bytes
from canary_runner.loading.text import decode, line_starts
from canary_runner.model.diagnostics import Diagnostic, Document, FileReport, Route, Severity, Span
from canary_runner.model.mended import Edit, Mended

_MARK = b"\xef\xbb\xbf"


def mended(name: str, data: bytes) -> Mended:
    """Return a file with every safe edit, or as it is if it would not have fewer errors then.

    What one edit makes readable may show another to make; to mend the result again changes nothing.
    """
    found = check_bytes(name, data)
    report, now, made = found, data, list[Edit]()
    while edits := _edits(report, now):
        now = _edited(now, edits)
        made += edits
        report = check_bytes(name, now)
    return (
        Mended(data, now, tuple(sorted(made, key=_place))) if _errors(report) < _errors(found) else Mended(data, data)
    )


def _place(edit: Edit) -> tuple[int, int]:
    return edit.line, edit.column


def _errors(report: FileReport) -> int:
    return sum(one.severity is Severity.ERROR for one in report.diagnostics)


def _edits(report: FileReport, data: bytes) -> list[Edit]:
    """Return what can be mended at once, in the order of the file."""
    text, document = decode(data)[0], report.document
    wanted = [(one, one.at) for one in report.diagnostics if one.mend and not isinstance(one.at, Span)]
    names = Counter((at[:-1], one.mend) for one, at in wanted if one.on_key)
    alone = [(one, at) for one, at in wanted if not one.on_key or names[at[:-1], one.mend] == 1]  # not two keys as one
    return sorted((edit for one, at in alone for edit in _edit(one, at, document, text)), key=_place)


def _edit(finding: Diagnostic, at: Route, document: Document, text: str) -> Iterator[Edit]:
    """Yield the edit for a finding, unless its text is written in another way: with escapes, an alias, in lines."""
    old = at[-1] if finding.on_key else _value(document.data, at)
    span = document.span(at, finding.on_key)
    starts = line_starts(text)
    written = text[starts[span.line - 1] + span.column - 1 : starts[span.end_line - 1] + span.end_column - 1]
    if not isinstance(old, str):
        return
    if written == old:
        yield Edit(span.line, span.column, old, finding.mend)
    elif written in (f'"{old}"', f"'{old}'"):
        yield Edit(span.line, span.column + 1, old, finding.mend)


def _value(data: object, route: Route) -> object:
    for step in route:
        data = data[step]  # type: ignore[index]
    return data


def _edited(data: bytes, edits: list[Edit]) -> bytes:
    text = decode(data)[0]
    starts = line_starts(text)
    for edit in reversed(edits):
        at = starts[edit.line - 1] + edit.column - 1
        text = text[:at] + edit.new + text[at + len(edit.old) :]
    return (_MARK if data.startswith(_MARK) else b"") + text.encode("utf-8")
