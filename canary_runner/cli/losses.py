"""Policies of a call, loaded; what of a foreign manifest changes what happens and has no meaning here is said."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from canary_runner import api
from canary_runner.cli.console import stderr_look
from canary_runner.cli.options import settings
from canary_runner.cli.output import write_stderr
from canary_runner.model.manifest_options import NOTHING_SAID, ManifestOptions

if TYPE_CHECKING:
    from canary_runner.model.foreign import AnyPolicy
    from canary_runner.model.loaded import Loaded


def load_policies(paths: Iterable[str], said: ManifestOptions = NOTHING_SAID) -> list[Loaded[AnyPolicy]]:
    """Return the policies in some files; warnings about manifests go to standard error, with `-v` notes too."""
    loaded = api.load_policies(paths, said)
    for one in loaded:
        if one.losses and not settings().quiet:
            _tell(one)
    return loaded


def _tell(loaded: Loaded[AnyPolicy]) -> None:
    from canary_runner.model.diagnostics import FileReport, Severity
    from canary_runner.reporting.diagnostics_text import findings_text

    report = FileReport(loaded.document, loaded.losses)
    if not settings().verbose:
        told = tuple(one for one in report.diagnostics if one.severity is not Severity.NOTE)
        report = replace(report, diagnostics=told)
    if report.diagnostics:
        write_stderr(findings_text(report.by_file(), stderr_look(settings().colour)) + "\n")
