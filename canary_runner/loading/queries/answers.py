"""What is asked about a query's text, and what is answered when its meaning is not clear."""

from dataclasses import dataclass
from typing import Final

A_MEAN: Final = "a mean, and a mean is no percentile: bind the one at which it lies (docs/queries.md)"
"""Why a mean latency is refused: counts in classes of latency have no sum."""


@dataclass(frozen=True, slots=True)
class Names:
    """What singles out an arm in a query's labels; empty where the system has no such name.

    Workloads are what pods are named after (a deployment, a pod hash); services are what requests are sent to.
    A name that both arms share belongs to neither.
    """

    canary: tuple[str, ...] = ()
    baseline: tuple[str, ...] = ()
    canary_services: tuple[str, ...] = ()
    baseline_services: tuple[str, ...] = ()
    namespace: str = "default"


@dataclass(frozen=True, slots=True)
class Unclear:
    """Why a query's meaning is not safe to tell, and what to write instead."""

    reason: str  # quotes the part
    help: str = ""


class UnclearError(Exception):
    """Carries the reason out of the depth of a query."""
