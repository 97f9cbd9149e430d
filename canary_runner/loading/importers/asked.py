"""What an importer wants to know of a query's text, and who tells it."""

from collections.abc import Callable
from dataclasses import dataclass

from canary_runner.model.query import Query


@dataclass(frozen=True, slots=True)
class Asked:
    """A query of a manifest, with its arguments put in."""

    metric: str  # its name in the manifest, by which it can be bound
    text: str
    provider: str  # "prometheus", "datadog", "cloudwatch", ... in the system's words
    window_s: int  # of the manifest; a window in the text itself wins
    canary: str = ""  # name of the workload with the new version
    baseline: str = ""  # name of the one with the old version
    canary_service: str = ""  # what requests to the new version are sent to
    baseline_service: str = ""
    namespace: str = "default"


Meaning = Callable[[Asked], Query | str]
"""Returns what a query measures, or why that cannot be told."""


def untold(_: Asked) -> str:
    """Know no query."""
    return "what it measures is not known"
