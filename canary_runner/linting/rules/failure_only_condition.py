"""Only what fails is said: whatever is no number counts as a success.

**Why.** With a failureCondition alone a measurement is Failed where the condition holds and Successful everywhere else:
0 requests give NaN, every comparison with NaN is false, so a version that serves nobody passes each measurement
(argoproj/argo-rollouts utils/evaluate/evaluate.go, `EvaluateResult`, executed: NaN with `result[0] > 0.05` alone is
Successful, with a successCondition as well it is Inconclusive). The message has the requests of a window.

**Instead.** A successCondition, alone or beside it: before, `failureCondition: result[0] > 0.05`; after,
`successCondition: result[0] <= 0.05`. Then NaN is Failed, and with both conditions Inconclusive, which pauses.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from canary_runner.controllers.argo.questions import MetricQuestion
from canary_runner.linting.amounts import requests
from canary_runner.loading.importers.constant import possible_numbers
from canary_runner.model.diagnostics import Diagnostic, Severity
from canary_runner.model.query import NoData
from canary_runner.model.words import duration, share

if TYPE_CHECKING:
    from canary_runner.linting.asked import Asked
    from canary_runner.linting.manifests import ManifestFacts

ID = "failure-only-condition"
SEVERITY = Severity.WARNING
OPPOSITE: Final = {">=": "<", "<=": ">", ">": "<=", "<": ">="}
"""What holds where a comparison of a number does not."""

_COMPARISON: Final = re.compile(r"(result[\w.\[\]]*)\s*(>=|<=|>|<)\s*(-?[0-9.]+)", re.ASCII)


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
    opposite = _opposite(one)
    help = f"write successCondition: {opposite}" if opposite else "write a successCondition that says what passes"
    return Diagnostic(ID, SEVERITY, one.place("failureCondition"), message, help)


def _opposite(one: Asked) -> str:
    """Return a condition that holds for every number that does not fail, and for none else; empty if none is found."""
    assert one.measured is not None
    found = _COMPARISON.findall(one.measured.metric.failure_condition)
    condition = " && ".join(f"{of} {OPPOSITE[sign]} {number}" for of, sign, number in found)
    metric = replace(one.measured.metric, success_condition=condition)
    changed = MetricQuestion(one.question.name, replace(one.measured, metric=metric))
    numbers = possible_numbers(one.question)
    is_same = all(changed.letter(number) == one.question.letter(number) for number in numbers)
    passes = any(changed.letters[changed.letter(answer)] == "Successful" for answer in NoData)
    return condition if found and is_same and not passes else ""
