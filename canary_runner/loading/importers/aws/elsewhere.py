"""Resources that stand in another template: by their own name, or imported from what it exports."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any, Final

from canary_runner.loading.importers.aws.template import Loose, Template, meant

IMPORT: Final = "Fn::ImportValue"

Found = tuple[str, Loose]
"""Logical id and properties."""


def is_import(value: object) -> bool:
    """Tell whether a value is what another template exports."""
    return isinstance(value, dict) and list(value) == [IMPORT] and isinstance(value[IMPORT], str)


def said(value: Any) -> str:
    """Return how a resource is named."""
    return str(value[IMPORT]) if is_import(value) else meant(value)


class Elsewhere:
    """The resources of one type in the templates beside one; looked at when the first is asked for."""

    def __init__(self, template: Template, type: str, key: str) -> None:
        self._template, self._type, self._key = template, type, key

    def of(self, value: Any) -> list[Found]:
        """Return what a value leads to: the name under `key`, or an export."""
        if is_import(value):
            return self._known[1].get(value[IMPORT], [])
        by_name = self._known[0]
        return by_name.get(value) or by_name.get(meant(value), [])

    @cached_property
    def _known(self) -> tuple[Mapping[str, list[Found]], Mapping[str, list[Found]]]:
        """Resources by their name, and by the name under which they are exported."""
        by_name: dict[str, list[Found]] = {}
        by_export: dict[str, list[Found]] = {}
        for other in self._template.others():
            resources = dict(other.of_type(self._type))
            for logical, properties in resources.items():
                by_name.setdefault(properties.text(self._key), []).append((logical, properties))
            for export, logical in _exports(other):
                if logical in resources:
                    by_export.setdefault(export, []).append((logical, resources[logical]))
        return by_name, by_export


def _exports(template: Template) -> list[tuple[str, str]]:
    """Return the names under which a template exports something, with the logical ids that are exported."""
    outputs = template.data.get("Outputs")
    known = [one for one in outputs.values() if isinstance(one, dict)] if isinstance(outputs, dict) else []
    return [
        (str(template.resolved(one["Export"].get("Name"))), meant(template.resolved(one.get("Value"))))
        for one in known
        if isinstance(one.get("Export"), dict)
    ]
