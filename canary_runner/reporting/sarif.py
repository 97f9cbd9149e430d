"""What `lint` found as SARIF 2.1.0 (OASIS), which code scanning services read.

A message of SARIF has placeholders and links of its own: braces are doubled (section 3.11.5), and `](` is parted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from canary_runner.model.diagnostics import Document, FileReport, Related, Severity, Span
from canary_runner.model.shown import shown
from canary_runner.reporting.diagnostics_text import LONGEST
from canary_runner.reporting.found import Found, all_found, project_path
from canary_runner.reporting.json_text import dumps
from canary_runner.version import __version__

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
ROOT = "%SRCROOT%"
"""What relative URIs count from: the name that code scanning services know for the top of the checkout."""
FINGERPRINT = "canaryRunner/v1"

Json = dict[str, object]


@dataclass(frozen=True, slots=True)
class RulePage:
    """What is said of a rule: its page in markdown, and how its findings weigh."""

    page: str
    severity: Severity = Severity.ERROR


def advice_sarif(reports: Sequence[FileReport], pages: Mapping[str, RulePage], root: str) -> str:
    """Return one run with the rules in `pages`, and every finding; paths count from the absolute folder `root`."""
    number = {rule: index for index, rule in enumerate(pages)}
    rules = [_rule(rule, page) for rule, page in pages.items()]
    driver = {"name": "canary-run", "version": __version__, "rules": rules}
    run = {
        "tool": {"driver": driver},
        "columnKind": "utf16CodeUnits",
        "originalUriBaseIds": {ROOT: {"description": {"text": "The folder in which canary-run was called."}}},
        "invocations": [{"executionSuccessful": True}],
        "results": [_result(one, number, root) for one in all_found(reports)],
    }
    return dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2)


def _rule(rule: str, page: RulePage) -> Json:
    first = " ".join(page.page.strip().split("\n\n")[0].split())
    plain = "\n\n".join(" ".join(part.split()) for part in page.page.strip().replace("**", "").split("\n\n"))
    return {
        "id": rule,
        "shortDescription": {"text": _braced(first)},
        "fullDescription": {"text": _braced(plain)},
        "help": {"text": _braced(plain), "markdown": _braced(page.page.strip())},
        "defaultConfiguration": {"level": page.severity.value},
    }


def _related_place(document: Document, related: Related, root: str) -> Json:
    where = related.document or document
    return _place(where, where.span(related.at), root)


def _result(one: Found, number: Mapping[str, int], root: str) -> Json:
    named = {"logicalLocations": [{"fullyQualifiedName": shown(one.place, LONGEST)}]} if one.place else {}
    related = [
        {
            "id": index,
            "physicalLocation": _related_place(one.document, other, root),
            "message": {"text": _message(shown(other.message, LONGEST))},
        }
        for index, other in enumerate(one.finding.related, 1)
    ]
    return {
        "ruleId": one.rule,
        **({"ruleIndex": number[one.rule]} if one.rule in number else {}),
        "level": one.severity.value,
        "message": {"text": _message(one.text)},
        "locations": [{"physicalLocation": _place(one.document, one.span, root), **named}],
        **({"relatedLocations": related} if related else {}),
        "partialFingerprints": {FINGERPRINT: one.fingerprint},
    }


def _place(document: Document, span: Span, root: str) -> Json:
    path = project_path(document.name, root)
    quoted = quote(path.encode("utf-8", "surrogateescape"))
    uri = {"uri": f"file://{quoted}"} if path.startswith("/") else {"uri": quoted, "uriBaseId": ROOT}
    region = {
        "startLine": span.line,
        "startColumn": _utf16(document, span.line, span.column),
        "endLine": span.end_line,
        "endColumn": _utf16(document, span.end_line, span.end_column),
    }
    return {"artifactLocation": uri, "region": region}


def _utf16(document: Document, line: int, column: int) -> int:
    """Return a column of code points as one of UTF-16 code units, both from 1."""
    text = document.lines[line - 1][: column - 1] if 0 < line <= len(document.lines) else ""
    return column + sum(character > "\uffff" for character in text)


def _message(text: str) -> str:
    """Return a text that may come from a file: it is no placeholder and no link."""
    return _braced(text).replace("](", "] (")


def _braced(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")
