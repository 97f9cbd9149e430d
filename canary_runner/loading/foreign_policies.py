"""A file of another system -> the policies in it, with every finding about them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from canary_runner.loading.beside import NOTHING, Beside, is_same_file, joined
from canary_runner.loading.document import place_of
from canary_runner.loading.importers import IMPORTERS, Imported, Importer
from canary_runner.loading.manifests import read_manifests
from canary_runner.loading.words import listed
from canary_runner.model.diagnostics import Diagnostic, FileReport, error_at
from canary_runner.model.foreign import ForeignPolicy
from canary_runner.model.shown import shown

TEMPLATES = ("AnalysisTemplate", "ClusterAnalysisTemplate", "MetricTemplate")
READ = (
    "Rollout (argoproj.io, rollouts.kruise.io), Canary (flagger.app), Deployment (apps), CloudFormation with "
    "CodeDeploy or AppConfig"
)


@dataclass(frozen=True, slots=True)
class ForeignFile:
    """What a file of another system holds."""

    report: FileReport  # findings that are no error are losses
    policies: tuple[ForeignPolicy, ...]


def read_foreign(name: str, data: bytes, beside: Beside = NOTHING) -> ForeignFile:
    """Return the policies in a file, with what is known beside it; `name` is how findings call it.

    Findings may stand in the further files of the report's document: `by_file` tells them apart.
    """
    report = read_manifests(name, data)
    if not report.is_valid:
        return ForeignFile(report, ())
    objects: Any = report.document.data
    claimed = list(_claimed(objects, beside))
    if not claimed:
        return ForeignFile(FileReport(report.document, (*report.diagnostics, _nothing(objects))), ())
    document = joined(report.document, beside.further)
    chosen = _chosen([(_name_of(objects[index]), index, importer) for index, importer in claimed], beside)
    read: list[Imported] = [importer.read(document, index) for index, importer in chosen]
    beside.meet(name for one in read for name in one.names)
    found = [*report.diagnostics, *(finding for one in read for finding in one.findings)]
    found.sort(key=lambda finding: place_of(finding, document))
    policies = tuple(one.policy for one in read if one.policy is not None)
    return ForeignFile(FileReport(document, tuple(dict.fromkeys(found))), policies)


def read_rollouts(name: str, data: bytes, beside: Beside | None, *, is_every: bool) -> ForeignFile:
    """Return the policies in a file that a call runs: one, those whose names it says, or with `is_every` all."""
    known = beside or NOTHING
    read = read_foreign(name, data, known)
    if not read.report.is_valid:
        return ForeignFile(read.report, ())
    names = [policy.name for policy in read.policies]
    if is_every or len(names) == 1 or set(names) <= set(known.rollouts):
        return read
    message = f"{len(names)} rollouts are in this file: {listed([shown(one) for one in names], 'and')}"
    help = f"say which one is meant: --rollout {shown(names[0])}; in a test file, rollouts: [{shown(names[0])}]"
    finding = error_at("several-rollouts", read.policies[1].route, message, help)
    return ForeignFile(FileReport(read.report.document, (finding,)), ())


def check_foreign(name: str, data: bytes, beside: Beside | None) -> FileReport:
    """Return the findings about a manifest; one that others refer to need not hold a rollout."""
    known = beside or NOTHING
    report = read_foreign(name, data, known).report
    if [one.rule for one in report.diagnostics] == ["no-rollout"] and any(
        is_same_file(one.name, name) for one in known.further
    ):
        return FileReport(report.document)
    return report


def _chosen(named: list[tuple[str, int, Importer]], beside: Beside) -> list[tuple[int, Importer]]:
    """Return the objects that are meant: those that have a name which is said, all of them if none has.

    An object without a name of its own, a template of CloudFormation, is always read.
    """
    beside.meet(name for name, _, _ in named if name)
    is_said = any(name in beside.rollouts for name, _, _ in named)
    return [(index, one) for name, index, one in named if not is_said or not name or name in beside.rollouts]


def _name_of(data: dict[str, Any]) -> str:
    metadata = data.get("metadata")
    name = metadata.get("name") if isinstance(metadata, dict) else None
    return name if isinstance(name, str) else ""


def _claimed(objects: list[Any], beside: Beside) -> Iterator[tuple[int, Importer]]:
    """Yield the objects that are rollouts, each with its importer.

    A Deployment beside another kind of rollout is what that one rolls out.
    """
    found = [
        (index, system, importer)
        for system, make in IMPORTERS.items()
        for importer in [make(beside)]
        for index, one in enumerate(objects)
        if isinstance(one, dict) and importer.claims(one)
    ]
    others = [one for one in found if one[1] != "kubernetes"]
    for index, _, importer in sorted(others or found, key=lambda one: one[0]):
        yield index, importer


def _nothing(objects: list[Any]) -> Diagnostic:
    kinds = [str(one["kind"]) for one in objects if isinstance(one, dict) and isinstance(one.get("kind"), str)]
    has = ", ".join(dict.fromkeys(shown(kind) for kind in kinds[:5])) if kinds else "no object with a kind"
    refers = any(isinstance(one, dict) and one.get("kind") in TEMPLATES for one in objects)
    help = f"canary-run reads {READ}"
    if refers:
        help = "name the file of the rollout that refers to it, and this one with --with"
    return error_at("no-rollout", (0,), f"no rollout is in this file, only {has}", help)
