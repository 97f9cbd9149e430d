"""The formats of `canary-run lint`: what each needs besides the findings is found where it is asked for."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Final

from canary_runner.cli.options import settings
from canary_runner.cli.reports import Formats, Reports
from canary_runner.reporting.look import Look

if TYPE_CHECKING:
    from canary_runner.cli.mending import Changes
    from canary_runner.model.diagnostics import Severity
    from canary_runner.model.service import Service

FORMATS: Final = ("text", "json", "github", "gitlab", "junit", "markdown", "sarif")


def lint_formats(
    service: Service | None,
    failing: Collection[Severity],
    *,
    statistics: bool,
    mended: Changes = (),
    skipped: int = 0,
) -> Formats:
    """Return what writes findings in each format.

    Args:
        service: for which policies were judged, None for the assumed one.
        failing: severities of findings that fail the call.
        statistics: the text counts findings instead.
        mended: files that were mended, which the text tells first.
        skipped: other files in folders, which the text counts last.
    """
    from canary_runner.reporting import advice, advice_ci, code_quality
    from canary_runner.reporting.diagnostics_text import skipped_text
    from canary_runner.reporting.mended import mended_text

    def text(reports: Reports, look: Look) -> str:
        if settings().quiet and not mended and not any(report.diagnostics for report in reports):
            return ""
        told = f"{mended_text(mended, look)}\n" if mended else ""
        found = advice.statistics_text(reports, look) if statistics else advice.advice_text(reports, service, look)
        return told + found + skipped_text(skipped, look)

    return {
        "text": text,
        "json": lambda reports, look: advice.advice_json(reports, service, skipped),
        "github": lambda reports, look: advice_ci.advice_github(reports, _root()),
        "gitlab": lambda reports, look: code_quality.advice_gitlab(reports, _root()),
        "junit": lambda reports, look: advice_ci.advice_junit(reports, failing),
        "markdown": lambda reports, look: advice_ci.advice_markdown(reports, service, _root()),
        "sarif": lambda reports, look: _sarif(reports, _root()),
    }


def _root() -> str:
    """Return the folder from which reports name files; asked for late, as text needs none. Raises OSError."""
    return str(Path.cwd())


def _sarif(reports: Reports, root: str) -> str:
    from canary_runner.linting.pages import rule_pages
    from canary_runner.linting.rules import RULES
    from canary_runner.loading.rules import RULES as OF_FILES
    from canary_runner.reporting.sarif import RulePage, advice_sarif

    ours = {rule: RulePage(page, RULES[rule].SEVERITY) for rule, page in rule_pages().items()}
    return advice_sarif(reports, {**{rule: RulePage(page) for rule, page in OF_FILES.items()}, **ours}, root)
