"""A test file with the policies and services that it names: all of it, or every finding about all of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from posixpath import normpath
from typing import TYPE_CHECKING, Any, Final

from canary_runner.loading.around_tests import FILES_BESIDE, around_test, surroundings
from canary_runner.loading.document import place_of, scan
from canary_runner.loading.expectations_file import tests_from
from canary_runner.loading.files import ReadPolicy, check_bytes, check_file, read_policy
from canary_runner.loading.kinds import schema_of
from canary_runner.loading.neighbours import Neighbours
from canary_runner.loading.service_file import service_from
from canary_runner.loading.source import STDIN, policy_files, read_bytes
from canary_runner.model.diagnostics import Diagnostic, Document, FileReport, InputError, Route, UsageError, error_at
from canary_runner.model.expectation import TestFile
from canary_runner.model.loaded import Loaded
from canary_runner.model.manifest_options import NOTHING_SAID, ManifestOptions
from canary_runner.model.shown import shown

if TYPE_CHECKING:
    from canary_runner.loading.beside import Beside
    from canary_runner.loading.surroundings import Surroundings

_KINDS: Final = {"policies": "policy", "services": "service"}
"""Key of a test file -> the kind of the files that it names."""


Finder = Callable[[TestFile], tuple[FileReport, ...]]
"""What finds the worlds of a test file that cannot be: to know them is not for those who read."""


Named = ReadPolicy | FileReport | Diagnostic
"""What a name in a test file leads to: a policy, a service, or what is wrong with the name."""


@dataclass(frozen=True, slots=True)
class ReadTests:
    """A test file as far as it could be read, and what was found on the way."""

    file: TestFile | None  # None where something is wrong
    reports: tuple[FileReport, ...]  # about the test file first, then about each file that it names


def is_test(document: Document) -> bool:
    """Tell whether a document says that it is a test file."""
    data = document.data
    return isinstance(data, dict) and data.get("schema") == schema_of("test")


def read_tests(report: FileReport, outer: Surroundings | None = None) -> ReadTests:
    """Return the tests in a file, of which `report` has the findings, with the policies and services that it names.

    Nothing is raised: a named file that cannot be read is a finding where it is named. `outer` is what the call says
    beside manifests.
    """
    around = around_test(report.document, lambda name: _path_of(name, report.document.name), outer)
    read = list(_named_files(report.document, around.beside))
    policies = [one for one in read if isinstance(one, ReadPolicy)]
    services = [one for one in read if isinstance(one, FileReport)]
    own = _with_findings(report, [*(one for one in read if isinstance(one, Diagnostic)), *around.findings()])
    named = (one.report if isinstance(one, ReadPolicy) else one for one in read)
    reports = merged([own, *(one for one in named if isinstance(one, FileReport)), *around.reports()])
    if not all(one.is_valid for one in reports):
        return ReadTests(None, reports)
    file = TestFile(
        document=report.document,
        policies=tuple(loaded for one in policies for loaded in one.loaded()),
        services=tuple(Loaded(service_from(one.document), one.document) for one in services),
        cases=tests_from(report.document),
    )
    return ReadTests(file, reports)


def load_tests(paths: Iterable[str], impossible: Finder, said: ManifestOptions = NOTHING_SAID) -> tuple[TestFile, ...]:
    """Return the tests in every file, with what is said beside manifests.

    Raises InputError with every finding about all of them, UsageError.
    """
    outer = surroundings(said)
    read = [_read(check_file(path, ("test",)), impossible, outer) for path in paths]
    wrong = [report for report in merged(report for one in read for report in one.reports) if not report.is_valid]
    if outer is not None:
        outer.refuse_unused(has_failed=bool(wrong))
    if wrong:
        raise InputError(wrong)
    return tuple(one.file for one in read if one.file is not None)


def check_all(
    paths: Iterable[str],
    impossible: Finder,
    unread: list[UsageError] | None = None,
    said: ManifestOptions = NOTHING_SAID,
) -> tuple[FileReport, ...]:
    """Return the findings about files of any kind, and about what is wrong in those that test files name.

    A file that cannot be read goes into `unread`; without it, it raises UsageError. `said` is what the call says
    beside manifests; what of it has no effect raises UsageError or InputError.
    """
    found: list[FileReport] = []
    outer = surroundings(said)
    neighbours = Neighbours(said.in_folders)
    for path in paths:
        try:
            report = check_file(path, beside=neighbours.beside(path, outer.beside if outer is not None else None))
        except InputError as error:
            found += error.reports
            continue
        except UsageError as error:
            if unread is None:
                raise
            unread.append(error)
            continue
        found.append(report)
        if is_test(report.document):
            found += (one for one in _read(report, impossible, outer).reports if one.diagnostics)
    reports = merged(found)
    if outer is not None:
        outer.refuse_unused(has_failed=not all(one.is_valid for one in reports))
    return reports


def _read(report: FileReport, impossible: Finder, outer: Surroundings | None) -> ReadTests:
    """Return what `read_tests` does; worlds that cannot be are looked for where all else is well."""
    read = read_tests(report, outer)
    worlds = impossible(read.file) if read.file else ()
    return ReadTests(None if worlds else read.file, (*read.reports, *worlds))


def merged(reports: Iterable[FileReport]) -> tuple[FileReport, ...]:
    """Return one report for each file, in the order in which they come first, with every finding once."""
    found: dict[tuple[str, str], FileReport] = {}
    for report in (each for one in reports for each in one.by_file()):
        key = normpath(report.document.name), report.document.sha256
        known = found.get(key)
        found[key] = report if known is None else _with_findings(known, _new(report, known))
    return tuple(found.values())


def _new(report: FileReport, known: FileReport) -> Iterator[Diagnostic]:
    return (finding for finding in report.diagnostics if finding not in known.diagnostics)


def _with_findings(report: FileReport, more: Iterable[Diagnostic]) -> FileReport:
    """Return a report with more findings; a place that is wrong already has no other fault."""
    document = report.document
    known = {document.span(one.at, one.on_key) for one in report.diagnostics}
    found = [*report.diagnostics, *(one for one in more if document.span(one.at, one.on_key) not in known)]
    return FileReport(document, tuple(sorted(found, key=lambda finding: place_of(finding, document))))


def _named_files(document: Document, beside: Beside | None) -> Iterator[Named]:
    """Yield what is in each file that a test document names, or what is wrong with the name."""
    data: Any = document.data
    if not isinstance(data, dict) or data.get("schema", schema_of("test")) != schema_of("test"):
        return
    for key, kind in _KINDS.items():
        names = data.get(key)
        for index, name in enumerate(names if isinstance(names, list) else ()):
            if isinstance(name, str) and name:
                yield _named_file(kind, (key, index), name, document.name, beside)


def names_in(path: str) -> list[str]:
    """Return the paths of the files that a test file names; nothing of a file that is none, or cannot be read."""
    try:
        document = scan(path, read_bytes(path))[0].document
    except UsageError:
        return []
    data: Any = document.data
    if not is_test(document):
        return []
    lists = (data.get(key) for key in (*_KINDS, *FILES_BESIDE))
    names = (name for one in lists if isinstance(one, list) for name in one if isinstance(name, str) and name)
    return list(policy_files((_path_of(name, path) for name in names), [], wanted=lambda _: True))


def _path_of(name: str, test_file: str) -> str:
    path = str(Path(test_file).parent / name)
    return path if path != STDIN else f"./{path}"


def _named_file(kind: str, route: Route, name: str, test_file: str, beside: Beside | None) -> Named:
    path = _path_of(name, test_file)
    try:
        data = read_bytes(path)
    except UsageError as error:
        return error_at("unreadable-file", route, str(error), "a path counts from the folder of this file")
    found = read_policy(path, data, beside) if kind == "policy" else check_bytes(path, data, (kind,))
    report = found.report if isinstance(found, ReadPolicy) else found
    if [finding.rule for finding in report.diagnostics] != ["wrong-kind"]:
        return found
    message = f'"{shown(name)}": {report.diagnostics[0].message}'
    return error_at("wrong-kind", route, message, f"name a {kind} file here")
