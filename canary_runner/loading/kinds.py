"""What kind of file a document is, by its key `schema`."""

from typing import Any, Final

from canary_runner.loading.resources import has_resource
from canary_runner.loading.schema import KINDS
from canary_runner.loading.words import described, listed, nearest
from canary_runner.model.diagnostics import Diagnostic, Document, error_at
from canary_runner.model.shown import shown

_FAMILY: Final = "canary-runner/"


def schema_of(kind: str) -> str:
    """Return what the key `schema` says in a file of a kind."""
    return f"{_FAMILY}{kind}/v1"


_SCHEMAS: Final = {schema_of(kind): kind for kind in KINDS}
_USED_AS: Final = {
    "policy": "a policy stands without an option: canary-run FILE",
    "service": "a service is given with --service",
    "test": "a test is given to canary-run test",
    "scenarios": "scenarios are given with --scenarios",
    "bindings": "bindings are given with --bindings",
}


def kind_of(document: Document, wanted: tuple[str, ...]) -> tuple[str | None, list[Diagnostic]]:
    """Return which of `wanted` a document is, if that is clear, and what is wrong with what it says about it."""
    data = document.data
    expected = [schema_of(kind) for kind in wanted]
    if not isinstance(data, dict):
        message = f"the file is {described(data)}, not a mapping"
        return None, [error_at("wrong-type", (), message, f'begin with "schema: {expected[0]}"')]
    if "schema" not in data and (foreign := _foreign(data)):
        message = f"this is {foreign}, and a {wanted[0]} file is wanted"
        return None, [
            error_at("wrong-kind", ("apiVersion",), message, f'a {wanted[0]} begins with "schema: {expected[0]}"')
        ]
    if "schema" not in data:
        only = wanted[0] if len(wanted) == 1 else None  # its schema finds the missing key, and all else
        message = "the file does not say what it is"
        others = ", ".join(kind for kind in wanted[1:])
        help = f'begin with "schema: {expected[0]}", or with that of another kind: {others}'
        return only, [] if only else [error_at("missing-key", (), message, help)]
    written = data["schema"]
    if not isinstance(written, str):
        message = f"schema is {described(written)}, not a text"
        return None, [error_at("wrong-type", ("schema",), message, f"write schema: {expected[0]}")]
    kind = _SCHEMAS.get(written)
    if kind is None:
        return None, [_unknown(written)]
    if kind not in wanted:
        message = f"this is a {kind} file, and a {listed(wanted)} file is wanted"
        help = f'a {wanted[0]} begins with "schema: {expected[0]}"; {_USED_AS[kind]}'
        return None, [error_at("wrong-kind", ("schema",), message, help)]
    return kind, []


def _foreign(data: dict[str, Any]) -> str | None:
    """Return what a manifest of Kubernetes and its relatives says it is."""
    kind, version = data.get("kind"), data.get("apiVersion")
    return f"a {shown(kind)} of {shown(version)}" if isinstance(kind, str) and isinstance(version, str) else None


def _unknown(written: str) -> Diagnostic:
    name = written.strip()
    kind, _, version = name.removeprefix(_FAMILY).partition("/")
    if name.startswith(_FAMILY) and version and kind not in KINDS and _is_published(kind):
        message = f"this is a result ({shown(name)}), not a file that somebody writes"
        return error_at("unknown-schema", ("schema",), message, f"canary-run schema {kind} prints what checks it")
    meant = nearest(kind, KINDS)
    near = f"{_FAMILY}{meant}/v1" if meant else None if name.startswith(_FAMILY) else nearest(name, list(_SCHEMAS))
    if version not in ("", "v1") and kind in KINDS:
        help = f"this program knows version 1: {near}"
    else:
        help = f'did you mean "{near}"?' if near else f"known: {listed(list(_SCHEMAS))}"
    return error_at("unknown-schema", ("schema",), f'unknown schema "{shown(written)}"', help)


def _is_published(kind: str) -> bool:
    return kind.replace("-", "").isalpha() and has_resource("schema", f"{kind}.schema.json")
