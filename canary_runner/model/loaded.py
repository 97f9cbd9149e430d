"""A value beside the document that it was read from."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from canary_runner.model.diagnostics import Diagnostic, Document, FileReport

T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Loaded(Generic[T_co]):
    """A value with the document that it was read from."""

    value: T_co
    document: Document
    losses: tuple[Diagnostic, ...] = ()  # what of a foreign manifest has no meaning here


@dataclass(frozen=True, slots=True)
class Converted:
    """A manifest as a policy of ours."""

    text: str | None  # YAML; None where no policy of ours does the same
    report: FileReport  # what is lost, or why there is none
