"""A ratio is compared with a percentage, or a percentage with a ratio.

**Why.** A ratio of requests lies between 0 and 1, a percentage between 0 and 100. `result[0] <= 5` for a ratio of
errors passes a release that fails every request, `result[0] >= 95` fails every release, and `min: 0.99` for a
percentage passes from 0.99 % of successes on. No controller tells: 99.2 >= 0.95 is true (argoproj/argo-rollouts,
executed); Flagger's request-success-rate is in percent (fluxcd/flagger pkg/metrics/observers).

**Instead.** The number in the query's own unit: before, `successCondition: result[0] >= 95` for a ratio; after,
`result[0] >= 0.95`. A number that could be meant in both units (`0.5` for a percentage of errors) is told only where
the service's normal rate makes it impossible.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING

from canary_runner.model.diagnostics import Diagnostic, Severity
from canary_runner.model.query import Measures
from canary_runner.model.words import decimal, percent

if TYPE_CHECKING:
    from canary_runner.linting.asked import Asked
    from canary_runner.linting.manifests import ManifestFacts
    from canary_runner.model.service import Service

ID = "ratio-against-percent"
SEVERITY = Severity.ERROR
EXPLAINS = (
    "never-fails",
    "never-passes",
    "alarms-when-healthy",
    "limit-below-normal",
    "limit-passes-outages",
    "one-error-decides",
)
"""What else is found of a number in the wrong unit: what comes of it."""

ALL = 100


def check_manifest(manifest: ManifestFacts) -> Iterator[Diagnostic]:
    """Find bounds of ratios that are in the other unit."""
    for one in manifest.asked:
        if one.is_ratio:
            for cut in one.question.cuts:
                found = _meant(one, cut, manifest.service)
                if found:
                    yield Diagnostic(ID, SEVERITY, one.place_of(cut), *found)


def _meant(one: Asked, cut: float, service: Service) -> tuple[str, str] | None:
    """Return a message and a help line for a number in the wrong unit."""
    query, number = one.question.query, decimal(Fraction(str(cut)))
    what = "errors" if query.measures is Measures.ERROR_RATIO else "successes"
    if query.factor == 1 and 1 < cut <= ALL:
        message = (
            f'"{one.name}" is a ratio of {what}, 0 to 1, and is compared with {number}: that is '
            f"{percent(Fraction(str(cut)))}"
        )
        return message, f"write {decimal(Fraction(str(cut)) / ALL)}, which is {number}%"
    if query.factor == ALL and 0 < cut <= 1 and _is_too_small(one, cut, service):
        normal = service.error_rate if query.measures is Measures.ERROR_RATIO else 1 - service.error_rate
        message = (
            f'"{one.name}" is a percentage of {what}, 0 to 100, and is compared with {number}: that is {number}%, '
            f"and normal is {percent(normal)}"
        )
        return message, f"write {decimal(Fraction(str(cut)) * ALL)}, if {percent(Fraction(str(cut)))} is meant"
    return None


def _is_too_small(one: Asked, cut: float, service: Service) -> bool:
    """Tell whether a percentage makes no sense as one, and would as a ratio."""
    if one.question.query.measures is Measures.SUCCESS_RATIO:
        return True
    return cut / ALL < service.error_rate < cut
