"""Verbs that judge a file by its content: what is wrong in it, what is unwise, and the pages that explain."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from canary_runner.api.files import policy_files
from canary_runner.model.manifest_options import NOTHING_SAID, ManifestOptions

if TYPE_CHECKING:
    from canary_runner.model.diagnostics import FileReport, UsageError
    from canary_runner.model.expectation import TestFile
    from canary_runner.model.loaded import Loaded
    from canary_runner.model.service import Service


def validate(
    paths: Iterable[str], unread: list[UsageError] | None = None, said: ManifestOptions = NOTHING_SAID
) -> tuple[FileReport, ...]:
    """Return the findings about every file that `paths` name, and about what is wrong in those that test files name.

    A file that cannot be read goes into `unread`; without it, it raises UsageError. `said` is what the call says
    beside manifests.
    """
    from canary_runner.loading.tests_reader import check_all

    return check_all(policy_files(paths, unread), impossible_worlds, unread, said)


def lint(
    paths: Iterable[str],
    service: Loaded[Service] | None = None,
    rules: Sequence[str] | None = None,
    unread: list[UsageError] | None = None,
    said: ManifestOptions = NOTHING_SAID,
) -> tuple[FileReport, ...]:
    """Return advice about the policies among the files that `paths` name, and what `validate` finds in any of them.

    Args:
        paths: files and folders.
        service: for which policies are judged; None for the service that is assumed.
        rules: ids of rules to ask; all if not given.
        unread: where a file goes that cannot be read; without it, it raises UsageError.
        said: what the call says beside manifests.

    A file that is no policy is only validated, an invalid one is not advised on.
    """
    from canary_runner.linting.linter import lint_files
    from canary_runner.model.service import GENERIC_WEB

    normal = service.value if service else GENERIC_WEB
    return lint_files(policy_files(paths), normal, rules, unread, said)


def rule_pages() -> Mapping[str, str]:
    """Return the page of every rule, by its id."""
    from canary_runner.linting.pages import rule_pages
    from canary_runner.loading.rules import RULES

    return {**RULES, **rule_pages()}


def impossible_worlds(file: TestFile) -> tuple[FileReport, ...]:
    """Return what is wrong with the worlds that a test file asks for, in whichever file it stands."""
    from canary_runner.studies.worlds import impossible_worlds

    return impossible_worlds(file)
