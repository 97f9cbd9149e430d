"""What an importer wants to know of a query's text, and who tells it."""

from collections.abc import Callable
from dataclasses import dataclass

from canary_runner.loading.queries import Names, Unclear, meaning_of
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


def by_text(asked: Asked) -> Query | str:
    """Return what a query's text says that it measures, or why that is not safe to say."""
    names = Names(
        (asked.canary,) if asked.canary else (),
        (asked.baseline,) if asked.baseline else (),
        (asked.canary_service,) if asked.canary_service else (),
        (asked.baseline_service,) if asked.baseline_service else (),
        asked.namespace,
    )
    found = meaning_of(asked.provider, asked.text, names, asked.window_s, asked.metric)
    return found.reason if isinstance(found, Unclear) else found
