"""A list of weights that stops growing: the rollout stays at one weight for ever.

**Why.** Flagger adds to the weight the distance to the next entry of stepWeights, and looks its place up by value: the
first entry that equals the present weight. Where the next entry is not larger the step is 0 or less, and a step of 0
or less does nothing, at every tick, without an error (fluxcd/flagger v1.44.0, pkg/controller/scheduler.go,
`nextStepWeight`; recorded cases stepweights-*-stuck). So a repeated entry, a falling one and a leading 0 all hold the
rollout in Progressing until somebody notices.

**Instead.** Entries that grow: before, `stepWeights: [10, 30, 30, 50]`; after, `stepWeights: [10, 30, 50]`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from canary_runner.model.diagnostics import Diagnostic, Severity
from canary_runner.model.words import duration

if TYPE_CHECKING:
    from canary_runner.linting.manifests import ManifestFacts

ID = "stuck-weight-list"
SEVERITY = Severity.ERROR


def check_manifest(manifest: ManifestFacts) -> Iterator[Diagnostic]:
    """Find canaries of Flagger that look for ever at one weight although every check passes."""
    if manifest.flagger is None or not manifest.course().is_stuck:
        return
    spec, course = manifest.flagger.spec, manifest.course()
    at_s, share = course.shares[-1]
    weight, entries = int(share * 100), spec.step_weights
    if spec.step_weight > 0 or not entries:
        message = f"stepWeight is {spec.step_weight}: the weight stays at {weight}% for ever"
        help = "write stepWeight: 10, or stepWeights that grow"
        yield Diagnostic(ID, SEVERITY, manifest.analysis_place("stepWeight"), message, help)
        return
    number = entries.index(weight) + 1 if weight else 0
    step = spec.next_step(weight)
    goes = f"goes from {weight} to {entries[number]}" if weight else f"begins with {entries[number]}"
    message = (
        f"stepWeights {goes}: a step of {step} points, so the weight stays at {weight}% from {duration(at_s)} on, "
        "for ever"
    )
    growing = sorted({entry for entry in entries if entry > 0}) or (10, 30, 50)
    help = f"write stepWeights: [{', '.join(map(str, growing))}]"
    yield Diagnostic(ID, SEVERITY, manifest.analysis_place("stepWeights", number), message, help)
