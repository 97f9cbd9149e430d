"""One error fails an analysis: the window has too few requests for the limit.

**Why.** With n requests and a limit T, n x T below 1 means that the first error is too many. Whether an analysis fails
is then a matter of one request, and says nothing about the rate: no error among n proves only a rate below 3/n (the
rule of three, Hanley and Lippman-Hand 1983, JAMA 249(13), 1743-1745).

It is what users of Flagger report most: a healthy release rolled back at low traffic (fluxcd/flagger issues 883, 1330).

**Instead.** Windows in which the limit allows at least one error: a longer `check_every`, more traffic, or a
`min_canary_requests` below which nothing is decided. `confidence` asks for evidence and is not found here. In a
manifest: a longer window, or a first weight of more requests.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction
from math import ceil
from typing import TYPE_CHECKING

from canary_runner.linting.amounts import chance, few, requests
from canary_runner.linting.facts import MAX, CheckFacts, PolicyFacts, StageFacts, without_comparison
from canary_runner.linting.remedies import first_looser, longer, more_traffic, rarer_checks, written
from canary_runner.model.diagnostics import Diagnostic, Severity
from canary_runner.model.policy import ErrorCheck, Stage
from canary_runner.model.service import Arrivals
from canary_runner.model.words import duration, percent

if TYPE_CHECKING:
    from canary_runner.linting.asked import Asked
    from canary_runner.linting.manifests import ManifestFacts
    from canary_runner.model.service import Service

ID = "one-error-decides"
SEVERITY = Severity.WARNING


def check(policy: PolicyFacts) -> Iterator[Diagnostic]:
    """Find limits of which the mean window does not allow one error."""
    for facts in policy.stages:
        for asked in facts.checks:
            if isinstance(asked.check, ErrorCheck) and _is_too_few(facts, facts.stage, asked.check):
                yield _finding(policy, facts, asked, asked.check)


def _is_too_few(facts: StageFacts, stage: Stage, asked: ErrorCheck) -> bool:
    """Tell whether an analysis decides on fewer requests than the limit needs to allow one error."""
    if asked.max_ratio is None or asked.max_ratio == 0 or asked.confidence is not None:
        return False
    mean = facts.rate_rps * stage.traffic * stage.check_every_s
    return max(mean, Fraction(stage.min_canary_requests)) * asked.max_ratio < 1


def _finding(policy: PolicyFacts, facts: StageFacts, asked: CheckFacts, check: ErrorCheck) -> Diagnostic:
    stage = facts.stage
    limit = check.max_ratio
    assert limit is not None
    mean = facts.canary_requests(stage.check_every_s)
    fails = policy.chances.fails(stage, without_comparison(check), facts.start_at_s, stage.check_every_s)
    message = (
        f'in stage "{facts.name}" one error fails an analysis: {percent(limit)} of {requests(mean)} is '
        f"{few(mean * limit)} errors; a healthy analysis has one with chance {chance(fails)}"
    )

    def holds(changed: Stage) -> bool:
        return not _is_too_few(facts, changed, check)

    alternatives = [
        *first_looser(rarer_checks(stage) or _whole(facts), holds),
        *first_looser(more_traffic(policy, facts), holds),
        f"min_canary_requests: {ceil(1 / limit)}",
    ]
    related = (facts.traffic_place("with this little traffic"),)
    return Diagnostic(ID, SEVERITY, asked.place(MAX), message, written(alternatives, ""), related=related)


def _whole(facts: StageFacts) -> list[tuple[str, Stage]]:
    """Return longer stages where the one analysis grows with its stage."""
    if "check_every" in facts.view.own or "check_every" in facts.view.defaults:
        return []
    return list(longer(facts.stage))


def check_manifest(manifest: ManifestFacts) -> Iterator[Diagnostic]:
    """Find ratios that pass with no error and fail with one, at the smallest share, where the window is fullest."""
    course = manifest.course()
    for one in manifest.asked:
        if not one.is_ratio or not one.passes(one.of_errors(Fraction(0))):
            continue
        glances = [glance for glance in course.glances_of(one.index) if glance.share > 0]
        least = min((glance.share for glance in glances), default=None)
        seen = [
            (one.seen(manifest.service, course, glance.at_s), glance.at_s - glance.entered_s)
            for glance in glances
            if glance.share == least
        ]
        mean, lasts_s = max(seen, default=(Fraction(0), 0))
        if mean >= 1 and not one.passes(one.of_errors(1 / mean)):
            yield _of_manifest(manifest.service, one, mean, lasts_s)


def _of_manifest(service: Service, one: Asked, mean: Fraction, lasts_s: int) -> Diagnostic:
    """Tell of a window with so many requests, so long after its share began."""
    limit = next(least for least, _, passes in one.allowed_errors() if not passes)
    window_s = one.question.query.window_s
    enough_s = ceil(min(window_s, lasts_s) / (mean * limit)) if limit else 0
    message = (
        f'one error fails a check of "{one.name}": {percent(limit)} of {requests(mean)} in {duration(window_s)} is '
        f"{few(mean * limit)} errors; a healthy one has one with chance {chance(_any(mean, service))}"
    )
    do = "look back" if lasts_s >= window_s else "let the first step last"
    more = f"{do} {duration(enough_s)} or more, or " if enough_s else ""
    return Diagnostic(ID, SEVERITY, one.bound, message, f"{more}begin with a larger share of the traffic")


def _any(mean: Fraction, service: Service) -> float:
    """Return the chance of an error among requests: Poisson's law, or a whole number of requests."""
    if service.arrivals is Arrivals.POISSON:
        return -math.expm1(-float(mean * service.error_rate))
    return 1 - float(1 - service.error_rate) ** round(mean)
