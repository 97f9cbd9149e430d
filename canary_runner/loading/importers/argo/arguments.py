"""Arguments of analyses: `{{args.name}}` in every text of a template."""

import re
from collections.abc import Mapping
from typing import Any, Final

from canary_runner.loading.importers.fields import Fields
from canary_runner.model.diagnostics import Diagnostic, Severity, error_at
from canary_runner.model.shown import shown

ARGUMENT: Final = re.compile(r"\{\{\s*args\.([A-Za-z0-9_-]+)\s*\}\}")
LATEST, STABLE = "latesthash", "stablehash"
"""What stands for the hashes of the pod templates: they are known only to the cluster."""

HASHES: Final = {"Latest": LATEST, "Stable": STABLE}
HIDDEN: Final = "hidden"

Values = Mapping[str, str]


def given(analysis: Fields) -> dict[str, str]:
    """Return the arguments that a rollout gives to an analysis."""
    return {name: value for name, value in _read(analysis) if value is not None}


def declared(template: Fields) -> dict[str, str | None]:
    """Return the arguments that a template declares, with their defaults; None is one that must be given."""
    return dict(_read(template))


def _read(fields: Fields) -> list[tuple[str, str | None]]:
    found = []
    for one in fields.mappings("args"):
        one.required("name")
        name, value = one.text("name"), _scalar(one.raw("value"))
        source = one.mapping("valueFrom")
        if value is None and source is not None:
            value = _from(source)
        one.close()
        found.append((name, value))
    return found


def _from(source: Fields) -> str:
    """Return what stands for a value that only the cluster knows."""
    kind = source.text("podTemplateHashValue")
    source.skip(("secretKeyRef",))
    reference = source.mapping("fieldRef")
    if reference is not None:
        path = reference.text("fieldPath")
        reference.close()
        source.note("assumed", "fieldRef", f'the value of "{shown(path)}" is taken to be "{shown(path)}"')
        return path
    source.close()
    if kind and kind not in HASHES:
        source.error("unknown-word", "podTemplateHashValue", f'unknown hash "{shown(kind)}"', "write Latest or Stable")
    return HASHES.get(kind, HIDDEN)


def _scalar(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)


def filled(data: Any, values: Values) -> Any:
    """Return data with arguments put in; those that are not known stay as they are."""
    if isinstance(data, str):
        return ARGUMENT.sub(lambda match: values.get(match[1], match[0]), data)
    if isinstance(data, dict):
        return {key: filled(value, values) for key, value in data.items()}
    return [filled(value, values) for value in data] if isinstance(data, list) else data


def unresolved(fields: Fields, found: Values, wanted: Mapping[str, str | None]) -> None:
    """Tell of every argument that a template wants and nobody gives: its run would be an Error at once."""
    for name in wanted:
        if name not in found:
            message = f'the argument "{shown(name)}" has no value'
            fields.told.append(
                error_at("missing-argument", fields.route, message, f"add it to args: name: {shown(name)}")
            )


def undeclared(fields: Fields, gives: Values, wanted: Mapping[str, str | None]) -> None:
    """Tell of every argument that is given and that no template knows."""
    for name in gives:
        if name not in wanted:
            message = f'no template of this analysis has the argument "{shown(name)}"'
            fields.told.append(Diagnostic("no-effect", Severity.NOTE, (*fields.route, "args"), message))
