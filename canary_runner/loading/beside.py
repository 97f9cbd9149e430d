"""What is known beside a manifest when it is read: further files, what its metrics mean, which rollout is meant."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from canary_runner.loading.source import STDIN, real_path
from canary_runner.model.diagnostics import Document

if TYPE_CHECKING:
    from canary_runner.loading.importers.asked import Meaning


@dataclass(frozen=True, slots=True)
class Beside:
    """All of it; nothing, if nothing is said."""

    meaning: Meaning | None = None  # None: what the text of a query says
    further: tuple[Document, ...] = ()  # each with the list of its objects
    rollouts: tuple[str, ...] = ()  # of a file with several, these
    met: dict[str, None] = field(default_factory=dict, compare=False)
    """Names of the rollouts that were found, in their order: who says a name that is none of them is told."""

    def meet(self, names: Iterable[str]) -> None:
        """Remember names of rollouts."""
        self.met.update(dict.fromkeys(names))


NOTHING: Final = Beside()


def joined(document: Document, further: Sequence[Document]) -> Document:
    """Return a document whose objects go on with those of further files, but for itself among them."""
    assert isinstance(document.data, list)
    objects, places = list(document.data), []
    for one in further:
        if not is_same_file(one.name, document.name):
            assert isinstance(one.data, list)
            places.append((len(objects), one))
            objects += one.data
    if not places:
        return document
    return Document(
        document.name, document.lines, objects, document.values, document.keys, document.sha256, tuple(places)
    )


def is_same_file(one: str, other: str) -> bool:
    """Tell whether two names lead to one file."""
    return one == other or (one != STDIN != other and real_path(one) == real_path(other))
