"""A comment ignores a finding that is not there.

**Why.** The policy was mended, or the rule's name is misspelt. What is left would one day hide a new finding on its
line. A rule that was not asked (`--select`, `--ignore`) is not missed.

**Instead.** Without the comment, or with the rule's right name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from canary_runner.model.diagnostics import Diagnostic, Severity
from canary_runner.model.shown import shown

if TYPE_CHECKING:
    from canary_runner.linting.facts import PolicyFacts
    from canary_runner.linting.ignores import Ignore
    from canary_runner.linting.manifests import ManifestFacts

ID = "unused-ignore"
SEVERITY = Severity.WARNING


def check(policy: PolicyFacts | ManifestFacts) -> Iterator[Diagnostic]:
    """Find the ignores that are left: `policy.ignores` has those that accepted nothing."""
    yield from of(policy.ignores)


check_manifest = check


def of(unused: Iterable[Ignore]) -> Iterator[Diagnostic]:
    """Yield the finding about each ignore that is left."""
    for ignore in unused:
        message = f"line {ignore.line} has no finding of {shown(ignore.rule) or 'a rule without a name'} to ignore"
        help = "remove the comment, or its rule: canary-run explain RULE prints the page of one that is known"
        yield Diagnostic(ID, SEVERITY, ignore.span, message, help)
