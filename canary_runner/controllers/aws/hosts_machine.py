"""CodeDeploy over instances for the engines: batches in place, each as long as the others, none of which fails.

Instances of a batch serve nobody, so that the share of the new version is its instances / those that serve. A rollback
redeploys all of them; `rollback_takes_s` of the policy says how long, and until then the share that was reached lasts.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Final

from canary_runner.controllers.aws import codedeploy
from canary_runner.controllers.aws.alarms import AlarmState
from canary_runner.controllers.aws.clock import ClockMachine, segment_of
from canary_runner.controllers.aws.hosts import Fleet, MinimumHealthy, after_batch, batch, phase_of
from canary_runner.controllers.aws.hosts import Phase as FleetPhase
from canary_runner.controllers.aws.schedule import ALL
from canary_runner.controllers.aws.watching import Watched
from canary_runner.model import outcomes
from canary_runner.model.plan import Approval

DEFAULT_INSTANCES: Final = 10
DEFAULT_BATCH_S: Final = 60


@dataclass(frozen=True, slots=True)
class HostUpdate:
    """A deployment in place with the alarms of its group; the routing of `spec` is not read."""

    spec: codedeploy.Spec
    minimum: MinimumHealthy
    instances: int = DEFAULT_INSTANCES
    batch_s: int = DEFAULT_BATCH_S
    alarms: tuple[Watched, ...] = ()

    @property
    def fleets(self) -> tuple[Fleet, ...]:
        """Return the fleet at the start and after every batch."""
        return tuple(_fleets(self))


def _fleets(update: HostUpdate) -> Iterator[Fleet]:
    fleet = Fleet(update.instances)
    yield fleet
    while batch(update.minimum, fleet) > 0:
        fleet = after_batch(update.minimum, fleet, 0)
        yield fleet


class HostsMachine(ClockMachine[codedeploy.State]):
    """A deployment over instances at work."""

    def __init__(self, update: HostUpdate, _: Approval) -> None:
        self._update, self._fleets = update, update.fleets
        watched = update.alarms if update.spec.alarms_enabled else ()
        percents = dict.fromkeys(self._percent(fleet) for fleet in self._fleets[:-1] or self._fleets)
        times = (Fraction(k * update.batch_s) for k in range(1, len(self._fleets)))
        super().__init__(watched, (segment_of(percent, bool(watched)) for percent in percents), times)

    def begun(self) -> codedeploy.State:
        """Return a deployment that is about to begin."""
        return codedeploy.State()

    def after(
        self, deployment: codedeploy.State, elapsed_s: Fraction, alarms: tuple[AlarmState, ...]
    ) -> codedeploy.State:
        """Return a deployment after one look; one that may not touch a single instance fails at once."""
        fleet = self._fleets[min(int(elapsed_s // self._update.batch_s), len(self._fleets) - 1)]
        phase = phase_of(self._update.minimum, fleet)
        seen = codedeploy.Observed(elapsed_s, alarms, hook_failed=phase is FleetPhase.FAILED)
        stopped = codedeploy.stop(self._update.spec, deployment, seen)
        if stopped is not None:
            return stopped
        if phase is FleetPhase.SUCCEEDED:
            return codedeploy.State(codedeploy.Phase.SUCCEEDED, ALL)
        return replace(deployment, percent=self._percent(fleet))

    def told(self, deployment: codedeploy.State) -> tuple[outcomes.State, str, Fraction]:
        """Return our word, upstream's phase and the share."""
        return codedeploy.our_state(deployment), deployment.phase.value, deployment.percent

    def stops(self, alarm: AlarmState) -> bool:
        """Tell whether an alarm stops it: INSUFFICIENT_DATA does not."""
        return alarm is AlarmState.ALARM

    def _percent(self, fleet: Fleet) -> Fraction:
        """Return the share of those that serve during the batch that follows; while nobody serves it is 0."""
        serving = fleet.instances - batch(self._update.minimum, fleet)
        return Fraction(fleet.done * ALL, serving) if serving else Fraction(0)
