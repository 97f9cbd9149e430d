"""A latency in seconds is compared with a number of milliseconds, or the reverse.

**Why.** Histograms of Prometheus mostly count seconds; Flagger's request-duration is in milliseconds and cuts its
bounds to whole ones, so that `max: 0.5` is 0 (fluxcd/flagger pkg/controller/scheduler_metrics.go; issue 1685).
`result[0] <= 500` for seconds passes a release that answers after eight minutes, `max: 0.5` for milliseconds fails
every release. No controller tells.

**Instead.** The number in the query's own unit: before, `max: 0.5` for request-duration; after, `max: 500`. Told is a
number that is a hundred times the normal latency or more, or a hundredth or less.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from canary_runner.linting.amounts import few
from canary_runner.model.diagnostics import Diagnostic, Severity
from canary_runner.model.query import Measures
from canary_runner.model.words import SHORT, decimal
from canary_runner.scenarios.latency import percentile_us

if TYPE_CHECKING:
    from canary_runner.linting.asked import Asked
    from canary_runner.linting.manifests import ManifestFacts

ID = "seconds-against-milliseconds"
SEVERITY = Severity.ERROR
EXPLAINS = ("never-fails", "never-passes", "alarms-when-healthy", "limit-below-normal")
MUCH: Final = 100
"""How far from the normal latency a number is taken to be in the other unit."""

UNITS: Final = {1: ("seconds", "s", Fraction(1, 1000)), 1000: ("milliseconds", "ms", Fraction(1000))}
"""By the query's factor: its unit, and by what a number in the other unit is multiplied."""


def check_manifest(manifest: ManifestFacts) -> Iterator[Diagnostic]:
    """Find bounds of latencies that are MUCH further from normal than anyone means."""
    for one in manifest.asked:
        query = one.question.query
        if query.measures is not Measures.LATENCY_QUANTILE or query.quantile is None or query.factor not in UNITS:
            continue
        normal = percentile_us(manifest.service.latency, query.quantile) / 1_000_000 * query.factor
        for limit in one.limits:
            found = _meant(one, Fraction(str(limit)), normal)
            if found:
                yield Diagnostic(ID, SEVERITY, one.place_of(limit), *found)


def _meant(one: Asked, limit: Fraction, normal: Fraction) -> tuple[str, str] | None:
    """Return a message and a help line for a number that is far off, and would not be in the other unit."""
    unit, short, factor = UNITS[int(one.question.query.factor)]
    is_far = limit > MUCH * normal if factor < 1 else 0 < limit < normal / MUCH
    if not is_far:
        return None
    times = f"{few(limit / normal)} times" if factor < 1 else f"1/{few(normal / limit)} of"
    message = (
        f'"{one.name}" is a latency in {unit}, and is compared with {decimal(limit)}: that is {times} the normal '
        f"{decimal(normal, SHORT)}{short}"
    )
    return message, f"write {decimal(limit * factor)}"
