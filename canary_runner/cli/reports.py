"""What `validate` and `lint` do alike: look at many files, of which some cannot be read."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import NoReturn

from canary_runner.cli.causes import failure_json, failure_of
from canary_runner.cli.exits import UnreadError
from canary_runner.cli.formats import Destination, emit
from canary_runner.model.diagnostics import FileReport
from canary_runner.model.manifest_options import ManifestOptions
from canary_runner.model.shown import shown
from canary_runner.model.words import counted
from canary_runner.reporting.look import Look

Reports = Sequence[FileReport]
Formats = Mapping[str, Callable[[Reports, Look], str]]


def with_neighbours(manifests: ManifestOptions, files: Sequence[str], paths: Sequence[str]) -> ManifestOptions:
    """Return what is said beside manifests, and which of `files` were not named but found in folders."""
    return replace(manifests, in_folders=tuple(file for file in files if file not in paths))


def nothing_in(paths: Sequence[str], skipped: Sequence[str], nothing: str) -> str:
    """Return why there is nothing to do, with what was skipped."""
    among = f" among {counted(len(skipped), 'file')}" if skipped else ""
    return f"{nothing} in {', '.join(map(shown, paths))}{among}"


def fail_for_unread(error: UnreadError, places: Sequence[Destination], formats: Formats) -> NoReturn:
    """Write what is known of the other files, and raise; JSON on standard output is the failure's, which has it too."""
    if error.reports:
        others = [place for place in places if place != Destination("json", None)]
        emit(error.reports, {**formats, "json": lambda reports, look: failure_json(failure_of(error))}, others)
    raise error
