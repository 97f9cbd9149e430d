"""What `lint` found as a code quality report of GitLab: an array of issues in Code Climate's form."""

from collections.abc import Sequence
from hashlib import sha256

from canary_runner.model.diagnostics import FileReport, Severity
from canary_runner.model.shown import shown
from canary_runner.reporting.found import all_found, project_path
from canary_runner.reporting.json_text import dumps

WEIGHTS = {Severity.ERROR: "critical", Severity.WARNING: "major", Severity.NOTE: "info"}


def advice_gitlab(reports: Sequence[FileReport], root: str) -> str:
    """Return every finding; paths count from the absolute folder `root`. Fingerprints are unique in a report."""
    issues = []
    for one in all_found(reports):
        path = shown(project_path(one.document.name, root), 4096)
        issue = {
            "description": one.text.replace("\n", "; "),
            "check_name": one.rule,
            "fingerprint": sha256(f"{path}\0{one.fingerprint}".encode()).hexdigest()[:32],
            "severity": WEIGHTS[one.severity],
            "location": {"path": path, "lines": {"begin": one.span.line}},
        }
        issues.append(issue)
    return dumps(issues, indent=2)
