"""The first stage gives a new version to a large share of the users.

**Why.** The first stage meets every crash. What it costs is its share times the time until the first analysis, and a
large share buys little: what it detects sooner it has already served to more users. The example of the Site
Reliability Workbook (2018, chapter 16) is a canary of 5 %; AWS begins with one box (Liguori, Automating safe, hands-off
deployments).

**Instead.** A first stage of 10 % or less; only where even 25 % of the traffic is a trickle does more make sense.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING

from canary_runner.linting.amounts import requests
from canary_runner.model.diagnostics import Diagnostic, Severity
from canary_runner.model.words import duration, share

if TYPE_CHECKING:
    from canary_runner.linting.facts import PolicyFacts
    from canary_runner.linting.manifests import ManifestFacts
    from canary_runner.model.diagnostics import Route

ID = "first-stage-too-large"
SEVERITY = Severity.WARNING
MOST = Fraction(25, 100)
"""Share of the traffic that a first stage may have."""


def check(policy: PolicyFacts) -> Iterator[Diagnostic]:
    """Find a first stage with more than MOST of the traffic."""
    first = policy.stages[0]
    if first.stage.traffic <= MOST:
        return
    every_s = first.stage.check_every_s
    message = (
        f'stage "{first.name}" begins with {first.percent} of the traffic: a release that crashes fails '
        f"{requests(first.canary_requests(every_s))} in the {duration(every_s)} before the first analysis"
    )
    help = "write traffic_percent: 10, and let later stages have more"
    yield Diagnostic(ID, SEVERITY, (*first.view.route, "traffic_percent"), message, help)


def check_manifest(manifest: ManifestFacts) -> Iterator[Diagnostic]:
    """Find rollouts that measure, and whose first share is above MOST; blue/green has but one, and is none of them."""
    course = manifest.course()
    at_s, _, first = next(iter(course.rises), (0, 0, Fraction(0)))
    looks = [glance.at_s for glance in course.glances if glance.at_s > at_s]
    if not MOST < first < 1 or not looks:
        return
    failing = requests(manifest.service.rate_rps * course.served_s(at_s, looks[0]))
    message = (
        f"the canary begins with {share(first)} of the traffic: a release that crashes fails {failing} in the "
        f"{duration(looks[0] - at_s)} before the next look"
    )
    yield Diagnostic(ID, SEVERITY, _place(manifest), message, "begin with 10% or less, and let later steps have more")


def _place(manifest: ManifestFacts) -> Route:
    """Return what says the first share."""
    if manifest.argo is not None:
        return next((route for asked, route in manifest.weights() if asked > 0), manifest.policy.route)
    if manifest.flagger is not None:
        keys = [key for key in ("stepWeights", "stepWeight") if manifest.data_at(manifest.analysis_place(key))]
        return manifest.analysis_place(*keys[:1])
    return manifest.policy.route
