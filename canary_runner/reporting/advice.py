"""What `lint` found: diagnostics, and the service for which they were found."""

from collections import Counter
from collections.abc import Sequence

from canary_runner.model.diagnostics import FileReport, Severity
from canary_runner.model.service import GENERIC_WEB, Service
from canary_runner.model.shown import shown
from canary_runner.model.words import milliseconds, percent, requests_rate
from canary_runner.reporting.diagnostics_json import diagnostics_json
from canary_runner.reporting.diagnostics_text import COLOURS, finding, summary
from canary_runner.reporting.look import Look


def advice_text(reports: Sequence[FileReport], service: Service | None, look: Look) -> str:
    """Return every finding, the service (None: the assumed one), and one line that counts findings."""
    found = [finding(one, report.document, look) for report in reports for one in report.diagnostics]
    ending = f"{judged_for(service)}\n{summary(reports, look, 'without a finding')}"
    return "\n\n".join([*found, ending]) + "\n"


def statistics_text(reports: Sequence[FileReport], look: Look) -> str:
    """Return how many findings each rule has, errors first, then the most."""
    counts = Counter((one.severity, one.rule) for report in reports for one in report.diagnostics)
    order = list(Severity)
    rows = sorted(counts.items(), key=lambda row: (order.index(row[0][0]), -row[1], row[0][1]))
    lines = [
        f"{count:>5}  {look.paint(f'{severity.value:<7}', COLOURS[severity])}  {rule}"
        for (severity, rule), count in rows
    ]
    return "\n".join([*lines, summary(reports, look, "without a finding")]) + "\n"


def advice_json(reports: Sequence[FileReport], service: Service | None, skipped: int = 0) -> str:
    """Return every finding as `canary-runner/diagnostics/v1`, with the service and how many files were skipped."""
    normal = service or GENERIC_WEB
    return diagnostics_json(reports, service={"name": normal.name, "assumed": service is None}, skipped_count=skipped)


def judged_for(service: Service | None) -> str:
    """Return for which service policies were judged, with its numbers; None is the assumed one."""
    normal = service or GENERIC_WEB
    latency = f"p50 {milliseconds(normal.latency.p50_us)}, p99 {milliseconds(normal.latency.p99_us)}"
    numbers = f"{requests_rate(normal.rate_rps)}, {percent(normal.error_rate)} errors, {latency}"
    if service is None:
        return f"for the assumed service {normal.name} ({numbers}): --service names yours"
    return f"for the service {shown(normal.name)} ({numbers})"
