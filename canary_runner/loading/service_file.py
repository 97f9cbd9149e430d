"""A valid service document to a Service, and what no schema can say about it."""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from canary_runner.loading.policy_view import quantity
from canary_runner.loading.quantities import LATENCY, RATE, SHARE, TRAFFIC
from canary_runner.model import words
from canary_runner.model.diagnostics import Diagnostic, Document, Related, Severity, error_at
from canary_runner.model.histogram import FIRST_US
from canary_runner.model.service import Arrivals, Latency, Service


def service_from(document: Document) -> Service:
    """Return the service in a document without findings; anything else is a bug of the caller."""
    data: Any = document.data
    traffic, baseline = data["traffic"], data["baseline"]
    return Service(
        name=data["name"],
        rate_rps=TRAFFIC.parse(traffic["rate"]),
        arrivals=Arrivals(traffic.get("arrivals", "poisson")),
        daily_swing=SHARE.parse(traffic.get("daily_swing", "0%")),
        error_rate=RATE.parse(baseline["error_rate"]),
        latency=Latency(LATENCY.parse(baseline["latency"]["p50"]), LATENCY.parse(baseline["latency"]["p99"])),
        burstiness=Fraction(baseline.get("burstiness", 0)),
    )


def service_findings(document: Document) -> list[Diagnostic]:
    """Return the semantic findings about a service document: what its latency cannot be."""
    data: Any = document.data
    baseline = data.get("baseline") if isinstance(data, dict) else None
    latency = baseline.get("latency") if isinstance(baseline, dict) else None
    if not isinstance(latency, dict):
        return []
    p50, p99 = (quantity("latency", latency.get(key)) for key in ("p50", "p99"))
    if p50 is None or p99 is None:
        return []
    return [*_too_fast(latency, p50), *_not_growing(latency, p50, p99)]


def _too_fast(latency: dict[str, Any], p50_us: int) -> Iterator[Diagnostic]:
    if p50_us < FIRST_US:
        least = words.milliseconds(FIRST_US)
        message = f"p50 {latency['p50']} lies below {least}, where latencies are recorded in one class"
        yield error_at("latency-too-small", ("baseline", "latency", "p50"), message, f"write {least} or more")


def _not_growing(latency: dict[str, Any], p50_us: int, p99_us: int) -> Iterator[Diagnostic]:
    if p50_us < p99_us:
        return
    route = ("baseline", "latency")
    message = f"p99 {latency['p99']} is not above p50 {latency['p50']}"
    related = (Related((*route, "p50"), "p50 stands here"),)
    help = f"write a p99 above {latency['p50']}; a tail of 3 to 5 times the median is usual"
    yield Diagnostic("percentiles-not-growing", Severity.ERROR, (*route, "p99"), message, help, related=related)
