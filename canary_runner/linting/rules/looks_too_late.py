"""The first measurement comes after the largest part of the traffic has moved, or never.

**Why.** What no measurement has seen yet is guarded by nobody, whatever comes later. A background analysis begins at
the step that startingStep says, counted from 0, and its first measurement an initialDelay after that
(argoproj/argo-rollouts rollout/analysis.go, utils/replicaset/canary.go `BeforeStartingStep`); a postPromotionAnalysis
begins when everybody has the new version (rollout/bluegreen.go). A metric whose initialDelay is longer than the
rollout never looks.

**Instead.** A first look behind the first weight: before, `startingStep: 4` behind `setWeight: 50`; after,
`startingStep: 1`. For blueGreen a prePromotionAnalysis beside the one after.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING

from canary_runner.linting.amounts import requests
from canary_runner.model.diagnostics import Diagnostic, Severity
from canary_runner.model.words import duration, share

if TYPE_CHECKING:
    from canary_runner.linting.asked import Asked
    from canary_runner.linting.course import Course
    from canary_runner.linting.manifests import ManifestFacts
    from canary_runner.model.diagnostics import Route

ID = "looks-too-late"
SEVERITY = Severity.WARNING


def check_manifest(manifest: ManifestFacts) -> Iterator[Diagnostic]:
    """Find rollouts of Argo that first look behind the largest rise, and metrics that never look."""
    if manifest.policy.system != "argo-rollouts":
        return
    course = manifest.unhurried()
    if not course.is_whole or course.is_stuck:
        return
    for one in manifest.asked:
        if not course.glances_of(one.index):
            message = f'"{one.name}" never looks: the rollout is over after {duration(course.ends_s)}'
            help = "write a shorter initialDelay, or a smaller startingStep"
            yield Diagnostic(ID, SEVERITY, one.place("initialDelay"), message, help)
    if course.glances:
        yield from _first(manifest, course)


def _first(manifest: ManifestFacts, course: Course) -> Iterator[Diagnostic]:
    # at the moment at which a share begins nobody has met it yet, so a look there alone sees nothing of it
    seeing = next((one for one in course.glances if one.share == 0 or one.at_s > one.entered_s), course.glances[0])
    first = next(one for one in course.glances if (one.share, one.entered_s) == (seeing.share, seeing.entered_s))
    since_s = first.entered_s + (first.share == 1)  # what it looks at is guarded, but if nobody is left to guard
    guarded = [after - before for at_s, before, after in course.rises if at_s >= since_s]
    unguarded = [(after - before, before, after) for at_s, before, after in course.rises if at_s < since_s]
    largest, before, after = max(unguarded, default=(Fraction(0),) * 3)
    if largest <= max(guarded, default=Fraction(0)):
        return
    if first.share == 1:
        what = f"everybody has the new version by then, {requests(manifest.service.rate_rps)} a second"
    else:
        what = f"{requests(manifest.service.rate_rps * course.served_s(0, first.at_s))} met it by then"
    is_blind = first is not course.glances[0]
    which = "first look that can see anything" if is_blind else "first look"
    message = (
        f"the {which} is after {duration(first.at_s)}, at {share(first.share)}: the largest rise, {share(before)} "
        f"to {share(after)}, comes before it, and {what}"
    )
    delayed = next((one for one in manifest.asked if one.index in first.asks and _is_delayed(one)), None)
    if delayed is not None:
        yield Diagnostic(ID, SEVERITY, delayed.place("initialDelay"), message, "write a shorter initialDelay")
    else:
        help = "put a pause behind each weight: nobody meets a share of 0s" if is_blind else _help(manifest)
        yield Diagnostic(ID, SEVERITY, _place(manifest), message, help)


def _is_delayed(one: Asked) -> bool:
    return one.measured is not None and one.measured.metric.initial_delay_s > 0


def _place(manifest: ManifestFacts) -> Route:
    """Return what says when it looks first."""
    if manifest.argo is None:
        return manifest.place("spec", "strategy", "blueGreen", "postPromotionAnalysis")
    if manifest.argo.background is None:
        return manifest.place("spec", "strategy", "canary", "steps")
    return manifest.place("spec", "strategy", "canary", "analysis", "startingStep")


def _help(manifest: ManifestFacts) -> str:
    if manifest.argo is None:
        return "add a prePromotionAnalysis: it looks before anybody has the new version"
    return "look from the first weight on: startingStep: 1, a short initialDelay, or an analysis behind it"
