"""A comment ignores a finding that is not there.

**Why.** The policy was mended, or the rule's name is misspelt. What is left would one day hide a new finding on its
line. A rule that was not asked (`--select`, `--ignore`) is not missed.

**Instead.** Without the comment, or with the rule's right name.
"""

from collections.abc import Iterator

from canary_runner.linting.facts import PolicyFacts
from canary_runner.model.diagnostics import Diagnostic, Severity
from canary_runner.model.shown import shown

ID = "unused-ignore"
SEVERITY = Severity.WARNING


def check(policy: PolicyFacts) -> Iterator[Diagnostic]:
    """Find the ignores that are left: `policy.ignores` has those that accepted nothing."""
    for ignore in policy.ignores:
        message = f"line {ignore.line} has no finding of {shown(ignore.rule) or 'a rule without a name'} to ignore"
        help = "remove the comment, or its rule: canary-run explain RULE prints the page of one that is known"
        yield Diagnostic(ID, SEVERITY, ignore.span, message, help)
