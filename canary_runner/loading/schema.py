"""JSON Schema validation: the quick yes first; jsonschema finds, and `findings` words, what is wrong.

`$ref`s are put in place and notes for editors left out when a schema is loaded, which halves the time per file.
"""

import json
from collections.abc import Mapping
from functools import cache
from itertools import islice
from typing import Any, Final

from canary_runner.loading.accepts import Predicate, accepts
from canary_runner.loading.resources import resource_text
from canary_runner.model.diagnostics import Diagnostic, Document

KINDS: Final = ("policy", "service", "test", "scenarios", "bindings")
MAX_ERRORS = 200
_FOR_EDITORS: Final = frozenset({"description", "examples", "default", "$schema", "$id", "$defs", "$comment"})
_OF_NAMES: Final = frozenset({"properties", "dependentSchemas"})


def validate_document(document: Document, kind: str) -> list[Diagnostic]:
    """Return every finding of the schema `kind` about a document, sorted by place, one for each cause."""
    if _accepts(kind)(document.data):
        return []
    from canary_runner.loading.findings import findings_of

    errors = list(islice(validator_of(kind).iter_errors(document.data), MAX_ERRORS))
    return findings_of(errors, document, kind) if errors else []


def schema_text(kind: str) -> str:
    """Return the published schema of a kind of file, as it stands in the repository."""
    return resource_text("schema", f"{kind}.schema.json")


@cache
def compact(kind: str) -> Any:
    """Return the schema of a kind of file without references and without notes for editors."""
    schema = json.loads(schema_text(kind))
    return inlined(schema, schema.get("$defs", {}))


@cache
def _accepts(kind: str) -> Predicate:
    return accepts(compact(kind))


@cache
def validator_of(kind: str) -> Any:
    """Return jsonschema's validator of a kind of file; it takes the plain data of a Document."""
    from canary_runner.loading.validator import validator_class

    return validator_class()(compact(kind))


def inlined(schema: Any, definitions: Mapping[str, Any]) -> Any:
    """Return a schema with every `#/$defs/...` in its place; keys beside a `$ref` win."""
    if isinstance(schema, list):
        return [inlined(item, definitions) for item in schema]
    if not isinstance(schema, Mapping):
        return schema
    own: dict[str, Any] = {}
    for key, value in schema.items():
        if key in _OF_NAMES:
            own[key] = {name: inlined(part, definitions) for name, part in value.items()}
        elif key not in _FOR_EDITORS:
            own[key] = inlined(value, definitions)
    target = own.pop("$ref", None)
    if target is None:
        return own
    return {**inlined(definitions[target.removeprefix("#/$defs/")], definitions), **own}
