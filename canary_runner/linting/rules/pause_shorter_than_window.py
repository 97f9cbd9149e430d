"""A step that is shorter than the window that is measured in it: the answers are about the time before.

**Why.** A query over `[5m]` that is asked one minute after a weight was set sees four minutes without it. Where it sees
both versions the regression is diluted by them; where it sees the canary alone most of its requests are still those of
the smaller weight. Half of all Canaries that were read measure windows longer than their interval (49 of 67 in
fluxcd/flagger; fluxcd/flagger issue 1011), and initialDelay exists for this (argoproj/argo-rollouts
docs/features/analysis.md). The message has the share of what is asked about.

**Instead.** A pause, an interval or an initialDelay at least as long as the window: before, `pause: {duration: 1m}`
with `[5m]`; after, `pause: {duration: 5m}`, or `[1m]`. A window of which half is about the present step is let pass.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from canary_runner.model.diagnostics import Diagnostic, Related, Severity
from canary_runner.model.query import Sees
from canary_runner.model.words import duration, percent, share

if TYPE_CHECKING:
    from canary_runner.linting.asked import Asked
    from canary_runner.linting.course import Course, Glance
    from canary_runner.linting.manifests import ManifestFacts

ID = "pause-shorter-than-window"
SEVERITY = Severity.WARNING
LEAST: Final = Fraction(1, 2)
"""The part of what is measured that must be of the present share, at one look in it at least."""

LEAST_WINDOW_S: Final = 60
"""A shorter window is no advice: `rate` wants two samples in it, and by default Prometheus takes one a minute."""

KEYS: Final = {"argo-rollouts": "provider", "flagger": "interval"}
"""What says the window, by system; the periods of alarms are what `alarm-slower-than-step` asks about."""


def check_manifest(manifest: ManifestFacts) -> Iterator[Diagnostic]:
    """Find questions that at some share never see much of it."""
    if manifest.policy.system not in KEYS:
        return
    course = manifest.unhurried()
    for one in manifest.asked:
        if one.question.query.sees is Sees.BASELINE:
            continue
        best: dict[int, Glance] = {}
        for glance in course.glances_of(one.index):
            if glance.share > 0:
                best[glance.entered_s] = glance
        parts = [(_part(one, course, glance), glance) for glance in best.values()]
        worst = min(parts, key=lambda found: found[0], default=None)
        if worst is not None and worst[0] < LEAST:
            yield _finding(manifest, one, *worst)


def _part(one: Asked, course: Course, glance: Glance) -> Fraction:
    """Return how much of what is measured is of the present share.

    Of both arms: the canary's share of their requests, over its present share. Of the canary: its requests at the
    present share, over all of its requests.
    """
    window_s = one.question.query.window_s
    seen = course.served_s(glance.at_s - window_s, glance.at_s)
    if one.question.query.sees is Sees.BOTH:
        return min(seen / window_s / glance.share, Fraction(1))
    within_s = min(glance.at_s - glance.entered_s, window_s)
    return glance.share * within_s / seen if seen else Fraction(1)


def _finding(manifest: ManifestFacts, one: Asked, part: Fraction, glance: Glance) -> Diagnostic:
    query, lasts_s = one.question.query, glance.at_s - glance.entered_s
    if query.sees is Sees.BOTH:
        what = (
            f"{percent(part * glance.share, 3)} of the requests in it are the canary's, which has {share(glance.share)}"
        )
    else:
        what = f"{percent(part, 3)} of the canary's requests in it are of this step"
    message = (
        f'"{one.name}" looks back {duration(query.window_s)}, at {share(glance.share)} for the last time '
        f"{duration(lasts_s)} after the step began: {what}"
    )
    step = "write an interval of the analysis of" if manifest.flagger is not None else "let the step last"
    help = f"{step} {duration(query.window_s)}"
    if lasts_s >= LEAST_WINDOW_S:
        help += f", or look back {duration(lasts_s)} or less"
    routes = [route for asked, route in manifest.weights() if asked == glance.share]
    related = tuple(Related(route, "in this step") for route in routes[:1])
    return Diagnostic(ID, SEVERITY, one.place(KEYS[manifest.policy.system]), message, help, related=related)
