"""Arguments of analyses: `{{args.name}}` in every text of a template."""

import re
from collections.abc import Mapping
from typing import Any, Final

from canary_runner.loading.importers.fields import Fields
from canary_runner.model.diagnostics import Diagnostic, Severity, error_at
from canary_runner.model.shown import shown

ARGUMENT: Final = re.compile(r"\{\{\s*args\.([^{}\s]+)\s*\}\}")
PART: Final = re.compile(r"\['([^']*)'\]|([^.\[\]]+)")
LATEST, STABLE = "latesthash", "stablehash"
"""What stands for the hashes of the pod templates: they are known only to the cluster."""

HASHES: Final = {"Latest": LATEST, "Stable": STABLE}
HIDDEN: Final = "hidden"

Values = Mapping[str, str]


def given(analysis: Fields, rollout: Mapping[str, Any]) -> dict[str, str]:
    """Return the arguments that a rollout gives to an analysis; fields of the rollout are looked up in it."""
    return {name: value for name, value in _read(analysis, rollout) if value is not None}


def declared(template: Fields) -> dict[str, str | None]:
    """Return the arguments that a template declares, with their defaults; None is one that must be given."""
    return dict(_read(template, {}))


def adopt(wanted: dict[str, str | None], more: Mapping[str, str | None], template: Fields) -> None:
    """Put the arguments of one more template among those of the others; defaults may not contradict each other."""
    for name, value in more.items():
        before = wanted.get(name)
        if before is not None and value is not None and before != value:
            message = (
                f'the argument "{shown(name)}" is "{shown(before)}" in one template and "{shown(value)}" in another'
            )
            template.error("refused-upstream", "args", message, "give both the same default, or one of them none")
        wanted[name] = value if before is None else before


def _read(fields: Fields, rollout: Mapping[str, Any]) -> list[tuple[str, str | None]]:
    found = []
    for one in fields.mappings("args"):
        one.required("name")
        name, value = one.text("name"), _scalar(one.raw("value"))
        source = one.mapping("valueFrom")
        if value is None and source is not None:
            value = _from(source, rollout)
        one.close()
        found.append((name, value))
    return found


def _from(source: Fields, rollout: Mapping[str, Any]) -> str:
    """Return what stands for a value that only the cluster knows."""
    kind = source.text("podTemplateHashValue")
    source.skip(("secretKeyRef",))
    reference = source.mapping("fieldRef")
    source.close()
    if kind and kind not in HASHES:
        source.error("unknown-word", "podTemplateHashValue", f'unknown hash "{shown(kind)}"', "write Latest or Stable")
    if kind or reference is None:
        return HASHES.get(kind, HIDDEN)
    path = reference.text("fieldPath")
    reference.close()
    found = field_of(rollout, path)
    if found is None:
        source.note("assumed", "fieldRef", f'"{shown(path)}" is not in this file: it is taken to be "{shown(path)}"')
    return path if found is None else found


def field_of(rollout: Mapping[str, Any], path: str) -> str | None:
    """Return a field of a rollout, like `metadata.labels['region']` or `spec.replicas`; None if it has none."""
    found: Any = rollout
    for key in PART.finditer(path):
        name = key[1] or key[2]
        if not isinstance(found, dict):
            return None
        found = found.get(name)
    return None if isinstance(found, dict | list) else _scalar(found)


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
