"""A comment ignores a rule and does not say why.

**Why.** Who reads the policy in a year sees that a finding was accepted, and has to find out again whether that
was right.

**Instead.** A reason behind the bracket: `# canary-run: ignore[blind-stage] finds crashes only, early watches on`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from canary_runner.model.diagnostics import Diagnostic, Severity
from canary_runner.model.shown import shown

if TYPE_CHECKING:
    from canary_runner.linting.facts import PolicyFacts
    from canary_runner.linting.manifests import ManifestFacts

ID = "ignore-without-reason"
SEVERITY = Severity.WARNING


def check(policy: PolicyFacts | ManifestFacts) -> Iterator[Diagnostic]:
    """Find comments that ignore without a reason."""
    for ignore in policy.ignores:
        if not ignore.reason:
            message = f"line {ignore.line} ignores {shown(ignore.rule) or 'nothing'} and gives no reason"
            help = f"write # canary-run: ignore[{shown(ignore.rule)}] and why"
            yield Diagnostic(ID, SEVERITY, ignore.span, message, help)


check_manifest = check
