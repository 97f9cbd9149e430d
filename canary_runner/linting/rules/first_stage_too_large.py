"""The first stage gives a new version to a large share of the users.

**Why.** The first stage meets every crash. What it costs is its share times the time until the first analysis, and a
large share buys little: what it detects sooner it has already served to more users. The example of the Site
Reliability Workbook (2018, chapter 16) is a canary of 5 %; AWS begins with one box (Liguori, Automating safe, hands-off
deployments).

**Instead.** A first stage of 10 % or less; only where even 25 % of the traffic is a trickle does more make sense.
"""

from collections.abc import Iterator
from fractions import Fraction

from canary_runner.linting.amounts import requests
from canary_runner.linting.facts import PolicyFacts
from canary_runner.model.diagnostics import Diagnostic, Severity
from canary_runner.model.words import duration

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
