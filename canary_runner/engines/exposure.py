"""Who met the canary: what it served, and what it did to them beyond what the other arm would have done."""

from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction

from canary_runner.model.results import Exposure
from canary_runner.scenarios.world import Conditions


def unreported(conditions: Conditions) -> Conditions:
    """Return an interval of which nothing is reported: its requests are expected ones."""
    return replace(conditions, canary=replace(conditions.canary, reported=Fraction(0)))


def exposure_of(served: Iterable[tuple[Conditions, int]], peak_traffic: Fraction) -> Exposure:
    """Return the exposure of a rollout from its intervals: what was true, and its reported requests of users.

    Requests that it served and did not report are expected ones.
    """
    reported, extra, unreported = 0, Fraction(0), Fraction(0)
    for conditions, requests in served:
        canary, baseline = conditions.canary, conditions.baseline
        missing = canary.requests * (1 - canary.reported)
        reported, unreported = reported + requests, unreported + missing
        extra += (requests + missing) * (canary.error_rate - baseline.error_rate)
    return Exposure(reported + int(unreported), extra, peak_traffic)
