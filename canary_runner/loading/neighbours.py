"""What stands beside a manifest that a folder gave: `lint k8s/` finds a Rollout's templates where the Rollout is."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import replace

from canary_runner.loading.beside import NOTHING, Beside, is_same_file
from canary_runner.loading.detection import is_manifest, may_be_referred_to
from canary_runner.loading.source import SUFFIXES, read_bytes
from canary_runner.model.diagnostics import Document, UsageError


class Neighbours:
    """The further manifests in the own folder of each file that a folder gave; each folder is read once."""

    def __init__(self, in_folders: Iterable[str]) -> None:
        self._given = frozenset(in_folders)
        self._known: dict[str, tuple[Document, ...]] = {}

    def beside(self, path: str, said: Beside | None) -> Beside | None:
        """Return what is known beside a file: what was said, and its neighbours. Raises InputError about these."""
        if path not in self._given or not _is_manifest(path):
            return said
        folder = os.path.dirname(path)  # noqa: PTH120 (pathlib is slow to import)
        if folder not in self._known:
            from canary_runner.loading.further import MOST, read_further

            names = list(_referred_in(folder))
            self._known[folder] = read_further(names) if len(names) <= MOST else ()
        own = said or NOTHING
        more = [one for one in self._known[folder] if not any(is_same_file(one.name, k.name) for k in own.further)]
        return replace(own, further=(*own.further, *more)) if more else said


def _is_manifest(path: str) -> bool:
    try:
        return is_manifest(read_bytes(path))
    except UsageError:  # reading it says what is wrong
        return False


def _referred_in(folder: str) -> Iterator[str]:
    """Yield the files of a folder itself that hold what manifests refer to."""
    for name in sorted(os.listdir(folder or ".")):  # noqa: PTH208
        if name.lower().endswith(SUFFIXES) and not name.startswith("."):
            file = os.path.join(folder, name)  # noqa: PTH118
            if _is_manifest(file) and may_be_referred_to(read_bytes(file)):
                yield file
