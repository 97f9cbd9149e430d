"""What manifests of Kubernetes share: amounts of pods, workloads in the same file, what only an annotation can say."""

import re
from collections.abc import Mapping
from typing import Any, Final

from canary_runner.controllers.deployment import Amount, Percent
from canary_runner.controllers.timeline import DEFAULT_POD_START_S
from canary_runner.loading.importers.fields import Fields
from canary_runner.loading.quantities import DURATION
from canary_runner.loading.words import described
from canary_runner.model.diagnostics import Diagnostic, Document, Severity
from canary_runner.model.words import duration

POD_START: Final = "canary-runner/pod-start"
REPLICAS: Final = "canary-runner/replicas"
DEFAULT_REPLICAS: Final = 10
MOST_REPLICAS: Final = 10_000


def annotations_of(metadata: Fields) -> Fields:
    """Return the annotations of an object; those of others are none of ours."""
    return metadata.mapping("annotations") or Fields({}, metadata.route, metadata.told)


def amount(fields: Fields, key: str, default: Amount, most_percent: int | None = None) -> Amount:
    """Return a number of pods or a percentage of them."""
    value = fields.raw(key)
    if value is None:
        return default
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST_REPLICAS:
        return value
    match = re.fullmatch(r"([0-9]{1,4})%", value, re.ASCII) if isinstance(value, str) else None
    if match and (most_percent is None or int(match[1]) <= most_percent):
        return Percent(int(match[1]))
    limit = "" if most_percent is None else f" up to {most_percent}%"
    fields.error(
        "bad-amount", key, f"{key} is {described(value)}", f'write pods, like 1, or a percentage{limit}, like "25%"'
    )
    return default


def pod_start_s(metadata: Fields, at: Fields, key: str) -> int:
    """Return the seconds until a pod is ready; what is assumed is told at `key`."""
    found = annotations_of(metadata).quantity(POD_START, DURATION)
    if found is not None:
        return found if isinstance(found, int) else DEFAULT_POD_START_S
    message = f"pods are taken to be ready {duration(DEFAULT_POD_START_S)} after they are created"
    at.note("assumed", key, message, f"annotate it with {POD_START}: 45s")
    return DEFAULT_POD_START_S


def replicas_of(document: Document, metadata: Fields, at: Fields, kind: str, name: str) -> int:
    """Return the replicas of a workload: an annotation's, its own if it is in the file, else some that are told."""
    annotations = annotations_of(metadata)
    said = annotations.text(REPLICAS)
    if said:
        if re.fullmatch(r"[1-9][0-9]{0,4}", said, re.ASCII) and int(said) <= MOST_REPLICAS:
            return int(said)
        annotations.error("out-of-range", REPLICAS, f'"{said}" is no number of pods', f'write "1" to "{MOST_REPLICAS}"')
        return DEFAULT_REPLICAS
    workload = _workload(document, kind, name)
    if workload is None:
        message = f"the replicas are not in this file: {DEFAULT_REPLICAS} are taken"
        found = Diagnostic(
            "assumed", Severity.WARNING, at.route, message, f"add the workload, or annotate with {REPLICAS}"
        )
        at.told.append(found)
        return DEFAULT_REPLICAS
    replicas = workload.get("replicas", 1)
    is_number = isinstance(replicas, int) and not isinstance(replicas, bool)
    return min(max(replicas, 1), MOST_REPLICAS) if is_number else 1


def _workload(document: Document, kind: str, name: str) -> Mapping[str, Any] | None:
    """Return the spec of a workload in the file."""
    for data in document.data if isinstance(document.data, list) else []:
        if isinstance(data, dict) and data.get("kind") == kind:
            metadata, spec = data.get("metadata"), data.get("spec")
            if isinstance(metadata, dict) and isinstance(spec, dict) and metadata.get("name") == name:
                return spec
    return None
