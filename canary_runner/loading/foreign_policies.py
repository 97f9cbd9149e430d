"""A file of another system -> the policies in it, with every finding about them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from canary_runner.loading.document import place_of
from canary_runner.loading.importers import IMPORTERS, Imported, Importer
from canary_runner.loading.manifests import read_manifests
from canary_runner.model.diagnostics import Diagnostic, FileReport, error_at
from canary_runner.model.foreign import ForeignPolicy
from canary_runner.model.shown import shown

if TYPE_CHECKING:
    from canary_runner.loading.importers.asked import Meaning

READ = (
    "Rollout (argoproj.io, rollouts.kruise.io), Canary (flagger.app), Deployment (apps), CloudFormation with "
    "CodeDeploy or AppConfig"
)


@dataclass(frozen=True, slots=True)
class ForeignFile:
    """What a file of another system holds."""

    report: FileReport  # findings that are no error are losses
    policies: tuple[ForeignPolicy, ...]


def read_foreign(name: str, data: bytes, *meaning: Meaning) -> ForeignFile:
    """Return the policies in a file; `name` is how findings call it.

    With `meaning`, that says what queries measure; else their text does.
    """
    report = read_manifests(name, data)
    if not report.is_valid:
        return ForeignFile(report, ())
    document = report.document
    objects: Any = document.data
    claimed = list(_claimed(objects, meaning))
    if not claimed:
        return ForeignFile(FileReport(document, (*report.diagnostics, _nothing(objects))), ())
    read: list[Imported] = [importer.read(document, index) for index, importer in claimed]
    found = [*report.diagnostics, *(finding for one in read for finding in one.findings)]
    found.sort(key=lambda finding: place_of(finding, document))
    policies = tuple(one.policy for one in read if one.policy is not None)
    return ForeignFile(FileReport(document, tuple(dict.fromkeys(found))), policies)


def _claimed(objects: list[Any], meaning: tuple[Meaning, ...]) -> Iterator[tuple[int, Importer]]:
    """Yield the objects that are rollouts, each with its importer.

    A Deployment beside another kind of rollout is what that one rolls out.
    """
    found = [
        (index, system, importer)
        for system, make in IMPORTERS.items()
        for importer in [make(*meaning)]
        for index, one in enumerate(objects)
        if isinstance(one, dict) and importer.claims(one)
    ]
    others = [one for one in found if one[1] != "kubernetes"]
    for index, _, importer in sorted(others or found, key=lambda one: one[0]):
        yield index, importer


def _nothing(objects: list[Any]) -> Diagnostic:
    kinds = [str(one["kind"]) for one in objects if isinstance(one, dict) and isinstance(one.get("kind"), str)]
    has = ", ".join(dict.fromkeys(shown(kind) for kind in kinds[:5])) if kinds else "no object with a kind"
    return error_at("no-rollout", (0,), f"no rollout is in this file, only {has}", f"canary-run reads {READ}")
