"""Finished blocks of a study in a file, so that a long one can go on after Ctrl-C or a kill."""

from __future__ import annotations

import hashlib
import json
import os
import time
from typing import TYPE_CHECKING, Any

from canary_runner.cli.file_output import write_file
from canary_runner.model.diagnostics import UsageError
from canary_runner.model.shown import shown

if TYPE_CHECKING:
    from canary_runner.engines.counting import Table
    from canary_runner.model.study import StudyInputs

SCHEMA = "canary-runner/checkpoint/v1"
EVERY_S = 1.0
"""Blocks finished within this time of the last write wait for the next one."""


def refuse_path(path: str | None) -> None:
    """Refuse a checkpoint that cannot be kept, before any work. Raises UsageError, OutputError."""
    from canary_runner.cli.targets import refuse_unwritable

    if path is None:
        return
    if path in ("", "-") or "\0" in path:
        raise UsageError(f'"{shown(path)}" is no name of a checkpoint', "write --checkpoint FILE")
    refuse_unwritable(path)


def _seal(parts: object) -> str:
    """Return the digest that tells damaged parts from those that were written."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


class Checkpoint:
    """A file of histories by part of the study; it belongs to one study and refuses others."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._parts: dict[str, dict[str, Any]] = {}
        self._study = ""
        self._written = 0.0

    def begin(self, inputs: StudyInputs) -> None:
        """Read what is finished. Raises UsageError if the file is of another study, or none."""
        from canary_runner.reporting.study_json import TOOL, inputs_object

        asked = json.dumps({"inputs": inputs_object(inputs), "tool": TOOL}, sort_keys=True)
        self._study = hashlib.sha256(asked.encode()).hexdigest()
        if not os.path.exists(self._path):  # noqa: PTH110 (pathlib is slow to import)
            return
        try:
            with open(self._path, encoding="utf-8") as file:  # noqa: PTH123
                found = json.load(file)
            is_ours, parts = found["schema"] == SCHEMA and found["study"] == self._study, found["parts"]
            is_whole = _seal(parts) == found["seal"]
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            raise UsageError(f'"{shown(self._path)}" is no checkpoint', "name a new file") from None
        if not is_ours:
            message = f'the checkpoint "{shown(self._path)}" is of another study: of other files, options or seed'
            raise UsageError(message, "remove it, or name a new file")
        if not is_whole:
            message = f'the checkpoint "{shown(self._path)}" is not as it was written: its parts were changed'
            raise UsageError(message, "remove it, or name a new file")
        self._parts = parts

    def recall(self, key: str) -> tuple[int, Table] | None:
        """Return the rollouts and histories of a part."""
        import numpy as np

        part = self._parts.get(key)
        return None if part is None else (part["runs"], np.array(part["histories"], np.int64))

    def keep(self, key: str, runs: int, table: Table) -> None:
        """Keep a part; the file is written now and then. Raises OutputError."""
        self._parts[key] = {"runs": runs, "histories": table.tolist()}
        if time.monotonic() - self._written > EVERY_S:
            self.save()

    def save(self) -> None:
        """Write the file, whole or not at all. Raises OutputError."""
        if self._parts:
            told = {"schema": SCHEMA, "study": self._study, "seal": _seal(self._parts), "parts": self._parts}
            write_file(self._path, json.dumps(told) + "\n")
            self._written = time.monotonic()
