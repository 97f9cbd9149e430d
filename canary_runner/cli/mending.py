"""`lint --fix` and `lint --diff`: files read, and written whole where misspellings in them could be put right."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from canary_runner.cli.file_output import replace_file
from canary_runner.cli.formats import Destination
from canary_runner.cli.targets import refuse_unwritable
from canary_runner.model.diagnostics import UsageError

if TYPE_CHECKING:
    from canary_runner.model.mended import Mended

Changes = Sequence[tuple[str, "Mended"]]


def changes(files: Sequence[str], unread: list[UsageError]) -> Changes:
    """Return every file that can be mended, and how; one that cannot be read goes into `unread`."""
    from canary_runner.loading.mending import mended
    from canary_runner.loading.source import read_bytes

    found: list[tuple[str, Mended]] = []
    for name in files:
        try:
            one = mended(name, read_bytes(name))
        except UsageError as error:
            unread.append(error)
        else:
            found += [(name, one)] if one.edits else []
    return found


def write_all(found: Changes) -> None:
    """Put every mended file in the place of the old one. Raises OutputError, before any where one is read-only."""
    for name, _ in found:
        refuse_unwritable(name)
    for name, one in found:
        replace_file(name, one.data)


def refuse_misuse(files: Sequence[str], places: Sequence[Destination], *, is_fix: bool, is_diff: bool) -> None:
    """Raise UsageError for a call that cannot do what it says."""
    if is_diff and any(place.format != "text" for place in places):
        raise UsageError("--diff writes a diff, in no other format", "leave --format out, or say --fix")
    if is_fix and not is_diff and "-" in files:
        raise UsageError("standard input cannot be mended", "name a file, or say --diff for what would change")
