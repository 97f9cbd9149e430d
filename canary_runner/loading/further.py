"""Further files of a manifest: the templates, alarms and workloads that it refers to, which stand elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from canary_runner.loading.beside import is_same_file
from canary_runner.loading.detection import is_manifest, may_be_referred_to
from canary_runner.loading.manifests import read_manifests
from canary_runner.loading.source import policy_files, read_bytes
from canary_runner.model.diagnostics import Document, FileReport, InputError, Span, UsageError, error_at

MOST: Final = 200
"""Further files that are read."""

REFERRED: Final = (
    "AnalysisTemplate", "ClusterAnalysisTemplate", "MetricTemplate",
    "Deployment", "StatefulSet", "DaemonSet", "CloneSet", "ReplicaSet",
)  # fmt: skip
"""Kinds that manifests refer to; a template of CloudFormation has none."""


def read_further(paths: Iterable[str]) -> tuple[Document, ...]:
    """Return the manifests in files and folders that hold something which other manifests refer to.

    In a folder what is no such manifest is passed over; a file that is named must be one. Raises InputError with every
    finding, UsageError for what cannot be read.
    """
    reports: list[FileReport] = []
    for path in dict.fromkeys(paths):
        for name in further_files([path]):
            if any(is_same_file(name, known.document.name) for known in reports):
                continue
            data = read_bytes(name)
            if is_manifest(data):
                reports.append(read_manifests(name, data))
            elif name == path:
                reports.append(_no_manifest(name))
            if len(reports) > MOST:
                raise UsageError(f"more than {MOST} further files are named", "name those that are referred to")
    if wrong := [report for report in reports if not report.is_valid]:
        raise InputError(wrong)
    return tuple(report.document for report in reports if _is_referred(report.document.data))


def further_files(paths: Iterable[str]) -> Iterator[str]:
    """Yield the files that are named, and those in folders that hold something which manifests refer to."""
    return policy_files(paths, wanted=may_be_referred_to)


def _no_manifest(name: str) -> FileReport:
    message = "this is no manifest: it has neither apiVersion nor Resources"
    finding = error_at("wrong-kind", Span(1, 1, 1, 1), message, "name files with templates, alarms or workloads")
    return FileReport(Document(name, ("",)), (finding,))


def _is_referred(objects: Any) -> bool:
    return any(one.get("kind") in REFERRED or "Resources" in one for one in objects)
