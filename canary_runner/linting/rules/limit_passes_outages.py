"""A bound that lets pass what users call an outage.

**Why.** A bound is read as a promise. The example of a ratio of errors in Argo's own guide carries
`successCondition: result[0] <= 0.95`, which passes until 95 % of the requests fail (argoproj/argo-rollouts
docs/features/analysis.md, five times; the line is copied with a comment that calls it a maximum of 5 %): the words are
those of a ratio of successes, the query is one of errors. The message has what passes, against what is normal.

**Instead.** A bound near what is normal: before, `successCondition: result[0] <= 0.95` for a ratio of errors; after,
`result[0] <= 0.05`. Told is a bound that lets half of the requests fail.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from canary_runner.linting.amounts import few, round_from
from canary_runner.model.diagnostics import Diagnostic, Severity
from canary_runner.model.words import SHORT, decimal, percent

if TYPE_CHECKING:
    from canary_runner.linting.asked import Asked
    from canary_runner.linting.manifests import ManifestFacts

ID = "limit-passes-outages"
SEVERITY = Severity.WARNING
OUTAGE: Final = Fraction(1, 2)
"""Share of failing requests that no bound should let pass."""

LEAST: Final = Fraction(1, 100)
"""Bound that the help line names where the normal rate would allow less: a common one."""


def check_manifest(manifest: ManifestFacts) -> Iterator[Diagnostic]:
    """Find ratios that pass where OUTAGE of the requests fails, though they can fail."""
    for one in manifest.asked:
        if one.is_ratio and one.passes(one.of_errors(OUTAGE)) and not all(p for _, _, p in one.allowed_errors()):
            yield _finding(manifest, one)


def _finding(manifest: ManifestFacts, one: Asked) -> Diagnostic:
    normal = manifest.service.error_rate
    most = max(to for _, to, passes in one.allowed_errors() if passes)
    times = f", {few(most / normal)} times the normal {percent(normal, SHORT)}" if normal else ""
    message = f'"{one.name}" passes while {percent(most, SHORT)} of the requests fail{times}'
    wanted = next(iter(round_from(max(10 * normal, LEAST))))
    wanted = min(wanted, OUTAGE / 2)
    help = f"compare with {decimal(one.of_errors(wanted))}: that is {percent(wanted)} of failing requests"
    return Diagnostic(ID, SEVERITY, one.bound, message, help)
