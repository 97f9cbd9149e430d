"""Only what fails is said: whatever is no number counts as a success.

**Why.** With a failureCondition alone a measurement is Failed where the condition holds and Successful everywhere else:
0 requests give NaN, every comparison with NaN is false, so a version that serves nobody passes each measurement
(argoproj/argo-rollouts utils/evaluate/evaluate.go, `EvaluateResult`, executed: NaN with `result[0] > 0.05` alone is
Successful, with a successCondition as well it is Inconclusive). The message has the requests of a window.

**Instead.** A successCondition, alone or beside it: before, `failureCondition: result[0] > 0.05`; after,
`successCondition: result[0] <= 0.05`. Then NaN is Failed, and with both conditions Inconclusive, which pauses.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from canary_runner.linting.amounts import requests
from canary_runner.model.diagnostics import Diagnostic, Severity
from canary_runner.model.words import duration, share

if TYPE_CHECKING:
    from canary_runner.linting.asked import Asked
    from canary_runner.linting.manifests import ManifestFacts

ID = "failure-only-condition"
SEVERITY = Severity.WARNING
OPPOSITE: Final = {">=": "<", "<=": ">", ">": "<=", "<": ">="}
"""What holds where a comparison does not; the longer signs first."""


def check_manifest(manifest: ManifestFacts) -> Iterator[Diagnostic]:
    """Find metrics with a failureCondition alone for which no data are a success."""
    for one in manifest.asked:
        measured, question = one.measured, one.question
        if measured is None or measured.metric.success_condition or not measured.metric.failure_condition:
            continue
        nothing = {question.query.idle: "NaN", question.query.unborn: "no series"}
        passes = [told for answer, told in nothing.items() if question.letters[question.letter(answer)] == "Successful"]
        if passes:
            yield _finding(manifest, one, passes[0])


def _finding(manifest: ManifestFacts, one: Asked, passes: str) -> Diagnostic:
    glances = manifest.course().glances_of(one.index)
    window_s = one.question.query.window_s
    first = glances[0].share if glances else manifest.course().reaches
    message = (
        f'"{one.name}" has a failureCondition alone: what is no number ({passes}, of 0 requests) is Successful; '
        f"of {requests(one.sees(manifest.service, first, window_s))} in its {duration(window_s)} at {share(first)}, "
        "none need come"
    )
    assert one.measured is not None
    help = f"write successCondition: {_opposite(one.measured.metric.failure_condition)}"
    return Diagnostic(ID, SEVERITY, one.place("failureCondition"), message, help)


def _opposite(condition: str) -> str:
    """Return what holds where a condition does not."""
    for sign, other in OPPOSITE.items():
        left, found, right = condition.partition(sign)
        if found and not any(mark in condition for mark in ("&&", "||", " and ", " or ", "?", "!")):
            return f"{left}{other}{right}"
    return f"!({condition})"
