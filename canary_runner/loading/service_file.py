"""A valid service document to a Service, and what no schema can say about it."""

from fractions import Fraction
from typing import Any

from canary_runner.loading.policy_view import quantity
from canary_runner.loading.quantities import LATENCY, RATE, SHARE, TRAFFIC
from canary_runner.model.diagnostics import Diagnostic, Document, Related, Severity
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
    """Return the semantic findings about a service document: p99 must lie above p50."""
    data: Any = document.data
    baseline = data.get("baseline") if isinstance(data, dict) else None
    latency = baseline.get("latency") if isinstance(baseline, dict) else None
    if not isinstance(latency, dict):
        return []
    p50, p99 = (quantity("latency", latency.get(key)) for key in ("p50", "p99"))
    if p50 is None or p99 is None or p50 < p99:
        return []
    route = ("baseline", "latency")
    message = f"p99 {latency['p99']} is not above p50 {latency['p50']}"
    related = (Related((*route, "p50"), "p50 stands here"),)
    help = f"write a p99 above {latency['p50']}; a tail of 3 to 5 times the median is usual"
    return [Diagnostic("percentiles-not-growing", Severity.ERROR, (*route, "p99"), message, help, related=related)]
