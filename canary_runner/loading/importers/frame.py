"""What objects of Kubernetes that roll something out have in common: a group, a kind, a name, and a spec."""

from collections.abc import Callable, Mapping
from typing import Any

from canary_runner.loading.importers import Imported
from canary_runner.loading.importers.fields import Fields
from canary_runner.model.diagnostics import Diagnostic, Document, Severity
from canary_runner.model.foreign import ForeignPolicy

SpecOf = Callable[[Fields, Fields], object | None]
"""(the object's spec, its metadata) -> the controller's spec; None if it cannot be told."""


def is_object(data: Mapping[str, Any], groups: tuple[str, ...], kind: str) -> bool:
    """Tell whether an object is of a kind in one of some groups, each with its slash."""
    return str(data.get("apiVersion", "")).startswith(groups) and data.get("kind") == kind


def read_object(document: Document, index: int, system: str, spec_of: SpecOf) -> Imported:
    """Return the policy in object `index` of a document whose data is the list of its objects."""
    assert isinstance(document.data, list)
    told: list[Diagnostic] = []
    top = Fields(document.data[index], (index,), told)
    top.skip(("apiVersion", "kind", "status"))
    metadata = top.mapping("metadata") or Fields({}, (index,), told)
    name = metadata.text("name") or metadata.text("generateName")
    if not name:
        metadata.required("name")
    fields = top.mapping("spec") if top.required("spec") else None
    spec = None if fields is None else spec_of(fields, metadata)
    top.close()
    if spec is None or any(finding.severity is Severity.ERROR for finding in told):
        return Imported(None, tuple(told))
    return Imported(ForeignPolicy(name, system, spec, route=(index,)), tuple(told))
