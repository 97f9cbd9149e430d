"""Objects that manifests refer to by name, in their own file or in a further one: none, one, or too many."""

from collections.abc import Iterable
from typing import Any, Final

from canary_runner.loading.importers.fields import Fields
from canary_runner.model.diagnostics import Diagnostic, Related, Route, Severity

MISSING: Final = "name the file or folder that it is in: --with FILE; in a test file, with: [FILE]"
MOST_PLACES: Final = 5


def in_namespace(data: Any, namespace: str) -> bool:
    """Tell whether an object may be in a namespace: it is, or does not say where it is, or nobody asks (empty)."""
    metadata = data.get("metadata") if isinstance(data, dict) else None
    own = metadata.get("namespace") if isinstance(metadata, dict) else None
    return not own or not namespace or own == namespace


def tell_missing(fields: Fields, key: str, what: str, more: str = "") -> None:
    """Tell of a name that leads to nothing that was read; `more` is what else can be done."""
    fields.error("missing-template", key, f"{what} is in no file that was read", f"{MISSING}{more}")


def tell_repeated(fields: Fields, key: str, what: str, places: Iterable[Route]) -> None:
    """Tell of a name that leads to several objects, in whichever files."""
    found = list(places)
    words = ["the first one", *["another one"] * len(found)]
    related = tuple(
        Related((*at, "metadata", "name"), word) for at, word in zip(found[:MOST_PLACES], words, strict=False)
    )
    message, help = f"{what} stands in {len(found)} places", "leave all but one of them out, or say their namespaces"
    fields.told.append(Diagnostic("duplicate-template", Severity.ERROR, fields.at(key), message, help, related=related))
