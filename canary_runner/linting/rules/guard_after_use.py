"""A guard against no data that stands behind what it guards.

**Why.** Conditions are read from the left: `result[0] >= 0.95 || len(result) == 0` takes the first sample of an empty
answer before it asks whether there is one, and that is an Error, not a pass (argoproj/argo-rollouts
utils/evaluate/evaluate.go with expr-lang/expr v1.17.8, executed; the line ships in
aws-samples/amazon-eks-argo-rollouts). After an Error the next measurement comes 10 s later whatever the interval, and
by default five in a row end the run: 40 s without data take the release back.

**Instead.** The guard first: before, `result[0] >= 0.95 || len(result) == 0`; after,
`len(result) == 0 || result[0] >= 0.95`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from canary_runner.model.diagnostics import Diagnostic, Severity
from canary_runner.model.query import NoData
from canary_runner.model.words import duration

if TYPE_CHECKING:
    from canary_runner.linting.manifests import ManifestFacts

ID = "guard-after-use"
SEVERITY = Severity.ERROR


def check_manifest(manifest: ManifestFacts) -> Iterator[Diagnostic]:
    """Find conditions with a guard for an empty answer that are an Error for an empty answer."""
    from canary_runner.controllers.argo.cuts import guarded_first, guards_late
    from canary_runner.controllers.argo.metric import ERROR_RETRY_S

    for one in manifest.asked:
        measured = one.measured
        if measured is None or one.question.letters[one.question.letter(NoData.EMPTY)] != "Error":
            continue
        metric = measured.metric
        conditions = {"successCondition": metric.success_condition, "failureCondition": metric.failure_condition}
        for key, condition in conditions.items():
            if condition and guards_late(condition):
                errors = metric.consecutive_error_limit + 1
                ends = f"{errors} Errors, {duration(int(ERROR_RETRY_S))} apart, end the run after "
                ends += f"{duration(int(ERROR_RETRY_S) * (errors - 1))} without data"
                message = (
                    f'"{one.name}" uses the result before it asks whether there is one: an empty answer is an '
                    f"Error, and {ends if errors > 1 else '1 Error ends the run'}"
                )
                first = guarded_first(condition)
                help = f"write {key}: {first}" if first else "put what asks for the length before what uses the result"
                yield Diagnostic(ID, SEVERITY, one.place(key), message, help)
