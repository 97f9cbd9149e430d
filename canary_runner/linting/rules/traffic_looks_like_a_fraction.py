"""Traffic that looks like a fraction: `traffic_percent: 0.5` is half a percent.

**Why.** The unit is in the key. Other systems take shares of 1, and who copies from them rolls out to a hundredth of
what was meant: the rollout ends with almost nobody on the new version, and then jumps to everyone.

**Instead.** Percent: 50 for one half, 100 for everyone.
"""

from collections.abc import Iterator

from canary_runner.linting.amounts import requests
from canary_runner.linting.facts import PolicyFacts, absolute_of
from canary_runner.model.diagnostics import Diagnostic, Severity
from canary_runner.model.words import decimal

ID = "traffic-looks-like-a-fraction"
SEVERITY = Severity.WARNING


def check(policy: PolicyFacts) -> Iterator[Diagnostic]:
    """Find policies none of whose stages has more than one percent of the traffic."""
    last = policy.stages[-1]
    share = last.stage.traffic * 100
    if share > 1:
        return
    every_s = last.stage.check_every_s
    message = (
        f'the last stage, "{last.name}", has {last.percent} of the traffic, {requests(last.canary_requests(every_s))} '
        f"an analysis: is {decimal(share)} a fraction?"
    )
    help = f"write traffic_percent: {decimal(share * 100)}"
    if share == 1 and any(absolute_of(one) is None for one in last.stage.checks):
        help = "multiply every traffic_percent by 100, and give the last stage a max for each of its metrics"
    yield Diagnostic(ID, SEVERITY, (*last.view.route, "traffic_percent"), message, help)
