"""The last step is the largest: the stages before have seen a small part of what it lets in.

**Why.** What a stage of 5 % has shown says little about load, caches and the users that it did not have. A step that
multiplies the traffic by more than three exposes most users at once to what no stage could see.

**Instead.** Stages that grow by like factors, two or three times each. The help line names a stage between.
"""

from collections.abc import Iterator
from fractions import Fraction

from canary_runner.linting.facts import PolicyFacts
from canary_runner.linting.remedies import PERCENTS
from canary_runner.model.diagnostics import Diagnostic, Related, Severity
from canary_runner.model.words import SHORT, factor

ID = "largest-jump-last"
SEVERITY = Severity.WARNING
MOST = 3
"""Times by which the last step may multiply the traffic."""


def check(policy: PolicyFacts) -> Iterator[Diagnostic]:
    """Find a last step that multiplies the traffic by more than MOST and is the largest."""
    shares = [facts.stage.traffic for facts in policy.stages]
    steps = [after - before for before, after in zip([Fraction(0), *shares], shares, strict=False)]
    if len(shares) < 2 or shares[-1] <= MOST * shares[-2] or steps[-1] < max(steps):
        return
    last, before = policy.stages[-1], policy.stages[-2]
    middle = float(10_000 * shares[-1] * shares[-2]) ** 0.5
    between = min(PERCENTS, key=lambda percent: abs(percent - middle))
    message = (
        f'stage "{last.name}" takes the traffic from {before.percent} to {last.percent}, '
        f"{factor(shares[-1] / shares[-2], SHORT)} as much, the largest step of all"
    )
    help = f"add a stage with traffic_percent: {between} before it"
    related = (Related((*before.view.route, "traffic_percent"), "from here"),)
    yield Diagnostic(ID, SEVERITY, (*last.view.route, "traffic_percent"), message, help, related=related)
