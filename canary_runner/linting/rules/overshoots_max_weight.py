"""Weights that go beyond maxWeight: the last step is taken whole.

**Why.** Flagger promotes once the weight is at or above maxWeight, and until then adds stepWeight to it; nothing cuts
the sum. With stepWeight 20 and maxWeight 50 the weights are 20, 40, 60 (fluxcd/flagger v1.44.0,
pkg/controller/scheduler.go; recorded case linear-overshoot; the guide admits it, the field's own comment does not).

**Instead.** A maxWeight that stepWeight divides: before, `maxWeight: 50` with `stepWeight: 20`; after, `maxWeight: 60`,
or `stepWeight: 10`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from canary_runner.linting.amounts import requests
from canary_runner.model.diagnostics import Diagnostic, Related, Severity

if TYPE_CHECKING:
    from canary_runner.linting.manifests import ManifestFacts

ID = "overshoots-max-weight"
SEVERITY = Severity.WARNING
SHOWN = 4
"""Weights that a message lists, from the last back."""


def check_manifest(manifest: ManifestFacts) -> Iterator[Diagnostic]:
    """Find canaries of Flagger whose last weight is above maxWeight."""
    if manifest.flagger is None:
        return
    spec = manifest.flagger.spec
    most, step = spec.promotion_weight, spec.step_weight
    course = manifest.course()
    weights = [segment.traffic for _, segment in course.segments if segment.is_watched and segment.traffic > 0]
    shares = [int(share * 100) for share in dict.fromkeys(weights)]
    is_by_steps = spec.max_weight > 0 and step > 0 and not spec.step_weights and spec.effective_iterations <= 0
    if not is_by_steps or not shares or shares[-1] <= most:
        return
    last = shares[-1]
    listed = ", ".join(map(str, shares[-SHOWN:]))
    more = requests(manifest.service.rate_rps * (last - most) * 36)
    message = (
        f"the weights are {'..., ' if len(shares) > SHOWN else ''}{listed}: {last}% is {last - most} points above "
        f"maxWeight {most}, {more} an hour more than it says"
    )
    even = next(weight for weight in range(step, 0, -1) if most % weight == 0)
    place = manifest.analysis_place("maxWeight")
    related = (Related(manifest.analysis_place("stepWeight"), f"{most} is not a multiple of {step}"),)
    help = f"write maxWeight: {last}, or stepWeight: {even}"
    yield Diagnostic(ID, SEVERITY, place, message, help, related=related)
