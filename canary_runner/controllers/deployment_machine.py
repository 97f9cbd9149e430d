"""A Kubernetes Deployment for the engines: pods of one batch are ready together, and nothing decides."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from canary_runner.controllers.deployment import Strategy, shares
from canary_runner.controllers.timeline import DEFAULT_POD_START_S, Part, Timeline
from canary_runner.model.machine import Machine
from canary_runner.model.plan import Approval
from canary_runner.model.words import share as share_in_words


@dataclass(frozen=True, slots=True)
class Update:
    """A Deployment that gets a new template."""

    strategy: Strategy
    replicas: int
    pod_start_s: int = DEFAULT_POD_START_S  # until a pod is ready
    min_ready_s: int = 0  # from there until it counts as available
    is_paused: bool = False

    @property
    def batch_s(self) -> int:
        """Seconds until pods that are created count as available."""
        return self.pod_start_s + self.min_ready_s


def deployment_machine(update: Update, approval: Approval) -> Machine[int]:
    """Return the timeline of a Deployment; requests in an outage meet no version."""
    return Timeline(_parts(update), "Complete", approval)


def _parts(update: Update) -> Iterator[Part]:
    if update.is_paused:
        yield Part("paused", Fraction(0), None, "Paused")
    for share, batches in shares(update.strategy, update.replicas):
        name = "outage" if share is None else share_in_words(share)
        yield Part(name, share or Fraction(0), batches * update.batch_s, "Progressing")
