"""Manifests of other systems -> policies, one file each.

An importer reads one object among the documents of a file and what it refers to. It drops nothing
in silence: what has no meaning here is a loss, a diagnostic at the manifest's own line.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from canary_runner.loading.beside import NOTHING, Beside
from canary_runner.model.diagnostics import Diagnostic, Document
from canary_runner.model.foreign import ForeignPolicy

if TYPE_CHECKING:
    from canary_runner.loading.importers.asked import Meaning

__all__ = ["IMPORTERS", "Imported", "Importer"]


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a manifest: no policy if `findings` has an error; else the findings are its losses."""

    policy: ForeignPolicy | None
    findings: tuple[Diagnostic, ...] = ()
    names: tuple[str, ...] = ()  # of the rollouts in the object, where it holds several


class Importer(Protocol):
    """One kind of object."""

    def claims(self, data: Mapping[str, Any]) -> bool:
        """Tell whether an object is one that this importer makes a policy of."""
        ...

    def read(self, document: Document, index: int) -> Imported:
        """Read object `index` of a document whose data is the list of its objects; routes begin with that index."""
        ...


def _meaning(beside: Beside) -> Meaning:
    from canary_runner.loading.importers.asked import by_text

    return beside.meaning or by_text


def _appconfig(beside: Beside = NOTHING) -> Importer:
    from canary_runner.loading.importers.aws.spreads import AppConfigImporter

    return AppConfigImporter(_meaning(beside), rollouts=beside.rollouts)


def _argo(beside: Beside = NOTHING) -> Importer:
    from canary_runner.loading.importers.argo.rollout import RolloutImporter

    return RolloutImporter(_meaning(beside))


def _codedeploy(beside: Beside = NOTHING) -> Importer:
    from canary_runner.loading.importers.aws.shifts import CodeDeployImporter

    return CodeDeployImporter(_meaning(beside), rollouts=beside.rollouts)


def _deployment(beside: Beside = NOTHING) -> Importer:
    from canary_runner.loading.importers.deployment import DeploymentImporter

    return DeploymentImporter()


def _flagger(beside: Beside = NOTHING) -> Importer:
    from canary_runner.loading.importers.flagger.canary import CanaryImporter

    return CanaryImporter(_meaning(beside))


def _openkruise(beside: Beside = NOTHING) -> Importer:
    from canary_runner.loading.importers.openkruise import RolloutImporter

    return RolloutImporter()


IMPORTERS: Final[dict[str, Callable[..., Importer]]] = {
    "appconfig": _appconfig,
    "argo-rollouts": _argo,
    "codedeploy": _codedeploy,
    "flagger": _flagger,
    "kubernetes": _deployment,
    "openkruise": _openkruise,
}
"""By system, imported late; each takes what is known beside a manifest."""
